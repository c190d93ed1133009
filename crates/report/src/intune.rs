//! The Intune half of the document: what was done, and what was not.

use identity::{Identity, Intune, IntuneIdentity, Status, WaitsFor};
use ipc::IntuneReport;

model::word_enum! {
    /// How far Intune is, as `status --json` has it.
    pub enum State {
        /// Not wanted.
        Off = "off",
        /// Waits for somebody who may.
        WaitingForSignIn = "waiting_for_sign_in",
        /// Being done.
        UnderWay = "under_way",
        /// Enrolled.
        Enrolled = "enrolled",
    }
}

/// The report of a registered machine; none before it is registered.
pub(crate) fn report(status: &Status, wanted: bool, for_root: bool) -> Option<IntuneReport> {
    let identity = status.snapshot.stage.identity()?;
    let enrolled = match &identity.intune {
        Intune::Enrolled(enrolled) => Some(enrolled.as_ref()),
        _ => None,
    };
    let state = state(identity, status, wanted);
    let owner = identity.intune.owner().filter(|_| for_root);
    Some(IntuneReport {
        state: state.to_string(),
        device_id: enrolled.map(|it| it.issued.device.to_string()),
        owner: owner.map(|owner| owner.upn.to_string()),
        enrolled_at: enrolled.map(|it| it.enrolled_at.to_string()),
        certificate_until: enrolled.map(|it| it.issued.not_after.to_string()),
        inventory_sent_at: enrolled.and_then(|it| it.inventory_at).map(|at| at.to_string()),
        compliance: None,
        summary: summary(state, enrolled).to_owned(),
    })
}

fn state(identity: &Identity, status: &Status, wanted: bool) -> State {
    match &identity.intune {
        Intune::Enrolled(_) => State::Enrolled,
        _ if !wanted => State::Off,
        _ if status.waits_for == Some(WaitsFor::SignInForIntune) => State::WaitingForSignIn,
        _ if identity.verified_at.is_none() => State::WaitingForSignIn,
        _ => State::UnderWay,
    }
}

fn summary(state: State, enrolled: Option<&IntuneIdentity>) -> &'static str {
    match (state, enrolled.map(|it| it.inventory_at.is_some())) {
        (_, Some(true)) => {
            "Enrolled, inventory sent, compliance not reported by this version: Intune will show the machine as not evaluated."
        }
        (_, Some(false)) => "Enrolled, inventory not sent yet.",
        (State::Off, None) => "Not wanted: apply_policy is false.",
        (State::WaitingForSignIn, None) => "Waiting for a sign-in.",
        _ => "Enrolment under way.",
    }
}
