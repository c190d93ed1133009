use crate::IntuneError;
use model::printable;
use std::fmt;
use std::str::FromStr;

/// The version that calls name as `client-version`: one of the packages of Microsoft's portal, `1.YYMM.n`
/// (intune.md 6.2). The services refuse what is older than a floor that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientVersion {
    /// Year and month of the release, `YYMM`.
    month: u16,
    /// The release within the month.
    release: u32,
}

impl ClientVersion {
    /// The highest version that intune.md 6.2 has seen: the newest one is the furthest above the floor.
    pub const COMPILED: ClientVersion = ClientVersion { month: 2609, release: 5 };

    /// The newest version among the packages `intune-portal_<version>-<suffix>.deb` that the HTML of a
    /// package directory names; none where it names none.
    pub fn newest_in(listing: &str) -> Option<ClientVersion> {
        listing.split(PACKAGE).skip(1).filter_map(package_version).max()
    }
}

/// The version at the start of the rest of a file name.
fn package_version(rest: &str) -> Option<ClientVersion> {
    let end = rest.find(|c: char| c.is_whitespace() || "\"'<>&?#/".contains(c)).unwrap_or(rest.len());
    let name = rest.get(..end)?.strip_suffix(".deb")?;
    name.split_once('-')?.0.parse().ok()
}

impl FromStr for ClientVersion {
    type Err = IntuneError;

    fn from_str(text: &str) -> Result<ClientVersion, IntuneError> {
        let wrong = || IntuneError::Version(printable(text, 40));
        let (month, release) =
            text.strip_prefix("1.").and_then(|rest| rest.split_once('.')).ok_or_else(wrong)?;
        let (month, release) = (month.parse().map_err(|_| wrong())?, release.parse().map_err(|_| wrong())?);
        let version = ClientVersion { month, release };
        // Only the one form of a number (no sign, no zero in front) comes out as it went in.
        let good = (1..=12).contains(&(month % 100)) && version.to_string() == text;
        if good { Ok(version) } else { Err(wrong()) }
    }
}

impl fmt::Display for ClientVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "1.{:04}.{}", self.month, self.release)
    }
}

const PACKAGE: &str = "intune-portal_";

#[cfg(test)]
mod tests {
    use super::*;

    /// intune.md 6.2.
    const SEEN: &str = "1.2210.50 1.2211.21 1.2305.20 1.2312.35 1.2404.23 1.2405.17 1.2503.10 1.2508.17 1.2511.7 \
        1.2511.11 1.2603.21 1.2603.31 1.2604.19 1.2607.4 1.2609.5";

    #[test]
    fn versions_of_the_page_are_in_order_and_the_compiled_one_is_the_highest() {
        let seen: Vec<ClientVersion> = SEEN.split_whitespace().map(|text| text.parse().unwrap()).collect();
        assert!(seen.is_sorted());
        assert_eq!(seen.last(), Some(&ClientVersion::COMPILED));
        let shown: Vec<String> = seen.iter().map(ToString::to_string).collect();
        assert_eq!(shown.join(" "), SEEN.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "1",
            "1.2609",
            "2.2609.5",
            "1.2613.5",
            "1.2600.5",
            "1.269.5",
            "1.02609.5",
            "1.2609.05",
            "1.2609.+5",
            "1.2609.5-noble",
            "1.2609.5.1",
            " 1.2609.5",
            "1.26a9.5",
            "1.2609.",
            "1.2609.99999999999",
            "1.99999.1",
        ] {
            assert!(text.parse::<ClientVersion>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_newest_package_of_a_listing_is_found() {
        let line = |name: &str| format!("<a href=\"{name}\">{name}</a>      01-Oct-2025 10:00   2511\n");
        let old = line("intune-portal_1.2511.7-noble_amd64.deb");
        let new = line("intune-portal_1.2511.11-noble_amd64.deb");
        for (listing, found) in [
            (format!("{new}{old}"), Some("1.2511.11")),
            (format!("{old}{new}"), Some("1.2511.11")),
            (line("intune-portal_1.2511.7-noble_amd64.deb.sig"), None),
            (line("intune-portal_1.2699.7-noble_amd64.deb"), None),
            (line("intune-portal_1.2601.7.deb"), None),
            (line("other_1.2601.7-noble_amd64.deb"), None),
            ("intune-portal_1.2601.7-x".to_owned(), None),
            ("intune-portal_".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(
                ClientVersion::newest_in(&listing).map(|it| it.to_string()).as_deref(),
                found,
                "{listing}"
            );
        }
    }
}
