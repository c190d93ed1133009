//! The way back of an answer: one slot, filled once, for a task that awaits or a thread that waits.

use crate::HsmError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Where the answer to one job goes; held by whoever does the job.
///
/// Dropping it answers [`HsmError::Unreachable`], so nobody waits for a job that was lost or panicked.
pub struct Reply<T>(Arc<Slot<T>>);

impl<T> Reply<T> {
    /// A way back, and the answer to come.
    pub fn new() -> (Reply<T>, KeysFuture<T>) {
        let slot =
            Arc::new(Slot { state: Mutex::new(State::Open { waker: None }), answered: Condvar::new() });
        (Reply(slot.clone()), KeysFuture(slot))
    }

    /// The right to answer too; the first answer counts.
    pub fn refusal(&self) -> Refusal
    where
        T: Send + 'static,
    {
        Refusal(self.0.clone())
    }

    /// Answers whoever asked; nobody needs to listen any more.
    pub fn send(self, answer: Result<T, HsmError>) {
        self.0.answer(answer);
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        self.0.answer(Err(lost()));
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Reply")
    }
}

/// The right to answer, with an error, for a job that somebody else does.
pub struct Refusal(Arc<dyn Refuse>);

impl Refusal {
    /// Answers whoever still waits; a job that is answered already is left as it is.
    pub fn refuse(&self, why: HsmError) {
        self.0.refuse(why);
    }

    /// Whether there is an answer, whoever gave it.
    pub fn is_answered(&self) -> bool {
        self.0.is_answered()
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Refusal")
    }
}

trait Refuse: Send + Sync {
    fn refuse(&self, why: HsmError);
    fn is_answered(&self) -> bool;
}

impl<T: Send> Refuse for Slot<T> {
    fn refuse(&self, why: HsmError) {
        self.answer(Err(why));
    }

    fn is_answered(&self) -> bool {
        matches!(*self.lock(), State::Closed(_))
    }
}

/// The answer to come of one job, which is done whether or not somebody waits for it.
#[must_use = "the job was submitted; its answer says whether it was done"]
pub struct KeysFuture<T>(Arc<Slot<T>>);

impl<T> KeysFuture<T> {
    /// Waits in this thread, for callers that cannot await (a TLS signer inside a handshake's poll).
    ///
    /// # Errors
    /// As the job, and [`HsmError::Busy`] at its deadline.
    pub fn wait(self) -> Result<T, HsmError> {
        let open = |state: &mut State<T>| matches!(state, State::Open { .. });
        let mut state =
            self.0.answered.wait_while(self.0.lock(), open).unwrap_or_else(PoisonError::into_inner);
        state.take().unwrap_or_else(|| Err(lost()))
    }
}

impl<T> Future for KeysFuture<T> {
    type Output = Result<T, HsmError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        if let State::Open { waker } = &mut *state {
            *waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.take().unwrap_or_else(|| Err(lost())))
    }
}

struct Slot<T> {
    state: Mutex<State<T>>,
    answered: Condvar,
}

enum State<T> {
    /// No answer yet, and whom to wake when there is one.
    Open { waker: Option<Waker> },
    /// The answer, until it is taken.
    Closed(Option<Result<T, HsmError>>),
}

impl<T> State<T> {
    fn take(&mut self) -> Option<Result<T, HsmError>> {
        match self {
            State::Open { .. } => None,
            State::Closed(answer) => answer.take(),
        }
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first answer stays; a reply that was sent is dropped too.
    fn answer(&self, answer: Result<T, HsmError>) {
        let mut state = self.lock();
        let State::Open { waker } = &mut *state else { return };
        let waker = waker.take();
        *state = State::Closed(Some(answer));
        drop(state);
        self.answered.notify_all();
        // Not under the lock: what is woken may poll at once.
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

fn lost() -> HsmError {
    HsmError::Unreachable("the job was lost".to_owned())
}
