//! No terminal stays blank: whatever takes longer than two seconds says what is waited for, on standard error.
//!
//! One thread looks after it, so that every command has it, whatever it is doing.

use messages::{Language, ToolText};
use model::{Timestamp, for_terminal};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Says what is waited for until it is dropped.
pub(crate) struct Waiting(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// What is waited for, and what was said of it.
#[derive(Debug)]
struct State {
    what: String,
    language: Language,
    until: Option<Timestamp>,
    /// Since when the terminal has shown nothing new.
    quiet_since: Instant,
    /// How often it was said what is waited for.
    told: u32,
    /// Whether the person is being asked something, which is no waiting.
    asking: bool,
    over: bool,
}

impl Waiting {
    /// Begins to wait for this: what completes "Waiting for …".
    pub(crate) fn begin(what: &str) -> Waiting {
        Waiting::begin_in(Language::English, what)
    }

    /// The same in a language, in which everything is that is waited for.
    pub(crate) fn begin_in(language: Language, what: &str) -> Waiting {
        let state = State {
            what: what.to_owned(),
            language,
            until: None,
            quiet_since: Instant::now(),
            told: 0,
            asking: false,
            over: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let watched = Arc::clone(&shared);
        // Without a thread nothing is said, and all else goes on.
        drop(thread::Builder::new().spawn(move || watched.watch()));
        Waiting(shared)
    }

    /// From here on something else is waited for, until this moment at the latest.
    pub(crate) fn turns_to(&self, what: &str, until: Option<Timestamp>) {
        self.change(|state| {
            (state.what, state.until, state.told) = (what.to_owned(), until, 0);
            state.quiet_since = Instant::now();
        });
    }

    /// Something was shown that tells what goes on.
    pub(crate) fn showed(&self, what: &str) {
        self.turns_to(what, None);
        self.change(|state| state.told = 1);
    }

    /// Says nothing while the person is asked something.
    pub(crate) fn asks<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.change(|state| state.asking = true);
        let answer = ask();
        self.change(|state| (state.asking, state.quiet_since) = (false, Instant::now()));
        answer
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.state());
        self.0.changed.notify_all();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.change(|state| state.over = true);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is said after [`Waiting`] is dropped, because it is said under the lock.
    fn watch(&self) {
        let mut state = self.state();
        while !state.over {
            let due = state.due().saturating_duration_since(Instant::now());
            if state.asking || !due.is_zero() {
                let rest = if state.asking { FOREVER } else { due };
                let waited = self.changed.wait_timeout(state, rest);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            eprintln!("{}", for_terminal(&state.line(now())));
            (state.told, state.quiet_since) = (state.told.saturating_add(1), Instant::now());
        }
    }
}

impl State {
    /// When it is said next.
    fn due(&self) -> Instant {
        self.quiet_since + pause(self.told, self.until.is_some())
    }

    /// `Waiting for you to sign in with the code (14 min left).`
    fn line(&self, now: Timestamp) -> String {
        let left = self.until.map(|until| duration(until.since(now)));
        let text = if self.told == 0 { ToolText::Waiting } else { ToolText::StillWaiting };
        text(&self.what, left.as_deref()).say(self.language)
    }
}

/// How long nothing is said of what was told so often: two seconds, then a minute, and where no end is known more each
/// time.
fn pause(told: u32, ends: bool) -> Duration {
    match told {
        0 => Duration::from_secs(2),
        _ if ends => MINUTE,
        more => (MINUTE * 2_u32.saturating_pow((more - 1).min(4))).min(10 * MINUTE),
    }
}

/// `14 min`, `1 min 20 s`, `5 s`.
fn duration(left: Duration) -> String {
    let (minutes, seconds) = (left.as_secs() / 60, left.as_secs() % 60);
    match (minutes, seconds) {
        (0, seconds) => format!("{seconds} s"),
        (minutes @ 5.., _) | (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_secs(i64::try_from(since.as_secs()).unwrap_or_default())
}

const MINUTE: Duration = Duration::from_secs(60);
const FOREVER: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_after_two_seconds_then_each_minute_and_more_seldom_where_no_end_is_known() {
        let pauses = |ends| (0..7).map(|told| pause(told, ends).as_secs()).collect::<Vec<_>>();
        assert_eq!(pauses(true), [2, 60, 60, 60, 60, 60, 60]);
        assert_eq!(pauses(false), [2, 60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn what_is_waited_for_is_said_with_the_time_that_is_left() {
        let now = Timestamp::from_secs(1_000);
        let state = |left: Option<u64>, told| State {
            what: "you to sign in".to_owned(),
            language: Language::English,
            until: left.map(|left| now.after(Duration::from_secs(left))),
            quiet_since: Instant::now(),
            told,
            asking: false,
            over: false,
        };
        for (left, told, line) in [
            (None, 0, "Waiting for you to sign in."),
            (Some(0), 0, "Waiting for you to sign in (0 s left)."),
            (Some(59), 1, "Still waiting for you to sign in (59 s left)."),
            (Some(80), 1, "Still waiting for you to sign in (1 min 20 s left)."),
            (Some(120), 1, "Still waiting for you to sign in (2 min left)."),
            (Some(899), 0, "Waiting for you to sign in (14 min left)."),
        ] {
            assert_eq!(state(left, told).line(now), line);
        }
    }
}
