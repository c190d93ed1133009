//! What somebody may have meant by a name that nobody knows.

use crate::options::rows;
use crate::scope::GLOBAL;

/// The option that is one or two slips of the hand away.
pub(crate) fn meant(option: &str) -> Option<&'static str> {
    closest(option, rows().map(|row| row.name))
}

/// The same among a few options, where more than the hand may have slipped.
pub(crate) fn misspelt(option: &str, among: &[&'static str]) -> Option<&'static str> {
    let close = among.iter().find(|name| strsim::jaro_winkler(&plain(option), &plain(name)) >= ALIKE);
    close.copied().or_else(|| closest(option, among.iter().copied()))
}

/// The section that is a slip of the hand away.
pub(crate) fn unlike_any(section: &str) -> Option<&'static str> {
    closest(section, [GLOBAL])
}

fn closest(text: &str, names: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let slips = |name: &str| {
        let typed = strsim::osa_distance(&plain(text), &plain(name));
        typed.min(strsim::osa_distance(&sorted(text), &sorted(name)))
    };
    let near = names.into_iter().map(|name| (slips(name), name));
    near.filter(|(slips, name)| *slips <= (name.len() / 4).clamp(1, MOST_SLIPS)).min().map(|(_, name)| name)
}

/// A hyphen, a dot and an underline are one to whoever types them.
fn plain(name: &str) -> String {
    name.replace(['-', '.'], "_").to_ascii_lowercase()
}

/// Its words in the order of the alphabet: whoever remembers a name may have them in another.
fn sorted(name: &str) -> String {
    let plain = plain(name);
    let mut words: Vec<&str> = plain.split('_').collect();
    words.sort_unstable();
    words.join("_")
}

/// Letters that are wrong, missing, too many or exchanged, in a long name.
const MOST_SLIPS: usize = 2;
/// Of 1; of names with as long a common beginning as these.
const ALIKE: f64 = 0.9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::RESTRICTING;

    #[test]
    fn a_slip_of_the_hand_is_told_from_a_name_that_nobody_knows() {
        for (typed, name) in [
            ("aply_policy", Some("apply_policy")),
            ("apply-policy", Some("apply_policy")),
            ("joint_ype", Some("join_type")),
            ("tenantid", Some("tenant_id")),
            ("domian", Some("domain")),
            ("regsitration", Some("registration")),
            ("shel", Some("shell")),
            ("hello_enabled", Some("enable_hello")),
            ("policy_apply", Some("apply_policy")),
            ("frobnicate", None),
            ("prt_renewal", None),
            ("log_level", None),
            ("offline_timeout", None),
            ("require_mfa", None),
            ("x", None),
        ] {
            assert_eq!(meant(typed), name, "{typed}");
        }
    }

    #[test]
    fn a_restriction_is_missed_by_more_than_a_slip() {
        for (typed, name) in [
            ("pam_allow_group", Some("pam_allow_groups")),
            ("pam_allowed_groups", Some("pam_allow_groups")),
            ("pam_allow_users", Some("pam_allow_groups")),
            ("tennant_id", Some("tenant_id")),
            ("tenant", Some("tenant_id")),
            ("who_may_registre", Some("who_may_register")),
            ("registraton", Some("registration")),
            ("pam_service", None),
            ("register_url", None),
            ("shell", None),
        ] {
            assert_eq!(misspelt(typed, &RESTRICTING), name, "{typed}");
        }
    }
}
