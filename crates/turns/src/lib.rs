//! One at a time for each name: whoever wants what is being fetched already waits for it. Knows no runtime.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Whose turn it is under which name, and who waits for its end. What is done in a turn ends by its own deadline.
#[derive(Debug)]
pub struct Turns<K: Ord> {
    taken: Mutex<BTreeMap<K, Vec<Waker>>>,
}

/// A turn; it is given up by dropping it.
#[derive(Debug)]
pub struct Turn<'a, K: Ord> {
    turns: &'a Turns<K>,
    name: K,
}

impl<K: Ord> Default for Turns<K> {
    fn default() -> Turns<K> {
        Turns { taken: Mutex::default() }
    }
}

impl<K: Ord + Copy> Turns<K> {
    /// The next turn under this name.
    pub async fn take(&self, name: K) -> Turn<'_, K> {
        poll_fn(|context| self.poll(name, context)).await;
        Turn { turns: self, name }
    }

    fn poll(&self, name: K, context: &mut Context<'_>) -> Poll<()> {
        let mut taken = self.lock();
        match taken.get_mut(&name) {
            Some(waiting) => {
                waiting.push(context.waker().clone());
                Poll::Pending
            }
            None => {
                taken.insert(name, Vec::new());
                Poll::Ready(())
            }
        }
    }
}

impl<K: Ord> Turns<K> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Vec<Waker>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        let waiting = self.turns.lock().remove(&self.name);
        // Outside the lock: whoever is woken may take it at once.
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    /// A turn that nobody else has.
    fn taken(turns: &Turns<u8>, name: u8) -> Turn<'_, u8> {
        match pin!(turns.take(name)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => turn,
            Poll::Pending => panic!("{name} is taken"),
        }
    }

    #[test]
    fn whoever_comes_in_somebody_elses_turn_waits_for_its_end() {
        let turns = Turns::default();
        let mut context = Context::from_waker(Waker::noop());
        let first = taken(&turns, 1);
        let mut second = pin!(turns.take(1));
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(taken(&turns, 2));
        drop(first);
        let Poll::Ready(second) = second.as_mut().poll(&mut context) else { panic!("it is free") };
        drop(second);
        drop(taken(&turns, 1));
    }

    #[test]
    fn whoever_waits_for_a_turn_is_woken_when_it_is_given_up() {
        struct Woken(AtomicUsize);
        impl Wake for Woken {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (turns, woken) = (Turns::default(), Arc::new(Woken(AtomicUsize::new(0))));
        let waker = Waker::from(woken.clone());
        let first = taken(&turns, 1);
        let mut waiting = pin!(turns.take(1));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        drop(first);
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    }
}
