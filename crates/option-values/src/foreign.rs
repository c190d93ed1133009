//! Which directories are the incumbent's own.

use std::path::{Component, Path};

/// Whether a value names a directory of the incumbent, or something in one.
pub fn is_foreign(value: &str) -> bool {
    let path = plain(value);
    let system = ["/var", "/run", "/etc", "/usr"].iter().any(|root| path.starts_with(root));
    system && path.split('/').any(|part| part.starts_with("himmelblau"))
}

/// An absolute path without `.`, `..` and doubled slashes, by its text alone.
fn plain(value: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(value).components() {
        match component {
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::ParentDir => drop(parts.pop()),
            _ => {}
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_directory_it_is() {
        for (path, foreign) in [
            ("/var/cache/himmelblaud/himmelblau.cache.db", true),
            ("/var/lib/himmelblaud/hsm-pin", true),
            ("/var/lib/private/himmelblaud/hsm-pin", true),
            ("/var/run/himmelblaud/socket", true),
            ("/run/himmelblaud/socket", true),
            ("/etc/himmelblau/user-map", true),
            ("/var/cache/himmelblau-policies/", true),
            ("/var/lib//himmelblaud/x", true),
            ("/var/lib/firmament/../himmelblaud/x", true),
            ("/var/lib/himmelblaud/../firmament/x", false),
            ("/run/firmament/socket", false),
            ("/home/kim/himmelblau/socket", false),
            ("/srv/keys/hsm-pin", false),
        ] {
            assert_eq!(is_foreign(path), foreign, "{path}");
        }
    }
}
