use driver::Driver;
use report::About;
use std::sync::Arc;

/// What every conversation needs.
pub struct Service {
    /// The running house.
    pub driver: Driver,
    /// What `status` says of the machine as a whole.
    pub about: AboutNow,
}

/// What `status` says of the machine as a whole, as it is now; answered at once.
pub type AboutNow = Arc<dyn Fn() -> About + Send + Sync>;
