//! systemd's watchdog: it hears of us only while the loop turns.

use driver::Driver;
use sd_notify::NotifyState;
use std::time::Duration;

/// Tells systemd that we are alive, where its unit says how often it wants to hear that.
///
/// To be called once the service is ready; what systemd wants is in the environment (sd_watchdog_enabled(3)).
pub(crate) fn start(driver: &Driver) {
    let Some(interval) = sd_notify::watchdog_enabled() else { return };
    let driver = driver.clone();
    let turns = move || {
        let driver = driver.clone();
        async move { driver.turns().await }
    };
    tokio::spawn(feed(interval, turns, || crate::notify(&[NotifyState::Watchdog])));
}

/// One word for each turn, three times in an interval; none any more once a turn is not answered.
async fn feed(interval: Duration, turns: impl AsyncFn() -> bool, tell: impl Fn()) {
    while turns().await {
        tell();
        tokio::time::sleep(interval / 3).await;
    }
    tracing::error!("The loop has ended; systemd will start the service anew");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    /// How often systemd hears of a loop that turns so often and then does something else, within a minute.
    async fn told(turns: usize, then: impl AsyncFn() -> bool) -> usize {
        let (told, taken) = (Rc::new(Cell::new(0)), Cell::new(0));
        let turn = async || {
            taken.set(taken.get() + 1);
            if taken.get() <= turns { true } else { then().await }
        };
        let counted = told.clone();
        let feeding = feed(Duration::from_secs(30), turn, move || counted.set(counted.get() + 1));
        let _ = tokio::time::timeout(Duration::from_secs(59), feeding).await;
        told.get()
    }

    #[tokio::test(start_paused = true)]
    async fn systemd_hears_of_turns_alone() {
        assert_eq!(told(usize::MAX, async || true).await, 6, "at 0, 10, ..., 50 s");
        assert_eq!(told(2, async || std::future::pending().await).await, 2, "it hangs");
        assert_eq!(told(2, async || false).await, 2, "it has ended");
        assert_eq!(told(0, async || std::future::pending().await).await, 0, "it never turned");
    }
}
