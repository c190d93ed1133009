use driver::Driver;
use std::sync::Arc;

/// What every conversation needs.
pub struct Service {
    /// The running house.
    pub driver: Driver,
    /// What `status` says of the machine as a whole.
    pub about: About,
    /// The notices that a command may make untrue.
    pub live: LiveNotices,
}

/// Notices as they are now, one sentence each.
pub type LiveNotices = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// What `status` says of the machine as a whole.
#[derive(Debug, Clone)]
pub struct About {
    /// Version of the daemon.
    pub version: String,
    /// What holds new keys, in one line.
    pub key_store: String,
    /// What an operator should know (remarks on the configuration, on the state directory, …).
    pub notices: Vec<String>,
}
