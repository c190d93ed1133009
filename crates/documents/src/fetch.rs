//! One fetch, driven by whoever waits for it.

use model::{Failure, Timestamp};
use std::collections::BTreeMap;
use std::future::Future;
use std::mem::replace;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// What fetches a document; it ends by its own deadline.
pub type Fetching<T, E = Failure> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

pub(crate) struct Fetch<T, E> {
    /// When it began.
    pub(crate) begun: Timestamp,
    state: Mutex<State<T, E>>,
    waiting: Arc<Waiting>,
}

enum State<T, E> {
    Running(Fetching<T, E>),
    /// None where it crashed.
    Ended(Option<Result<T, E>>),
}

/// Those who wait, by number.
#[derive(Default)]
struct Waiting(Mutex<Wakers>);

#[derive(Default)]
struct Wakers {
    last: u64,
    by_number: BTreeMap<u64, Waker>,
}

impl<T: Clone, E: Clone> Fetch<T, E> {
    pub(crate) fn new(begun: Timestamp, fetching: Fetching<T, E>) -> Fetch<T, E> {
        Fetch { begun, state: Mutex::new(State::Running(fetching)), waiting: Arc::default() }
    }

    fn poll(&self, number: u64, context: &Context<'_>) -> Poll<Option<Result<T, E>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fetching = match replace(&mut *state, State::Ended(None)) {
            State::Running(fetching) => fetching,
            State::Ended(result) => {
                *state = State::Ended(result.clone());
                return Poll::Ready(result);
            }
        };
        self.waiting.lock().by_number.insert(number, context.waker().clone());
        // Wakes everybody when it ends, and when it panics, which leaves the state as it is now.
        let ended = Ended(&self.waiting);
        let waker = Waker::from(self.waiting.clone());
        match fetching.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => {
                *state = State::Ended(Some(result.clone()));
                Poll::Ready(Some(result))
            }
            Poll::Pending => {
                *state = State::Running(fetching);
                std::mem::forget(ended);
                Poll::Pending
            }
        }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Wakers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        let wakers = std::mem::take(&mut self.lock().by_number);
        wakers.into_values().for_each(Waker::wake);
    }
}

impl Wake for Waiting {
    /// Any of them can drive it on, and nobody knows who still does.
    fn wake(self: Arc<Waiting>) {
        self.wake_all();
    }
}

struct Ended<'f>(&'f Waiting);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.wake_all();
    }
}

/// Waits for a fetch; ends with none where it crashed.
pub(crate) struct Waiter<T, E> {
    fetch: Arc<Fetch<T, E>>,
    number: u64,
}

impl<T, E> Waiter<T, E> {
    pub(crate) fn new(fetch: Arc<Fetch<T, E>>) -> Waiter<T, E> {
        let mut wakers = fetch.waiting.lock();
        wakers.last += 1;
        let number = wakers.last;
        drop(wakers);
        Waiter { fetch, number }
    }
}

impl<T: Clone, E: Clone> Future for Waiter<T, E> {
    type Output = Option<Result<T, E>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.fetch.poll(self.number, context)
    }
}

impl<T, E> Drop for Waiter<T, E> {
    fn drop(&mut self) {
        self.fetch.waiting.lock().by_number.remove(&self.number);
    }
}
