use crate::Note;
use crate::guess::{meant, misspelt, unlike_any};
use crate::options::known;
use crate::report::Report;
use crate::restrictions::restricts;
use crate::rules;
use crate::scope::{BREAKGLASS, GLOBAL, PATHS, RESTRICTING, Scope, Use};
use ini::{Entry, Header, Parsed};
use option_values::is_foreign;
use std::collections::BTreeSet;

/// What is ignored, unknown, in the wrong place or the incumbent's own, in the order of the files.
///
/// An option that is written several times is reported once, where it stands first; those that have no effect are
/// one note together.
pub(crate) fn notes(parsed: &Parsed, report: &mut Report) {
    let mut seen = BTreeSet::new();
    let unknown_sections = parsed.sections.iter().filter(|header| is_unknown(&header.name));
    for header in unknown_sections.filter(|header| seen.insert((header.name.clone(), String::new()))) {
        report.notes.push(unknown_section(header));
    }
    for entry in parsed.entries.iter().filter(|entry| !is_unknown(&entry.section)) {
        let Some(remark) = remark(entry) else { continue };
        let (list, text) = match remark {
            Remark::Note(text) => (&mut report.notes, text),
            Remark::NoEffect => (&mut report.without_effect, model::printable(&entry.option, 60)),
        };
        if seen.insert((entry.option.clone(), text.clone())) {
            list.push(Note(format!("{}: {text}", entry.place)));
        }
    }
    match report.without_effect.len() {
        0 => {}
        1 => report.notes.push(Note(format!("{} has no effect here", report.without_effect[0]))),
        count => {
            let text =
                format!("{count} options of himmelblau have no effect here; aad-tool config lists them");
            report.notes.push(Note(text));
        }
    }
    report.notes.extend(rules::remarks(parsed));
}

/// Neither ours nor the name of a domain; a name with a dot is a domain's and checked as such.
pub(crate) fn is_unknown(section: &str) -> bool {
    section != GLOBAL && section != BREAKGLASS && !section.contains('.')
}

enum Remark {
    Note(String),
    /// It is one of those that are only counted.
    NoEffect,
}

fn unknown_section(header: &Header) -> Note {
    let name = model::printable(&header.name, 60);
    let ignored = "is neither [global] nor a domain; it is kept and ignored";
    let meant =
        unlike_any(&header.name).map(|meant| format!("; did you mean [{meant}]?")).unwrap_or_default();
    Note(format!("{}: the section [{name}] {ignored}{meant}", header.place))
}

fn remark(entry: &Entry) -> Option<Remark> {
    let option = model::printable(&entry.option, 60);
    let Some((scope, used)) = known(&entry.option) else {
        if misspelt(&entry.option, &RESTRICTING).is_some() {
            return None;
        }
        let text = match meant(&entry.option) {
            Some(meant) => format!("the option {option} is not known; did you mean {meant}?"),
            None => format!("the option {option} is not known; it is kept and ignored"),
        };
        return Some(Remark::Note(text));
    };
    if let Some(only) = misplaced(scope, &entry.section).filter(|_| !RESTRICTING.contains(&option.as_str())) {
        return Some(Remark::Note(format!("the option {option} counts in {only} only; here it is ignored")));
    }
    match used {
        Use::Shared | Use::Ours if PATHS.contains(&option.as_str()) && is_foreign(&entry.value) => {
            let value = model::printable(&entry.value, 120);
            let text = format!("{option} = {value} is himmelblau's own; Firmament keeps to its own place");
            Some(Remark::Note(text))
        }
        Use::Shared | Use::Ours => None,
        // It is an error.
        Use::Refused if restricts(entry) => None,
        Use::Script if !entry.value.is_empty() => {
            let text =
                format!("{option} is not run: Firmament runs no script in the path of a sign-in; {INSTEAD}");
            Some(Remark::Note(text))
        }
        Use::NotYet | Use::Refused | Use::Script => Some(Remark::NoEffect),
        Use::Foreign => {
            let text = format!("the option {option} is himmelblau's record of its own device; it is ignored");
            Some(Remark::Note(text))
        }
    }
}

pub(crate) fn misplaced(scope: Scope, section: &str) -> Option<&'static str> {
    match scope {
        Scope::Global if section != GLOBAL => Some("[global]"),
        Scope::Domain if section == GLOBAL || section == BREAKGLASS => Some("a domain's section"),
        Scope::Both | Scope::Union if section == BREAKGLASS => Some("[global] or a domain's section"),
        Scope::Breakglass if section != BREAKGLASS => Some("[offline_breakglass]"),
        _ => None,
    }
}

/// What a script for names may be replaced by.
const INSTEAD: &str = "user_map_file maps names, and idmap_range and id_attr_map make numbers";
