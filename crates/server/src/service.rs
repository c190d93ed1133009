use driver::Driver;
use model::{MayRegister, Requester};
use report::About;
use std::sync::Arc;

/// What every conversation needs.
pub struct Service {
    /// The running house.
    pub driver: Driver,
    /// What `status` says of the machine as a whole.
    pub about: AboutNow,
    /// Whose sign-in may register the machine.
    pub registrars: Registrars,
}

/// Whether the sign-in of a caller may register the machine: whether the socket says that it is root, whose user id it
/// is, and the group of the process.
pub type Registrars = Arc<dyn Fn(bool, Requester, u32) -> MayRegister + Send + Sync>;

/// What `status` says of the machine as a whole, as it is now; answered at once.
pub type AboutNow = Arc<dyn Fn() -> About + Send + Sync>;
