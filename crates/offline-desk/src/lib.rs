//! What is kept of passwords for the time without the network, and the one desk where they are compared (login.md 5).

mod desk;
#[cfg(test)]
mod tests;
mod typed;
mod way;

pub use desk::{Desk, Job, Jobs, Office, Settings, run};
pub use typed::Typed;
pub use way::{Usable, Way, account_here, usable, way};
