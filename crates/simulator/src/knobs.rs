//! Knobs: those of the sign-in and registration services, of Intune (under `intune`), of single tenants (under
//! `tenants`) and of the wire, one JSON object for all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenant::Tenant;
use tenant_intune::{Intune, IntuneKnobs};
use tenant_model::knobs::Knobs;
use tenant_model::reading::{self, Wrong};
use uuid::Uuid;

use crate::faults::{Fault, Faults};
use crate::names;

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

impl Spelled {
    /// Refuses names of requests that there are not.
    fn check(&self) -> Result<(), Wrong> {
        for (index, fault) in self.faults.iter().enumerate() {
            fault.check().map_err(|wrong| wrong.in_item(index).in_member("faults"))?;
        }
        self.latency_ms.keys().try_for_each(|name| names::check(&["latency_ms", name], name, &["*"]))
    }
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
pub(crate) fn show(tenant: &Tenant, intune: &Intune, wire: &Wire) -> Result<Value, Wrong> {
    let spelled = Spelled {
        faults: wire.faults.list().into_iter().cloned().collect(),
        latency_ms: wire.latency_ms.clone(),
        bad_certificate: wire.bad_certificate,
    };
    let mut all = object(serde_json::to_value(tenant.knobs()).map_err(Wrong::rule)?)?;
    all.extend(object(serde_json::to_value(spelled).map_err(Wrong::rule)?)?);
    let intune = serde_json::to_value(intune.knobs()).map_err(Wrong::rule)?;
    all.insert(INTUNE.to_owned(), intune);
    all.insert(TENANTS.to_owned(), Value::Object(wire.tenants.clone()));
    Ok(Value::Object(all))
}

/// All knobs as they begin, in the same form.
pub(crate) fn begin() -> Result<Value, Wrong> {
    let mut all = object(serde_json::to_value(Knobs::default()).map_err(Wrong::rule)?)?;
    all.extend(object(serde_json::to_value(Spelled::default()).map_err(Wrong::rule)?)?);
    let intune = serde_json::to_value(IntuneKnobs::default()).map_err(Wrong::rule)?;
    all.extend([(INTUNE.to_owned(), intune), (TENANTS.to_owned(), Value::Object(Map::new()))]);
    Ok(Value::Object(all))
}

/// Replaces all knobs; a knob that is not named gets its default again.
pub(crate) fn replace(
    tenant: &mut Tenant,
    intune: &mut Intune,
    wire: &mut Wire,
    value: Value,
) -> Result<(), Wrong> {
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
) -> Result<(), Wrong> {
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
pub(crate) fn set(tenant: &mut Tenant, intune: &mut Intune, parsed: Parsed) -> Result<Wire, Wrong> {
    let (mut own, mut own_intune) = (BTreeMap::new(), BTreeMap::new());
    for (name, (knobs, intune)) in parsed.own {
        let none = || Wrong::rule("there is no tenant with this id or domain");
        let id = tenant.tenant_id(&name).ok_or_else(|| in_tenant(none(), &name))?;
        existing(tenant, &knobs, Some(id)).map_err(|wrong| in_tenant(wrong, &name))?;
        own.insert(id, knobs);
        own_intune.insert(id, intune);
    }
    existing(tenant, &parsed.tenant, None)?;
    tenant.set_knobs(parsed.tenant);
    tenant.set_tenant_knobs(own);
    intune.set_knobs(parsed.intune);
    intune.set_tenant_knobs(own_intune);
    Ok(parsed.wire)
}

/// Refuses a domain of no tenant, and a person who cannot approve anything because the tenant has nobody of the name.
fn existing(tenant: &Tenant, knobs: &Knobs, of: Option<Uuid>) -> Result<(), Wrong> {
    if let Some(domain) = knobs.federated.keys().find(|domain| tenant.tenant_id(domain).is_none()) {
        let wrong = Wrong::rule(format!("there is no tenant with the domain `{domain}`"));
        return Err(wrong.in_member("federated"));
    }
    let Some(upn) = &knobs.auto_approve_as else { return Ok(()) };
    let mut users = tenant.users().into_iter().filter(|it| of.is_none_or(|id| it.tenant == id.to_string()));
    match users.any(|user| user.upn == *upn) {
        true => Ok(()),
        false => Err(Wrong::rule(format!("there is no user `{upn}`")).in_member("auto_approve_as")),
    }
}

fn in_tenant(wrong: Wrong, name: &str) -> Wrong {
    wrong.in_member(name).in_member(TENANTS)
}

/// Parses a knob file.
pub(crate) fn parse(value: Value) -> Result<Parsed, Wrong> {
    let mut general = object(value)?;
    for name in general.keys() {
        reading::known(&[], name, &[reading::members::<Knobs>(), OF_ALL.to_vec()].concat())?;
    }
    let mut mine = Map::new();
    for name in OF_THE_WIRE {
        if let Some(value) = general.remove(name) {
            mine.insert(name.to_owned(), value);
        }
    }
    let tenants = general.remove(TENANTS).map(|it| object(it).map_err(|wrong| wrong.in_member(TENANTS)));
    let tenants = tenants.transpose()?.unwrap_or_default();
    let spelled: Spelled = reading::read(&Value::Object(mine))?;
    spelled.check()?;
    let mut own = BTreeMap::new();
    for (name, value) in &tenants {
        let own_knobs = of_tenant(&general, value.clone()).map_err(|wrong| in_tenant(wrong, name))?;
        own.insert(name.clone(), own_knobs);
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
fn services(mut all: Map<String, Value>) -> Result<(Knobs, IntuneKnobs), Wrong> {
    let intune = all.remove(INTUNE).unwrap_or_else(|| Value::Object(Map::new()));
    let of_intune = |wrong: Wrong| wrong.in_member(INTUNE);
    let intune: IntuneKnobs = reading::read(&intune).map_err(of_intune)?;
    intune.check().map_err(of_intune)?;
    let tenant: Knobs = reading::read(&Value::Object(all))?;
    tenant.check()?;
    Ok((tenant, intune))
}

/// What is in force for a tenant: the general knobs with its own in their place.
fn of_tenant(general: &Map<String, Value>, own: Value) -> Result<(Knobs, IntuneKnobs), Wrong> {
    let (mut all, mut own) = (general.clone(), object(own)?);
    if let Some(name) = BEFORE_THE_TENANT.into_iter().find(|name| own.contains_key(*name)) {
        let text = "it is for all tenants, because it takes effect before the tenant of a request is known";
        return Err(Wrong::rule(text).in_member(name));
    }
    if let (Some(own), Some(Value::Object(old))) = (own.remove(INTUNE), all.get_mut(INTUNE)) {
        old.extend(object(own)?);
    }
    all.extend(own);
    services(all)
}

fn object(value: Value) -> Result<Map<String, Value>, Wrong> {
    match value {
        Value::Object(object) => Ok(object),
        other => reading::read(&other),
    }
}

/// The member of a knob file that holds the knobs of Intune.
const INTUNE: &str = "intune";
/// The member that holds the knobs of single tenants.
const TENANTS: &str = "tenants";
/// What a knob file may hold besides the knobs of a tenant.
const OF_ALL: [&str; 5] = [INTUNE, TENANTS, "faults", "latency_ms", "bad_certificate"];
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
    fn which_knob_is_wrong_is_said_and_what_may_have_been_meant() {
        for (knobs, says) in [
            (json!([]), "expected an object, found a list"),
            (json!({ "quotas": 1 }), "there is no `quotas`; did you mean `quota`? Known: "),
            (json!({ "fault": [] }), "there is no `fault`; did you mean `faults`? Known: "),
            (
                json!({ "device_code_lives_s": "x" }),
                "`device_code_lives_s`: expected a number of seconds, found text",
            ),
            (json!({ "drs_error_shape": "D" }), "`drs_error_shape`: there is no `D`. Known: A, B, C"),
            (json!({ "client_certificate": 1 }), "`client_certificate`: expected one of handshake, "),
            (
                json!({ "throttle": { "jion": { "times": 1, "status": 429 } } }),
                "`throttle.jion`: there is no `jion`; did",
            ),
            (json!({ "throttle": { "join": { "times": 1 } } }), "`throttle.join.status` is missing"),
            (
                json!({ "second_factors": ["PhoneApp"] }),
                "`second_factors`: there is no `PhoneApp`; did you mean `",
            ),
            (
                json!({ "refuse": [{ "grant": "prts", "code": 1 }] }),
                "`refuse[0].grant`: there is no `prts`; did you mean `prt`?",
            ),
            (
                json!({ "refuse": [{ "endpoint": "tokens", "code": 1 }] }),
                "`refuse[0].endpoint`: there is no `tokens`; did",
            ),
            (json!({ "refuse": [{}] }), "`refuse[0].code` is missing"),
            (
                json!({ "error_strings": { "AADSTS1": "x" } }),
                "`error_strings`: `AADSTS1` is no AADSTS number",
            ),
        ] {
            let said = parse(knobs.clone()).unwrap_err().to_string();
            assert!(said.starts_with(says), "{knobs}: {said}");
        }
    }

    #[test]
    fn whose_knob_is_wrong_is_said_too() {
        for (knobs, says) in [
            (json!({ "faults": [{ "request": "join" }] }), "`faults[0].action` is missing"),
            (
                json!({ "faults": [{ "request": "Join", "action": "hold" }] }),
                "`faults[0].request`: there is no `Join`; did",
            ),
            (
                json!({ "faults": [{ "request": "join", "action": { "kind": "delay" } }] }),
                "`faults[0].action.ms` is missing",
            ),
            (
                json!({ "latency_ms": { "jion": 1 } }),
                "`latency_ms.jion`: there is no `jion`; did you mean `join`?",
            ),
            (json!({ "intune": { "verdict": 1 } }), "`intune`: there is no `verdict`"),
            (
                json!({ "intune": { "casing": { "intune.enrol": "camel" } } }),
                "`intune.casing.intune.enrol`: there is no `intune.enrol`; did you mean `intune.enroll`?",
            ),
            (json!({ "intune": { "version_floor": "2025" } }), "`intune.version_floor`: expected a version"),
            (
                json!({ "tenants": { "x.com": { "quota": "three" } } }),
                "`tenants.x.com.quota`: expected a number, found text",
            ),
            (
                json!({ "tenants": { "x.com": { "client_certificate": "never" } } }),
                "`tenants.x.com.client_certificate`: it is for all tenants",
            ),
            (json!({ "tenants": [] }), "`tenants`: expected an object, found a list"),
        ] {
            let said = parse(knobs.clone()).unwrap_err().to_string();
            assert!(said.starts_with(says), "{knobs}: {said}");
        }
    }

    #[test]
    fn refusals_are_used_up() {
        let mut wire = Wire::default();
        wire.refuse(2);
        assert_eq!([(); 3].map(|()| wire.take_refusal()), [true, true, false]);
    }
}
