use crate::machine::{Machine, State};
use crate::words::{Intune, Stage, StateName, Status, StatusPhase, WaitsFor};
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
pub(crate) fn name(state: &State) -> StateName {
    match state {
        State::Booting {} => StateName::Booting,
        State::Unregistered { .. } => StateName::Unregistered,
        State::Discarding { .. } => StateName::Discarding,
        State::Discovering { .. } => StateName::Discovering,
        State::CreatingKeys { .. } => StateName::CreatingKeys,
        State::Joining { .. } => StateName::Joining,
        State::ReadingReply { .. } => StateName::ReadingReply,
        State::AwaitingSignIn { .. } => StateName::AwaitingSignIn,
        State::Verifying { .. } => StateName::Verifying,
        State::Idle { .. } => StateName::Idle,
        State::IntunePreparing { .. } => StateName::IntunePreparing,
        State::IntuneEnrolling { .. } => StateName::IntuneEnrolling,
        State::IntuneReading { .. } => StateName::IntuneReading,
        State::IntuneEnrolled { .. } => StateName::IntuneEnrolled,
        State::CheckingIn { .. } => StateName::CheckingIn,
        State::Suspended { .. } => StateName::Suspended,
        State::Rebinding { .. } => StateName::Rebinding,
        State::Retiring { .. } => StateName::Retiring,
        State::Unregistering { .. } => StateName::Unregistering,
        State::Erasing { .. } => StateName::Erasing,
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
