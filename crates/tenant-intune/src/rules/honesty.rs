//! Whether what a device calls compliant can be so, by its own values (intune.md 3.3, 8.2).
//!
//! Only values are compared: a client that repeats what the policy expects is believed, and one that does not
//! know only where it may not.

use crate::records::policy::Setting;
use crate::records::record::{Claimed, ReportedSetting};
use crate::rules::custom::version;
use std::collections::BTreeSet;

/// The built-in settings of one policy that are called compliant with a value that the policy forbids, and those
/// that are called unknown although they are not among these items.
pub(crate) fn doubted(
    settings: &[Setting],
    told: &[ReportedSetting],
    may_be_unknown: &BTreeSet<String>,
) -> Vec<Setting> {
    let ignorant = |setting: &&Setting| {
        let unknown = setting.reported(told).is_some_and(|it| it.state == Claimed::Unknown);
        let item = &setting.setting_definition_item_id;
        unknown && leaf(setting) != Leaf::Other && !may_be_unknown.contains(item)
    };
    let ignorant = settings.iter().filter(ignorant).cloned();
    let answered = settings.iter().filter_map(|setting| {
        setting.reported(told).filter(|it| it.state == Claimed::Compliant).map(|it| (setting, &*it.value))
    });
    let answered: Vec<(&Setting, &str)> = answered.collect();
    let distributions = Distributions::of(&answered);
    let dishonest = |(setting, actual): &&(&Setting, &str)| !can_be(setting, actual, &distributions);
    answered.iter().filter(dishonest).map(|(setting, _)| (*setting).clone()).chain(ignorant).collect()
}

/// What a device says about the distributions of a policy.
struct Distributions {
    /// The names that it gives itself, in lower case.
    named: BTreeSet<String>,
    /// The entries of the list that it falls under, each as the start of its paths.
    matched: BTreeSet<String>,
}

impl Distributions {
    fn of(answered: &[(&Setting, &str)]) -> Distributions {
        let kinds =
            answered.iter().filter(|(setting, actual)| leaf(setting) == Leaf::Kind && !actual.is_empty());
        let named = kinds.clone().map(|(_, actual)| actual.to_ascii_lowercase()).collect();
        let matched = kinds.filter(|(setting, actual)| setting.value.eq_ignore_ascii_case(actual));
        Distributions { named, matched: matched.map(|(setting, _)| entry(setting)).collect() }
    }
}

fn can_be(setting: &Setting, actual: &str, distributions: &Distributions) -> bool {
    let wanted = setting.value.as_str();
    // An entry for another distribution is answered with nothing (intune.md 5.1).
    let elsewhere = !distributions.matched.is_empty() && !distributions.matched.contains(&entry(setting));
    match leaf(setting) {
        Leaf::Kind if actual.is_empty() => elsewhere,
        Leaf::Kind => wanted.eq_ignore_ascii_case(actual) && distributions.named.len() == 1,
        Leaf::Least | Leaf::Most if wanted.is_empty() || (actual.is_empty() && elsewhere) => true,
        Leaf::Least => version(actual).is_some_and(|it| version(wanted).is_none_or(|wanted| it >= wanted)),
        Leaf::Most => version(actual).is_some_and(|it| version(wanted).is_none_or(|wanted| it <= wanted)),
        Leaf::Encryption => !wanted.eq_ignore_ascii_case("true") || actual.eq_ignore_ascii_case("true"),
        Leaf::Count => match (actual.parse::<u32>(), wanted.parse::<u32>()) {
            (Ok(actual), Ok(wanted)) => actual >= wanted,
            (_, wanted) => wanted.is_err(),
        },
        Leaf::Other => true,
    }
}

/// The built-in settings, by how their values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaf {
    Kind,
    Least,
    Most,
    Encryption,
    Count,
    Other,
}

fn leaf(setting: &Setting) -> Leaf {
    let item = setting.setting_definition_item_id.as_str();
    match item.strip_prefix("linux_distribution_alloweddistros_item_") {
        Some("$type") => Leaf::Kind,
        Some("minimumversion") => Leaf::Least,
        Some("maximumversion") => Leaf::Most,
        _ if item == "linux_deviceencryption_required" => Leaf::Encryption,
        _ if item.starts_with("linux_passwordpolicy_minimum") => Leaf::Count,
        _ => Leaf::Other,
    }
}

fn entry(setting: &Setting) -> String {
    let path = setting.csp_path.as_deref().unwrap_or_default();
    path.rsplit_once('/').map(|(entry, _)| entry.to_ascii_lowercase()).unwrap_or_default()
}
