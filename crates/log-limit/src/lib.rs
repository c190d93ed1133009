//! Lines of the log that anybody on this machine can cause: each kind has a limit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Lines of the log that anybody on this machine can cause: ten of each kind a minute, and at the end of the minute
/// how many were left out.
#[derive(Debug, Clone, Default)]
pub struct LogLimit(Arc<Mutex<BTreeMap<&'static str, Minute>>>);

/// The lines of one kind since the first of them.
#[derive(Debug)]
struct Minute {
    ends: Instant,
    lines: u64,
}

impl LogLimit {
    /// Whether a line of this kind may be written now.
    pub fn allows(&self, kind: &'static str) -> bool {
        let now = Instant::now();
        let mut minutes = self.minutes();
        let minute = minutes.entry(kind).or_insert_with(|| Minute::from(now));
        if minute.ends <= now && minute.lines <= MOST {
            *minute = Minute::from(now);
        }
        minute.lines = minute.lines.saturating_add(1);
        if minute.lines == MOST + 1 {
            tokio::spawn(self.clone().tell(kind, minute.ends));
        }
        minute.lines <= MOST
    }

    /// Tells what was left out, and begins anew.
    async fn tell(self, kind: &'static str, at: Instant) {
        sleep_until(at).await;
        let left_out = self.minutes().remove(kind).map_or(0, |minute| minute.lines.saturating_sub(MOST));
        tracing::warn!(kind, left_out, "Lines of the log were left out");
    }

    fn minutes(&self) -> MutexGuard<'_, BTreeMap<&'static str, Minute>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Minute {
    fn from(now: Instant) -> Minute {
        Minute { ends: now + MINUTE, lines: 0 }
    }
}

const MOST: u64 = 10;
const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use tokio::time::sleep;

    /// What is logged, as text.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn listen(&self) -> tracing::subscriber::DefaultGuard {
            let log = self.clone();
            let subscriber = tracing_subscriber::fmt().with_writer(move || log.clone()).with_ansi(false);
            tracing::subscriber::set_default(subscriber.finish())
        }

        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(str::to_owned).collect()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ten_lines_of_a_kind_a_minute_and_then_how_many_more() {
        let (log, limit) = (Log::default(), LogLimit::default());
        let _listening = log.listen();
        let written = |limit: &LogLimit, kind| (0..250).filter(|_| limit.allows(kind)).count();
        assert_eq!((written(&limit, "one"), written(&limit, "other")), (10, 10), "each kind has its own");
        sleep(Duration::from_secs(59)).await;
        assert_eq!((written(&limit, "one"), log.lines().len()), (0, 0));
        sleep(Duration::from_secs(2)).await;
        let lines = log.lines();
        assert!(lines.iter().any(|line| line.contains(r#"kind="one" left_out=490"#)), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains(r#"kind="other" left_out=240"#)), "{lines:?}");
        assert_eq!((written(&limit, "one"), lines.len()), (10, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn lines_that_are_few_are_all_written_and_nothing_is_said_of_them() {
        let (log, limit) = (Log::default(), LogLimit::default());
        let _listening = log.listen();
        for _ in 0..100 {
            assert!(limit.allows("one"));
            sleep(Duration::from_secs(7)).await;
        }
        assert_eq!(log.lines().len(), 0);
    }
}
