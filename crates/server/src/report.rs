use crate::About;
use driver::{
    DomainView, Identity, Intune, LedgerKind, LedgerLine, Stage, Status, StatusPhase, Suspension, WaitsFor,
};
use ipc::{
    AttemptReport, DomainStatus, Ending, FailureReport, IdentityReport, KeyReport, LedgerReport, Message,
    STATUS_SCHEMA, StatusDocument,
};
use model::{Account, Failure, FailureClass, KeyHandle, Timestamp};
use signin::Prompt;

/// What the status document is made of.
pub struct DocumentParts {
    /// The machine as a whole.
    pub about: About,
    /// Its domains.
    pub views: Vec<DomainView>,
    /// Whether the reader may see who registered the machine.
    pub for_root: bool,
}

/// The document of `aad-tool status`.
pub fn document(parts: &DocumentParts) -> StatusDocument {
    StatusDocument {
        schema: STATUS_SCHEMA,
        version: parts.about.version.clone(),
        key_store: parts.about.key_store.clone(),
        notices: parts.about.notices.clone(),
        domains: parts.views.iter().map(|view| domain(view, parts.for_root)).collect(),
    }
}

pub(crate) fn prompt(prompt: &Prompt) -> Message {
    Message::Prompt {
        user_code: prompt.user_code.clone(),
        url: prompt.verification_uri.clone(),
        expires_at: prompt.expires_at.to_string(),
        reason: prompt.reason.map(str::to_owned),
    }
}

pub(crate) fn signed_in(account: &Account) -> Message {
    Message::SignedIn { name: account.upn.to_string(), tenant: account.tenant.to_string() }
}

pub(crate) fn progress(status: &Status, at: Timestamp) -> Message {
    Message::Progress {
        at: at.to_string(),
        tenant: status.tenant.to_string(),
        phase: phase_word(status.phase).to_owned(),
        state: status.state.to_owned(),
        text: summary(status),
    }
}

/// How a conversation about this machine ends.
pub(crate) fn ending(status: &Status) -> Ending {
    match (status.phase, &status.failure) {
        (StatusPhase::Suspended, _) => Ending::Suspended,
        (StatusPhase::Registered | StatusPhase::IntuneEnrolled, _) => Ending::Done,
        (_, Some(failure)) => ending_of(failure),
        (StatusPhase::Enrolling, None) => Ending::NeedsSignIn,
        (StatusPhase::Leaving, None) => Ending::Failed,
        (StatusPhase::Unregistered, None) => Ending::NotRegistered,
    }
}

pub(crate) fn ending_of_view(view: &DomainView) -> Ending {
    match (&view.blocked, &view.status) {
        (Some(failure), _) => ending_of(failure),
        (None, Some(status)) => ending(status),
        (None, None) => Ending::NotRegistered,
    }
}

pub(crate) fn ending_of(failure: &Failure) -> Ending {
    match failure.class {
        FailureClass::NeedsUser => Ending::NeedsSignIn,
        FailureClass::Denied => Ending::Denied,
        FailureClass::Gone => Ending::NotRegistered,
        FailureClass::Transient | FailureClass::Broken => Ending::Failed,
    }
}

fn domain(view: &DomainView, for_root: bool) -> DomainStatus {
    let status = view.status.as_ref();
    let failure = view.blocked.as_ref().or(status.and_then(|status| status.failure.as_ref()));
    DomainStatus {
        domain: view.domain.to_string(),
        tenant: view.tenant.map(|tenant| tenant.to_string()),
        phase: status.map_or("unregistered", |status| phase_word(status.phase)).to_owned(),
        state: status.map_or("unregistered", |status| status.state).to_owned(),
        summary: view_summary(view),
        waits_for: match status {
            Some(status) => status.waits_for.map(|who| waits_word(who).to_owned()),
            None => Some(waits_word(WaitsFor::FirstSignIn).to_owned()),
        },
        next_at: status.and_then(|status| status.wake_at).map(|at| at.to_string()),
        identity: status.and_then(identity_of).map(|identity| identity_report(identity, for_root)),
        failure: failure.map(FailureReport::from),
        attempts: status.map(attempts).unwrap_or_default(),
        ledger: status.map(|status| status.snapshot.ledger.iter().map(ledger).collect()).unwrap_or_default(),
    }
}

fn view_summary(view: &DomainView) -> String {
    match (&view.blocked, &view.status) {
        (Some(failure), _) => format!("The stored state cannot be used: {}.", failure.message),
        (None, Some(status)) => summary(status),
        (None, None) => "Not registered: waits for the first sign-in.".to_owned(),
    }
}

