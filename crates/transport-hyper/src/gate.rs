//! Who may connect to a host: one at a time. Whoever waits uses what comes of it: the connection where it speaks HTTP/2,
//! the failure else.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};
use transport::TransportError;

/// The turns of one host. A turn ends when it is dropped, so that whoever leaves keeps nobody waiting.
pub(crate) struct Gate {
    turns: Semaphore,
    attempts: Mutex<Attempts>,
}

#[derive(Default)]
struct Attempts {
    /// How many failed so far.
    failed: u64,
    /// The last of them.
    why: Option<TransportError>,
    /// Whether each exchange needs a connection of its own, as in HTTP/1.1.
    is_wide: bool,
}

impl Gate {
    pub(crate) fn new() -> Gate {
        Gate { turns: Semaphore::new(1), attempts: Mutex::default() }
    }

    /// The right to ask for a connection.
    ///
    /// # Errors
    /// What kept whoever was connecting meanwhile from it.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, TransportError> {
        let before = self.lock().failed;
        let turn = self.turns.acquire().await;
        let attempts = self.lock();
        match (turn, &attempts.why) {
            (Ok(turn), _) if attempts.failed == before => Ok(turn),
            (_, Some(why)) => Err(why.clone()),
            // Nobody closes the semaphore.
            (_, None) => Err(TransportError::NotSent { host: String::new(), why: "no turn".to_owned() }),
        }
    }

    /// Tells everybody who waits now, and nobody who comes later.
    pub(crate) fn failed(&self, why: &TransportError) {
        let mut attempts = self.lock();
        attempts.failed += 1;
        attempts.why = Some(why.clone());
    }

    /// The host speaks HTTP/1.1, where a turn lasts for a whole exchange: lets some of them go side by side.
    pub(crate) fn widen(&self) {
        if !std::mem::replace(&mut self.lock().is_wide, true) {
            self.turns.add_permits(SIDE_BY_SIDE - 1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most exchanges with a host that speaks HTTP/1.1 only, and so the most connections to it.
pub(crate) const SIDE_BY_SIDE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn refused() -> TransportError {
        TransportError::NotSent { host: "h".to_owned(), why: "refused".to_owned() }
    }

    #[test]
    fn one_has_its_turn_and_the_next_when_it_is_over_or_given_up() {
        let gate = Gate::new();
        let mut first = Box::pin(gate.turn());
        let Poll::Ready(Ok(turn)) = poll(first.as_mut()) else { panic!("nobody else is there") };
        let (mut second, mut third) = (Box::pin(gate.turn()), pin!(gate.turn()));
        assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
        drop(turn);
        // It leaves while it waits.
        drop(second);
        assert!(matches!(poll(third.as_mut()), Poll::Ready(Ok(_))));
    }

    #[test]
    fn whoever_waits_is_told_of_the_failure_and_whoever_comes_later_tries() {
        let gate = Gate::new();
        let Poll::Ready(Ok(turn)) = poll(pin!(gate.turn())) else { panic!("nobody else is there") };
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(gate.turn())).collect();
        assert!(waiting.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
        gate.failed(&refused());
        let mut later = pin!(gate.turn());
        assert!(poll(later.as_mut()).is_pending());
        drop(turn);
        for one in &mut waiting {
            assert!(matches!(poll(one.as_mut()), Poll::Ready(Err(why)) if why == refused()));
        }
        assert!(matches!(poll(later.as_mut()), Poll::Ready(Ok(_))));
    }

    #[test]
    fn a_host_of_http_1_has_so_many_turns_and_no_more() {
        let gate = Gate::new();
        gate.widen();
        gate.widen();
        let turns: Vec<_> = (0..SIDE_BY_SIDE).map(|_| poll(pin!(gate.turn()))).collect();
        assert!(turns.iter().all(|turn| matches!(turn, Poll::Ready(Ok(_)))));
        assert!(poll(pin!(gate.turn())).is_pending());
    }
}
