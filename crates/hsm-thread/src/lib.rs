//! A blocking key store on a thread of its own, behind a queue that is fair, each job with a deadline.

use hsm::{Deadlines, Hsm, HsmError, Job, Jobs, Keys};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The backend on a thread of its own, behind a queue that holds whoever waits, up to 16,384 jobs.
///
/// Whose turn it is and how long somebody waits, [`Jobs`] decides. Whoever waits is answered [`HsmError::Busy`] at
/// the job's deadline; the job in hand goes on, and one whose deadline passed in the queue is not begun. A job that
/// panics is answered [`HsmError::Unreachable`], and the thread goes on with the next. It ends with
/// [`HsmThread::end`], or when the value is dropped and what was queued is done.
pub struct HsmThread(Arc<Shared>);

/// What the two threads, and whoever submits a job or waits for the end, have in common.
struct Shared {
    state: Mutex<State>,
    /// There is a job, or there will be none.
    work: Condvar,
    /// There is an earlier deadline, or there will be none.
    deadline: Condvar,
    ended: Condvar,
}

struct State {
    jobs: Jobs,
    /// No job comes any more.
    closed: bool,
    /// The thread has ended.
    ended: bool,
    /// When the thread that watches looks at the deadlines again.
    watched_at: Option<Instant>,
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
        HsmThread::holding(hsm, deadlines, QUEUE)
    }

    fn holding(hsm: Box<dyn Hsm>, deadlines: Deadlines, most: usize) -> io::Result<HsmThread> {
        let jobs = Jobs::new(deadlines, most);
        let state = State { jobs, closed: false, ended: false, watched_at: None };
        let (work, deadline, ended) = (Condvar::new(), Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { state: Mutex::new(state), work, deadline, ended });
        // Dropped where the second thread is refused, so that the first one ends.
        let thread = HsmThread(shared.clone());
        let (server, watcher) = (shared.clone(), shared);
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        named("keys").spawn(move || serve(hsm, &server, deadlines.rest_after))?;
        named("keys-deadlines").spawn(move || watch(&watcher))?;
        Ok(thread)
    }

    /// Refuses what is queued and all that comes, lets the job in hand end, and waits for that; whether the
    /// thread ended within `limit`.
    pub fn end(&self, limit: Duration) -> bool {
        let queued = self.0.close(|state| state.jobs.drain());
        queued.into_iter().for_each(|job| job.refuse(ended()));
        let waited = self.0.ended.wait_timeout_while(self.0.state(), limit, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }
}

impl Drop for HsmThread {
    fn drop(&mut self) {
        self.0.close(|_| ());
    }
}

