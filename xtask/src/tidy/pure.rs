//! The crates that see no clock, no environment and no unordered collection.

use super::layers::rooms;
use super::manners::read;
use std::path::Path;

/// The rows of docs/architecture.md, section 2, whose crates are pure.
const PURE: [&str; 5] = ["0 words", "2a decision", "2b dialects", "4a work", "S stand-in"];
/// A stand-in with a network, which is no pure value.
const SERVES: &str = "simulator";
/// What `.clippy.toml` bans is an error there; their tests may read the environment.
const DENIED: &str = "#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]";

/// Every pure crate that does not have clippy look for clocks and unordered collections.
pub(super) fn check(root: &Path) -> Vec<String> {
    let pure = rooms().into_iter().filter(|room| PURE.contains(&room.row) && room.name != SERVES);
    let library = |name: &str| read(&root.join("crates").join(name).join("src/lib.rs"));
    let lacking = pure.filter(|room| !library(room.name).lines().any(|line| line == DENIED));
    lacking.map(|room| format!("{} is pure: its lib.rs lacks {DENIED}", room.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_crate_that_does_not_say_so_is_found() {
        let faults = check(Path::new("nowhere"));
        assert!(faults.iter().any(|fault| fault.starts_with("tenancy is pure")));
        assert!(!faults.iter().any(|fault| fault.starts_with("driver") || fault.starts_with("simulator")));
    }

    #[test]
    fn every_pure_crate_says_so() {
        assert_eq!(check(&crate::run::root()), Vec::<String>::new());
    }
}
