//! What people are told when an account cannot be made or changed.

use crate::reserved::ReservedAccount;
use model::{Failure, FailureClass, LocalAccount, Upn, Who};
use names::Conflict;

pub(crate) fn no_domain(person: &Upn) -> Failure {
    refusal(
        "UnknownDomain",
        format!("{} is not a domain that this machine serves", person.domain()),
        "Add the domain to the option domain in himmelblau.conf.",
    )
}

pub(crate) fn no_number(person: &Upn) -> Failure {
    refusal(
        "NoUserId",
        format!("the idmap_range of {} has no number for {}", person.domain(), person),
        "Set idmap_range in himmelblau.conf to more than one number, and restart firmamentd.",
    )
}

pub(crate) fn numbers_of_directory(person: &Upn) -> Failure {
    refusal(
        "NoUserId",
        format!("{} has no account here, and uidNumber is not read from the directory", person),
        "Give them a number with `aad-tool account add NAME@DOMAIN --uid N`, or set id_attr_map to name or uuid in \
         himmelblau.conf and restart firmamentd.",
    )
}

pub(crate) fn number_not_known(person: &Upn) -> Failure {
    refusal(
        "NoUserId",
        format!(
            "the number of {person} cannot be computed from the name: by id_attr_map their sign-in tells it"
        ),
        "Name a number with --uid.",
    )
}

pub(crate) fn home_not_known(person: &Upn) -> Failure {
    refusal(
        "UnusableHome",
        format!("the home directory of {person} has the id of their object, which only their sign-in tells"),
        "Name the directory with --home.",
    )
}

pub(crate) fn home_link_broken(person: &Upn, home: &str) -> Failure {
    refusal(
        "HomeLinkBroken",
        format!("{home}, the home directory of {person}, is a link that leads nowhere"),
        "Bring back what it leads to, or remove the link: a new home is a real directory.",
    )
}

pub(crate) fn known_already(person: &Upn, account: &LocalAccount) -> Failure {
    refusal(
        "AccountExists",
        format!("{person} has the account {} with the number {} here already", account.name, account.uid),
        "See it with aad-tool account show; aad-tool account set-uid gives it another number.",
    )
}

pub(crate) fn reserved_already(before: &ReservedAccount) -> Failure {
    let ReservedAccount { upn, uid, home, .. } = before;
    refusal(
        "ReservedAlready",
        format!("the number {uid} and the home {home} are reserved for {upn} already"),
        "End that with aad-tool account forget first, if they are to be others.",
    )
}

pub(crate) fn unusable_home(person: &Upn, home: &str) -> Failure {
    refusal(
        "UnusableHome",
        format!("'{home}' cannot be the home directory of {}", person),
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

pub(crate) fn taken(person: &Upn, (name, uid): (&str, u32), conflict: &Conflict) -> Failure {
    refusal(
        "AccountConflict",
        format!("{} cannot have the name {name} and the number {uid} here: {conflict}", person),
        "An administrator of this machine can set idmap_range in himmelblau.conf to numbers that nobody has, or remove \
         what has the name or the number.",
    )
}

pub(crate) fn home_of_another(person: &Upn, home: &str, (owner, uid): (u32, u32)) -> Failure {
    refusal(
        "HomeOfAnother",
        format!("{home} belongs to uid {owner}, and {} is uid {uid} here", person),
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
