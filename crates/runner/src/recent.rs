//! What is looked for on the disk whenever somebody asks for the status, however often that is.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a look finds, which is taken once a second at the most, and at once where its mark is another than before.
pub(crate) fn recent<M: PartialEq, T: Clone>(mark: impl Fn() -> M, look: impl Fn() -> T) -> impl Fn() -> T {
    let last: Mutex<Option<(Instant, M, T)>> = Mutex::default();
    move || {
        // Before the look, so that what changes meanwhile is seen the next time.
        let (now, mark) = (Instant::now(), mark());
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((at, of, found)) if now.saturating_duration_since(*at) < FRESH && *of == mark => {
                found.clone()
            }
            _ => {
                let found = look();
                *last = Some((now, mark, found.clone()));
                found
            }
        }
    }
}

const FRESH: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn many_who_ask_at_once_are_told_of_one_look_until_the_mark_changes() {
        let (mark, looks) = (Cell::new('a'), Cell::new(0_u32));
        let look = || looks.replace(looks.get() + 1);
        let (begun, recent) = (Instant::now(), recent(|| mark.get(), look));
        let told = (0..1000).map(|_| recent()).max().unwrap_or_default();
        assert!(u64::from(told) <= begun.elapsed().as_secs(), "{told}");
        mark.set('b');
        assert_eq!(recent(), told + 1, "its mark is another");
    }

    #[test]
    fn a_look_of_a_second_ago_is_taken_again() {
        let looks = Cell::new(0_u32);
        let recent = recent(|| (), || looks.replace(looks.get() + 1));
        assert_eq!(recent(), 0);
        let begun = Instant::now();
        while recent() == 0 {
            assert!(begun.elapsed() < Duration::from_secs(60), "it is never taken again");
            std::thread::yield_now();
        }
        assert!(begun.elapsed() >= FRESH - Duration::from_millis(100));
    }
}
