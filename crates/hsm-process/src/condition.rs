use hsm::{HsmError, HsmInfo};
use model::{Backend, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// How a key store is, for `status`: reading it never waits for the key store.
#[derive(Debug, Clone)]
pub struct Condition(Arc<Mutex<Known>>);

#[derive(Debug)]
struct Known {
    backend: Backend,
    /// What it said of itself when it was last opened.
    info: Option<HsmInfo>,
    /// Why it could not be opened, or how it was lost, until it answers again.
    problem: Option<HsmError>,
    /// Which use of a key failed last, and when, until one succeeds.
    failed: Option<(HsmError, Timestamp)>,
    /// When the work in hand began, and when whoever waits for it is answered.
    busy: Option<(Instant, Instant)>,
}

impl Condition {
    pub(crate) fn new(backend: Backend) -> Condition {
        Condition(Arc::new(Mutex::new(Known {
            backend,
            info: None,
            problem: None,
            failed: None,
            busy: None,
        })))
    }

    /// What holds the keys, and why they cannot be used now or how their last use failed, in one line.
    pub fn description(&self) -> String {
        let known = self.known();
        match (&known.info, problem(&known)) {
            (Some(info), Some(error)) => format!("{}; cannot be used now: {error}", info.description),
            (Some(info), None) => match &known.failed {
                Some((error, at)) => format!("{}; the last use failed at {at}: {error}", info.description),
                None => info.description.clone(),
            },
            (None, Some(error)) => format!("{} keys, which could not be opened: {error}", known.backend),
            (None, None) => format!("{} keys, which are not opened yet", known.backend),
        }
    }

    /// Why keys cannot be used now, as far as that is known.
    pub fn problem(&self) -> Option<HsmError> {
        problem(&self.known())
    }

    /// How the last use of its keys failed, and when, unless one has succeeded since.
    pub fn failed(&self) -> Option<(HsmError, Timestamp)> {
        self.known().failed.clone()
    }

    /// Whether it could be opened since the start.
    pub fn was_opened(&self) -> bool {
        self.known().info.is_some()
    }

    pub(crate) fn begun(&self, now: Instant, answered_at: Instant) {
        self.known().busy = Some((now, answered_at));
    }

    pub(crate) fn opened(&self, info: &HsmInfo) {
        let mut known = self.known();
        known.info = Some(info.clone());
    }

    /// The work in hand has ended: the key store answered, or there is none to answer.
    pub(crate) fn ended(&self, problem: Option<HsmError>) {
        let mut known = self.known();
        known.busy = None;
        known.problem = problem;
    }

    /// A use of a key has ended.
    pub(crate) fn used(&self, error: Option<&HsmError>) {
        use HsmError::{Decrypt, NotBootBound, RecoveryCode, WrongUse};
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let mut known = self.known();
        match error {
            // What was asked was wrong, and not the key.
            Some(Decrypt | NotBootBound | RecoveryCode(_) | WrongUse { .. }) => {}
            error => known.failed = error.map(|error| (error.clone(), now)),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn problem(known: &Known) -> Option<HsmError> {
    let now = Instant::now();
    match known.busy {
        Some((begun, answered_at)) if answered_at <= now => {
            let seconds = now.saturating_duration_since(begun).as_secs();
            Some(HsmError::Unreachable(format!("nothing for {seconds} seconds")))
        }
        _ => known.problem.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_known_is_told_at_every_moment() {
        let condition = Condition::new(Backend::Tpm);
        let shown = |part: &str| {
            let text = condition.description();
            assert!(text.contains(part), "{text}");
        };
        let now = Instant::now();
        let long_ago = now.checked_sub(Duration::from_secs(7)).unwrap();
        shown("tpm keys, which are not opened yet");
        condition.begun(now, now + Duration::from_secs(60));
        shown("not opened yet");
        assert_eq!(condition.problem(), None);
        condition.begun(long_ago, now);
        shown("could not be opened: the key store does not answer: nothing for 7 seconds");
        let lost = HsmError::Unreachable("x".to_owned());
        condition.ended(Some(lost.clone()));
        assert_eq!(condition.problem(), Some(lost.clone()));
        condition.opened(&HsmInfo { backend: Backend::Tpm, description: "a TPM".to_owned() });
        condition.ended(None);
        assert_eq!((condition.description().as_str(), condition.problem()), ("a TPM", None));
        condition.ended(Some(lost.clone()));
        shown("a TPM; cannot be used now: the key store does not answer: x");
        assert_eq!(condition.problem(), Some(lost));
        condition.begun(long_ago, now);
        assert!(condition.problem().unwrap().to_string().contains("nothing for 7 seconds"));
    }

    #[test]
    fn the_last_use_that_failed_is_known_until_one_succeeds() {
        let condition = Condition::new(Backend::Tpm);
        let failed = || condition.failed().map(|(error, at)| (error, at > Timestamp::from_millis(0)));
        assert_eq!(failed(), None);
        let gone = HsmError::KeyGone("cleared".to_owned());
        condition.used(Some(&gone));
        assert_eq!(failed(), Some((gone.clone(), true)));
        condition.opened(&HsmInfo { backend: Backend::Tpm, description: "a TPM".to_owned() });
        let told = condition.description();
        assert!(told.starts_with("a TPM; the last use failed at 2") && told.ends_with("cleared"), "{told}");
        // Whoever sends a text that is not for the key says nothing of the key.
        condition.used(Some(&HsmError::Decrypt));
        assert_eq!(failed(), Some((gone, true)));
        condition.used(None);
        assert_eq!(failed(), None);
    }
}
