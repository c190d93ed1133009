//! What people are told when something they ask for cannot be.

use model::{Backend, DomainName, Failure, FailureClass, Upn, Who};

/// No configured domain has this name.
pub fn unknown_domain(domain: &DomainName) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "UnknownDomain",
        format!("{domain} is not a domain that this machine serves"),
        "Check the name, or add the domain to the option domain in himmelblau.conf.",
    )
}

/// The configuration names who may sign in, and this is somebody else.
pub fn not_admitted(name: &Upn) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "SignInNotAllowed",
        format!("{name} may not sign in on this machine"),
        "Sign in with an account that may, or add the name to pam_allow_groups in himmelblau.conf and restart \
         firmamentd.",
    )
}

/// The machine has no identity, and this caller may not give it one.
pub fn may_not_register(domain: &DomainName) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "RegistrationNotAllowed",
        format!("this machine is not registered for {domain}, and you may not register it"),
        "Somebody whom who_may_register in himmelblau.conf names has to sign in first, as root may; then sign in again.",
    )
}

/// There is no identity to do something with.
pub fn not_registered(domain: &DomainName, advice: &str) -> Failure {
    let message = format!("this machine is not registered for {domain}");
    Failure::local(FailureClass::Gone, Who::Nobody, "NotRegistered", message, advice)
}

/// Another account came in under this name meanwhile.
pub fn name_taken(name: &Upn) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "AccountReplaced",
        format!("{name} belongs to another account, which has just signed in under this name"),
        &format!("If that is wrong, an administrator of this machine runs: aad-tool forget-account {name}"),
    )
}

/// A work with the same keys has to end first.
pub fn keys_in_use() -> Failure {
    Failure::local(
        FailureClass::Transient,
        Who::Nobody,
        "KeysInUse",
        "something else is being done with the keys of this identity".to_owned(),
        "Nothing was changed. See aad-tool status, and run it again.",
    )
}

/// The identity is not one that can be moved.
pub fn not_in_order() -> Failure {
    not_movable("only a verified, active registration can be moved".to_owned(), "See aad-tool status.")
}

/// The keys are where they shall go.
pub fn there_already(to: Backend) -> Failure {
    let message = format!("the keys of this identity are {} keys already", to.as_str());
    not_movable(message, "There is nothing to do.")
}

fn not_movable(message: String, advice: &str) -> Failure {
    Failure::local(FailureClass::Denied, Who::MachineAdmin, "NotMovable", message, advice)
}

/// The place itself is the culprit, and nothing has begun.
pub fn place_not_ready(failure: Failure) -> Failure {
    let advice = "Make that place usable (options, PIN, device), restart firmamentd and try again; nothing was changed.";
    Failure { advice: advice.to_owned(), ..failure }
}

/// The configuration allows keys in one place only.
pub fn backend_required(required: Backend, to: Backend) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "HsmTypeConflict",
        format!("hsm_type = {0} in himmelblau.conf allows keys in {0} only", required.as_str()),
        &format!(
            "Set hsm_type = tpm_if_possible, restart firmamentd and try again; hsm_type = {} may be set after \
             the move.",
            to.as_str()
        ),
    )
}

/// The password is not enough, and there is no place for more.
pub fn code_not_shown() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        Who::User,
        "CodeNotShown",
        "this sign-in takes a code, and a code cannot be shown here".to_owned(),
        "Sign in by ssh with keyboard-interactive, or at the console, first.",
    )
}

/// Another move has to end first.
pub fn move_under_way(to: Backend) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "RekeyUnderWay",
        format!("a move to {} keys is under way", to.as_str()),
        &format!(
            "Finish it with aad-tool rekey --to {}, or give it up with aad-tool rekey --cancel.",
            to.as_str()
        ),
    )
}

/// There is nothing to give up.
pub fn no_move() -> Failure {
    Failure::local(
        FailureClass::Gone,
        Who::Nobody,
        "NoMove",
        "no move to other keys is under way".to_owned(),
        "There is nothing to give up.",
    )
}
