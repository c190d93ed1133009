use driver::Driver;
use model::WhoMayRegister;
use report::About;
use std::sync::Arc;

/// What every conversation needs.
pub struct Service {
    /// The running house.
    pub driver: Driver,
    /// What `status` says of the machine as a whole.
    pub about: AboutNow,
    /// Whose sign-in may register the machine.
    pub who_may_register: WhoMayRegister,
}

/// What `status` says of the machine as a whole, as it is now; answered at once.
pub type AboutNow = Arc<dyn Fn() -> About + Send + Sync>;
