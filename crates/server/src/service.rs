use driver::Driver;
use model::{MayRegister, Requester, Upn};
use report::{About, Manners};
use std::sync::Arc;

/// What every conversation needs.
pub struct Service {
    /// The running house.
    pub driver: Driver,
    /// What `status` says of the machine as a whole.
    pub about: AboutNow,
    /// Whose sign-in may register the machine.
    pub registrars: Registrars,
    /// How people are spoken to.
    pub manners: Manners,
}

/// Whose sign-in may register the machine.
pub struct Registrars {
    /// Of a command: whether the socket says that the caller is root, whose user id it is, and the group of the process.
    pub callers: Arc<dyn Fn(bool, Requester, u32) -> MayRegister + Send + Sync>,
    /// Of a log-in service, which is root whoever signs in: the name of the person.
    pub people: Arc<dyn Fn(&Upn) -> MayRegister + Send + Sync>,
}

/// What `status` says of the machine as a whole, as it is now; answered at once.
pub type AboutNow = Arc<dyn Fn() -> About + Send + Sync>;
