//! Files of one crate that use each other in a circle: whoever reads one has to read all of them.

use super::manners::{file_name, files, names, read};
use circles::{Arrows, arrows, circles};
use std::collections::BTreeSet;
use std::path::Path;

/// Files that may stand in one circle.
const MOST: usize = 4;

/// Every circle of too many files in a crate.
pub(super) fn check(root: &Path) -> Vec<String> {
    let crates = names(&root.join("crates")).into_iter().map(|name| root.join("crates").join(name));
    crates
        .chain([root.join("xtask")])
        .flat_map(|folder| faults(&file_name(&folder), &texts(&folder)))
        .collect()
}

/// The sources of a crate, by their paths below `src`, without those of tests.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let src = folder.join("src");
    let texts = files(&src, ".rs").into_iter().map(|file| {
        let name = file.strip_prefix(&src).unwrap_or(&file).display().to_string();
        (name, read(&file))
    });
    texts.filter(|(name, _)| !name.split('/').any(|part| part == "tests" || part == "tests.rs")).collect()
}

fn faults(own: &str, texts: &[(String, String)]) -> Vec<String> {
    let arrows = arrows(texts);
    let large = circles(&arrows).into_iter().filter(|circle| circle.len() > MOST);
    large.map(|circle| told(own, &circle, &arrows)).collect()
}

/// The circle with the arrows in it, because one of them has to go.
fn told(own: &str, circle: &BTreeSet<&str>, arrows: &Arrows) -> String {
    let line = |from: &&str| {
        let to: Vec<&str> =
            arrows[*from].iter().map(String::as_str).filter(|to| circle.contains(to)).collect();
        format!("{from} uses {}", to.join(", "))
    };
    let lines: Vec<String> = circle.iter().map(line).collect();
    let count = circle.len();
    format!("{own}: {count} files use each other in a circle, more than {MOST}: {}", lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let texts: Vec<(String, String)> =
            files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        faults("house", &texts)
    }

    #[test]
    fn a_circle_of_five_files_is_found_however_they_name_each_other() {
        let library = "mod a;\nmod b;\nmod c;\nmod d;\nmod e;\npub use d::D;";
        let files = [
            ("lib.rs", library),
            ("a.rs", "use crate::b::B;\npub struct A;"),
            ("b.rs", "use super::c;\npub struct B;\nfn f() { c::f() }"),
            ("c.rs", "use crate::D;\npub fn f() {}"),
            ("d/mod.rs", "pub struct D;\nfn f() { crate::e::f() }"),
            ("e.rs", "use super::a::*;\npub fn f(a: &A) {}"),
        ];
        let wanted = "house: 5 files use each other in a circle, more than 4: a.rs uses b.rs; b.rs uses c.rs; \
            c.rs uses d/mod.rs; d/mod.rs uses e.rs; e.rs uses a.rs";
        assert_eq!(found(&files), [wanted]);
    }

    #[test]
    fn a_circle_of_four_files_is_left_in_peace() {
        let files = [
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::d::D;"),
            ("d.rs", "use crate::a::A;\nuse crate::e::E;"),
            ("e.rs", "pub struct E;"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn the_workspace_has_no_circle_of_too_many_files() {
        assert_eq!(check(&crate::run::root()), [""; 0]);
    }
}
