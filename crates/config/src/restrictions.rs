//! A restriction that cannot be kept stops the start: whoever wrote it would believe that it is kept.

use crate::ConfigError;
use crate::guess::{misspelt, unlike_any};
use crate::notes::{is_unknown, misplaced};
use crate::options::{entry, known};
use crate::report::Report;
use crate::scope::{GLOBAL, RESTRICTING};
use ini::{Entry, Parsed};
use option_values::{Raw, boolean};

/// Reports every restriction of the incumbent's that Firmament does not keep, and every one of ours that stands where
/// it does not count or under a name that is not its own.
pub(crate) fn check(parsed: &Parsed, report: &mut Report) {
    for (option, _, why) in REFUSED {
        if let Some(entry) = entry(parsed, GLOBAL, option).filter(|entry| restricts(entry)) {
            report.error(ConfigError::not_kept(entry, why.to_owned()));
        }
    }
    for entry in &parsed.entries {
        if let Some(why) = lost(entry) {
            report.error(ConfigError::not_kept(entry, why));
        }
    }
}

/// Whether this is an option of the incumbent's that keeps somebody out with this value.
pub(crate) fn restricts(entry: &Entry) -> bool {
    REFUSED.iter().any(|(option, restricts, _)| *option == entry.option && restricts(&entry.value))
}

/// Why a restriction would be lost.
fn lost(entry: &Entry) -> Option<String> {
    let option = entry.option.as_str();
    if known(option).is_none() {
        let meant = misspelt(option, &RESTRICTING)?;
        return Some(format!("is not known, and would restrict nobody; did you mean {meant}?"));
    }
    if !RESTRICTING.contains(&option) {
        return None;
    }
    let (scope, _) = known(option)?;
    let only = match misplaced(scope, &entry.section) {
        Some(only) => only,
        None if is_unknown(&entry.section) => "[global] or the section of a domain",
        None => return None,
    };
    let section = model::printable(&entry.section, 60);
    let meant = unlike_any(&section).map(|meant| format!("; did you mean [{meant}]?")).unwrap_or_default();
    Some(format!("in [{section}] would restrict nobody: it counts in {only} only{meant}"))
}

/// An option, which of its values restrict, and what to do.
type Restriction = (&'static str, fn(&str) -> bool, &'static str);

const REFUSED: [Restriction; 3] = [
    ("oidc_issuer_url", is_set, OIDC),
    ("allow_console_password_only", |value| boolean(&Raw::new(value)) == Ok(Some(false)), SECOND_FACTOR),
    ("logon_script", is_set, SCRIPT),
];

fn is_set(value: &str) -> bool {
    !value.is_empty()
}

const OIDC: &str = "is not served: Firmament signs people in with Microsoft Entra ID only; remove the line and name \
    the domain, or leave this machine to himmelblau";
const SECOND_FACTOR: &str = "= false asks for a second factor at every sign-in, which Firmament cannot demand: let \
    Conditional Access of the organisation demand it, and remove the line";
const SCRIPT: &str =
    "may refuse a sign-in, and Firmament runs no script: remove the line if nobody is to be kept out";
