//! What this version does not do yet; the machine waits and says so.

use model::{Failure, FailureClass, Who};

/// The first proof to the directory needs the primary refresh token.
pub(crate) fn unavailable() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        Who::Nobody,
        "VerificationUnavailable",
        "this version cannot prove the registration to the directory yet".to_owned(),
        "Nothing needs to be done: the registration is in force.",
    )
}

/// Intune enrolment needs the primary refresh token too.
pub(crate) fn intune_unavailable() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        Who::Nobody,
        "IntuneUnavailable",
        "this version cannot enrol into Intune yet".to_owned(),
        "Nothing needs to be done: the registration is in force.",
    )
}
