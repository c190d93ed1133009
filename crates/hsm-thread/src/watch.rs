//! Who still waits, and until when.

use hsm::{HsmError, Refusal};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

/// One job that was submitted.
pub(crate) struct Due {
    /// When its caller is answered.
    pub(crate) at: Instant,
    pub(crate) refusal: Refusal,
}

/// Answers every job at its deadline, until nobody submits any and the last one has its answer.
pub(crate) fn run(dues: &Receiver<Due>) {
    let mut open: Vec<Due> = Vec::new();
    loop {
        open.retain(|due| !due.refusal.is_answered());
        let next = open.iter().map(|due| due.at).min();
        match wait(dues, next) {
            Ok(due) => open.push(due),
            Err(RecvTimeoutError::Timeout) => refuse(&open, Instant::now()),
            Err(RecvTimeoutError::Disconnected) => match next {
                Some(next) => {
                    std::thread::sleep(next.saturating_duration_since(Instant::now()));
                    refuse(&open, next);
                }
                None => return,
            },
        }
    }
}

fn wait(dues: &Receiver<Due>, next: Option<Instant>) -> Result<Due, RecvTimeoutError> {
    match next {
        Some(next) => dues.recv_timeout(next.saturating_duration_since(Instant::now())),
        None => dues.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

fn refuse(open: &[Due], now: Instant) {
    open.iter().filter(|due| due.at <= now).for_each(|due| due.refusal.refuse(HsmError::Busy));
}
