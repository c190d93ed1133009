//! Knobs: those of the sign-in and registration services, of Intune (under `intune`), of single tenants (under
//! `tenants`) and of the wire, one JSON object for all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenant::Tenant;
use tenant_intune::{Intune, IntuneKnobs};
use tenant_model::knobs::Knobs;

use crate::faults::{Fault, Faults};

/// Why knobs were not set.
#[derive(Debug, thiserror::Error)]
pub enum KnobsError {
    /// Not a JSON object.
    #[error("knobs must be one JSON object")]
    NoObject,
    /// A knob of the wire does not parse.
    #[error("wire knobs: {0}")]
    Wire(serde_json::Error),
    /// A knob of the tenant does not parse.
    #[error("tenant knobs: {0}")]
    Tenant(serde_json::Error),
    /// A knob of Intune does not parse.
    #[error("intune knobs: {0}")]
    Intune(serde_json::Error),
    /// A knob of a single tenant does not parse.
    #[error("knobs of tenant '{0}': {1}")]
    Own(String, Box<KnobsError>),
    /// There is no such tenant.
    #[error("knobs of tenant '{0}': there is no tenant with this id or domain")]
    NoTenant(String),
    /// Clients are recognised before their tenant is known.
    #[error("'{0}' is for all tenants: it takes effect before the tenant of a request is known")]
    ForAll(String),
}

/// The knobs of the wire as a file spells them; they stand beside the tenant's in one object.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Spelled {
    /// What goes wrong at which request.
    faults: Vec<Fault>,
    /// Milliseconds that requests of a name, or `*`, wait before they are looked at.
    latency_ms: BTreeMap<String, u64>,
    /// New connections are shown a certificate of an authority that nobody knows.
    bad_certificate: bool,
}

/// What a knob file says.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// Knobs of the sign-in and registration services.
    pub(crate) tenant: Knobs,
    /// Knobs of device management.
    pub(crate) intune: IntuneKnobs,
    /// Knobs of the wire.
    pub(crate) wire: Wire,
    /// The knobs of single tenants by id or domain: the general ones, and what they have of their own in place.
    own: BTreeMap<String, (Knobs, IntuneKnobs)>,
}

/// The knobs of the wire in force.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// Faults at named requests.
    pub(crate) faults: Faults,
    latency_ms: BTreeMap<String, u64>,
    /// New connections are shown a certificate of an authority that nobody knows.
    pub(crate) bad_certificate: bool,
    refusals: u32,
    /// What single tenants have of their own, as it was spelled.
    tenants: Map<String, Value>,
}

impl Wire {
    /// Milliseconds that a request waits before the tenant sees it.
    pub(crate) fn latency(&self, request: &str) -> u64 {
        self.latency_ms.get(request).or_else(|| self.latency_ms.get("*")).copied().unwrap_or(0)
    }

    /// Resets the next new connections.
    pub(crate) fn refuse(&mut self, connections: u32) {
        self.refusals = self.refusals.saturating_add(connections);
    }

    /// Whether this new connection is one of those to reset.
    pub(crate) fn take_refusal(&mut self) -> bool {
        let refused = self.refusals > 0;
        self.refusals = self.refusals.saturating_sub(1);
        refused
    }
}

/// All knobs in force, as one object.
pub(crate) fn show(tenant: &Tenant, intune: &Intune, wire: &Wire) -> Result<Value, KnobsError> {
    let spelled = Spelled {
        faults: wire.faults.list().into_iter().cloned().collect(),
        latency_ms: wire.latency_ms.clone(),
        bad_certificate: wire.bad_certificate,
    };
    let mut all = object(serde_json::to_value(tenant.knobs()).map_err(KnobsError::Tenant)?)?;
    all.extend(object(serde_json::to_value(spelled).map_err(KnobsError::Wire)?)?);
    let intune = serde_json::to_value(intune.knobs()).map_err(KnobsError::Intune)?;
    all.insert(INTUNE.to_owned(), intune);
    all.insert(TENANTS.to_owned(), Value::Object(wire.tenants.clone()));
    Ok(Value::Object(all))
}

