use model::ClientVersion;

/// The newest version among the packages `intune-portal_<version>-<suffix>.deb` that the HTML of a package
/// directory names; none where it names none.
pub fn newest_version(listing: &str) -> Option<ClientVersion> {
    listing.split(PACKAGE).skip(1).filter_map(package_version).max()
}

/// The version at the start of the rest of a file name.
fn package_version(rest: &str) -> Option<ClientVersion> {
    let end = rest.find(|c: char| c.is_whitespace() || "\"'<>&?#/".contains(c)).unwrap_or(rest.len());
    let name = rest.get(..end)?.strip_suffix(".deb")?;
    name.split_once('-')?.0.parse().ok()
}

const PACKAGE: &str = "intune-portal_";

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(newest_version(&listing).map(|it| it.to_string()).as_deref(), found, "{listing}");
        }
    }
}
