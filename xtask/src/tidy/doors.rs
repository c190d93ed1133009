//! The table of doors in docs/architecture.md, section 2, as `layers.txt` has it.

use super::layers::{Room, written};
use super::manners::read;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/architecture.md";
const BEGIN: &str = "<!-- doors: what follows is made from xtask/src/tidy/layers.txt -->\n";
const END: &str = "<!-- /doors -->\n";

/// Whether the page has the table; `UPDATE_DOCS=1` writes it there.
pub(super) fn check(root: &Path) -> Vec<String> {
    let page = read(&root.join(PAGE));
    let Some(wanted) = with_table(&page) else {
        return vec![format!("{PAGE} has no place for the table of doors: {}", BEGIN.trim_end())];
    };
    if wanted == page {
        return Vec::new();
    }
    if std::env::var_os("UPDATE_DOCS").is_none() {
        return vec![format!(
            "{PAGE}: the table of doors is out of date; UPDATE_DOCS=1 cargo xtask tidy renews it"
        )];
    }
    let written = fs::write(root.join(PAGE), wanted);
    written.err().map(|error| format!("{PAGE} cannot be written: {error}")).into_iter().collect()
}

/// The page with the table of today between its two marks.
fn with_table(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, &table(), END, after].concat())
}

/// One line a row of rooms.
fn table() -> String {
    let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
    for room in written() {
        match rows.iter_mut().find(|(row, _)| *row == room.row) {
            Some((_, crates)) => crates.push(shown(&room)),
            None => rows.push((room.row, vec![shown(&room)])),
        }
    }
    let line = |(row, crates): (&str, Vec<String>)| format!("| {row} | {} |\n", crates.join(" · "));
    HEAD.to_owned() + &rows.into_iter().map(line).collect::<String>()
}

/// A crate, what of ours it may use, and after the plus what of others.
fn shown(room: &Room) -> String {
    let ours = room.ours.join(" ");
    let others = room.others.join(" ");
    let used = if others.is_empty() { ours } else { format!("{ours} + {others}") };
    format!("**{}** {}", room.name.replace('*', ""), used.trim()).trim_end().to_owned()
}

const HEAD: &str = "| Row | **crate** what of ours it may use + what of others |\n|---|---|\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_stands_in_the_table_with_what_it_may_use() {
        let table = table();
        assert!(table.contains("**machine** model"));
        assert!(table.contains("**hsm-soft** model hsm + aws-lc-rs zeroize"));
        assert!(written().iter().all(|room| table.contains(&shown(room))));
    }

    #[test]
    fn a_page_without_the_table_of_today_is_found() {
        let page = [BEGIN, "| old |\n", END].concat();
        let renewed = with_table(&page).unwrap();
        assert!(renewed.contains(HEAD) && !renewed.contains("old"));
        assert_eq!(with_table(&renewed).as_ref(), Some(&renewed));
        assert_eq!(with_table("no marks"), None);
    }
}