/// Replaces all knobs; a knob that is not named gets its default again.
pub(crate) fn replace(
    tenant: &mut Tenant,
    intune: &mut Intune,
    wire: &mut Wire,
    value: Value,
) -> Result<(), KnobsError> {
    *wire = set(tenant, intune, parse(value)?)?;
    Ok(())
}

/// Changes the named knobs only, also inside `intune` and inside each of `tenants`, where null takes a
/// tenant's own knobs away; faults that are not named keep their counts.
pub(crate) fn merge(
    tenant: &mut Tenant,
    intune: &mut Intune,
    wire: &mut Wire,
    value: Value,
) -> Result<(), KnobsError> {
    let mut named = object(value)?;
    let keeps_faults = !named.contains_key("faults");
    let mut all = object(show(tenant, intune, wire)?)?;
    for inner in [INTUNE, TENANTS] {
        if let (Some(own), Some(Value::Object(old))) = (named.remove(inner), all.get_mut(inner)) {
            overlay(old, object(own)?, inner == TENANTS);
        }
    }
    all.extend(named);
    let mut changed = set(tenant, intune, parse(Value::Object(all))?)?;
    if keeps_faults {
        changed.faults = std::mem::take(&mut wire.faults);
    }
    *wire = changed;
    Ok(())
}

/// Puts members over others; with `deep`, members that are objects are put over one by one and null removes.
fn overlay(old: &mut Map<String, Value>, new: Map<String, Value>, deep: bool) {
    for (name, value) in new {
        match (old.get_mut(&name), value) {
            (_, Value::Null) if deep => drop(old.remove(&name)),
            (Some(Value::Object(old)), Value::Object(new)) if deep => overlay(old, new, true),
            (_, value) => drop(old.insert(name, value)),
        }
    }
}

/// Puts parsed knobs in force, all or none; what is left is for the wire.
pub(crate) fn set(tenant: &mut Tenant, intune: &mut Intune, parsed: Parsed) -> Result<Wire, KnobsError> {
    let (mut own, mut own_intune) = (BTreeMap::new(), BTreeMap::new());
    for (name, (knobs, intune)) in parsed.own {
        let id = tenant.tenant_id(&name).ok_or_else(|| KnobsError::NoTenant(name.clone()))?;
        own.insert(id, knobs);
        own_intune.insert(id, intune);
    }
    tenant.set_knobs(parsed.tenant);
    tenant.set_tenant_knobs(own);
    intune.set_knobs(parsed.intune);
    intune.set_tenant_knobs(own_intune);
    Ok(parsed.wire)
}

/// Parses a knob file.
pub(crate) fn parse(value: Value) -> Result<Parsed, KnobsError> {
    let mut general = object(value)?;
    let mut mine = Map::new();
    for name in OF_THE_WIRE {
        if let Some(value) = general.remove(name) {
            mine.insert(name.to_owned(), value);
        }
    }
    let tenants = general.remove(TENANTS).map(object).transpose()?.unwrap_or_default();
    let spelled: Spelled = serde_json::from_value(Value::Object(mine)).map_err(KnobsError::Wire)?;
    let mut own = BTreeMap::new();
    for (name, value) in &tenants {
        let wrong = |error| KnobsError::Own(name.clone(), Box::new(error));
        own.insert(name.clone(), of_tenant(&general, value.clone()).map_err(wrong)?);
    }
    let (tenant, intune) = services(general)?;
    let mut faults = Faults::default();
    faults.set(spelled.faults);
    let Spelled { latency_ms, bad_certificate, .. } = spelled;
    Ok(Parsed {
        tenant,
        intune,
        own,
        wire: Wire { faults, latency_ms, bad_certificate, refusals: 0, tenants },
    })
}

/// The knobs of the two services in one object.
fn services(mut all: Map<String, Value>) -> Result<(Knobs, IntuneKnobs), KnobsError> {
    let intune = all.remove(INTUNE).map(serde_json::from_value).transpose();
    let intune = intune.map_err(KnobsError::Intune)?.unwrap_or_default();
    Ok((serde_json::from_value(Value::Object(all)).map_err(KnobsError::Tenant)?, intune))
}

