//! What callers of the socket are told of the machine: sentences, endings, and the document of `status`.
//!
//! Pure: from what the driver shows to the words of the socket.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod accounts;
mod concern;
mod document;
mod hearer;
mod intune;
mod left_behind;
mod offline;
#[cfg(test)]
mod tests;

pub use accounts::account_entries;
pub use document::{About, DocumentParts, document_head, document_pieces};
pub use hearer::{Hearer, Manners};
pub use left_behind::left_behind;
pub use offline::offline;

use concern::{Concern, concerns};
use identity::{Phase, StateName, Status, StatusPhase, Suspension, WaitsFor};
use ipc::{Ending, Message};
use messages::Said;
use model::{Account, Failure, FailureClass, Timestamp, Who};
use signin::{PasswordPrompt, Prompt};
use views::DomainView;

/// The message that shows a person their code, at this time by the clock that says until when it lives.
pub fn prompt(prompt: &Prompt, hearer: &Hearer, now: Timestamp) -> Message {
    Message::Prompt {
        user_code: prompt.user_code.clone(),
        url: prompt.verification_uri.clone(),
        expires_at: prompt.expires_at.to_string(),
        reason: hearer.reason(prompt.reason),
        seconds: Some(prompt.expires_at.since(now).as_secs()),
        only_questions: hearer.only_questions,
    }
}

/// The message that asks a person for their password.
pub fn ask_password(prompt: &PasswordPrompt, hearer: &Hearer) -> Message {
    Message::AskPassword {
        name: prompt.name.to_string(),
        reason: hearer.reason(prompt.reason),
        only_questions: hearer.only_questions,
    }
}

/// What is waited for while a person has a code.
pub fn waiting_for_approval(prompt: &Prompt, hearer: &Hearer) -> Message {
    let text = hearer.hears("you to sign in with the code", Said::WaitsForApproval);
    Message::Waiting { text, until: Some(prompt.expires_at.to_string()) }
}

/// The message that a person is who was asked for.
pub fn signed_in(account: &Account) -> Message {
    Message::SignedIn { name: account.upn.to_string(), tenant: account.tenant.to_string() }
}

/// The message of a change of the machine, for whoever hears it.
pub fn progress(status: &Status, at: Timestamp, hearer: &Hearer) -> Message {
    let said = match status.phase {
        StatusPhase::Unregistered => Said::NotRegistered,
        StatusPhase::Enrolling => Said::Registering,
        StatusPhase::Registered | StatusPhase::IntuneEnrolled => Said::Registered,
        StatusPhase::Suspended => Said::Suspended,
        StatusPhase::Leaving => Said::Leaving,
    };
    Message::Progress {
        at: at.to_string(),
        tenant: status.tenant.to_string(),
        phase: status.phase.to_string(),
        state: status.state.to_string(),
        text: hearer.hears(summary(status), said),
    }
}

/// Why the device object of an identity that was replaced is still there, and what to do about it.
pub fn still_there(status: &Status) -> Option<Failure> {
    let failure = status.failure.clone()?;
    let advice = "Run aad-tool rekey once more as before; with --force the old device object is left behind, for \
                  an administrator to delete.";
    Some(Failure { advice: advice.to_owned(), ..failure })
}

/// Why the last rebinding failed, if it did.
pub fn rebind_failure(status: &Status) -> Option<&Failure> {
    let attempts = &status.snapshot.attempts;
    attempts.iter().find(|attempt| attempt.phase == Phase::Rebind)?.failure.as_ref()
}

/// How a conversation about this machine ends: by what it waits for, then by what failed.
pub fn ending(status: &Status) -> Ending {
    let failed = status.failure.as_ref().map(ending_of);
    match (status.phase, status.waits_for) {
        (StatusPhase::Suspended, _) => Ending::Suspended,
        (StatusPhase::Registered | StatusPhase::IntuneEnrolled, _) => Ending::Done,
        _ if failed == Some(Ending::NotWritable) => Ending::NotWritable,
        (_, Some(WaitsFor::Administrator | WaitsFor::Operator)) => Ending::Denied,
        (_, Some(WaitsFor::SignInToFinish | WaitsFor::SignInToVerify | WaitsFor::SignInForIntune)) => {
            Ending::NeedsSignIn
        }
        (StatusPhase::Leaving, None) => failed.unwrap_or(Ending::Failed),
        (_, Some(WaitsFor::FirstSignIn) | None) => failed.unwrap_or(Ending::NotRegistered),
    }
}

