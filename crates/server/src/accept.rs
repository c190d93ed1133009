use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Waits out what keeps callers from being accepted, such as too many open files.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    told: Option<Instant>,
}

impl Patience {
    /// The next caller; a failed try is followed by a rest, and told at most once a minute.
    pub(crate) async fn next<T, F>(&mut self, mut accept: impl FnMut() -> F) -> T
    where
        F: Future<Output = io::Result<T>>,
    {
        loop {
            match accept().await {
                Ok(caller) => return caller,
                Err(error) => {
                    if self.is_news(Instant::now()) {
                        tracing::warn!(%error, "No caller can be accepted; they wait meanwhile");
                    }
                    sleep(REST).await;
                }
            }
        }
    }

    /// Whether nothing was told within the last minute.
    fn is_news(&mut self, now: Instant) -> bool {
        let fresh = self.told.is_none_or(|told| now.duration_since(told) >= SILENCE);
        if fresh {
            self.told = Some(now);
        }
        fresh
    }
}

const REST: Duration = Duration::from_millis(100);
const SILENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    #[tokio::test(start_paused = true)]
    async fn a_failed_try_is_followed_by_a_rest() {
        let (start, mut tries) = (Instant::now(), 0);
        let accept = || {
            tries += 1;
            ready(if tries > 3 { Ok(tries) } else { Err(io::Error::other("too many open files")) })
        };
        assert_eq!(Patience::default().next(accept).await, 4);
        assert_eq!(start.elapsed(), 3 * REST);
    }

    #[tokio::test(start_paused = true)]
    async fn the_log_hears_of_it_once_a_minute() {
        let (mut patience, start) = (Patience::default(), Instant::now());
        for (seconds, told) in
            [(0, true), (1, false), (59, false), (60, true), (61, false), (119, false), (120, true)]
        {
            assert_eq!(patience.is_news(start + Duration::from_secs(seconds)), told, "{seconds}");
        }
    }
}
