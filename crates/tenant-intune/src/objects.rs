//! Intune's objects as JSON, so that another run can begin with those of this one.

use crate::record::Record;
use crate::service::Intune;
use serde::{Deserialize, Serialize};

/// The objects of every tenant, as [`Intune::objects`] gives them; nothing secret is among them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Objects(Vec<Record>);

impl Intune {
    /// The objects, without what the devices reported.
    pub fn objects(&self) -> Objects {
        Objects(self.records.values().cloned().collect())
    }

    /// Replaces every object.
    pub fn set_objects(&mut self, Objects(records): Objects) {
        self.records = records.into_iter().map(|record| (record.id, record)).collect();
        self.unsettled.clear();
    }
}
