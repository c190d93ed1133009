//! When a child may be started and how long it is left with a job: pure, the clock comes in.

use hsm::{Deadlines, HsmError};
use model::Backend;
use std::time::{Duration, Instant};

/// What a child is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// It opens the key store, which for a token means to log in.
    Open,
    /// It makes a key pair.
    Create,
    /// Any other job.
    Use,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself, at the end of its stream.
    Clean,
    /// By itself, and it should not have; the words are the system's (`signal: 11 (SIGSEGV)`).
    Crashed(String),
    /// We gave it up.
    Killed,
}

/// What is remembered from one child to the next.
#[derive(Debug)]
pub(crate) struct Keeper {
    backend: Backend,
    deadlines: Deadlines,
    /// When children were lost, the last [`MOST_LOST`] of them.
    lost: Vec<Instant>,
    /// What the token said of the PIN. It lasts as long as the daemon, because every try counts.
    refused: Option<HsmError>,
}

impl Keeper {
    pub(crate) fn new(backend: Backend, deadlines: Deadlines) -> Keeper {
        Keeper { backend, deadlines, lost: Vec::new(), refused: None }
    }

    /// Whether a child may be started now.
    ///
    /// # Errors
    /// What the token said of the PIN, and [`HsmError::Unreachable`] while too many children were lost.
    pub(crate) fn may_start(&self, now: Instant) -> Result<(), HsmError> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        let recent = self.lost.iter().filter(|at| now.saturating_duration_since(**at) < LOST_WITHIN).count();
        if recent >= MOST_LOST {
            let minutes = LOST_WITHIN.as_secs() / 60;
            return Err(HsmError::Unreachable(format!(
                "its process was lost {MOST_LOST} times within {minutes} minutes, and is started again later"
            )));
        }
        Ok(())
    }

    /// When whoever waits for this work is answered.
    pub(crate) fn answered_at(&self, work: Work, begun: Instant) -> Instant {
        let deadline = match work {
            Work::Open | Work::Use => self.deadlines.usual,
            Work::Create => self.deadlines.create,
        };
        begun + deadline
    }

    /// When a child that is still busy with this work is given up.
    ///
    /// Long after its caller was answered: a token of files may be empty after a kill, and any job may log in
    /// again, which writes too. A TPM writes nothing that it needs later.
    pub(crate) fn given_up_at(&self, work: Work, begun: Instant) -> Instant {
        let longer = match self.backend {
            Backend::Pkcs11 => TOKEN_WRITES,
            Backend::Tpm | Backend::Soft => TPM_ENDS,
        };
        self.answered_at(work, begun) + longer
    }

    /// A child has ended, with or without a job in hand: what whoever gave it that job is told.
    pub(crate) fn ended(&mut self, how: &Ending, now: Instant) -> HsmError {
        let words = match how {
            Ending::Clean => "its process has ended".to_owned(),
            Ending::Crashed(how) => format!("its process has ended ({how})"),
            Ending::Killed => "its process did not answer and was ended".to_owned(),
        };
        if *how != Ending::Clean {
            self.lost.push(now);
            let old = self.lost.len().saturating_sub(MOST_LOST);
            self.lost.drain(..old);
        }
        HsmError::Unreachable(words)
    }

    /// A child answered with an error.
    pub(crate) fn heard(&mut self, error: &HsmError) {
        let of_the_pin = matches!(error, HsmError::AuthValue(_) | HsmError::Locked(_));
        if self.backend == Backend::Pkcs11 && of_the_pin {
            self.refused = Some(error.clone());
        }
    }
}

