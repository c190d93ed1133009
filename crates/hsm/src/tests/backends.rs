//! Which backend a job goes to.

use super::key;
use crate::{Backends, HsmError, Job, Keys, KeysFuture, SignScheme};
use model::{Backend, KeyHandle, KeyPurpose};
use std::fmt::Debug;
use std::sync::Arc;

/// Refuses every job in its own name.
struct Named(Backend);

impl Keys for Named {
    fn submit(&self, job: Job) {
        job.refuse(HsmError::Absent(self.0.to_string()));
    }
}

fn backends(all: &[Backend]) -> Backends {
    let place = |backend: &Backend| (*backend, Arc::new(Named(*backend)) as Arc<dyn Keys>);
    Backends::new(all.iter().map(place).collect())
}

fn refused<T: Debug>(answer: KeysFuture<T>) -> HsmError {
    answer.wait().unwrap_err()
}

/// What every job for this backend is answered.
fn every_answer(keys: &dyn Keys, backend: Backend) -> Vec<HsmError> {
    let key = || KeyHandle { backend, ..key("k") };
    let mut answers = vec![
        refused(keys.ready(backend)),
        refused(keys.create(backend, KeyPurpose::Device, key().intent)),
        refused(keys.sign(key(), SignScheme::PssSha256, vec![])),
        refused(keys.unwrap_oaep_sha1(key(), vec![])),
        refused(keys.destroy(key())),
        refused(keys.self_test(key())),
        refused(keys.rebind(key())),
    ];
    if backend == Backend::Tpm {
        answers.extend([refused(keys.recovery_code()), refused(keys.reseal(None))]);
    }
    answers
}

#[test]
fn each_job_goes_to_the_backend_that_it_is_for() {
    let keys = backends(Backend::ALL);
    for backend in Backend::ALL {
        for answer in every_answer(&keys, *backend) {
            assert_eq!(answer, HsmError::Absent(backend.to_string()));
        }
    }
}

#[test]
fn a_job_for_a_backend_that_is_not_there_is_refused_by_name() {
    let keys = backends(&[Backend::Soft]);
    let answers = every_answer(&keys, Backend::Tpm);
    let (of_keys, of_the_boot_state) = answers.split_at(7);
    assert!(of_keys.iter().all(|answer| *answer == HsmError::OtherBackend { made_by: "tpm" }));
    assert!(of_the_boot_state.iter().all(|answer| *answer == HsmError::NotBootBound));
}

/// Refuses every job with the identity that it is about.
struct OfIdentity;

impl Keys for OfIdentity {
    fn submit(&self, job: Job) {
        let told = job.intent().map_or("none".to_owned(), |intent| intent.to_string());
        job.refuse(HsmError::Absent(told));
    }
}

#[test]
fn a_job_is_of_the_identity_whose_key_it_is_about() {
    let answers = every_answer(&OfIdentity, Backend::Tpm);
    let own = HsmError::Absent(key("k").intent.to_string());
    let nobody = || HsmError::Absent("none".to_owned());
    let mut expected = vec![nobody()];
    expected.resize(7, own);
    expected.extend([nobody(), nobody()]);
    assert_eq!(answers, expected);
}
