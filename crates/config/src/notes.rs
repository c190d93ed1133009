use crate::Note;
use crate::foreign::is_foreign;
use crate::ini::{Entry, Parsed};
use crate::options::known;
use crate::rules;
use crate::scope::{BREAKGLASS, GLOBAL, PATHS, Scope, Use};
use std::collections::BTreeSet;

/// What is ignored, unknown, in the wrong place or the incumbent's own, in the order of the files.
///
/// An option that is written several times is reported once, where it stands first.
pub(crate) fn notes(parsed: &Parsed) -> Vec<Note> {
    let mut seen = BTreeSet::new();
    let unknown_sections = parsed.sections.iter().filter(|header| is_unknown(&header.name));
    let mut notes: Vec<Note> = unknown_sections
        .filter(|header| seen.insert((header.name.clone(), String::new())))
        .map(|header| {
            let name = model::printable(&header.name, 60);
            let text = "is neither [global] nor a domain; it is kept and ignored";
            Note(format!("{}: the section [{name}] {text}", header.place))
        })
        .collect();
    for entry in parsed.entries.iter().filter(|entry| !is_unknown(&entry.section)) {
        let Some(what) = remark(entry) else { continue };
        if seen.insert((entry.option.clone(), what.clone())) {
            notes.push(Note(format!("{}: {what}", entry.place)));
        }
    }
    notes.extend(rules::remarks(parsed));
    notes
}

/// Neither ours nor the name of a domain; a name with a dot is a domain's and checked as such.
pub(crate) fn is_unknown(section: &str) -> bool {
    section != GLOBAL && section != BREAKGLASS && !section.contains('.')
}

fn remark(entry: &Entry) -> Option<String> {
    let option = model::printable(&entry.option, 60);
    let Some((scope, used)) = known(&entry.option) else {
        return Some(format!("the option {option} is not known; it is kept and ignored"));
    };
    if let Some(only) = misplaced(scope, &entry.section) {
        return Some(format!("the option {option} counts in {only} only; here it is ignored"));
    }
    if PATHS.contains(&entry.option.as_str()) && is_foreign(&entry.value) {
        let value = model::printable(&entry.value, 120);
        return Some(format!("{option} = {value} is himmelblau's own; Firmament keeps to its own place"));
    }
    match used {
        Use::Shared | Use::Ours => None,
        Use::NotYet => Some(format!("the option {option} is understood and not used by Firmament yet")),
        Use::Foreign => {
            Some(format!("the option {option} is himmelblau's record of its own device; it is ignored"))
        }
    }
}

fn misplaced(scope: Scope, section: &str) -> Option<&'static str> {
    match scope {
        Scope::Global if section != GLOBAL => Some("[global]"),
        Scope::Domain if section == GLOBAL || section == BREAKGLASS => Some("a domain's section"),
        Scope::Both | Scope::Union if section == BREAKGLASS => Some("[global] or a domain's section"),
        Scope::Breakglass if section != BREAKGLASS => Some("[offline_breakglass]"),
        _ => None,
    }
}
