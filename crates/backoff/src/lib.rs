//! How long to wait before the next try: grows by doubling, jittered, capped.
//!
//! Pure: the attempt and the entropy are arguments.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use std::time::Duration;

/// A doubling delay with full jitter in its upper half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The nominal delay before the first retry.
    pub base: Duration,
    /// The nominal delay never grows beyond this.
    pub cap: Duration,
}

impl Backoff {
    /// The delay after `attempt` failures (1 is the first), between half and all of the nominal delay.
    pub fn delay(&self, attempt: u32, entropy: u64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let nominal = self.base.saturating_mul(1 << doublings).min(self.cap);
        let half = nominal / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX - 1);
        let jitter = entropy % spread.saturating_add(1);
        half.saturating_add(Duration::from_millis(jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_delay_lies_between_half_and_all_of_the_nominal_one(attempt in 1u32..200, entropy: u64) {
            let backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(300) };
            let nominal = Duration::from_secs(1 << (attempt - 1).min(31)).min(backoff.cap);
            let delay = backoff.delay(attempt, entropy);
            prop_assert!(delay >= nominal / 2 && delay <= nominal);
        }
    }

    #[test]
    fn nothing_overflows() {
        let backoff = Backoff { base: Duration::MAX, cap: Duration::MAX };
        assert!(backoff.delay(u32::MAX, u64::MAX) > Duration::ZERO);
    }
}
