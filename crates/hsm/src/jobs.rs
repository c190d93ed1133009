//! Which job is next, and who has waited long enough: pure, the clock comes in.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use crate::queue::FairQueue;
use crate::{Deadlines, HsmError, Job, Refusal};
use model::IntentId;
use std::time::{Duration, Instant};

/// The jobs of one key store, of which it does one at a time.
///
/// Identities are served in turn, and within one whoever came first; what is about the key store as a whole is
/// in line like one identity more. A job's deadline is counted from when it came or from the key store's last
/// sign of life, whichever is later: a job that ended within its own deadline is one (adr 0026). So a long queue refuses
/// nobody, and a key store that hangs is told to everybody who waits as soon as to the first.
#[derive(Debug)]
pub struct Jobs {
    deadlines: Deadlines,
    queue: FairQueue<Option<IntentId>, Queued>,
    in_hand: Option<InHand>,
    /// When a job last ended that was not in hand longer than its deadline.
    last_sign: Option<Instant>,
}

#[derive(Debug)]
struct Queued {
    job: Job,
    wait: Wait,
}

#[derive(Debug)]
struct InHand {
    /// None once its caller was refused.
    refusal: Option<Refusal>,
    wait: Wait,
    begun: Instant,
}

/// How long somebody waits.
#[derive(Debug, Clone, Copy)]
struct Wait {
    since: Instant,
    /// Without a sign of life.
    patience: Duration,
}

/// Those who have waited long enough.
#[derive(Debug, Default)]
#[must_use = "somebody waits to be told"]
pub struct Late {
    /// These are not begun.
    queued: Vec<Job>,
    /// This one goes on.
    in_hand: Option<Refusal>,
}

impl Late {
    /// Whether there is nobody to tell.
    pub fn is_empty(&self) -> bool {
        self.queued.is_empty() && self.in_hand.is_none()
    }

    /// Tells them that the key store is busy.
    pub fn refuse(self) {
        self.queued.into_iter().for_each(|job| job.refuse(HsmError::Busy));
        self.in_hand.iter().for_each(|refusal| refusal.refuse(HsmError::Busy));
    }
}

impl Jobs {
    /// No job yet; at most `most` may wait.
    pub fn new(deadlines: Deadlines, most: usize) -> Jobs {
        Jobs { deadlines, queue: FairQueue::new(most), in_hand: None, last_sign: None }
    }

    /// Puts a job in line. Gives back the one that has no place there, this or another one.
    pub fn add(&mut self, job: Job, now: Instant) -> Option<Job> {
        let wait = Wait { since: now, patience: self.deadlines.of(&job) };
        self.queue.push(job.intent(), Queued { job, wait }).map(|displaced| displaced.job)
    }

    /// The next job, which is in hand from now on, and those before it whose deadline has passed.
    pub fn begin(&mut self, now: Instant) -> (Option<Job>, Late) {
        let mut late = Late::default();
        while let Some(Queued { job, wait }) = self.queue.pop() {
            if self.until(wait) > now {
                self.in_hand = Some(InHand { refusal: Some(job.refusal()), wait, begun: now });
                return (Some(job), late);
            }
            late.queued.push(job);
        }
        (None, late)
    }

    /// The job in hand has ended.
    pub fn ended(&mut self, now: Instant) {
        if let Some(in_hand) = self.in_hand.take()
            && now.saturating_duration_since(in_hand.begun) < in_hand.wait.patience
        {
            self.last_sign = Some(now);
        }
    }

    /// Those whose deadline has passed; they are told once.
    pub fn late(&mut self, now: Instant) -> Late {
        let (last_sign, longest) = (self.last_sign, self.deadlines.longest);
        let is_late = |wait: Wait| wait.until(last_sign, longest) <= now;
        let queued = self.queue.take(|queued| is_late(queued.wait));
        let in_hand = self.in_hand.as_mut().filter(|in_hand| is_late(in_hand.wait));
        let in_hand = in_hand.and_then(|in_hand| in_hand.refusal.take());
        Late { queued: queued.into_iter().map(|queued| queued.job).collect(), in_hand }
    }

    /// When the next deadline passes, unless there is a sign of life before.
    pub fn next_deadline(&self) -> Option<Instant> {
        let open = self.in_hand.iter().filter(|in_hand| in_hand.refusal.is_some());
        let waits = self.queue.iter().map(|queued| queued.wait).chain(open.map(|in_hand| in_hand.wait));
        waits.map(|wait| self.until(wait)).min()
    }

    /// Everything that is in line, and is not from now on.
    pub fn drain(&mut self) -> Vec<Job> {
        self.queue.take(|_| true).into_iter().map(|queued| queued.job).collect()
    }

    /// Whether nothing is in line.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The deadline of this job if it came now.
    pub fn deadline_of(&self, job: &Job, now: Instant) -> Instant {
        self.until(Wait { since: now, patience: self.deadlines.of(job) })
    }

    fn until(&self, wait: Wait) -> Instant {
        wait.until(self.last_sign, self.deadlines.longest)
    }
}

impl Wait {
    fn until(self, last_sign: Option<Instant>, longest: Duration) -> Instant {
        let counted_from = last_sign.map_or(self.since, |sign| sign.max(self.since));
        (counted_from + self.patience).min(self.since + longest)
    }
}

#[cfg(test)]
#[path = "tests/jobs.rs"]
mod tests;
