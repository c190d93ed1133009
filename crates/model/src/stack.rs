use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Overwrites what calls that have ended left on the stack of this thread, down to 128 KiB below the caller.
///
/// A key is handed to ciphers by value and spilled by them, and nothing wipes the frames of a call that has ended.
#[inline(never)]
pub fn wipe_stack() {
    let mut below = [0_u128; DEPTH / size_of::<u128>()];
    black_box(&mut below);
}

/// The future, which leaves nothing on the stack of the thread that polled it.
pub fn wiping<F: Future>(future: F) -> impl Future<Output = F::Output> {
    Wiping(Box::pin(future))
}

struct Wiping<F>(Pin<Box<F>>);

impl<F: Future> Future for Wiping<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let polled = polled(self.0.as_mut(), context);
        wipe_stack();
        polled
    }
}

/// In frames of its own, which begin where the wiping begins.
#[inline(never)]
fn polled<F: Future>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(context)
}

/// More than the deepest call of ours needs, TLS and ciphers among them; a thread has two megabytes.
const DEPTH: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_done_with_as_many_polls_as_it_needs() {
        let mut polls = 0;
        let twice = std::future::poll_fn(|context| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(7);
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        let mut wiped = Box::pin(wiping(twice));
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert_eq!(wiped.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(wiped.as_mut().poll(&mut context), Poll::Ready(7));
    }
}
