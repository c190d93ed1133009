use model::Timestamp;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Wall-clock time in milliseconds since 1970 (UTC); it may jump.
    fn now(&self) -> Timestamp;

    /// For how long this clock has gone; it never jumps, and nobody sets it.
    fn running(&self) -> Duration;
}

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn running(&self) -> Duration {
        BEGUN.elapsed()
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