/// How `status` ends for a domain.
pub fn ending_of_view(view: &DomainView) -> Ending {
    let at_rest = match (view.blocked(), view.status()) {
        (Some(failure), _) => ending_of(failure),
        // Why the last try failed is said, and does not make it anything but not registered.
        (None, Some(status)) if status.waits_for == Some(WaitsFor::FirstSignIn) => Ending::NotRegistered,
        (None, Some(status)) => ending(status),
        (None, None) => Ending::NotRegistered,
    };
    concerns(view).iter().map(Concern::ending).fold(at_rest, Ending::max)
}

/// How a conversation ends that failed.
pub fn ending_of(failure: &Failure) -> Ending {
    match failure.class {
        _ if failure.is_not_writable() => Ending::NotWritable,
        // Not understood, and nobody's to mend but the caller's: what was asked is not meant like that.
        FailureClass::Broken if failure.who == Who::User && failure.trace.http_status.is_none() => {
            Ending::Usage
        }
        FailureClass::NeedsUser => Ending::NeedsSignIn,
        FailureClass::Denied => Ending::Denied,
        FailureClass::Gone => Ending::NotRegistered,
        FailureClass::Transient | FailureClass::Broken => Ending::Failed,
    }
}

fn view_summary(view: &DomainView) -> String {
    match (view.blocked(), view.status()) {
        (Some(failure), _) => format!("The stored state cannot be used: {}.", failure.message),
        (None, Some(status)) => {
            let concerns = concerns(view);
            std::iter::once(summary(status))
                .chain(concerns.iter().map(Concern::sentence))
                .collect::<Vec<_>>()
                .join(" ")
        }
        (None, None) => "Not registered: waits for the first sign-in.".to_owned(),
    }
}

fn summary(status: &Status) -> String {
    let again = again(status);
    match status.phase {
        StatusPhase::Enrolling if status.waits_for.is_none() => again.unwrap_or_else(|| sentence(status)),
        StatusPhase::Registered | StatusPhase::IntuneEnrolled | StatusPhase::Leaving => {
            let again = again.map(|again| format!(" {again}")).unwrap_or_default();
            sentence(status) + &again
        }
        _ => sentence(status),
    }
}

/// Why and when something is tried once more by itself.
pub fn again(status: &Status) -> Option<String> {
    let (failure, at) = (status.failure.as_ref()?, status.wake_at?);
    Some(format!("Tried again at {at}: {} [{}].", failure.message, failure.code))
}

fn sentence(status: &Status) -> String {
    let verified = status.snapshot.stage.identity().is_some_and(|identity| identity.verified_at.is_some());
    let doing = status.state.sentence();
    match (status.phase, status.waits_for) {
        _ if status.state == StateName::Rebinding => doing.unwrap_or_default(),
        (StatusPhase::Unregistered, Some(WaitsFor::Administrator)) => {
            "Not registered: the registration was refused."
        }
        (StatusPhase::Unregistered, _) => "Not registered: waits for the first sign-in.",
        (StatusPhase::Enrolling, Some(_)) => "Registration under way: needs one sign-in to go on.",
        (StatusPhase::Enrolling, None) => doing.unwrap_or("Registration under way."),
        (StatusPhase::Registered, Some(WaitsFor::SignInForIntune)) => {
            "Registered; Intune: waiting for a sign-in."
        }
        (StatusPhase::Registered, Some(WaitsFor::SignInToVerify)) => {
            "Registered, not yet verified: needs one sign-in."
        }
        (StatusPhase::Registered, _) if !verified => "Registered, not yet verified.",
        (StatusPhase::Registered, _) => doing.unwrap_or("Registered."),
        (StatusPhase::IntuneEnrolled, Some(WaitsFor::SignInForIntune)) => {
            "Registered and enrolled into Intune; the inventory waits for a sign-in of the owner."
        }
        (StatusPhase::IntuneEnrolled, _) => doing.unwrap_or("Registered and enrolled into Intune."),
        (StatusPhase::Suspended, _) => suspended_words(status),
        (StatusPhase::Leaving, Some(_)) => {
            "Leaving: the device object could not be deleted; the keys are kept."
        }
        (StatusPhase::Leaving, None) => doing.unwrap_or("Leaving."),
    }
    .to_owned()
}

fn suspended_words(status: &Status) -> &'static str {
    match status.snapshot.stage.identity().and_then(|identity| identity.suspended) {
        Some(Suspension::Disabled) => {
            "Suspended: the device is disabled in the directory; the keys are kept."
        }
        Some(Suspension::Deleted) => {
            "Suspended: the device was deleted from the directory; the keys are kept."
        }
        Some(Suspension::ClonedMachine) => "Suspended: this is not the machine the keys were made on.",
        Some(Suspension::KeyUnavailable) | None => "Suspended: the device keys cannot be used.",
    }
}
