use crate::clock::Clock;
use model::Timestamp;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Ends at the moment by the wall clock, or never without one. A suspend and a clock that is set are harmless: what
/// tells of them is heard, and where nothing does, the clock is looked at every minute.
pub async fn rest(clock: &dyn Clock, moment: Option<Timestamp>) {
    let Some(moment) = moment else { return std::future::pending().await };
    // What it told before is in the time that is read below.
    let mut jumps = clock.jumps();
    jumps.iter_mut().for_each(watch::Receiver::mark_unchanged);
    loop {
        let left = moment.since(clock.now());
        if left.is_zero() {
            return;
        }
        match &mut jumps {
            Some(told) => {
                if !slept(told, left).await {
                    jumps = None;
                }
            }
            None => sleep(left.min(LONGEST_UNTOLD)).await,
        }
    }
}

/// Sleeps until a jump is told or the time is over; false where no jump will be told any more.
async fn slept(jumps: &mut watch::Receiver<u64>, time: Duration) -> bool {
    tokio::select! {
        told = jumps.changed() => told.is_ok(),
        () = sleep(time) => true,
    }
}

/// How long one sleeps where nobody tells of jumps.
const LONGEST_UNTOLD: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
    use tokio::time::Instant;

    /// A clock that stands still unless it is set; it counts how often it is looked at.
    struct HandClock {
        millis: AtomicI64,
        looks: AtomicU64,
        jumps: Option<watch::Receiver<u64>>,
    }

    impl HandClock {
        fn new(jumps: Option<watch::Receiver<u64>>) -> HandClock {
            HandClock { millis: AtomicI64::new(0), looks: AtomicU64::new(0), jumps }
        }

        fn set(&self, minutes: i64) {
            self.millis.store(minutes * 60_000, Ordering::SeqCst);
        }

        fn looks(&self) -> u64 {
            self.looks.load(Ordering::SeqCst)
        }
    }

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            self.looks.fetch_add(1, Ordering::SeqCst);
            Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
        }

        fn running(&self) -> Duration {
            Duration::ZERO
        }

        fn jumps(&self) -> Option<watch::Receiver<u64>> {
            self.jumps.clone()
        }
    }

    /// The moment so many minutes after the start of the clock.
    fn at(minutes: i64) -> Option<Timestamp> {
        Some(Timestamp::from_millis(minutes * 60_000))
    }

    /// So many minutes go by for tokio, and none for the clock.
    async fn pass(minutes: u64) {
        sleep(Duration::from_secs(60 * minutes)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_jump_beyond_the_moment_ends_the_rest_at_once() {
        let (tell, told) = watch::channel(0);
        let (clock, start) = (HandClock::new(Some(told)), Instant::now());
        let jump = async {
            pass(1).await;
            clock.set(600);
            tell.send_modify(|jumps| *jumps += 1);
        };
        tokio::join!(rest(&clock, at(480)), jump);
        assert_eq!(start.elapsed(), Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_tells_of_jumps_is_not_looked_at_meanwhile() {
        let (tell, told) = watch::channel(0);
        tell.send_modify(|jumps| *jumps += 1);
        let clock = HandClock::new(Some(told));
        let passed = async {
            pass(470).await;
            clock.looks()
        };
        let looks = tokio::select! {
            () = rest(&clock, at(480)) => panic!("the moment has not come"),
            looks = passed => looks,
        };
        assert_eq!(looks, 1, "what was told before the rest is no news");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_lets_one_rest_for_longer() {
        let (tell, told) = watch::channel(0);
        let (clock, start) = (HandClock::new(Some(told)), Instant::now());
        let back = async {
            pass(5).await;
            clock.set(-60);
            tell.send_modify(|jumps| *jumps += 1);
            pass(20).await;
            clock.set(10);
            tell.send_modify(|jumps| *jumps += 1);
        };
        tokio::join!(rest(&clock, at(10)), back);
        assert_eq!(start.elapsed(), Duration::from_secs(25 * 60));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_word_of_jumps_the_clock_is_looked_at_every_minute() {
        let (gone, told) = watch::channel(0);
        drop(gone);
        for jumps in [None, Some(told)] {
            let (clock, start) = (HandClock::new(jumps), Instant::now());
            let jump = async {
                sleep(Duration::from_secs(90)).await;
                clock.set(600);
            };
            tokio::join!(rest(&clock, at(480)), jump);
            assert_eq!(start.elapsed(), Duration::from_secs(120));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_that_is_over_is_not_waited_for_and_none_never_comes() {
        let (clock, start) = (HandClock::new(None), Instant::now());
        rest(&clock, at(0)).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        tokio::select! {
            () = rest(&clock, None) => panic!("there is no moment"),
            () = pass(10_000) => {}
        }
    }
}
