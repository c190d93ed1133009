//! Every row of the tables of compliance.md 3.2, 4.4, 4.5, 5.3 to 5.5, 6.3, 6.4 and 7, and properties of the whole.

mod dates;
mod distributions;
mod encryption;
mod passwords;
mod properties;
mod rules;
mod scripts;
mod settings;
mod stacks;

use crate::{Finding, Policy, RuleId, Rules, Setting, judge};
use facts::{Facts, PolicyId, Reason};

const TYPE: &str = "linux_distribution_alloweddistros_item_$type";
const MINIMUM: &str = "linux_distribution_alloweddistros_item_minimumversion";
const MAXIMUM: &str = "linux_distribution_alloweddistros_item_maximumversion";
const ENCRYPTION: &str = "linux_deviceencryption_required";
const LENGTH: &str = "linux_passwordpolicy_minimumlength";
const DIGITS: &str = "linux_passwordpolicy_minimumdigits";
const LOWERCASE: &str = "linux_passwordpolicy_minimumlowercase";
const UPPERCASE: &str = "linux_passwordpolicy_minimumuppercase";
const SYMBOLS: &str = "linux_passwordpolicy_minimumsymbols";
const SCRIPT: &str = "linux_customcompliance_discoveryscript";
const SCRIPT_RULES: &str = "linux_customcompliance_rules";

fn nothing_known() -> Facts {
    Facts::unknown(&Reason::NotAsked)
}

/// A setting without a path.
fn setting(definition: &str, value: &str) -> Setting {
    in_entry("", definition, value)
}

/// A leaf of an entry of the allowed distributions; an empty one has no path.
fn in_entry(entry: &str, definition: &str, value: &str) -> Setting {
    let leaf = definition.rsplit('_').next().unwrap();
    let path = match entry {
        "" => String::new(),
        entry => format!("com.microsoft.manage.LinuxMdm/Distribution/AllowedDistros/{entry}/{leaf}"),
    };
    let rule = Some(RuleId(format!("rule of {definition} {entry} {value}")));
    Setting { definition: definition.to_owned(), rule, path, value: Some(value.to_owned()) }
}

fn policy(settings: Vec<Setting>) -> Policy {
    Policy { id: PolicyId("policy".to_owned()), settings, rules: Rules::NotDelivered }
}

/// What is said of one setting alone.
fn one(definition: &str, value: &str, facts: &Facts) -> Finding {
    judge(&[policy(vec![setting(definition, value)])], facts).remove(0)
}

/// State, actual value and old state, as the service reads them.
fn said(finding: &Finding) -> (&str, &str, &str) {
    (finding.state.as_str(), finding.actual.as_str(), finding.old_state.as_str())
}
