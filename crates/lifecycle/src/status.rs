use crate::machine::{Machine, State};
use crate::words::{Intune, Stage, Status, StatusPhase, WaitsFor};
use model::FailureClass;

/// What a machine in this state reports.
pub(crate) fn of(machine: &Machine, state: &State) -> Status {
    Status {
        tenant: machine.facts.tenant,
        phase: phase(machine, state),
        state: name(state),
        waits_for: waits_for(machine, state),
        wake_at: machine.wake_at,
        failure: machine.failure.clone(),
        snapshot: machine.snapshot(),
    }
}

/// The state's name, as docs/states.md has it.
pub(crate) fn name(state: &State) -> &'static str {
    match state {
        State::Booting {} => "booting",
        State::Unregistered { .. } => "unregistered",
        State::Discarding { .. } => "discarding",
        State::Discovering { .. } => "discovering",
        State::CreatingKeys { .. } => "creating_keys",
        State::Joining { .. } => "joining",
        State::ReadingReply { .. } => "reading_reply",
        State::AwaitingSignIn { .. } => "awaiting_sign_in",
        State::Verifying { .. } => "verifying",
        State::Idle { .. } => "idle",
        State::IntunePreparing { .. } => "intune_preparing",
        State::IntuneEnrolling { .. } => "intune_enrolling",
        State::IntuneReading { .. } => "intune_reading",
        State::IntuneEnrolled { .. } => "intune_enrolled",
        State::CheckingIn { .. } => "checking_in",
        State::Suspended { .. } => "suspended",
        State::Rebinding { .. } => "rebinding",
        State::Retiring { .. } => "retiring",
        State::Unregistering { .. } => "unregistering",
        State::Erasing { .. } => "erasing",
    }
}

fn phase(machine: &Machine, state: &State) -> StatusPhase {
    match state {
        State::Booting {} | State::Unregistered { .. } => StatusPhase::Unregistered,
        State::Discovering { .. }
        | State::CreatingKeys { .. }
        | State::Joining { .. }
        | State::ReadingReply { .. }
        | State::AwaitingSignIn { .. } => StatusPhase::Enrolling,
        State::Discarding { .. }
        | State::Retiring { .. }
        | State::Unregistering { .. }
        | State::Erasing { .. } => StatusPhase::Leaving,
        _ => match &machine.stage {
            Stage::Registered(identity) if identity.suspended.is_some() => StatusPhase::Suspended,
            Stage::Registered(identity) if matches!(identity.intune, Intune::Enrolled(_)) => {
                StatusPhase::IntuneEnrolled
            }
            _ => StatusPhase::Registered,
        },
    }
}

fn waits_for(machine: &Machine, state: &State) -> Option<WaitsFor> {
    let unattended = machine.in_flight.is_none() && machine.wake_at.is_none();
    match state {
        _ if !unattended => None,
        State::Unregistered { .. } => match machine.failure.as_ref().map(|failure| failure.class) {
            Some(FailureClass::Denied | FailureClass::Broken) => Some(WaitsFor::Administrator),
            _ => Some(WaitsFor::FirstSignIn),
        },
        State::AwaitingSignIn { .. } => Some(WaitsFor::SignInToFinish),
        State::Verifying { .. } => Some(WaitsFor::SignInToVerify),
        State::IntunePreparing { .. } | State::IntuneEnrolling { .. } | State::CheckingIn { .. } => {
            Some(WaitsFor::SignInForIntune)
        }
        State::Suspended { .. } => Some(WaitsFor::Administrator),
        State::Unregistering { .. } => Some(WaitsFor::Operator),
        _ => None,
    }
}
