//! Runs the pure machines on tokio: one loop for all that this computer decides, one task for each sign-in and
//! each person's session, one thread for the store and one for the keys.
//!
//! Nothing is decided here: events go to the machines, and their commands are performed in their order.

mod account_files;
mod boot_state;
mod computer;
mod dependencies;
mod driver;
mod inbox;
mod offline_sign_in;
mod permission;
mod proof;
mod self_test;
mod session;
mod sign_in;
#[cfg(test)]
mod tests;

pub use account_files::AccountFiles;
pub use dependencies::{Dependencies, Neighbours};
pub use driver::{Driver, LeaveStarted, RebindStarted, Rekey, StartError};
pub use inbox::service_ended;
pub use sign_in::{Codes, Purpose, SignIn, SignInEvent, WaitingFor};
