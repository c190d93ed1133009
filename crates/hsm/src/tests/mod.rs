//! Jobs and their way back, over a backend that answers each with its own word.

mod backends;

use crate::{Hsm, HsmError, HsmInfo, Job, Keys, KeysFuture, Reply, SignScheme};
use model::{Backend, Guid, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
use std::fmt::Debug;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// Says what it was asked, in the answer or as the error.
struct Fake;

impl Hsm for Fake {
    fn info(&self) -> HsmInfo {
        HsmInfo { backend: Backend::Tpm, description: "info".to_owned() }
    }
    fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError> {
        Ok(KeyHandle { purpose, intent, ..key("created") })
    }
    fn sign(&mut self, key: &KeyHandle, scheme: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        Ok(format!("{} {scheme:?} {message:?}", word(key)).into())
    }
    fn unwrap_oaep_sha1(&mut self, key: &KeyHandle, text: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        Ok(Secret::new(format!("{} {text:?}", word(key)).into()))
    }
    fn seal(&mut self, _: &str, _: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        Err(HsmError::Busy)
    }
    fn unseal(&mut self, _: &str, _: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        Err(HsmError::Busy)
    }
    fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        Err(HsmError::KeyGone(format!("destroy {}", word(key))))
    }
    fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        Err(HsmError::KeyGone(format!("test {}", word(key))))
    }
    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
        Ok(KeyHandle { wrapped: b"rebound".to_vec(), ..key.clone() })
    }
    fn recovery_code(&mut self) -> Result<Secret<String>, HsmError> {
        Ok(Secret::new("code".to_owned()))
    }
    fn reseal(&mut self, code: Option<&Secret<String>>) -> Result<(), HsmError> {
        Err(HsmError::BootState(format!("reseal {:?}", code.map(Secret::expose))))
    }
}

fn key(word: &str) -> KeyHandle {
    KeyHandle {
        backend: Backend::Tpm,
        purpose: KeyPurpose::Device,
        intent: IntentId::new(Guid::from_bytes([3; 16])),
        public: RsaPublicKey { modulus: vec![], exponent: vec![] },
        wrapped: word.as_bytes().to_vec(),
    }
}

fn word(key: &KeyHandle) -> &str {
    std::str::from_utf8(&key.wrapped).unwrap()
}

/// Does every job at once.
struct Direct(Mutex<Fake>);

impl Keys for Direct {
    fn submit(&self, job: Job) {
        job.run(&mut *self.0.lock().unwrap());
    }
}

/// Does no job and answers [`HsmError::Busy`].
struct Refusing;

impl Keys for Refusing {
    fn submit(&self, job: Job) {
        job.refuse(HsmError::Busy);
    }
}

#[test]
fn every_job_is_done_with_what_was_given_and_its_own_answer_comes_back() {
    let keys = Direct(Mutex::new(Fake));
    let intent = key("").intent;
    assert_eq!(keys.ready(Backend::Tpm).wait(), Ok(Fake.info()));
    assert_eq!(keys.ready(Backend::Soft).wait(), Err(HsmError::OtherBackend { made_by: "soft" }));
    let created = KeyHandle { purpose: KeyPurpose::Intune, ..key("created") };
    assert_eq!(keys.create(Backend::Tpm, KeyPurpose::Intune, intent).wait(), Ok(created));
    let stranger = keys.create(Backend::Soft, KeyPurpose::Intune, intent);
    assert_eq!(stranger.wait(), Err(HsmError::OtherBackend { made_by: "soft" }));
    let signed = keys.sign(key("k"), SignScheme::PssSha256, vec![1, 2]);
    assert_eq!(signed.wait(), Ok(b"k PssSha256 [1, 2]".to_vec()));
    assert_eq!(keys.unwrap_oaep_sha1(key("k"), vec![3]).wait().unwrap().expose(), b"k [3]");
    let gone = |what: &str| Err(HsmError::KeyGone(what.to_owned()));
    assert_eq!(keys.destroy(key("k")).wait(), gone("destroy k"));
    assert_eq!(keys.self_test(key("k")).wait(), gone("test k"));
    assert_eq!(keys.rebind(key("k")).wait(), Ok(key("rebound")));
    assert_eq!(keys.recovery_code().wait().unwrap().expose(), "code");
    let code = Some(Secret::new("c".to_owned()));
    assert_eq!(keys.reseal(code).wait(), Err(HsmError::BootState("reseal Some(\"c\")".to_owned())));
    assert_eq!(keys.reseal(None).wait(), Err(HsmError::BootState("reseal None".to_owned())));
}

