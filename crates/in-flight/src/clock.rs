use crate::jumps;
use model::Timestamp;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Wall-clock time in milliseconds since 1970 (UTC); it may jump.
    fn now(&self) -> Timestamp;

    /// For how long this clock has gone; it never jumps, and nobody sets it.
    fn running(&self) -> Duration;

    /// Changes whenever the wall clock was set, and when the machine comes back from a suspend; none where nobody says
    /// so, and whoever waits for a moment has to look again and again.
    fn jumps(&self) -> Option<watch::Receiver<u64>> {
        None
    }
}

/// The system's clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    jumps: Option<watch::Receiver<u64>>,
}

impl SystemClock {
    /// The clock, with a thread that waits for its jumps.
    pub fn start() -> SystemClock {
        let jumps = jumps::follow();
        if let Err(error) = &jumps {
            tracing::warn!(%error, "The system does not say when its clock is set; it is looked at every minute");
        }
        SystemClock { jumps: jumps.ok() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn running(&self) -> Duration {
        BEGUN.elapsed()
    }

    fn jumps(&self) -> Option<watch::Receiver<u64>> {
        self.jumps.clone()
    }
}

/// When this clock was looked at first: at the start of the service.
static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Fresh bytes of the operating system for one piece of work; zeros where it gives none, which
/// only makes request ids predictable.
pub fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::warn!(%error, "The operating system gives no random bytes");
    }
    bytes
}

/// A seed from [`entropy`].
pub fn seed() -> u64 {
    entropy().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