/// So many children may be lost [`LOST_WITHIN`] before no other is started.
const MOST_LOST: usize = 3;
const LOST_WITHIN: Duration = Duration::from_secs(600);
/// How much longer a child that may be writing a token's files is left alone.
const TOKEN_WRITES: Duration = Duration::from_secs(60);
/// How much longer a child with a TPM is left alone.
const TPM_ENDS: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(backend: Backend) -> Keeper {
        Keeper::new(backend, Deadlines::default())
    }

    fn crash() -> Ending {
        Ending::Crashed("signal: 11 (SIGSEGV)".to_owned())
    }

    #[test]
    fn a_child_is_given_up_long_after_its_caller_was_answered() {
        let begun = Instant::now();
        for (backend, work, answered, given_up) in [
            (Backend::Pkcs11, Work::Open, 10, 70),
            (Backend::Pkcs11, Work::Use, 10, 70),
            (Backend::Pkcs11, Work::Create, 60, 120),
            (Backend::Tpm, Work::Open, 10, 20),
            (Backend::Tpm, Work::Use, 10, 20),
            (Backend::Tpm, Work::Create, 60, 70),
        ] {
            let keeper = keeper(backend);
            let seconds = |at: Instant| (at - begun).as_secs();
            let found = [keeper.answered_at(work, begun), keeper.given_up_at(work, begun)].map(seconds);
            assert_eq!(found, [answered, given_up], "{backend} {work:?}");
        }
    }

    #[test]
    fn three_that_were_lost_in_ten_minutes_are_enough() {
        let start = Instant::now();
        // When children ended and how, and the seconds in which none may be started.
        for (endings, refused) in [
            (vec![], vec![]),
            (vec![(0, crash()), (300, crash())], vec![]),
            (vec![(0, crash()), (300, Ending::Killed), (301, crash())], vec![301, 599]),
            (vec![(0, crash()), (300, Ending::Clean), (301, crash())], vec![]),
            (vec![(0, Ending::Clean), (1, Ending::Clean), (2, Ending::Clean)], vec![]),
            (vec![(0, crash()), (300, crash()), (601, crash())], vec![]),
            (vec![(0, crash()), (300, crash()), (601, crash()), (700, crash())], vec![700, 899]),
        ] {
            let mut keeper = keeper(Backend::Tpm);
            for (second, how) in &endings {
                keeper.ended(how, start + Duration::from_secs(*second));
            }
            for second in [301, 599, 600, 601, 700, 899, 900, 2000] {
                if endings.last().is_some_and(|(last, _)| *last > second) {
                    continue;
                }
                let may = keeper.may_start(start + Duration::from_secs(second)).is_ok();
                assert_eq!(may, !refused.contains(&second), "{endings:?} at {second}");
            }
        }
    }

    #[test]
    fn a_token_that_refused_the_pin_is_never_opened_again() {
        let (now, why) = (Instant::now(), || "x".to_owned());
        for (backend, error, remembered) in [
            (Backend::Pkcs11, HsmError::AuthValue(why()), true),
            (Backend::Pkcs11, HsmError::Locked(why()), true),
            (Backend::Pkcs11, HsmError::Absent(why()), false),
            (Backend::Pkcs11, HsmError::KeyGone(why()), false),
            (Backend::Pkcs11, HsmError::Backend(why()), false),
            (Backend::Tpm, HsmError::AuthValue(why()), false),
            (Backend::Tpm, HsmError::Locked(why()), false),
        ] {
            let mut keeper = keeper(backend);
            keeper.heard(&error);
            let expected = if remembered { Err(error.clone()) } else { Ok(()) };
            assert_eq!(keeper.may_start(now), expected, "{backend} {error}");
            assert_eq!(keeper.may_start(now + 9 * LOST_WITHIN), expected, "{backend} {error}");
        }
    }

    #[test]
    fn a_lost_job_passes_by_itself_and_says_how_it_was_lost() {
        for (how, words) in
            [(crash(), "SIGSEGV"), (Ending::Killed, "did not answer"), (Ending::Clean, "ended")]
        {
            let told = keeper(Backend::Tpm).ended(&how, Instant::now());
            assert!(matches!(&told, HsmError::Unreachable(why) if why.contains(words)), "{told}");
        }
    }
}
