use crate::FailureClass::{self, Broken, Denied, NeedsUser, Transient};
use crate::Who::{self, Developers, MachineAdmin, Nobody, TenantAdmin, User};

/// One line of the table of refusals: what a server code means and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// `AADSTS` number without its prefix, or the word of a DRS or OAuth error.
    pub code: &'static str,
    /// What the machine may do.
    pub class: FailureClass,
    /// Who can fix it.
    pub who: Who,
    /// What happened, one sentence.
    pub meaning: &'static str,
    /// The next step, one sentence.
    pub advice: &'static str,
}

/// The line of a code; none for a code that is not in the table, which is `Broken` for the attempt
/// and changes nothing in the identity.
pub fn refusal(code: &str) -> Option<&'static Refusal> {
    TABLE.iter().find(|line| line.code.eq_ignore_ascii_case(code))
}

/// The whole table, for the documents and the tests.
pub fn refusals() -> &'static [Refusal] {
    TABLE
}

const fn line(
    code: &'static str,
    class: FailureClass,
    who: Who,
    meaning: &'static str,
    advice: &'static str,
) -> Refusal {
    Refusal { code, class, who, meaning, advice }
}

const TABLE: &[Refusal] = &[
    line(
        "50126",
        NeedsUser,
        User,
        "the user name or password is wrong",
        "Sign in again with the right password.",
    ),
    line(
        "50057",
        Denied,
        TenantAdmin,
        "the account is disabled",
        "Ask an administrator to enable the account.",
    ),
    line("90055", Transient, Nobody, "the service is busy", "It is tried again by itself."),
    line("90002", Denied, MachineAdmin, "the service knows no such tenant", "Check the `domain` option."),
    line(
        "50011",
        Broken,
        Developers,
        "the redirect address is not registered for the client",
        "Please report it.",
    ),
];
