use crate::{HsmError, Job, Keys};
use model::Backend;
use std::sync::Arc;

/// Several backends as one: each job goes to the backend that it is for, and none waits for another.
pub struct Backends {
    places: Vec<(Backend, Arc<dyn Keys>)>,
}

impl Backends {
    /// Each backend behind its own queue.
    pub fn new(places: Vec<(Backend, Arc<dyn Keys>)>) -> Backends {
        Backends { places }
    }
}

impl Keys for Backends {
    fn submit(&self, job: Job) {
        let backend = job.backend();
        match (self.places.iter().find(|(known, _)| *known == backend), &job) {
            (Some((_, keys)), _) => keys.submit(job),
            (None, Job::RecoveryCode(_) | Job::Reseal(..)) => job.refuse(HsmError::NotBootBound),
            (None, _) => job.refuse(HsmError::OtherBackend { made_by: backend.as_str() }),
        }
    }
}
