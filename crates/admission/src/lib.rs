//! Whom the groups of the directory let in, and whom they let register the machine (login.md 2).
//!
//! Pure: no clock, no network, no disk.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use model::{DirectoryGroup, Failure, FailureClass, GroupUse, ObjectId, SignInFacts, Upn, Who};

/// The groups that a person is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// Nobody asked for them.
    NotAsked,
    /// All of them.
    Known(Vec<DirectoryGroup>),
    /// They could not be read, and this is why.
    Unknown(Box<Failure>),
}

/// What the token said of them, which is their ids alone.
pub fn groups_of_token(ids: &[ObjectId]) -> Groups {
    Groups::Known(ids.iter().map(|id| DirectoryGroup { object: *id, name: None }).collect())
}

/// Whether the groups let the person in (login.md 2): by the id of one of them, and never where they are not
/// known.
///
/// # Errors
/// Why they do not.
pub fn by_groups(facts: &SignInFacts, groups: &Groups) -> Result<(), Failure> {
    if let GroupUse::Admit(admitted) = &facts.groups {
        in_one_of(admitted, groups, || not_in_a_group(facts))?;
    }
    match &facts.registrars {
        Some(group) => in_one_of(std::slice::from_ref(group), groups, || not_a_registrar(facts)),
        None => Ok(()),
    }
}

fn in_one_of(wanted: &[ObjectId], groups: &Groups, in_none: impl FnOnce() -> Failure) -> Result<(), Failure> {
    match groups {
        Groups::Known(own) if own.iter().any(|group| wanted.contains(&group.object)) => Ok(()),
        Groups::Known(_) => Err(in_none()),
        Groups::NotAsked => Err(groups_not_told()),
        Groups::Unknown(failure) => Err(groups_not_read(failure)),
    }
}

fn not_a_registrar(facts: &SignInFacts) -> Failure {
    let domain = facts.asked.domain();
    let message =
        format!("this machine is not registered for {domain}, and you are not in the group that may");
    let (class, who) = (FailureClass::Denied, Who::MachineAdmin);
    Failure::local(class, who, "RegistrationNotAllowed", message, NOT_A_REGISTRAR)
}

fn not_in_a_group(facts: &SignInFacts) -> Failure {
    let name = facts.asked.person().map_or("who came", Upn::as_str);
    let message = format!("{name} may not sign in on this machine: you are in none of the groups that may");
    let (class, who) = (FailureClass::Denied, Who::MachineAdmin);
    Failure::local(class, who, "SignInNotAllowed", message, NOT_IN_A_GROUP)
}

/// Nobody said which they are.
pub fn groups_not_told() -> Failure {
    let message = "your groups are not known, and here only members of some may do what you want";
    let (class, who) = (FailureClass::Denied, Who::TenantAdmin);
    Failure::local(class, who, "GroupsNotReadable", message.to_owned(), CONSENT)
}

/// Nobody comes in whose groups are not known; only where the directory refused them does consent help.
fn groups_not_read(failure: &Failure) -> Failure {
    let message =
        format!("your groups cannot be read, and here only members of some may do this: {}", failure.message);
    match failure.class {
        FailureClass::Transient | FailureClass::NeedsUser => Failure { message, ..failure.clone() },
        FailureClass::Denied | FailureClass::Gone | FailureClass::Broken => Failure {
            class: FailureClass::Denied,
            who: Who::TenantAdmin,
            code: "GroupsNotReadable".to_owned(),
            message,
            advice: CONSENT.to_owned(),
            ..failure.clone()
        },
    }
}

const NOT_IN_A_GROUP: &str =
    "Sign in with an account that may, or have the account put into a group of pam_allow_groups.";
const NOT_A_REGISTRAR: &str = "Somebody of the group that who_may_register in himmelblau.conf names has to sign in first, or root with aad-tool join; then sign in again.";
const CONSENT: &str = "An administrator of your organisation has to consent to reading groups (GroupMember.Read.All) or to have groups in the token (groupMembershipClaims); or name people in pam_allow_groups.";
