use hsm::{HsmError, HsmInfo};
use model::Backend;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

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
    /// When the work in hand began, and when whoever waits for it is answered.
    busy: Option<(Instant, Instant)>,
}

impl Condition {
    pub(crate) fn new(backend: Backend) -> Condition {
        Condition(Arc::new(Mutex::new(Known { backend, info: None, problem: None, busy: None })))
    }

    /// What holds the keys, in one line.
    pub fn description(&self) -> String {
        let known = self.known();
        match (&known.info, problem(&known)) {
            (Some(info), _) => info.description.clone(),
            (None, Some(error)) => format!("{} keys, which could not be opened: {error}", known.backend),
            (None, None) => format!("{} keys, which are not opened yet", known.backend),
        }
    }

    /// Why keys cannot be used now, as far as that is known.
    pub fn problem(&self) -> Option<HsmError> {
        problem(&self.known())
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
        assert_eq!((condition.description().as_str(), condition.problem()), ("a TPM", Some(lost)));
        condition.begun(long_ago, now);
        assert!(condition.problem().unwrap().to_string().contains("nothing for 7 seconds"));
    }
}
