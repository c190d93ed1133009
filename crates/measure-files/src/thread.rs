//! Work on a thread of its own, as a future that needs no runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::Builder;

/// The result of the work, or `otherwise` where the work breaks off or no thread can be had.
pub(crate) fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    otherwise: T,
) -> Pin<Box<dyn Future<Output = T> + Send>> {
    let slot = Arc::new(Slot(Mutex::new(State::Open(None))));
    let reply = Reply { slot: slot.clone(), otherwise: Some(otherwise) };
    let named = Builder::new().name("measure".to_owned());
    // What is not started is dropped with its reply, and so answered.
    drop(named.spawn(move || reply.answer(work())));
    Box::pin(Answer(slot))
}

enum State<T> {
    /// No result yet, and whom to wake when there is one.
    Open(Option<Waker>),
    /// The result, until it is taken.
    Closed(Option<T>),
}

struct Slot<T>(Mutex<State<T>>);

impl<T> Slot<T> {
    fn close(&self, result: T) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *state, State::Closed(Some(result)));
        drop(state);
        if let State::Open(Some(waker)) = before {
            waker.wake();
        }
    }
}

/// Whoever drops it without a result leaves the other one.
struct Reply<T> {
    slot: Arc<Slot<T>>,
    otherwise: Option<T>,
}

impl<T> Reply<T> {
    fn answer(mut self, result: T) {
        self.otherwise = None;
        self.slot.close(result);
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if let Some(otherwise) = self.otherwise.take() {
            self.slot.close(otherwise);
        }
    }
}

struct Answer<T>(Arc<Slot<T>>);

impl<T> Future for Answer<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Open(waker) => *waker = Some(context.waker().clone()),
            State::Closed(result) => {
                if let Some(result) = result.take() {
                    return Poll::Ready(result);
                }
            }
        }
        Poll::Pending
    }
}