impl Keys for HsmThread {
    fn submit(&self, job: Job) {
        let (mut state, now) = (self.0.state(), Instant::now());
        if state.closed {
            drop(state);
            return job.refuse(ended());
        }
        let until = state.jobs.deadline_of(&job, now);
        let displaced = state.jobs.add(job, now);
        let is_first = state.watched_at.is_none_or(|at| until < at);
        drop(state);
        self.0.work.notify_one();
        if is_first {
            self.0.deadline.notify_one();
        }
        displaced.into_iter().for_each(|job| job.refuse(HsmError::QueueFull));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No job comes any more; what is to be done about those in line.
    fn close<T>(&self, last: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        state.closed = true;
        let done = last(&mut state);
        drop(state);
        self.work.notify_one();
        done
    }
}

fn serve(mut hsm: Box<dyn Hsm>, shared: &Shared, rest_after: Duration) {
    while let Some(job) = next(hsm.as_mut(), shared, rest_after) {
        // The job's reply, which is dropped then, answers for it; a backend keeps nothing half done.
        let _ = catch_unwind(AssertUnwindSafe(|| job.run(hsm.as_mut())));
        // What a cipher or a library of others spilled of a key.
        model::wipe_stack();
        shared.state().jobs.ended(Instant::now());
    }
    drop(hsm);
    shared.state().ended = true;
    shared.ended.notify_all();
    shared.deadline.notify_one();
}

/// The next job; a backend that has none for long is told so once, if that is anything to it.
fn next(hsm: &mut dyn Hsm, shared: &Shared, rest_after: Duration) -> Option<Job> {
    let mut rested = !hsm.has_to_rest();
    loop {
        let idle = |state: &mut State| state.jobs.is_empty() && !state.closed;
        let mut state = match rested {
            true => shared.work.wait_while(shared.state(), idle).unwrap_or_else(PoisonError::into_inner),
            false => {
                let waited = shared.work.wait_timeout_while(shared.state(), rest_after, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        if idle(&mut state) {
            drop(state);
            let _ = catch_unwind(AssertUnwindSafe(|| hsm.rest()));
            rested = true;
            continue;
        }
        let ((job, late), closed) = (state.jobs.begin(Instant::now()), state.closed);
        drop(state);
        late.refuse();
        if job.is_some() || closed {
            return job;
        }
    }
}

/// Answers every job at its deadline, until the other thread has ended.
fn watch(shared: &Shared) {
    let mut state = shared.state();
    while !state.ended {
        let late = state.jobs.late(Instant::now());
        if !late.is_empty() {
            drop(state);
            late.refuse();
            state = shared.state();
            continue;
        }
        state.watched_at = state.jobs.next_deadline();
        let waited = match state.watched_at {
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                shared.deadline.wait_timeout(state, left).map(|(state, _)| state).map_err(|_| ())
            }
            None => shared.deadline.wait(state).map_err(|_| ()),
        };
        state = waited.unwrap_or_else(|()| shared.state());
    }
}

fn ended() -> HsmError {
    HsmError::Unreachable("its thread has ended".to_owned())
}

/// So many jobs may wait: of some kilobytes each, and an hour's work of a slow TPM.
const QUEUE: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;
    use hsm::{HsmInfo, KeysFuture, SignScheme};
    use model::{Backend, Guid, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    /// Answers `info` only when both barriers let it pass, panics when it is to destroy, counts the keys that it
    /// is to test, waits for the first barrier when it rests, and refuses the rest.
    struct Slow {
        begun: Arc<Barrier>,
        go: Arc<Barrier>,
        tests: Arc<AtomicUsize>,
        rests: bool,
    }

    /// One of them, its barriers and its counter.
    fn slow() -> (Box<Slow>, Arc<Barrier>, Arc<Barrier>, Arc<AtomicUsize>) {
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let tests = Arc::<AtomicUsize>::default();
        let slow = Slow { begun: begun.clone(), go: go.clone(), tests: tests.clone(), rests: true };
        (Box::new(slow), begun, go, tests)
    }

    /// The answer, unless it never comes.
    fn soon<T: Send + 'static>(answer: KeysFuture<T>) -> Result<T, HsmError> {
        let (send, receive) = channel();
        std::thread::spawn(move || send.send(answer.wait()));
        receive.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    /// Waits for the other side of the barrier, but not for ever.
    fn passes_soon(barrier: Arc<Barrier>) {
        let (send, receive) = channel();
        std::thread::spawn(move || send.send(barrier.wait().is_leader()));
        receive.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    fn no<T>() -> Result<T, HsmError> {
        Err(HsmError::Backend("not here".to_owned()))
    }

    impl Hsm for Slow {
        fn info(&self) -> HsmInfo {
            self.begun.wait();
            self.go.wait();
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
            self.tests.fetch_add(1, Ordering::SeqCst);
            no()
        }
        fn rebind(&mut self, _: &KeyHandle) -> Result<KeyHandle, HsmError> {
            no()
        }
        fn rest(&mut self) {
            self.begun.wait();
        }
        fn has_to_rest(&self) -> bool {
            self.rests
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
        let keys = HsmThread::holding(slow, HOURS, 64).unwrap();
        let first = keys.ready(Backend::Soft);
        begun.wait();
        let queued: Vec<_> = (0..64).map(|_| keys.self_test(key())).collect();
        assert_eq!(keys.self_test(key()).wait(), Err(HsmError::QueueFull));
        go.wait();
        assert!(first.wait().is_ok());
        for answer in queued {
            assert!(matches!(answer.wait(), Err(HsmError::Backend(_))));
        }
    }

    #[test]
    fn ten_thousand_who_come_at_once_are_all_served() {
        let (slow, begun, go, tests) = slow();
        let keys = HsmThread::start(slow).unwrap();
        let first = keys.ready(Backend::Soft);
        begun.wait();
        let queued: Vec<_> = (0..10_000).map(|_| keys.self_test(key())).collect();
        go.wait();
        assert!(first.wait().is_ok());
        queued.into_iter().for_each(|answer| assert_eq!(answer.wait(), no()));
        assert_eq!(tests.load(Ordering::SeqCst), 10_000);
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
        passes_soon(begun);
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(soon(keys.self_test(key())), no());
        assert_eq!(tests.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_backend_that_has_nothing_to_give_up_is_not_woken_for_it() {
        let (mut slow, ..) = slow();
        slow.rests = false;
        let keys = HsmThread::with(slow, Deadlines { rest_after: Duration::ZERO, ..HOURS }).unwrap();
        // Told to rest it would wait for ever.
        for _ in 0..3 {
            assert_eq!(soon(keys.self_test(key())), no());
        }
    }

    const HOURS: Deadlines = Deadlines {
        rest_after: Duration::from_secs(3600),
        ready: Duration::from_secs(3600),
        create: Duration::from_secs(3600),
        usual: Duration::from_secs(3600),
        longest: Duration::from_secs(7200),
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
    fn an_earlier_deadline_behind_a_later_one_is_kept() {
        let (slow, begun, go, _) = slow();
        let keys = HsmThread::with(slow, Deadlines { ready: Duration::from_secs(3600), ..deadlines(0, 30) })
            .unwrap();
        let first = keys.ready(Backend::Soft);
        begun.wait();
        assert_eq!(soon(keys.self_test(key())), Err(HsmError::Busy));
        go.wait();
        assert!(first.wait().is_ok());
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
