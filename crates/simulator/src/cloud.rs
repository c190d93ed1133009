//! The two halves of the cloud as one: which of them a request is for, and what they tell each other.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tenant::Tenant;
use tenant_intune::{Caller, DeviceAction, DeviceChange, Intune, UnknownDevice};
use tenant_model::setup::Peer;

use crate::hub::{State, now_ms};

/// The name of a request: Intune's, or else that of the sign-in and registration services.
pub(crate) fn name(request: &Request<Bytes>) -> &'static str {
    tenant_intune::name(request).unwrap_or_else(|| tenant_wire::routes::name(request))
}

/// Lets the right half judge a request; the reply, and its line in the transcript.
pub(crate) fn handle(
    state: &mut State,
    request: Request<Bytes>,
    peer: &Peer,
) -> (Response<Bytes>, Map<String, Value>) {
    settle(state);
    if tenant_intune::name(&request).is_none() {
        let outcome = state.tenant.handle(request, peer, now_ms());
        return (outcome.response, members(serde_json::to_value(&outcome.entry)));
    }
    let caller = caller(&state.tenant, &request, &peer.host);
    let now = state.tenant.service_time(caller.claims.as_ref(), now_ms());
    let outcome = state.intune.handle(&request, caller, now);
    tell(&mut state.tenant, outcome.changes);
    let mut line = members(serde_json::to_value(&outcome.entry));
    line.insert("host".into(), json!(peer.host));
    (outcome.response, line)
}

/// Tells the directory about the verdicts that are due by now.
pub(crate) fn settle(state: &mut State) {
    let changes = state.intune.settle(intune_time(&state.tenant));
    tell(&mut state.tenant, changes);
}

/// What an admin does in Intune.
///
/// # Errors
/// [`UnknownDevice`].
pub(crate) fn administer(state: &mut State, id: &str, action: DeviceAction) -> Result<(), UnknownDevice> {
    let change = state.intune.administer(id, action)?;
    tell(&mut state.tenant, vec![change]);
    Ok(())
}

/// The device objects of the directory, each with what Intune knows about it.
///
/// # Errors
/// What a view does not spell.
pub(crate) fn devices(state: &State) -> Result<Value, serde_json::Error> {
    let managed = state.intune.devices(intune_time(&state.tenant));
    let by_device: BTreeMap<&str, _> = managed.iter().map(|it| (it.device.as_str(), it)).collect();
    let mut rows = serde_json::to_value(state.tenant.devices())?;
    for row in rows.as_array_mut().into_iter().flatten() {
        let found = row["id"].as_str().and_then(|id| by_device.get(id));
        row["managed"] = json!(found.is_some_and(|it| !it.retired));
        row["intune_device"] = json!(found.map(|it| &it.id));
        row["compliance"] = json!(found.map(|it| &it.compliance));
        row["failing"] = json!(found.map(|it| &it.failing));
    }
    Ok(rows)
}

/// Intune's own objects.
///
/// # Errors
/// What a view does not spell.
pub(crate) fn intune_devices(state: &State) -> Result<Value, serde_json::Error> {
    serde_json::to_value(state.intune.devices(intune_time(&state.tenant)))
}

/// The objects of the directory and of Intune, as a file spells them that another run begins with.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objects {
    entra: tenant_model::devices::Objects,
    intune: tenant_intune::Objects,
}

impl Objects {
    /// What is there now.
    pub(crate) fn of(state: &State) -> Objects {
        Objects { entra: state.tenant.objects(), intune: state.intune.objects() }
    }

    /// Puts them where they belong.
    pub(crate) fn furnish(self, tenant: &mut Tenant, intune: &mut Intune) {
        tenant.set_objects(self.entra);
        intune.set_objects(self.intune);
    }
}

fn caller(tenant: &Tenant, request: &Request<Bytes>, host: &str) -> Caller {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = value.and_then(|value| Some(value.split_once(' ')?.1)).unwrap_or_default();
    // Graph of one cloud knows no token of another.
    let claims = tenant.claims_of(bearer, now_ms()).filter(|claims| tenant.is_served_at(claims, host));
    let licensed = claims.as_ref().is_some_and(|claims| tenant.is_licensed(claims));
    Caller { claims, licensed }
}

fn tell(tenant: &mut Tenant, changes: Vec<DeviceChange>) {
    for DeviceChange { device, managed, compliant } in changes {
        // Its object may have been deleted meanwhile: Intune's outlives it (intune.md 6.1).
        let _ = tenant.set_device_management(&device, managed, compliant);
    }
}

/// The service's time where no tenant is named.
fn intune_time(tenant: &Tenant) -> i64 {
    tenant.service_time(None, now_ms())
}

fn members(value: Result<Value, serde_json::Error>) -> Map<String, Value> {
    match value {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
