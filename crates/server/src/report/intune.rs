//! The Intune half of the document: what was done, and what was not.

use driver::{Identity, Intune, IntuneIdentity, IntunePolicy, Status, WaitsFor};
use ipc::IntuneReport;

/// The report of a registered machine; none before it is registered.
pub(super) fn report(status: &Status, policy: Option<IntunePolicy>, for_root: bool) -> Option<IntuneReport> {
    let identity = super::identity_of(status)?;
    let enrolled = match &identity.intune {
        Intune::Enrolled(enrolled) => Some(enrolled.as_ref()),
        _ => None,
    };
    let state = state(identity, status, policy);
    let owner = identity.intune.owner().filter(|_| for_root);
    Some(IntuneReport {
        state: state.to_owned(),
        device_id: enrolled.map(|it| it.issued.device.to_string()),
        owner: owner.map(|owner| owner.upn.to_string()),
        enrolled_at: enrolled.map(|it| it.enrolled_at.to_string()),
        certificate_until: enrolled.map(|it| it.issued.not_after.to_string()),
        inventory_sent_at: enrolled.and_then(|it| it.inventory_at).map(|at| at.to_string()),
        compliance: None,
        summary: summary(state, enrolled).to_owned(),
    })
}

fn state(identity: &Identity, status: &Status, policy: Option<IntunePolicy>) -> &'static str {
    match &identity.intune {
        Intune::Enrolled(_) => "enrolled",
        _ if policy != Some(IntunePolicy::Enrol) => "off",
        _ if status.waits_for == Some(WaitsFor::SignInForIntune) => "waiting_for_sign_in",
        _ if identity.verified_at.is_none() => "waiting_for_sign_in",
        _ => "under_way",
    }
}

fn summary(state: &str, enrolled: Option<&IntuneIdentity>) -> &'static str {
    match (state, enrolled.map(|it| it.inventory_at.is_some())) {
        (_, Some(true)) => {
            "Enrolled, inventory sent, compliance not reported by this version: Intune will show the machine as not evaluated."
        }
        (_, Some(false)) => "Enrolled, inventory not sent yet.",
        ("off", None) => "Not wanted: apply_policy is false.",
        ("waiting_for_sign_in", None) => "Waiting for a sign-in.",
        _ => "Enrolment under way.",
    }
}
