//! The manual page and the table of the operator's page, made from the rows of the options.

use crate::effective::Effective;
use crate::load;
use crate::options::{Row, known, rows};
use crate::scope::{Scope, Use};
use ini::Sources;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn the_table_of_the_operators_page_says_what_is_our_own() {
    let defaults = defaults();
    let head = ["Option", "Where", "Values", "Default", "Meaning"].map(str::to_owned).to_vec();
    let ours = rows().filter(|row| row.used == Use::Ours).map(|row| {
        let places = if row.scope == Scope::Global { "G" } else { "G, D" };
        let default = Some(default(&row, &defaults)).filter(|text| !text.is_empty());
        let meaning = sentences(row)[0].trim_end_matches('.').to_owned();
        let option = format!("`{}`", row.name);
        vec![
            option,
            places.to_owned(),
            (row.allowed)(),
            default.unwrap_or_else(|| "none".to_owned()),
            meaning,
        ]
    });
    let table: Vec<_> = [head].into_iter().chain(ours).collect();
    manual::check_table("operations.md", "options of our own", &table).unwrap();
}

#[test]
fn the_manual_page_says_what_every_option_does() {
    let defaults = defaults();
    let parts = [
        ("IN USE", "", &[Use::Shared, Use::Ours][..]),
        (
            "OF HIMMELBLAU'S OWN",
            "himmelblau writes its own device here; it is reported and ignored.\n",
            &[Use::Foreign],
        ),
        (
            "THAT STOP THE START",
            "They may keep somebody out, and Firmament does not keep to them: any value of the first and the last, \
             and false for the second.\n",
            &[Use::Refused],
        ),
        (
            "THAT NAME A SCRIPT",
            "Firmament runs no script in the path of a sign-in; each is reported and not run.\n",
            &[Use::Script],
        ),
        (
            "WITHOUT EFFECT",
            "They are understood and keep nobody out; nothing acts on them, and one notice counts them.\n",
            &[Use::NotYet],
        ),
    ];
    let mut text = String::new();
    for (title, says, uses) in parts {
        text.push_str(&format!(".SH OPTIONS {title}\n{says}"));
        for (scope, place, counts) in PLACES {
            let here: Vec<Row> =
                rows().filter(|row| row.scope == scope && uses.contains(&row.used)).collect();
            if !here.is_empty() {
                text.push_str(&format!(".SS {place}\n{counts}"));
                text.push_str(&entries(&here, &defaults));
            }
        }
    }
    manual::check_options("firmament-himmelblau.conf.5", &text).unwrap();
    let page = manual::read("firmament-himmelblau.conf.5").unwrap();
    let version = concat!("\"Firmament ", env!("CARGO_PKG_VERSION"), "\"");
    assert!(page.contains(version), "the page is for another version");
    let listed: BTreeSet<String> = manual::entries(&page).into_iter().map(|(_, name)| name).collect();
    assert_eq!(listed, rows().map(|row| row.name.to_owned()).collect());
}

#[test]
fn every_option_has_one_row_and_says_what_it_takes() {
    let names: BTreeSet<&str> = rows().map(|row| row.name).collect();
    assert_eq!(names.len(), rows().count(), "an option has two rows");
    assert!(names.len() > 60 && names.iter().all(|name| known(name).is_some()));
    assert_eq!(known("frob"), None);
    for row in rows().filter(|row| matches!(row.used, Use::Shared | Use::Ours)) {
        let allowed = (row.allowed)();
        assert!(!allowed.is_empty() && row.doc.last().unwrap().ends_with('.'), "{}: {allowed}", row.name);
    }
}

/// What options do is said of each; those that do nothing are only named.
fn entries(rows: &[Row], defaults: &[Effective]) -> String {
    if rows.iter().any(|row| !matches!(row.used, Use::Shared | Use::Ours)) {
        let names: Vec<String> = rows.iter().map(|row| format!(".B {}\n", row.name)).collect();
        return format!(".TP\n{}Known by name.\n", names.join(".TQ\n"));
    }
    rows.iter().map(|row| entry(row, defaults)).collect()
}

fn entry(row: &Row, defaults: &[Effective]) -> String {
    let ours = if row.used == Use::Ours { "(ours) " } else { "" };
    let doc: Vec<String> = sentences(*row).iter().map(|it| format!("{}\n", roff(it))).collect();
    let default = Some(default(row, defaults)).filter(|text| !text.is_empty());
    let default =
        default.map(|text| format!("Default: {}.\n", roff(&format!("`{text}`")))).unwrap_or_default();
    format!(".TP\n.B {}\n{ours}{}Allowed: {}.\n{default}", row.name, doc.concat(), (row.allowed)())
}

/// A sentence goes on in the next line unless it ends with one.
fn sentences(row: Row) -> Vec<String> {
    let text: String =
        row.doc.iter().map(|line| format!("{line}{}", if line.ends_with('.') { "\n" } else { "" })).collect();
    text.lines().map(|sentence| sentence.trim().to_owned()).collect()
}

/// What is between backquotes is bold, or a path.
fn roff(line: &str) -> String {
    let parts = line.split('`').enumerate().map(|(number, part)| match number % 2 {
        0 => part.to_owned(),
        _ => format!("\\f{}{}\\fR", if part.starts_with('/') { 'I' } else { 'B' }, part.replace('-', "\\-")),
    });
    parts.collect()
}

fn default(row: &Row, defaults: &[Effective]) -> String {
    defaults.iter().find(|line| line.option == row.name).map(|line| line.value.clone()).unwrap_or_default()
}

/// What is in force where nothing is set; of one domain, because a domain has options too.
fn defaults() -> Vec<Effective> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("himmelblau.conf");
    fs::write(&path, "[contoso.com]\n").unwrap();
    let effective = load(&Sources::file(&path)).unwrap().settings.effective();
    effective.into_iter().filter(|line| line.option != "domain").collect()
}

const PLACES: [(Scope, &str, &str); 5] = [
    (Scope::Global, "In [global] only", ""),
    (Scope::Domain, "In a domain's section only", ""),
    (Scope::Both, "In [global] or a domain's section", "The domain's counts for the domain.\n"),
    (Scope::Union, "In [global] and a domain's section", "The domain's are added to the global ones.\n"),
    (Scope::Breakglass, "In [offline_breakglass] only", ""),
];
