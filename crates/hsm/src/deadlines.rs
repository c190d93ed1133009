use crate::Job;
use std::time::Duration;

/// How long whoever submits a job waits for its answer, the time in a queue included; then it is
/// [`crate::HsmError::Busy`], whether or not the job is done later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Of [`Job::Ready`]: a start goes on without the answer.
    pub ready: Duration,
    /// Of [`Job::Create`]: TPMs and cards look for primes for tens of seconds.
    pub create: Duration,
    /// Of every other job.
    pub usual: Duration,
    /// A backend that had no job for so long may give up what it holds ([`crate::Hsm::rest`]).
    pub rest_after: Duration,
}

impl Deadlines {
    /// The deadline of this job.
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
            rest_after: Duration::from_secs(60),
        }
    }
}
