//! What people are told when an account cannot be made or changed.

use model::{Account, Failure, FailureClass, Who};
use names::Conflict;

pub(crate) fn no_domain(person: &Account) -> Failure {
    refusal(
        "UnknownDomain",
        format!("{} is not a domain that this machine serves", person.upn.domain()),
        "Add the domain to the option domain in himmelblau.conf.",
    )
}

pub(crate) fn no_number(person: &Account) -> Failure {
    refusal(
        "NoUserId",
        format!("the idmap_range of {} has no number for {}", person.upn.domain(), person.upn),
        "Set idmap_range in himmelblau.conf to more than one number, and restart firmamentd.",
    )
}

pub(crate) fn numbers_of_directory(person: &Account) -> Failure {
    refusal(
        "NoUserId",
        format!("{} has no account here, and uidNumber is not read from the directory", person.upn),
        "Set id_attr_map to name or uuid in himmelblau.conf, and restart firmamentd.",
    )
}

pub(crate) fn unusable_home(person: &Account, home: &str) -> Failure {
    refusal(
        "UnusableHome",
        format!("'{home}' cannot be the home directory of {}", person.upn),
        "Set home_prefix in himmelblau.conf to an absolute path without a colon, and restart firmamentd.",
    )
}

pub(crate) fn unusable_name(name: &str) -> Failure {
    refusal(
        "UnusableName",
        format!("'{}' cannot be a name of this machine", model::printable(name, 80)),
        "Take letters, digits and . _ - ' ! # ^ ~ @, with at least one letter and no hyphen in front.",
    )
}

pub(crate) fn taken(person: &Account, (name, uid): (&str, u32), conflict: &Conflict) -> Failure {
    refusal(
        "AccountConflict",
        format!("{} cannot have the name {name} and the number {uid} here: {conflict}", person.upn),
        "An administrator of this machine can set idmap_range in himmelblau.conf to numbers that nobody has, or remove \
         what has the name or the number.",
    )
}

pub(crate) fn home_of_another(person: &Account, home: &str, (owner, uid): (u32, u32)) -> Failure {
    refusal(
        "HomeOfAnother",
        format!("{home} belongs to uid {owner}, and {} is uid {uid} here", person.upn),
        "If the directory is theirs, set id_attr_map and idmap_range in himmelblau.conf as they were when it was made, \
         or run `aad-tool account import`; else give it to them with chown, or move it away.",
    )
}

pub(crate) fn unknown_account(name: &str) -> Failure {
    refusal(
        "UnknownAccount",
        format!("nobody has an account named '{}' on this machine", model::printable(name, 80)),
        "See the names that there are with aad-tool account list.",
    )
}

fn refusal(code: &str, message: String, advice: &str) -> Failure {
    Failure::local(FailureClass::Denied, Who::MachineAdmin, code, message, advice)
}
