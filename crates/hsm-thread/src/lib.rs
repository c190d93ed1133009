//! A blocking key store on a thread of its own, behind a bounded queue.

use hsm::{Answer, Hsm, HsmError, Job, Keys, KeysFuture};
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use tokio::sync::oneshot;

/// The backend on a thread of its own behind a queue of 64 jobs.
///
/// The thread ends when the last sender is dropped.
pub struct HsmThread {
    queue: SyncSender<Order>,
}

struct Order {
    job: Job,
    reply: ReplyTo,
}

enum ReplyTo {
    Task(oneshot::Sender<Result<Answer, HsmError>>),
    Thread(SyncSender<Result<Answer, HsmError>>),
}

impl HsmThread {
    /// Starts the thread; it owns the backend from here on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(hsm: Box<dyn Hsm>) -> io::Result<HsmThread> {
        let (queue, orders) = sync_channel(QUEUE);
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || serve(hsm, orders))?;
        Ok(HsmThread { queue })
    }

    fn submit(&self, job: Job, reply: ReplyTo) -> Result<(), HsmError> {
        self.queue.try_send(Order { job, reply }).map_err(|error| match error {
            TrySendError::Full(_) => HsmError::Busy,
            TrySendError::Disconnected(_) => ended(),
        })
    }
}

impl Keys for HsmThread {
    fn call(&self, job: Job) -> KeysFuture {
        let (sender, receiver) = oneshot::channel();
        let submitted = self.submit(job, ReplyTo::Task(sender));
        Box::pin(async move {
            submitted?;
            receiver.await.unwrap_or_else(|_| Err(ended()))
        })
    }

    fn call_blocking(&self, job: Job) -> Result<Answer, HsmError> {
        let (sender, receiver) = sync_channel(1);
        self.submit(job, ReplyTo::Thread(sender))?;
        receiver.recv().unwrap_or_else(|_| Err(ended()))
    }
}

fn serve(mut hsm: Box<dyn Hsm>, orders: Receiver<Order>) {
    for order in orders {
        let answer = order.job.run(hsm.as_mut());
        // A caller that gave up is no fault of ours: the answer is dropped.
        match order.reply {
            ReplyTo::Task(sender) => drop(sender.send(answer)),
            ReplyTo::Thread(sender) => drop(sender.send(answer)),
        }
    }
}

fn ended() -> HsmError {
    HsmError::Unreachable("its thread has ended".to_owned())
}

const QUEUE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use hsm::{HsmInfo, SignScheme};
    use model::{Backend, IntentId, KeyHandle, KeyPurpose, Secret};
    use std::sync::{Arc, Barrier};

    /// Answers `info` only when both barriers let it pass; refuses the rest.
    struct Slow(Arc<Barrier>, Arc<Barrier>);

    fn no<T>() -> Result<T, HsmError> {
        Err(HsmError::Backend("not here".to_owned()))
    }

    impl Hsm for Slow {
        fn info(&self) -> HsmInfo {
            self.0.wait();
            self.1.wait();
            HsmInfo { backend: Backend::Soft, description: "slow".to_owned() }
        }
        fn create(&mut self, _: KeyPurpose, _: IntentId) -> Result<KeyHandle, HsmError> {
            no()
        }
        fn sign(&mut self, _: &KeyHandle, _: SignScheme, _: &[u8]) -> Result<Vec<u8>, HsmError> {
            no()
        }
        fn unwrap_oaep_sha1(&mut self, _: &KeyHandle, _: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
            no()
        }
        fn seal(&mut self, _: &str, _: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
            no()
        }
        fn unseal(&mut self, _: &str, _: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
            no()
        }
        fn destroy(&mut self, _: &KeyHandle) -> Result<(), HsmError> {
            no()
        }
        fn self_test(&mut self, _: &KeyHandle) -> Result<(), HsmError> {
            no()
        }
        fn rebind(&mut self, _: &KeyHandle) -> Result<KeyHandle, HsmError> {
            no()
        }
    }

    #[test]
    fn a_full_queue_refuses_and_an_empty_one_serves() {
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let keys = Arc::new(HsmThread::start(Box::new(Slow(begun.clone(), go.clone()))).unwrap());
        let first = keys.clone();
        let caller = std::thread::spawn(move || first.call_blocking(Job::Info));
        begun.wait();
        let queued: Vec<_> =
            (0..QUEUE).map(|_| keys.call(Job::Seal(String::new(), Secret::new(vec![])))).collect();
        assert_eq!(keys.call_blocking(Job::Info).unwrap_err(), HsmError::Busy);
        go.wait();
        assert!(caller.join().unwrap().is_ok());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for answer in queued {
            assert!(matches!(runtime.block_on(answer), Err(HsmError::Backend(_))));
        }
    }
}