#[test]
fn every_job_that_is_refused_says_so() {
    fn busy<T: Debug>(answer: KeysFuture<T>) {
        assert_eq!(answer.wait().unwrap_err(), HsmError::Busy);
    }
    busy(Refusing.ready(Backend::Tpm));
    busy(Refusing.create(Backend::Tpm, KeyPurpose::Device, key("").intent));
    busy(Refusing.sign(key(""), SignScheme::PssSha256, vec![]));
    busy(Refusing.unwrap_oaep_sha1(key(""), vec![]));
    busy(Refusing.destroy(key("")));
    busy(Refusing.self_test(key("")));
    busy(Refusing.rebind(key("")));
    busy(Refusing.recovery_code());
    busy(Refusing.reseal(None));
}

#[test]
fn a_refusal_answers_what_nobody_has_answered_and_nothing_else() {
    let (reply, answer) = Reply::new();
    let job = Job::Sign(key(""), SignScheme::PssSha256, vec![], reply);
    let refusal = job.refusal();
    assert!(!refusal.is_answered());
    refusal.refuse(HsmError::Busy);
    assert!(refusal.is_answered() && job.refusal().is_answered());
    job.run(&mut Fake);
    assert_eq!(answer.wait(), Err(HsmError::Busy), "the job in hand comes too late");
    let (reply, answer) = Reply::new();
    let refusal = reply.refusal();
    reply.send(Ok(7));
    refusal.refuse(HsmError::Busy);
    assert_eq!(answer.wait(), Ok(7));
}

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Bell>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn an_answer_wakes_the_last_task_that_polled_once_and_is_given_once() {
    let (first, last) = (Arc::<Bell>::default(), Arc::<Bell>::default());
    let (reply, answer) = Reply::new();
    let mut answer = pin!(answer);
    for bell in [&first, &last] {
        let waker = Waker::from(bell.clone());
        assert!(answer.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    reply.send(Ok(7));
    assert_eq!((first.0.load(Ordering::SeqCst), last.0.load(Ordering::SeqCst)), (0, 1));
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(answer.as_mut().poll(&mut context), Poll::Ready(Ok(7)));
    assert!(matches!(answer.poll(&mut context), Poll::Ready(Err(HsmError::Unreachable(_)))));
}

#[test]
fn a_thread_that_waits_goes_on_with_the_answer() {
    let (reply, answer) = Reply::new();
    let waiting = std::thread::spawn(|| answer.wait());
    reply.send(Ok(7));
    assert_eq!(waiting.join().unwrap(), Ok(7));
    let (reply, answer) = Reply::new();
    reply.send(Err::<(), _>(HsmError::Decrypt));
    assert_eq!(answer.wait(), Err(HsmError::Decrypt), "it was there before");
}

#[test]
fn whoever_drops_a_job_answers_it_and_whoever_drops_an_answer_hinders_nobody() {
    let bell = Arc::<Bell>::default();
    let waker = Waker::from(bell.clone());
    let (reply, answer) = Reply::<()>::new();
    let mut answer = pin!(answer);
    assert!(answer.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(Job::Destroy(key(""), reply));
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    let told = answer.poll(&mut Context::from_waker(&waker));
    assert!(matches!(told, Poll::Ready(Err(HsmError::Unreachable(_)))));
    let (reply, answer) = Reply::new();
    drop(answer);
    reply.send(Ok(Secret::new(vec![1])));
}
