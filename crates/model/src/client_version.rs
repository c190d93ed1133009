use std::fmt;
use std::str::FromStr;

/// The version that calls of Intune name as `client-version`: one of the packages of Microsoft's portal,
/// `1.YYMM.n` (intune.md 6.2). The services refuse what is older than a floor that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientVersion {
    /// Year and month of the release, `YYMM`.
    month: u16,
    /// The release within the month, at most [`LAST_RELEASE`].
    release: u32,
}

/// A text that is no version of the portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not a version like 1.2609.5")]
pub struct ClientVersionError;

impl ClientVersion {
    /// The highest version that intune.md 6.2 has seen: the newest one is the furthest above the floor.
    pub const COMPILED: ClientVersion = ClientVersion { month: 2609, release: 5 };
}

impl FromStr for ClientVersion {
    type Err = ClientVersionError;

    fn from_str(text: &str) -> Result<ClientVersion, ClientVersionError> {
        let numbers = text.strip_prefix("1.").and_then(|rest| rest.split_once('.'));
        let (month, release) = numbers.ok_or(ClientVersionError)?;
        let month = month.parse().map_err(|_| ClientVersionError)?;
        let version = ClientVersion { month, release: release.parse().map_err(|_| ClientVersionError)? };
        let in_range = (1..=12).contains(&(month % 100)) && month <= 9912 && version.release <= LAST_RELEASE;
        // Only the one form of a number (no sign, no zero in front) comes out as it went in.
        if in_range && version.to_string() == text { Ok(version) } else { Err(ClientVersionError) }
    }
}

impl fmt::Display for ClientVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "1.{:04}.{}", self.month, self.release)
    }
}

/// Five digits, which is more than any month had.
const LAST_RELEASE: u32 = 99_999;

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
            "1.12609.5",
            "1.2609.05",
            "1.2609.+5",
            "1.2609.123456",
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
        assert!("1.2609.99999".parse::<ClientVersion>().is_ok());
    }
}
