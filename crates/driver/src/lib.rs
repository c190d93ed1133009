//! Runs the pure machines on tokio: one task per tenant, one per sign-in, one thread for the keys.
//!
//! The law: one event, then its commands in their order; a `Persist` ends before the next command starts.
//! No lock is held across a network call.

mod boot;
mod clock;
mod hsm_thread;
mod parts;
mod pins;
mod rebind;
mod rekey;
mod role;
mod self_test;
mod session;
mod shared;
mod spare;
mod state;
mod tenant;
#[cfg(test)]
mod tests;
mod user;
mod works;

pub use ::hsm::binding::is_boot_bound;
pub use clock::{Clock, SystemClock};
pub use executor::BoundTo;
pub use hsm_thread::HsmThread;
pub use parts::{DomainPart, Neighbours, Parts, Registration};
pub use pins::{Recorded, backend_of, recorded_backends};
pub use rebind::RebindStarted;
pub use rekey::{Rekey, RekeyView};
pub use self_test::KeyTest;
pub use session::{SignIn, SignInEvent};
pub use signin::{Method, PasswordPrompt, UserStatus};
pub use spare::SpareKeys;
pub use state::{DomainView, Driver, Happening, LeaveStarted, StartError, UserView};

pub use lifecycle::{
    Ask, Attempt, EndpointSource, Identity, Intune, IntuneIdentity, IntunePolicy, LedgerKind, LedgerLine,
    Snapshot, Stage, StateName, Status, StatusPhase, Suspension, WaitsFor,
};
