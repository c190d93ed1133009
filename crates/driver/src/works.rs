use crate::clock::Clock;
use model::{Failure, Timestamp};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

/// How a work ended, by its id.
pub(crate) type Ended<Op, Reply> = (Op, Result<Reply, Failure>);

/// What one machine has in flight, each on a task of its own.
pub(crate) struct Works<Op, Reply> {
    done: mpsc::UnboundedSender<Ended<Op, Reply>>,
    running: BTreeMap<Op, JoinHandle<()>>,
}

impl<Op: Copy + Ord + Send + 'static, Reply: Send + 'static> Works<Op, Reply> {
    /// Nothing in flight yet, and where the ends arrive.
    pub(crate) fn new() -> (Works<Op, Reply>, mpsc::UnboundedReceiver<Ended<Op, Reply>>) {
        let (done, finished) = mpsc::unbounded_channel();
        (Works { done, running: BTreeMap::new() }, finished)
    }

    /// Starts a work; `crashed` is its end if it panics.
    pub(crate) fn begin<W>(&mut self, op: Op, work: W, crashed: Failure)
    where
        W: Future<Output = Result<Reply, Failure>> + Send + 'static,
    {
        let (done, performed) = (self.done.clone(), tokio::spawn(work));
        let watcher = tokio::spawn(async move {
            let _ended_with_us = AbortOnDrop(performed.abort_handle());
            let result = performed.await.unwrap_or(Err(crashed));
            // A machine that has ended does not wait for its works.
            drop(done.send((op, result)));
        });
        self.running.insert(op, watcher);
    }

    /// Abandons a work.
    pub(crate) fn cancel(&mut self, op: Op) {
        self.running.remove(&op).iter().for_each(JoinHandle::abort);
    }

    /// Takes note of an end.
    pub(crate) fn ended(&mut self, op: Op) {
        self.running.remove(&op);
    }
}

/// Ends at the moment, or never without one; sleeps at most a minute at a time, so that suspend and clock
/// jumps are harmless.
pub(crate) async fn rest(clock: &dyn Clock, moment: Option<Timestamp>) {
    let Some(moment) = moment else { return std::future::pending().await };
    loop {
        let left = moment.since(clock.now());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

/// Ends a task when whoever waits for it is ended.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const LONGEST_SLEEP: Duration = Duration::from_secs(60);
