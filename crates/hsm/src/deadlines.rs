use crate::Job;
use std::time::Duration;

/// How long whoever submits a job waits for its answer since the key store last gave a sign of life; then it is
/// [`crate::HsmError::Busy`], whether or not the job is done later.
///
/// A sign of life is the end of any job that the key store had no longer than that job's own deadline. The time in a queue is
/// included, so that a key store that hangs is told to whoever waits behind, too (adr 0026).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Of [`Job::Ready`]: a start goes on without the answer.
    pub ready: Duration,
    /// Of [`Job::Create`]: TPMs and cards look for primes for tens of seconds.
    pub create: Duration,
    /// Of every other job.
    pub usual: Duration,
    /// Of any job, from when it is submitted, whatever signs of life there are: what a full queue takes at most.
    pub longest: Duration,
    /// A backend that had no job for so long may give up what it holds ([`crate::Hsm::rest`]).
    pub rest_after: Duration,
}

impl Deadlines {
    /// The deadline of this job, from the last sign of life.
    pub fn of(&self, job: &Job) -> Duration {
        match job {
            Job::Ready(..) => self.ready,
            Job::Create(..) => self.create,
            _ => self.usual,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            ready: Duration::from_secs(3),
            create: Duration::from_secs(60),
            usual: Duration::from_secs(10),
            longest: Duration::from_secs(3600),
            rest_after: Duration::from_secs(60),
        }
    }
}
