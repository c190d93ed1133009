//! A blocking key store on a thread of its own, behind a bounded queue.

use hsm::{Hsm, HsmError, Job, Keys};
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// The backend on a thread of its own behind a queue of 64 jobs.
///
/// The thread ends when the last sender is dropped. A job that panics ends it too: that job, those in the
/// queue and all that come later are answered [`HsmError::Unreachable`].
pub struct HsmThread {
    queue: SyncSender<Job>,
}

impl HsmThread {
    /// Starts the thread; it owns the backend from here on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(hsm: Box<dyn Hsm>) -> io::Result<HsmThread> {
        let (queue, jobs) = sync_channel(QUEUE);
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || serve(hsm, jobs))?;
        Ok(HsmThread { queue })
    }
}

impl Keys for HsmThread {
    fn submit(&self, job: Job) {
        match self.queue.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => job.refuse(HsmError::Busy),
            Err(TrySendError::Disconnected(job)) => {
                job.refuse(HsmError::Unreachable("its thread has ended".to_owned()));
            }
        }
    }
}

fn serve(mut hsm: Box<dyn Hsm>, jobs: Receiver<Job>) {
    for job in jobs {
        job.run(hsm.as_mut());
        // What a cipher or a library of others spilled of a key.
        model::wipe_stack();
    }
}

const QUEUE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use hsm::{HsmInfo, SignScheme};
    use model::{Backend, Guid, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
    use std::sync::{Arc, Barrier};

    /// Answers `info` only when both barriers let it pass, panics when it is to destroy, refuses the rest.
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
            panic!("on purpose")
        }
        fn self_test(&mut self, _: &KeyHandle) -> Result<(), HsmError> {
            no()
        }
        fn rebind(&mut self, _: &KeyHandle) -> Result<KeyHandle, HsmError> {
            no()
        }
    }

    fn key() -> KeyHandle {
        KeyHandle {
            backend: Backend::Soft,
            purpose: KeyPurpose::Device,
            intent: IntentId::new(Guid::from_bytes([0; 16])),
            public: RsaPublicKey { modulus: vec![], exponent: vec![] },
            wrapped: vec![],
        }
    }

    #[test]
    fn a_full_queue_refuses_and_an_empty_one_serves() {
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let keys = HsmThread::start(Box::new(Slow(begun.clone(), go.clone()))).unwrap();
        let first = keys.ready(Backend::Soft);
        begun.wait();
        let queued: Vec<_> = (0..QUEUE).map(|_| keys.self_test(key())).collect();
        assert_eq!(keys.self_test(key()).wait(), Err(HsmError::Busy));
        go.wait();
        assert!(first.wait().is_ok());
        for answer in queued {
            assert!(matches!(answer.wait(), Err(HsmError::Backend(_))));
        }
    }

    #[test]
    fn a_job_that_panics_leaves_nobody_waiting_neither_those_behind_it_nor_those_to_come() {
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let keys = HsmThread::start(Box::new(Slow(begun.clone(), go.clone()))).unwrap();
        let first = keys.ready(Backend::Soft);
        begun.wait();
        let (panics, behind) = (keys.destroy(key()), keys.self_test(key()));
        go.wait();
        assert!(first.wait().is_ok());
        for answer in [panics, behind] {
            assert!(matches!(answer.wait(), Err(HsmError::Unreachable(_))));
        }
        let ended = HsmError::Unreachable("its thread has ended".to_owned());
        assert_eq!(keys.self_test(key()).wait(), Err(ended));
    }

    #[test]
    fn what_was_queued_is_done_although_nobody_can_ask_any_more() {
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let keys = HsmThread::start(Box::new(Slow(begun.clone(), go.clone()))).unwrap();
        let (first, second) = (keys.ready(Backend::Soft), keys.self_test(key()));
        drop(keys);
        begun.wait();
        go.wait();
        assert!(first.wait().is_ok());
        assert!(matches!(second.wait(), Err(HsmError::Backend(_))));
    }
}
