use crate::{Hsm, HsmError, HsmInfo, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, Secret};
use std::future::Future;
use std::pin::Pin;

/// One job for the backend; the same verbs as [`Hsm`].
#[derive(Debug)]
pub enum Job {
    /// [`Hsm::info`].
    Info,
    /// [`Hsm::ready`].
    Ready(Backend),
    /// [`Hsm::create_in`].
    Create(Backend, KeyPurpose, IntentId),
    /// [`Hsm::sign`].
    Sign(KeyHandle, SignScheme, Vec<u8>),
    /// [`Hsm::unwrap_oaep_sha1`].
    UnwrapOaepSha1(KeyHandle, Vec<u8>),
    /// [`Hsm::seal`].
    Seal(String, Secret<Vec<u8>>),
    /// [`Hsm::unseal`].
    Unseal(String, Vec<u8>),
    /// [`Hsm::destroy`].
    Destroy(KeyHandle),
    /// [`Hsm::self_test`].
    SelfTest(KeyHandle),
    /// [`Hsm::rebind`].
    Rebind(KeyHandle),
    /// [`Hsm::recovery_code`].
    RecoveryCode,
    /// [`Hsm::reseal`].
    Reseal(Option<Secret<String>>),
}

/// What a [`Job`] gives back.
#[derive(Debug)]
pub enum Answer {
    /// Of [`Job::Info`] and [`Job::Ready`].
    Info(HsmInfo),
    /// Of [`Job::Create`] and [`Job::Rebind`].
    Key(KeyHandle),
    /// Of [`Job::Sign`] and [`Job::Seal`].
    Bytes(Vec<u8>),
    /// Of [`Job::UnwrapOaepSha1`] and [`Job::Unseal`].
    Secret(Secret<Vec<u8>>),
    /// Of [`Job::RecoveryCode`].
    Code(Secret<String>),
    /// Of [`Job::Destroy`], [`Job::SelfTest`] and [`Job::Reseal`].
    Done,
}

impl Job {
    /// Does the job on a backend.
    ///
    /// # Errors
    /// As the method of [`Hsm`] that the job names.
    pub fn run(self, hsm: &mut dyn Hsm) -> Result<Answer, HsmError> {
        match self {
            Job::Info => Ok(Answer::Info(hsm.info())),
            Job::Ready(backend) => hsm.ready(backend).map(Answer::Info),
            Job::Create(backend, purpose, intent) => hsm.create_in(backend, purpose, intent).map(Answer::Key),
            Job::Sign(key, scheme, message) => hsm.sign(&key, scheme, &message).map(Answer::Bytes),
            Job::UnwrapOaepSha1(key, text) => hsm.unwrap_oaep_sha1(&key, &text).map(Answer::Secret),
            Job::Seal(label, plain) => hsm.seal(&label, &plain).map(Answer::Bytes),
            Job::Unseal(label, sealed) => hsm.unseal(&label, &sealed).map(Answer::Secret),
            Job::Destroy(key) => hsm.destroy(&key).map(|()| Answer::Done),
            Job::SelfTest(key) => hsm.self_test(&key).map(|()| Answer::Done),
            Job::Rebind(key) => hsm.rebind(&key).map(Answer::Key),
            Job::RecoveryCode => hsm.recovery_code().map(Answer::Code),
            Job::Reseal(code) => hsm.reseal(code.as_ref()).map(|()| Answer::Done),
        }
    }
}

/// The answer to come of a [`Keys::call`].
pub type KeysFuture = Pin<Box<dyn Future<Output = Result<Answer, HsmError>> + Send>>;

/// The backend behind its queue; what executor and TLS use.
pub trait Keys: Send + Sync {
    /// Queues the job; [`HsmError::Busy`] when the queue is full.
    fn call(&self, job: Job) -> KeysFuture;

    /// The same for callers that cannot await (a TLS signer inside a handshake's poll).
    ///
    /// # Errors
    /// As the job, and [`HsmError::Busy`] when the queue is full.
    fn call_blocking(&self, job: Job) -> Result<Answer, HsmError>;
}
