use crate::Timestamp;
use std::time::Duration;

/// A nonce of the sign-in service (entra.md 7.1): it shows that a signed request is new, and is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// What the service gave.
    pub value: String,
    /// When it was asked for.
    pub at: Timestamp,
}

impl Nonce {
    /// Whether it may go into one more request now. The service is said to take it for five minutes.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.at) <= SERVES
    }
}

const SERVES: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_serves_for_two_minutes_and_no_longer() {
        let at = Timestamp::from_secs(1_000);
        let nonce = Nonce { value: "AwAB".to_owned(), at };
        for (later, fresh) in [(0, true), (120_000, true), (120_001, false), (300_000, false)] {
            assert_eq!(nonce.is_fresh(at.after(Duration::from_millis(later))), fresh, "{later} ms");
        }
        assert!(nonce.is_fresh(Timestamp::default()), "a clock that was set back makes nothing old");
    }
}
