//! Names come from the crate that owns them: none of our crates passes on what another of ours has.

use super::manners::{file_name, files, names, read};
use std::path::{Path, PathBuf};

/// Crates that may pass on names of another, and why.
const ALLOWED: [(&str, &str, &str); 3] = [
    ("lifecycle", "identity", "its events and commands are made of what is durable"),
    ("signin", "signin-model", "its events and commands, apart only for the size of the crate"),
    ("tenancy", "tenancy-model", "its events and commands, apart only for those that must not see decisions"),
];

/// Every re-export of one of our crates from another, by file and line.
pub(super) fn check(root: &Path) -> Vec<String> {
    let folders = ["crates", "tests"].map(|top| root.join(top));
    let folders = folders.iter().flat_map(|top| names(top).into_iter().map(|name| top.join(name)));
    let folders: Vec<PathBuf> = folders.filter(|folder| folder.join("Cargo.toml").is_file()).collect();
    let ours: Vec<String> = folders.iter().map(|folder| file_name(folder)).collect();
    let sources = folders.iter().flat_map(|folder| {
        files(&folder.join("src"), ".rs").into_iter().map(move |file| (file_name(folder), file))
    });
    sources.flat_map(|(name, file)| faults(&name, &file.display().to_string(), &read(&file), &ours)).collect()
}

fn faults(own: &str, place: &str, text: &str, ours: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for (line, statement) in public_uses(text) {
        for path in roots(&statement) {
            let (root, is_extern) = path.strip_prefix("::").map_or((path, false), |rest| (rest, true));
            let other = root.replace('_', "-");
            let is_module = !is_extern && declares(text, root);
            let is_allowed = ALLOWED.iter().any(|(from, of, _)| *from == own && *of == other);
            if ours.contains(&other) && !is_module && !is_allowed {
                faults.push(format!("{place}:{line} passes on names of {other}: they come from there alone"));
            }
        }
    }
    faults
}

/// What follows each `pub use` or `pub extern crate` up to its semicolon, and the line where it begins, from 1.
fn public_uses(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let lines: Vec<&str> =
        text.lines().map(|line| line.split("//").next().unwrap_or_default().trim()).collect();
    for (at, line) in lines.iter().enumerate() {
        let begins = ["pub use ", "pub extern crate "].iter().find_map(|start| line.strip_prefix(start));
        if let Some(rest) = begins {
            let whole = [&[rest], &lines[at + 1..]].concat().join(" ");
            found.push((at + 1, whole.split(';').next().unwrap_or_default().to_owned()));
        }
    }
    found
}

/// The first names of the paths of a use: of `{a::b, ::c::{d, e}}` they are `a` and `::c`.
fn roots(statement: &str) -> Vec<&str> {
    let statement = statement.trim();
    let Some(inner) = statement.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return Vec::from_iter(first(statement));
    };
    let mut depth = 0_usize;
    let split = |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    inner.split(split).filter_map(first).collect()
}

/// The first name of a path, with the `::` before it.
fn first(path: &str) -> Option<&str> {
    let path = path.trim();
    let start = if path.starts_with("::") { 2 } else { 0 };
    let length = path.get(start..)?.find(|c: char| !c.is_alphanumeric() && c != '_');
    let end = length.map_or(path.len(), |length| start + length);
    path.get(..end).filter(|name| name.len() > start)
}

/// Whether the file has a module of this name, which hides the crate.
fn declares(text: &str, module: &str) -> bool {
    let is_it = |line: &str| {
        let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        let rest = line.strip_prefix("mod ").and_then(|rest| rest.strip_prefix(module));
        rest.is_some_and(|rest| rest.starts_with([';', ' ']))
    };
    text.lines().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(own: &str, text: &str) -> Vec<String> {
        let ours = ["driver", "hsm", "identity", "lifecycle", "store-sled"].map(str::to_owned);
        faults(own, "a.rs", text, &ours)
    }

    #[test]
    fn a_name_that_is_passed_on_is_found_by_file_and_line() {
        for (text, line) in [
            ("pub use lifecycle::Status;", 1),
            ("mod a;\n\npub use ::lifecycle::*;", 3),
            ("pub use lifecycle;", 1),
            ("pub use lifecycle as device;", 1),
            ("mod lifecycle;\npub use ::lifecycle::Status;", 2),
            ("pub use store_sled::{\n    SledStore,\n};", 1),
            ("pub use {std::fmt, hsm::{Keys, Job}};", 1),
            ("pub mod inner {\n    pub use hsm::Keys;\n}", 2),
            ("pub extern crate hsm;", 1),
        ] {
            let found = found("driver", text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with(&format!("a.rs:{line} ")), "{text}: {found:?}");
        }
        assert_eq!(found("driver", "pub use {hsm::Keys, ::lifecycle::Ask};").len(), 2);
    }

    #[test]
    fn own_names_private_uses_and_what_has_a_reason_are_left_in_peace() {
        for (own, text) in [
            ("driver", "mod driver;\npub use driver::Driver;"),
            ("identity", "mod hsm;\npub use hsm::*;"),
            ("driver", "use hsm::Keys;\npub(crate) use lifecycle::Ask;"),
            ("driver", "// pub use hsm::Keys;"),
            ("driver", "pub use std::fmt;\npub use hsm_of_another::Keys;"),
            ("driver", "pub use {crate::a::B, self::c::D};"),
            ("lifecycle", "pub use identity::*;"),
        ] {
            assert_eq!(found(own, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn the_workspace_passes_nothing_on_and_every_exception_is_used() {
        let root = crate::run::root();
        assert_eq!(check(&root), [""; 0]);
        for (from, of, why) in ALLOWED {
            let library = read(&root.join("crates").join(from).join("src/lib.rs"));
            let uses = public_uses(&library);
            let is_used =
                |(_, text): &(usize, String)| text.trim_start_matches(':').starts_with(&of.replace('-', "_"));
            assert!(uses.iter().any(is_used), "{from} does not pass on {of} any more: {why}");
        }
    }
}
