//! Keys that do as they are told.

use hsm::{HsmError, HsmInfo, Job, Keys};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, RsaPublicKey};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What the key store does with the next jobs; it does what it is asked for when nothing is said.
#[derive(Default)]
pub(super) struct FakeKeys {
    pub(super) script: Mutex<VecDeque<Next>>,
    pub(super) jobs: Mutex<Vec<String>>,
    /// Jobs that nobody will answer.
    hanging: Mutex<Vec<Job>>,
}

#[derive(Clone)]
pub(super) enum Next {
    Does,
    Fails(HsmError),
    Panics,
    Hangs,
    /// Fails once it is told so.
    FailsAfter(Arc<Notify>),
}

impl FakeKeys {
    pub(super) fn will(&self, next: impl IntoIterator<Item = Next>) {
        self.script.lock().unwrap().extend(next);
    }

    pub(super) fn count(&self, kind: &str) -> usize {
        self.jobs.lock().unwrap().iter().filter(|job| job.starts_with(kind)).count()
    }
}

impl Keys for FakeKeys {
    fn submit(&self, job: Job) {
        let next = self.script.lock().unwrap().pop_front().unwrap_or(Next::Does);
        self.jobs.lock().unwrap().push(format!("{job:?}"));
        match next {
            Next::Does => done(job),
            Next::Fails(error) => job.refuse(error),
            Next::Panics => panic!("on purpose"),
            Next::Hangs => self.hanging.lock().unwrap().push(job),
            Next::FailsAfter(word) => drop(tokio::spawn(async move {
                word.notified().await;
                job.refuse(HsmError::Busy);
            })),
        }
    }
}

fn done(job: Job) {
    match job {
        Job::Ready(backend, reply) => {
            reply.send(Ok(HsmInfo { backend, description: "scripted".to_owned() }));
        }
        Job::Create(backend, purpose, intent, reply) => reply.send(Ok(key(backend, purpose, intent))),
        Job::Rebind(key, reply) => reply.send(Ok(key)),
        // As a key of passwords does: what is signed decides.
        Job::Sign(key, _, message, reply) if key.purpose == KeyPurpose::Offline => reply.send(Ok(message)),
        Job::Sign(.., reply) => reply.send(Ok(vec![1; 256])),
        Job::Destroy(_, reply) | Job::SelfTest(_, reply) | Job::Reseal(_, reply) => reply.send(Ok(())),
        other => other.refuse(HsmError::NotBootBound),
    }
}

/// The key that is made for this.
pub(super) fn key(backend: Backend, purpose: KeyPurpose, intent: IntentId) -> KeyHandle {
    let public = RsaPublicKey { modulus: vec![0xc1; 256], exponent: vec![1, 0, 1] };
    KeyHandle { backend, purpose, intent, public, wrapped: vec![purpose as u8] }
}
