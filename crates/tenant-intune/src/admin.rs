//! What is seen and done from outside: devices listed and administered, objects kept, knobs turned.

use crate::intune::Intune;
use crate::records::agenda::Agenda;
use crate::records::knobs::IntuneKnobs;
use crate::records::record::{Objects, Record};
use crate::records::verdict::Verdict;
use crate::records::views::{DeviceAction, DeviceChange, DeviceView, UnknownDevice};
use crate::rules::settling::note_verdicts;
use crate::rules::verdict;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

impl Intune {
    /// The changes that are due by now, without a request: verdicts come some time after their status.
    pub fn settle(&mut self, now_ms: i64) -> Vec<DeviceChange> {
        note_verdicts(self, now_ms);
        std::mem::take(&mut self.changes)
    }

    /// Every Intune device.
    pub fn devices(&self, now_ms: i64) -> Vec<DeviceView> {
        let verdict = |record: &Record| verdict::of(record, self.knobs.of(Some(record.tenant)), now_ms);
        self.records.values().map(|record| view(record, &verdict(record))).collect()
    }

    /// What an admin does to a device, named by its Intune id or its Entra device id.
    ///
    /// # Errors
    /// [`UnknownDevice`].
    pub fn administer(&mut self, id: &str, action: DeviceAction) -> Result<DeviceChange, UnknownDevice> {
        let unknown = || UnknownDevice(id.to_owned());
        let wanted: Uuid = id.parse().map_err(|_| unknown())?;
        let meant = |record: &&mut Record| record.id == wanted || record.device == wanted;
        let record = self.records.values_mut().find(meant).ok_or_else(unknown)?;
        record.retired = true;
        let (id, change) = (record.id, record.change());
        if action == DeviceAction::Delete {
            self.records.remove(&id);
        }
        Ok(change)
    }

    /// What is in force for every tenant without knobs of its own, and for requests without a token.
    pub fn knobs(&self) -> &IntuneKnobs {
        &self.knobs.general
    }

    /// Replaces what is in force for every tenant without knobs of its own.
    pub fn set_knobs(&mut self, knobs: IntuneKnobs) {
        Arc::make_mut(&mut self.knobs).general = knobs;
        self.judge_anew();
    }

    /// The knobs of single tenants, by tenant id.
    pub fn tenant_knobs(&self) -> &BTreeMap<Uuid, IntuneKnobs> {
        &self.knobs.tenants
    }

    /// Replaces the knobs of single tenants, by tenant id; each set stands instead of the general one.
    ///
    /// A tenant that is not named has the general knobs again.
    pub fn set_tenant_knobs(&mut self, knobs: BTreeMap<Uuid, IntuneKnobs>) {
        Arc::make_mut(&mut self.knobs).tenants = knobs;
        self.judge_anew();
    }

    fn judge_anew(&mut self) {
        for record in self.records.values().filter(|record| record.report.is_some()) {
            self.agenda.set(record.id, i64::MIN);
        }
    }

    /// The objects, without what the devices reported.
    pub fn objects(&self) -> Objects {
        Objects(self.records.values().cloned().collect())
    }

    /// Replaces every object.
    pub fn set_objects(&mut self, Objects(records): Objects) {
        self.records = records.into_iter().map(|record| (record.id, record)).collect();
        self.agenda = Agenda::default();
    }
}

/// A device as it is shown with this verdict.
fn view(record: &Record, verdict: &Verdict) -> DeviceView {
    DeviceView {
        id: record.id.to_string(),
        device: record.device.to_string(),
        tenant: record.tenant.to_string(),
        owner: record.upn.clone(),
        name: record.name.clone(),
        os: format!("{} {}", record.distribution, record.os_version).trim().to_owned(),
        compliance: verdict.state.word().to_owned(),
        failing: verdict.failing.iter().map(|rule| rule.title.clone()).collect(),
        retired: record.retired,
        thumbprint: record.thumbprint.clone(),
        check_ins: record.check_ins,
    }
}