fn summary(status: &Status) -> String {
    let verified = identity_of(status).is_some_and(|identity| identity.verified_at.is_some());
    match (status.phase, status.waits_for) {
        (StatusPhase::Unregistered, Some(WaitsFor::Administrator)) => {
            "Not registered: the registration was refused."
        }
        (StatusPhase::Unregistered, _) => "Not registered: waits for the first sign-in.",
        (StatusPhase::Enrolling, Some(_)) => "Registration under way: needs one sign-in to go on.",
        (StatusPhase::Enrolling, None) => return enrolling_words(status),
        (StatusPhase::Registered, Some(WaitsFor::SignInForIntune)) => {
            "Registered; Intune waits for a sign-in."
        }
        (StatusPhase::Registered, _) if !verified => "Registered, not yet verified.",
        (StatusPhase::Registered, _) => "Registered.",
        (StatusPhase::IntuneEnrolled, _) => "Registered and enrolled into Intune.",
        (StatusPhase::Suspended, _) => suspended_words(status),
        (StatusPhase::Leaving, Some(_)) => {
            "Leaving: the device object could not be deleted; the keys are kept."
        }
        (StatusPhase::Leaving, None) => "Leaving.",
    }
    .to_owned()
}

fn enrolling_words(status: &Status) -> String {
    if let (Some(failure), Some(at)) = (&status.failure, status.wake_at) {
        return format!("Tried again at {at}: {} [{}].", failure.message, failure.code);
    }
    match status.state {
        "discovering" => "Looking for the registration service.",
        "creating_keys" => "Making the device keys.",
        "joining" => "Asking for the registration.",
        "reading_reply" => "Reading the answer.",
        _ => "Registration under way.",
    }
    .to_owned()
}

fn suspended_words(status: &Status) -> &'static str {
    match identity_of(status).and_then(|identity| identity.suspended) {
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

fn identity_of(status: &Status) -> Option<&Identity> {
    match &status.snapshot.stage {
        Stage::Registered(identity) | Stage::Leaving { identity, .. } => Some(identity),
        _ => None,
    }
}

fn identity_report(identity: &Identity, for_root: bool) -> IdentityReport {
    let issued = &identity.issued;
    let enrolled = match &identity.intune {
        Intune::Enrolled(enrolled) => Some(enrolled),
        Intune::None | Intune::Posting { .. } => None,
    };
    let keys = [&identity.keys.device, &identity.keys.transport];
    IdentityReport {
        device_id: issued.device.to_string(),
        thumbprint: issued.thumbprint.clone(),
        valid_from: issued.not_before.to_string(),
        valid_until: issued.not_after.to_string(),
        join_type: identity.intent.join_type.word().to_owned(),
        owner: for_root.then(|| identity.owner.upn.to_string()),
        registered_at: identity.registered_at.to_string(),
        verified_at: identity.verified_at.map(|at| at.to_string()),
        suspended: identity.suspended.map(|why| suspension_word(why).to_owned()),
        intune_device_id: enrolled.map(|intune| intune.device.to_string()),
        keys: keys.into_iter().chain(enrolled.map(|intune| &intune.key)).map(key).collect(),
        warnings: issued.warnings.clone(),
        bound_to: identity.intent.binding.components.iter().map(|(name, _)| name.clone()).collect(),
    }
}

fn key(handle: &KeyHandle) -> KeyReport {
    KeyReport {
        purpose: handle.purpose.word().to_owned(),
        backend: handle.backend.word().to_owned(),
        algorithm: format!("RSA-{}", handle.public.modulus.len() * 8),
    }
}

fn attempts(status: &Status) -> Vec<AttemptReport> {
    let line = |attempt: &driver::Attempt| AttemptReport {
        phase: attempt.phase.word().to_owned(),
        at: attempt.at.to_string(),
        failure: attempt.failure.as_ref().map(FailureReport::from),
    };
    status.snapshot.attempts.iter().map(line).collect()
}

fn ledger(line: &LedgerLine) -> LedgerReport {
    let kind = match line.kind {
        LedgerKind::InDoubt => "in_doubt",
        LedgerKind::UnusableReply => "unusable_reply",
        LedgerKind::LeftBehind => "left_behind",
    };
    LedgerReport {
        at: line.at.to_string(),
        request_id: line.request.to_string(),
        device_id: line.device.map(|device| device.to_string()),
        kind: kind.to_owned(),
    }
}

fn phase_word(phase: StatusPhase) -> &'static str {
    match phase {
        StatusPhase::Unregistered => "unregistered",
        StatusPhase::Enrolling => "enrolling",
        StatusPhase::Registered => "registered",
        StatusPhase::IntuneEnrolled => "intune_enrolled",
        StatusPhase::Suspended => "suspended",
        StatusPhase::Leaving => "leaving",
    }
}

fn waits_word(waits: WaitsFor) -> &'static str {
    match waits {
        WaitsFor::FirstSignIn => "first_sign_in",
        WaitsFor::SignInToFinish => "sign_in_to_finish",
        WaitsFor::SignInToVerify => "sign_in_to_verify",
        WaitsFor::SignInForIntune => "sign_in_for_intune",
        WaitsFor::Administrator => "administrator",
        WaitsFor::Operator => "operator",
    }
}

fn suspension_word(why: Suspension) -> &'static str {
    match why {
        Suspension::Disabled => "disabled",
        Suspension::Deleted => "deleted",
        Suspension::KeyUnavailable => "key_unavailable",
        Suspension::ClonedMachine => "cloned_machine",
    }
}
