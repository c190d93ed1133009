//! The value that is the whole service: what it keeps, and how it begins.

use crate::records::agenda::Agenda;
use crate::records::knobs::InForce;
use crate::records::record::Record;
use crate::records::renewed::Renewed;
use crate::records::views::{DeviceChange, Setup, SetupError};
use crate::wire::keys::{Authority, Generator};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// The stand-in service, for every tenant whose tokens it is shown.
pub struct Intune {
    pub(crate) base: String,
    pub(crate) graph: String,
    pub(crate) generator: Generator,
    pub(crate) authority: Authority,
    pub(crate) knobs: Arc<InForce>,
    pub(crate) records: BTreeMap<Uuid, Record>,
    /// When verdicts change although nothing arrives.
    pub(crate) agenda: Agenda,
    pub(crate) renewed: Renewed,
    /// What the directory has to be told after this request.
    pub(crate) changes: Vec<DeviceChange>,
}

impl Intune {
    /// A stand-in without devices.
    ///
    /// # Errors
    /// [`SetupError`] when the key of the device CA cannot be used.
    pub fn new(setup: Setup) -> Result<Intune, SetupError> {
        let mut generator = Generator::new(setup.entropy);
        let authority = Authority::new(setup.keys, &mut generator)?;
        Ok(Intune {
            base: setup.base,
            graph: setup.graph,
            generator,
            authority,
            knobs: Arc::default(),
            records: BTreeMap::new(),
            agenda: Agenda::default(),
            renewed: Renewed::default(),
            changes: Vec::new(),
        })
    }
}
