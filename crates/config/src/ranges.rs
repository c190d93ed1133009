//! What the ranges of numbers say of each other (login.md 4.1).

use crate::options::{GlobalOptions, entry};
use crate::report::Report;
use crate::settings::DomainSettings;
use crate::{ConfigError, Note};
use account_options::IdAttrMap;
use ini::Parsed;

/// Two people must not have one number: domains have one range together, or ranges that are apart. A number that is
/// made from an object never is the last of its range, so that a range of one number has none.
pub(crate) fn check(
    parsed: &Parsed,
    global: &GlobalOptions,
    domains: &[DomainSettings],
    report: &mut Report,
) {
    for (number, domain) in domains.iter().enumerate() {
        for other in &domains[..number] {
            let (one, two) = (other.options.idmap_range, domain.options.idmap_range);
            if one != two && one.overlaps(two) {
                let (a, b) = (&other.name, &domain.name);
                let why = format!("idmap_range is {one} for {a} and {two} for {b}: {APART}");
                report.error(refused(parsed, domain, why));
            }
        }
        let range = domain.options.idmap_range;
        if range.overlaps(global.subid_range) {
            report.notes.push(in_both(parsed, domain, global));
        }
        if global.id_attr_map == IdAttrMap::Uuid && range.min() == range.max() {
            let why = format!("idmap_range = {range} has no number for anybody: {TWO}");
            report.error(refused(parsed, domain, why));
        }
    }
}

/// Some people would be refused, and nobody knows who before they come.
fn in_both(parsed: &Parsed, domain: &DomainSettings, global: &GlobalOptions) -> Note {
    let (one, two) = (domain.options.idmap_range, global.subid_range);
    let text = format!(
        "idmap_range = {one} of {} and subid_range = {two} have numbers in common, which nobody gets: {SUB_IDS}",
        domain.name
    );
    let by =
        parsed.entries.iter().find(|entry| ["idmap_range", "subid_range"].contains(&entry.option.as_str()));
    Note(by.map(|entry| format!("{}: {text}", entry.place)).unwrap_or(text))
}

fn refused(parsed: &Parsed, domain: &DomainSettings, why: String) -> ConfigError {
    let section = domain.name.as_str();
    let by = entry(parsed, section, "idmap_range").or_else(|| entry(parsed, section, "id_attr_map"));
    let any = || parsed.entries.iter().find(|entry| entry.option == "idmap_range");
    ConfigError::combination(by.or_else(any), section, why)
}

const APART: &str =
    "two people could get one number; give both the same range, or two that have no number in common";
const SUB_IDS: &str = "whoever would have one is refused; give them ranges that have no number in common";
const TWO: &str = "with id_attr_map = uuid a range needs two numbers";
