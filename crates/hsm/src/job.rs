use crate::{Hsm, HsmError, HsmInfo, Refusal, Reply, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, Secret};

/// One job for the backend: plain data, and the way back for its answer, which takes no answer of another job.
///
/// A job that is dropped answers too: [`HsmError::Unreachable`].
#[derive(Debug)]
pub enum Job {
    /// [`Hsm::ready`]: the backend, and what it says of itself.
    Ready(Backend, Reply<HsmInfo>),
    /// [`Hsm::create_in`]: where, what for and in which intent; the handle of the new key.
    Create(Backend, KeyPurpose, IntentId, Reply<KeyHandle>),
    /// [`Hsm::sign`]: the message (not a digest) and its signature.
    Sign(KeyHandle, SignScheme, Vec<u8>, Reply<Vec<u8>>),
    /// [`Hsm::unwrap_oaep_sha1`]: the ciphertext and its plaintext.
    UnwrapOaepSha1(KeyHandle, Vec<u8>, Reply<Secret<Vec<u8>>>),
    /// [`Hsm::destroy`]: the key to make unusable.
    Destroy(KeyHandle, Reply<()>),
    /// [`Hsm::self_test`]: the key to prove.
    SelfTest(KeyHandle, Reply<()>),
    /// [`Hsm::rebind`]: the key, and the handle that is bound to the machine as it is now.
    Rebind(KeyHandle, Reply<KeyHandle>),
    /// [`Hsm::recovery_code`]: the new code, in groups of letters.
    RecoveryCode(Reply<Secret<String>>),
    /// [`Hsm::reseal`]: the recovery code, which a changed boot state asks for.
    Reseal(Option<Secret<String>>, Reply<()>),
}

impl Job {
    /// Does the job on a backend, in this thread, and answers whoever asked.
    pub fn run(self, hsm: &mut dyn Hsm) {
        match self {
            Job::Ready(backend, reply) => reply.send(hsm.ready(backend)),
            Job::Create(backend, purpose, intent, reply) => {
                reply.send(hsm.create_in(backend, purpose, intent));
            }
            Job::Sign(key, scheme, message, reply) => reply.send(hsm.sign(&key, scheme, &message)),
            Job::UnwrapOaepSha1(key, text, reply) => reply.send(hsm.unwrap_oaep_sha1(&key, &text)),
            Job::Destroy(key, reply) => reply.send(hsm.destroy(&key)),
            Job::SelfTest(key, reply) => reply.send(hsm.self_test(&key)),
            Job::Rebind(key, reply) => reply.send(hsm.rebind(&key)),
            Job::RecoveryCode(reply) => reply.send(hsm.recovery_code()),
            Job::Reseal(code, reply) => reply.send(hsm.reseal(code.as_ref())),
        }
    }

    /// The backend that the job is for; whatever is about the boot state is for the TPM.
    pub fn backend(&self) -> Backend {
        match self {
            Job::Ready(backend, _) | Job::Create(backend, ..) => *backend,
            Job::Sign(key, ..)
            | Job::UnwrapOaepSha1(key, ..)
            | Job::Destroy(key, _)
            | Job::SelfTest(key, _)
            | Job::Rebind(key, _) => key.backend,
            Job::RecoveryCode(_) | Job::Reseal(..) => Backend::Tpm,
        }
    }

    /// The identity whose keys it is about; none where it is about the key store as a whole.
    pub fn intent(&self) -> Option<IntentId> {
        match self {
            Job::Create(_, _, intent, _) => Some(*intent),
            Job::Sign(key, ..)
            | Job::UnwrapOaepSha1(key, ..)
            | Job::Destroy(key, _)
            | Job::SelfTest(key, _)
            | Job::Rebind(key, _) => Some(key.intent),
            Job::Ready(..) | Job::RecoveryCode(_) | Job::Reseal(..) => None,
        }
    }

    /// The right to answer it while somebody else does it.
    pub fn refusal(&self) -> Refusal {
        match self {
            Job::Ready(_, reply) => reply.refusal(),
            Job::Create(.., reply) | Job::Rebind(_, reply) => reply.refusal(),
            Job::Sign(.., reply) => reply.refusal(),
            Job::UnwrapOaepSha1(.., reply) => reply.refusal(),
            Job::Destroy(_, reply) | Job::SelfTest(_, reply) | Job::Reseal(_, reply) => reply.refusal(),
            Job::RecoveryCode(reply) => reply.refusal(),
        }
    }

    /// Answers that the job is not done, and why.
    pub fn refuse(self, why: HsmError) {
        match self {
            Job::Ready(_, reply) => reply.send(Err(why)),
            Job::Create(.., reply) | Job::Rebind(_, reply) => reply.send(Err(why)),
            Job::Sign(.., reply) => reply.send(Err(why)),
            Job::UnwrapOaepSha1(.., reply) => reply.send(Err(why)),
            Job::Destroy(_, reply) | Job::SelfTest(_, reply) | Job::Reseal(_, reply) => reply.send(Err(why)),
            Job::RecoveryCode(reply) => reply.send(Err(why)),
        }
    }
}
