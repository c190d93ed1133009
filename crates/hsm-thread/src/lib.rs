//! A blocking key store on a thread of its own, behind a bounded queue, each job with a deadline.

mod watch;

use hsm::{Deadlines, Hsm, HsmError, Job, Keys};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use watch::Due;

/// The backend on a thread of its own behind a queue of 64 jobs.
///
/// Whoever waits is answered [`HsmError::Busy`] at the job's deadline; the job in hand goes on, and one whose
/// deadline passed in the queue is not begun. A job that panics is answered [`HsmError::Unreachable`], and the
/// thread goes on with the next. It ends with [`HsmThread::end`], or when the value is dropped and what was
/// queued is done.
pub struct HsmThread {
    queue: Mutex<Option<SyncSender<Job>>>,
    watch: Sender<Due>,
    deadlines: Deadlines,
    life: Arc<Life>,
}

/// What the thread and whoever waits for its end know of each other.
#[derive(Default)]
struct Life {
    /// What is queued is refused instead of done.
    ending: AtomicBool,
    ended: Mutex<bool>,
    changed: Condvar,
}

impl HsmThread {
    /// Starts the thread; it owns the backend from here on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(hsm: Box<dyn Hsm>) -> io::Result<HsmThread> {
        HsmThread::with(hsm, Deadlines::default())
    }

    /// The same with other deadlines.
    ///
    /// # Errors
    /// As [`HsmThread::start`].
    pub fn with(hsm: Box<dyn Hsm>, deadlines: Deadlines) -> io::Result<HsmThread> {
        let (queue, jobs) = sync_channel(QUEUE);
        let (watch, dues) = channel();
        let life = Arc::<Life>::default();
        let shared = life.clone();
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
            serve(hsm, &jobs, deadlines.rest_after, &shared);
        })?;
        std::thread::Builder::new().name("keys-deadlines".to_owned()).spawn(move || watch::run(&dues))?;
        Ok(HsmThread { queue: Mutex::new(Some(queue)), watch, deadlines, life })
    }

    /// Refuses what is queued and all that comes, lets the job in hand end, and waits for that; whether the
    /// thread ended within `limit`.
    pub fn end(&self, limit: Duration) -> bool {
        self.life.ending.store(true, Ordering::SeqCst);
        drop(self.queue().take());
        let ended = self.life.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.life.changed.wait_timeout_while(ended, limit, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn queue(&self) -> MutexGuard<'_, Option<SyncSender<Job>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys for HsmThread {
    fn submit(&self, job: Job) {
        let due = Due { at: Instant::now() + self.deadlines.of(&job), refusal: job.refusal() };
        let Some(queue) = self.queue().clone() else { return job.refuse(ended()) };
        match queue.try_send(job) {
            // Without the thread that watches, jobs have no deadline and are done as before.
            Ok(()) => drop(self.watch.send(due)),
            Err(TrySendError::Full(job)) => job.refuse(HsmError::Busy),
            Err(TrySendError::Disconnected(job)) => job.refuse(ended()),
        }
    }
}

fn serve(mut hsm: Box<dyn Hsm>, jobs: &Receiver<Job>, rest_after: Duration, life: &Life) {
    while let Some(job) = next(hsm.as_mut(), jobs, rest_after) {
        if life.ending.load(Ordering::SeqCst) {
            job.refuse(ended());
        } else if !job.refusal().is_answered() {
            // The job's reply, which is dropped then, answers for it; a backend keeps nothing half done.
            let _ = catch_unwind(AssertUnwindSafe(|| job.run(hsm.as_mut())));
        }
        // What a cipher or a library of others spilled of a key.
        model::wipe_stack();
    }
    drop(hsm);
    *life.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
    life.changed.notify_all();
}

/// The next job; a backend that has none for long is told so once.
fn next(hsm: &mut dyn Hsm, jobs: &Receiver<Job>, rest_after: Duration) -> Option<Job> {
    match jobs.recv_timeout(rest_after) {
        Ok(job) => return Some(job),
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => {}
    }
    let _ = catch_unwind(AssertUnwindSafe(|| hsm.rest()));
    jobs.recv().ok()
}

fn ended() -> HsmError {
    HsmError::Unreachable("its thread has ended".to_owned())
}

const QUEUE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use hsm::{HsmInfo, KeysFuture, SignScheme};
    use model::{Backend, Guid, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    /// Answers `info` only when both barriers let it pass, panics when it is to destroy, counts the keys that it
    /// is to test, and refuses the rest.
    struct Slow(Arc<Barrier>, Arc<Barrier>, Arc<AtomicUsize>);

    /// One of them, its barriers and its counter.
    fn slow() -> (Box<Slow>, Arc<Barrier>, Arc<Barrier>, Arc<AtomicUsize>) {
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let tests = Arc::<AtomicUsize>::default();
        (Box::new(Slow(begun.clone(), go.clone(), tests.clone())), begun, go, tests)
    }

    /// The answer, unless it never comes.
    fn soon<T: Send + 'static>(answer: KeysFuture<T>) -> Result<T, HsmError> {
        let (send, receive) = channel();
        std::thread::spawn(move || send.send(answer.wait()));
        receive.recv_timeout(Duration::from_secs(10)).unwrap()
    }

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
            self.2.fetch_add(1, Ordering::SeqCst);
            no()
        }
        fn rebind(&mut self, _: &KeyHandle) -> Result<KeyHandle, HsmError> {
            no()
        }
        fn rest(&mut self) {
            self.0.wait();
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
        let (slow, begun, go, _) = slow();
        let keys = HsmThread::start(slow).unwrap();
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
    fn a_job_that_panics_is_answered_and_the_thread_goes_on() {
        let (slow, ..) = slow();
        let keys = HsmThread::start(slow).unwrap();
        for _ in 0..3 {
            let (panics, behind) = (keys.destroy(key()), keys.self_test(key()));
            assert!(matches!(panics.wait(), Err(HsmError::Unreachable(_))));
            assert_eq!(behind.wait(), no());
        }
    }

    /// Short for jobs of this kind alone.
    fn deadlines(ready: u64, usual: u64) -> Deadlines {
        Deadlines { ready: Duration::from_millis(ready), usual: Duration::from_millis(usual), ..HOURS }
    }

    #[test]
    fn a_backend_without_a_job_for_long_is_told_so_once() {
        let (slow, begun, _, tests) = slow();
        let rest_after = Duration::from_millis(20);
        let keys = HsmThread::with(slow, Deadlines { rest_after, ..HOURS }).unwrap();
        begun.wait();
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(soon(keys.self_test(key())), no());
        assert_eq!(tests.load(Ordering::SeqCst), 1);
    }

    const HOURS: Deadlines = Deadlines {
        rest_after: Duration::from_secs(3600),
        ready: Duration::from_secs(3600),
        create: Duration::from_secs(3600),
        usual: Duration::from_secs(3600),
    };

    #[test]
    fn a_caller_is_answered_at_the_deadline_and_the_job_goes_on() {
        let (slow, begun, go, _) = slow();
        let keys = HsmThread::with(slow, deadlines(30, 3_600_000)).unwrap();
        let first = keys.ready(Backend::Soft);
        begun.wait();
        let behind = keys.self_test(key());
        assert_eq!(soon(first), Err(HsmError::Busy));
        go.wait();
        assert_eq!(behind.wait(), no(), "what has more time is done when its turn comes");
    }

    #[test]
    fn a_job_whose_deadline_passed_in_the_queue_is_not_begun() {
        let (slow, begun, go, tests) = slow();
        let keys = HsmThread::with(slow, deadlines(3_600_000, 30)).unwrap();
        let first = keys.ready(Backend::Soft);
        begun.wait();
        let late: Vec<_> = (0..3).map(|_| keys.self_test(key())).collect();
        late.into_iter().for_each(|answer| assert_eq!(soon(answer), Err(HsmError::Busy)));
        let last = keys.ready(Backend::Soft);
        go.wait();
        assert!(first.wait().is_ok());
        begun.wait();
        go.wait();
        assert!(last.wait().is_ok(), "those before it were taken out of the queue");
        assert_eq!(tests.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn the_end_waits_for_the_job_in_hand_and_refuses_the_others() {
        let (slow, begun, go, _) = slow();
        let keys = HsmThread::start(slow).unwrap();
        let (first, queued) = (keys.ready(Backend::Soft), keys.self_test(key()));
        begun.wait();
        assert!(!keys.end(Duration::from_millis(30)), "the job in hand has not ended");
        assert_eq!(keys.self_test(key()).wait(), Err(ended()));
        go.wait();
        assert!(keys.end(Duration::from_secs(60)));
        assert!(first.wait().is_ok());
        assert_eq!(queued.wait(), Err(ended()));
    }

    #[test]
    fn what_was_queued_is_done_although_nobody_can_ask_any_more() {
        let (slow, begun, go, _) = slow();
        let keys = HsmThread::start(slow).unwrap();
        let (first, second) = (keys.ready(Backend::Soft), keys.self_test(key()));
        drop(keys);
        begun.wait();
        go.wait();
        assert!(first.wait().is_ok());
        assert!(matches!(second.wait(), Err(HsmError::Backend(_))));
    }
}
