//! Whether the module is active in a stack, and harmless to everybody else (login.md 1.7).

use crate::stack::{Action, Control, Phase, Rule};

/// The module of this project.
pub const MODULE: &str = "pam_firmament.so";
/// The module of local accounts.
pub const UNIX: &str = "pam_unix.so";
/// What refuses whoever no module let in.
const DENY: &str = "pam_deny.so";

/// What is wrong with one phase of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// No rule names our module.
    #[error("pam_firmament.so is not in it, so nobody of the directory is known there")]
    Missing,
    /// People would first be asked for a local password, or let in by it.
    #[error("pam_firmament.so stands behind pam_unix.so, which answers first")]
    BehindUnix,
    /// Somebody whom the module let in would be refused, or asked again.
    #[error("a success of pam_firmament.so does not lead behind the modules that ask and deny")]
    LandsShort,
    /// There is no rule where the jump ends.
    #[error("a success of pam_firmament.so leads out of the stack")]
    LandsNowhere,
    /// A local person would not get in.
    #[error("pam_firmament.so has no ignore=ignore, so local people do not get in")]
    StrangersDenied,
    /// A refusal would be taken for an abstention.
    #[error("pam_firmament.so has no default=die, so whom it refuses may get in")]
    RefusalLost,
    /// pam_unix takes a new password only from a module before it, and there is none.
    #[error(
        "pam_unix.so has use_authtok and no module before it asks, so local people cannot change passwords"
    )]
    NoNewPassword,
}

/// What is wrong with the rules of one phase; a session needs nothing of ours.
pub fn judge(phase: Phase, rules: &[Rule]) -> Vec<Finding> {
    if phase == Phase::Session {
        return Vec::new();
    }
    let Some(ours) = rules.iter().position(|rule| rule.module == MODULE) else {
        return vec![Finding::Missing];
    };
    let unix = rules.iter().position(|rule| rule.module == UNIX);
    let control = &rules[ours].control;
    let mut found = Vec::new();
    // A change of password is refused either way, and pam_unix changes none of people whom it does not know.
    if phase != Phase::Password && unix.is_some_and(|unix| unix < ours) {
        found.push(Finding::BehindUnix);
    }
    found.extend(landing(rules, ours));
    if control.action("ignore") != Some(Action::Ignore) {
        found.push(Finding::StrangersDenied);
    }
    if control.action("default") != Some(Action::Die) {
        found.push(Finding::RefusalLost);
    }
    if phase == Phase::Password && unix.is_some_and(|unix| lacks_new_password(rules, unix)) {
        found.push(Finding::NoNewPassword);
    }
    found
}

/// Where a success leads: to the end, or over every module that asks and over the one that denies.
fn landing(rules: &[Rule], ours: usize) -> Option<Finding> {
    let last_to_skip = rules.iter().rposition(|rule| rule.module == UNIX || rule.module == DENY);
    match rules[ours].control.action("success") {
        Some(Action::Done) => None,
        Some(Action::Jump(over)) => match ours + over + 1 {
            lands if last_to_skip.is_some_and(|last| lands <= last) => Some(Finding::LandsShort),
            lands if lands >= rules.len() => Some(Finding::LandsNowhere),
            _ => None,
        },
        _ => Some(Finding::LandsShort),
    }
}

/// Whether nobody asks for the new password that pam_unix would take; our module never has one.
fn lacks_new_password(rules: &[Rule], unix: usize) -> bool {
    let takes_only = rules[unix].arguments.iter().any(|it| it == "use_authtok");
    let asks = |rule: &Rule| rule.module != MODULE && rule.control != Control::Include;
    takes_only && !rules[..unix].iter().any(asks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::parse;

    fn found(phase: Phase, text: &str) -> Vec<Finding> {
        let text: String = text.lines().map(|line| format!("{} {line}\n", phase.word())).collect();
        judge(phase, &parse(&text).unwrap())
    }

    #[test]
    fn the_module_stands_first_and_leads_behind_the_one_that_denies() {
        use Finding::*;
        const REST: &str =
            "[success=1 default=ignore] pam_unix.so\nrequisite pam_deny.so\nrequired pam_permit.so";
        let with = |control: &str| found(Phase::Auth, &format!("{control} pam_firmament.so\n{REST}"));
        for (control, expected) in [
            ("[success=2 ignore=ignore default=die]", vec![]),
            ("[success=done ignore=ignore default=die]", vec![]),
            ("[success=1 ignore=ignore default=die]", vec![LandsShort]),
            ("[success=ok ignore=ignore default=die]", vec![LandsShort]),
            ("[success=3 ignore=ignore default=die]", vec![LandsNowhere]),
            ("[success=2 default=die]", vec![StrangersDenied]),
            ("[success=2 ignore=ignore default=ignore]", vec![RefusalLost]),
            ("sufficient", vec![LandsShort, StrangersDenied, RefusalLost]),
        ] {
            assert_eq!(with(control), expected, "{control}");
        }
        assert_eq!(found(Phase::Account, REST), [Missing]);
        assert_eq!(found(Phase::Session, REST), []);
        let behind = "[success=2 default=ignore] pam_unix.so\n\
            [success=1 ignore=ignore default=die] pam_firmament.so\nrequisite pam_deny.so\nrequired pam_permit.so";
        assert_eq!(found(Phase::Auth, behind), [BehindUnix]);
        assert_eq!(found(Phase::Password, behind), []);
    }

    #[test]
    fn local_people_can_change_their_passwords() {
        const OURS: &str = "[success=done ignore=ignore default=die] pam_firmament.so";
        for (text, expected) in [
            (format!("{OURS}\nsufficient pam_unix.so use_authtok"), vec![Finding::NoNewPassword]),
            (format!("{OURS}\nrequisite pam_pwquality.so\nsufficient pam_unix.so use_authtok"), vec![]),
            (format!("requisite pam_pwquality.so\n{OURS}\nsufficient pam_unix.so use_authtok"), vec![]),
            (format!("{OURS}\nsufficient pam_unix.so"), vec![]),
        ] {
            assert_eq!(found(Phase::Password, &text), expected, "{text}");
        }
    }
}
