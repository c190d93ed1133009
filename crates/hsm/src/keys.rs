use crate::{HsmInfo, Job, KeysFuture, Reply, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, Secret};

/// The backend behind its queue; what executor and TLS use.
///
/// An adapter implements [`Keys::submit`] alone. Every other method submits its job at once, whether or not
/// somebody waits for the answer, and fails as the method of [`crate::Hsm`] that it names.
pub trait Keys: Send + Sync {
    /// Takes a job and returns before it is done. One that cannot be taken is answered like any other:
    /// [`crate::HsmError::QueueFull`] when as many wait as ever may.
    fn submit(&self, job: Job);

    /// [`crate::Hsm::ready`]: what the backend says of itself.
    fn ready(&self, backend: Backend) -> KeysFuture<HsmInfo> {
        ask(self, |reply| Job::Ready(backend, reply))
    }

    /// [`crate::Hsm::create_in`]: the handle of a new RSA-2048 key of this backend.
    fn create(&self, backend: Backend, purpose: KeyPurpose, intent: IntentId) -> KeysFuture<KeyHandle> {
        ask(self, |reply| Job::Create(backend, purpose, intent, reply))
    }

    /// [`crate::Hsm::sign`]: takes the message, not a digest; gives 256 bytes.
    fn sign(&self, key: KeyHandle, scheme: SignScheme, message: Vec<u8>) -> KeysFuture<Vec<u8>> {
        ask(self, |reply| Job::Sign(key, scheme, message, reply))
    }

    /// [`crate::Hsm::unwrap_oaep_sha1`]: the plaintext; only a transport key gives one.
    fn unwrap_oaep_sha1(&self, key: KeyHandle, ciphertext: Vec<u8>) -> KeysFuture<Secret<Vec<u8>>> {
        ask(self, |reply| Job::UnwrapOaepSha1(key, ciphertext, reply))
    }

    /// [`crate::Hsm::destroy`]: a key that is already gone is no error.
    fn destroy(&self, key: KeyHandle) -> KeysFuture<()> {
        ask(self, |reply| Job::Destroy(key, reply))
    }

    /// [`crate::Hsm::self_test`]: signs and verifies, or encrypts and decrypts.
    fn self_test(&self, key: KeyHandle) -> KeysFuture<()> {
        ask(self, |reply| Job::SelfTest(key, reply))
    }

    /// [`crate::Hsm::rebind`]: a new handle; the old one is left as it was.
    fn rebind(&self, key: KeyHandle) -> KeysFuture<KeyHandle> {
        ask(self, |reply| Job::Rebind(key, reply))
    }

    /// [`crate::Hsm::recovery_code`]: the code before is of no more use.
    fn recovery_code(&self) -> KeysFuture<Secret<String>> {
        ask(self, Job::RecoveryCode)
    }

    /// [`crate::Hsm::reseal`]: without a code only while the boot state is unchanged.
    fn reseal(&self, code: Option<Secret<String>>) -> KeysFuture<()> {
        ask(self, |reply| Job::Reseal(code, reply))
    }
}

fn ask<T>(keys: &(impl Keys + ?Sized), job: impl FnOnce(Reply<T>) -> Job) -> KeysFuture<T> {
    let (reply, answer) = Reply::new();
    keys.submit(job(reply));
    answer
}
