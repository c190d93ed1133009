use model::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What one work found out and the next one, if it comes soon, need not ask for again.
///
/// It is taken once: whatever fails with it is asked for anew.
pub struct HandedOn<T>(Mutex<Option<(T, Timestamp)>>);

impl<T> Default for HandedOn<T> {
    fn default() -> HandedOn<T> {
        HandedOn(Mutex::new(None))
    }
}

impl<T> HandedOn<T> {
    /// Keeps what was found just now, in the place of what was kept before.
    pub fn keep(&self, found: T, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((found, now));
    }

    /// Takes what was kept for less than `soon`; what is older, or comes from the future, ends.
    pub fn take(&self, now: Timestamp, soon: Duration) -> Option<T> {
        let (found, at) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        (at <= now && now.since(at) < soon).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_on_is_taken_once_and_soon() {
        let (minute, at) = (Duration::from_secs(60), Timestamp::from_secs(1_000));
        for (later, found) in [(0, Some(7)), (59, Some(7)), (60, None), (-1, None)] {
            let handed_on = HandedOn::default();
            assert_eq!(handed_on.take(at, minute), None);
            handed_on.keep(5, at);
            handed_on.keep(7, at);
            assert_eq!(handed_on.take(Timestamp::from_secs(1_000 + later), minute), found, "{later}");
            assert_eq!(handed_on.take(at, minute), None, "{later}: it is gone");
        }
    }
}