/// What is in force for a tenant: the general knobs with its own in their place.
fn of_tenant(general: &Map<String, Value>, own: Value) -> Result<(Knobs, IntuneKnobs), KnobsError> {
    let (mut all, mut own) = (general.clone(), object(own)?);
    if let Some(name) = BEFORE_THE_TENANT.into_iter().find(|name| own.contains_key(*name)) {
        return Err(KnobsError::ForAll(name.to_owned()));
    }
    if let (Some(own), Some(Value::Object(old))) = (own.remove(INTUNE), all.get_mut(INTUNE)) {
        old.extend(object(own)?);
    }
    all.extend(own);
    services(all)
}

fn object(value: Value) -> Result<Map<String, Value>, KnobsError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(KnobsError::NoObject),
    }
}

/// The member of a knob file that holds the knobs of Intune.
const INTUNE: &str = "intune";
/// The member that holds the knobs of single tenants.
const TENANTS: &str = "tenants";
const OF_THE_WIRE: [&str; 3] = ["faults", "latency_ms", "bad_certificate"];
/// Knobs that a single tenant cannot have: the handshake comes before the request.
const BEFORE_THE_TENANT: [&str; 4] = ["faults", "latency_ms", "bad_certificate", "client_certificate"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_object_holds_the_knobs_of_all() {
        let all = json!({
            "quota": 3,
            "latency_ms": {"join": 5, "*": 1},
            "faults": [{"request": "join", "action": "hold"}],
            "intune": {"verdict_delay_ms": 0},
        });
        let Parsed { tenant, intune, wire, own } = parse(all).unwrap();
        assert!(own.is_empty());
        assert_eq!(intune, IntuneKnobs { verdict_delay_ms: 0, ..IntuneKnobs::default() });
        assert_eq!(tenant, Knobs { quota: 3, ..Knobs::default() });
        assert_eq!((wire.latency("join"), wire.latency("discover")), (5, 1));
        assert_eq!(wire.faults.list().len(), 1);
    }

    #[test]
    fn a_tenant_has_the_general_knobs_and_its_own_in_their_place() {
        let all = json!({
            "quota": 3,
            "join_allowed": false,
            "intune": {"verdict_delay_ms": 0, "trailing_slash": true},
            "tenants": {"fabrikam.com": {"quota": 7, "intune": {"trailing_slash": false}}},
        });
        let (knobs, intune) = parse(all).unwrap().own.remove("fabrikam.com").unwrap();
        assert_eq!((knobs.quota, knobs.join_allowed), (7, false));
        assert_eq!((intune.verdict_delay_ms, intune.trailing_slash), (0, false));
    }

    #[test]
    fn knobs_of_tenants_are_merged_one_by_one_and_null_takes_them_away() {
        let mut old = object(json!({"a": {"quota": 1, "intune": {"x": 1}}, "b": {"quota": 2}})).unwrap();
        overlay(&mut old, object(json!({"a": {"intune": {"y": 2}}, "b": null})).unwrap(), true);
        assert_eq!(Value::Object(old), json!({"a": {"quota": 1, "intune": {"x": 1, "y": 2}}}));
    }

    #[test]
    fn whose_knob_is_wrong_is_said() {
        let wrong = parse(json!({"tenants": {"x.com": {"no_such_knob": 1}}})).unwrap_err();
        assert!(
            wrong.to_string().starts_with("knobs of tenant 'x.com': tenant knobs: unknown field"),
            "{wrong}"
        );
        let early = parse(json!({"tenants": {"x.com": {"client_certificate": "never"}}})).unwrap_err();
        assert!(early.to_string().contains("'client_certificate' is for all tenants"), "{early}");
        assert!(matches!(parse(json!({"no_such_knob": 1})), Err(KnobsError::Tenant(_))));
        assert!(matches!(parse(json!({"quota": "three"})), Err(KnobsError::Tenant(_))));
        assert!(matches!(parse(json!({"intune": {"no_such_knob": 1}})), Err(KnobsError::Intune(_))));
        assert!(matches!(parse(json!({"faults": [{"request": "join"}]})), Err(KnobsError::Wire(_))));
        assert!(matches!(parse(json!([])), Err(KnobsError::NoObject)));
    }

    #[test]
    fn refusals_are_used_up() {
        let mut wire = Wire::default();
        wire.refuse(2);
        assert_eq!([(); 3].map(|()| wire.take_refusal()), [true, true, false]);
    }
}
