use model::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What may be done for the same reason only so often.
pub struct Seldom {
    pause: Duration,
    done: Mutex<BTreeMap<String, Timestamp>>,
}

impl Seldom {
    /// Once in so long.
    pub fn new(pause: Duration) -> Seldom {
        Seldom { pause, done: Mutex::default() }
    }

    /// Whether it may be done now for this reason, which then counts as done.
    pub fn may(&self, reason: &str, now: Timestamp) -> bool {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes nobody wait longer.
        done.retain(|_, at| *at <= now && now.since(*at) < self.pause);
        if done.contains_key(reason) || done.len() >= MOST {
            return false;
        }
        done.insert(reason.to_owned(), now);
        true
    }
}

/// Reasons that are remembered at once; there is no good one when there are more.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_reason_counts_once_in_a_pause_and_others_besides() {
        let seldom = Seldom::new(Duration::from_secs(60));
        let at = |seconds: i64| Timestamp::from_secs(1_000_000 + seconds);
        for (reason, second, may) in [
            ("a", 0, true),
            ("a", 0, false),
            ("b", 1, true),
            ("a", 59, false),
            ("a", 60, true),
            ("b", 60, false),
            ("a", 119, false),
            // The clock was set back.
            ("a", 10, true),
        ] {
            assert_eq!(seldom.may(reason, at(second)), may, "{reason} {second}");
        }
    }

    #[test]
    fn too_many_reasons_are_none() {
        let seldom = Seldom::new(Duration::from_secs(60));
        let now = Timestamp::from_secs(1_000_000);
        assert!((0..MOST).all(|number| seldom.may(&number.to_string(), now)));
        assert!(!seldom.may("one more", now));
        assert!(seldom.may("one more", now.after(Duration::from_secs(60))));
    }
}
