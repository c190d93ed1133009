use model::{Failure, FailureClass, Who, wiping};
use std::collections::BTreeMap;
use std::future::Future;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

/// The works of one machine, each on a task of its own.
pub struct InFlight<Op, End> {
    done: mpsc::UnboundedSender<Boxed<Op, End>>,
    running: BTreeMap<Op, JoinHandle<()>>,
}

/// A channel takes room for 32 of what it carries before it carries any, and there is one for each person's session.
type Boxed<Op, End> = Box<(Op, End)>;

/// Where the ends of works arrive.
pub struct Ends<Op, End>(mpsc::UnboundedReceiver<Boxed<Op, End>>);

impl<Op, End> Ends<Op, End> {
    /// The next one; none once nothing can end any more.
    pub async fn recv(&mut self) -> Option<(Op, End)> {
        self.0.recv().await.map(|end| *end)
    }
}

impl<Op: Copy + Ord + Send + 'static, End: Send + 'static> InFlight<Op, End> {
    /// Nothing in flight yet, and where the ends arrive.
    pub fn new() -> (InFlight<Op, End>, Ends<Op, End>) {
        let (done, finished) = mpsc::unbounded_channel();
        (InFlight { done, running: BTreeMap::new() }, Ends(finished))
    }

    /// Starts a work; `crashed` is its end if it panics.
    pub fn begin(&mut self, op: Op, work: impl Future<Output = End> + Send + 'static, crashed: End) {
        let (done, performed) = (self.done.clone(), tokio::spawn(wiping(work)));
        let watcher = tokio::spawn(async move {
            let _ended_with_us = AbortOnDrop(performed.abort_handle());
            let end = performed.await.unwrap_or(crashed);
            // A machine that has ended does not wait for its works.
            drop(done.send(Box::new((op, end))));
        });
        self.running.insert(op, watcher);
    }

    /// The end of a work that cannot be started.
    pub fn end(&self, op: Op, end: End) {
        drop(self.done.send(Box::new((op, end))));
    }

    /// Abandons a work.
    pub fn cancel(&mut self, op: Op) {
        self.running.remove(&op).iter().for_each(JoinHandle::abort);
    }

    /// Takes note of an end.
    pub fn ended(&mut self, op: Op) {
        self.running.remove(&op);
    }
}

/// A work that panicked.
pub fn crashed(class: FailureClass, what: &str, next: &str) -> Failure {
    Failure::local(
        class,
        Who::Developers,
        "Crashed",
        format!("a step of the {what} crashed"),
        &format!("Please report it with the log of firmamentd; {next}."),
    )
}

/// Ends a task when whoever waits for it is ended.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
