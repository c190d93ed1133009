//! Knobs: those of the tenant, of Intune (under `intune`) and of the wire, one JSON object for all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenant::{ClientCertificate, Knobs};
use tenant_intune::IntuneKnobs;

use crate::faults::{Fault, Faults};
use crate::hosts;
use crate::hub::State;
use crate::tls::Manner;

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
}

/// The knobs of the wire as a file spells them; they stand beside the tenant's in one object.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Spelled {
    faults: Vec<Fault>,
    latency_ms: BTreeMap<String, u64>,
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
}

/// The knobs of the wire in force.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// Faults at named requests.
    pub(crate) faults: Faults,
    latency_ms: BTreeMap<String, u64>,
    bad_certificate: bool,
    refusals: u32,
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

/// How the handshake for a server name goes under the knobs in force; without a name it is local mode.
pub(crate) fn manner(state: &State, name: Option<&str>) -> Manner {
    let name = name.unwrap_or("localhost");
    if state.wire.bad_certificate {
        return Manner::Foreign;
    }
    let asks = match state.tenant.knobs().client_certificate {
        ClientCertificate::Never => false,
        ClientCertificate::CertauthOnly => hosts::is_certificate_host(name),
        ClientCertificate::Handshake | ClientCertificate::WithBearer => hosts::is_registration(name),
    };
    if asks { Manner::Asking } else { Manner::Quiet }
}

/// All knobs in force, as one object.
pub(crate) fn show(state: &State) -> Result<Value, KnobsError> {
    let spelled = Spelled {
        faults: state.wire.faults.list().into_iter().cloned().collect(),
        latency_ms: state.wire.latency_ms.clone(),
        bad_certificate: state.wire.bad_certificate,
    };
    let mut all = object(serde_json::to_value(state.tenant.knobs()).map_err(KnobsError::Tenant)?)?;
    all.extend(object(serde_json::to_value(spelled).map_err(KnobsError::Wire)?)?);
    let intune = serde_json::to_value(state.intune.knobs()).map_err(KnobsError::Intune)?;
    all.insert(INTUNE.to_owned(), intune);
    Ok(Value::Object(all))
}

/// Replaces all knobs; a knob that is not named gets its default again.
pub(crate) fn replace(state: &mut State, value: Value) -> Result<(), KnobsError> {
    let parsed = parse(value)?;
    state.tenant.set_knobs(parsed.tenant);
    state.intune.set_knobs(parsed.intune);
    state.wire = parsed.wire;
    Ok(())
}

/// Changes the named knobs only, also inside `intune`; faults that are not named keep their counts.
pub(crate) fn merge(state: &mut State, value: Value) -> Result<(), KnobsError> {
    let mut named = object(value)?;
    let keeps_faults = !named.contains_key("faults");
    let mut all = object(show(state)?)?;
    if let (Some(own), Some(Value::Object(inner))) = (named.remove(INTUNE), all.get_mut(INTUNE)) {
        inner.extend(object(own)?);
    }
    all.extend(named);
    let parsed = parse(Value::Object(all))?;
    let faults = std::mem::take(&mut state.wire.faults);
    state.tenant.set_knobs(parsed.tenant);
    state.intune.set_knobs(parsed.intune);
    state.wire = if keeps_faults { Wire { faults, ..parsed.wire } } else { parsed.wire };
    Ok(())
}

/// Parses a knob file.
pub(crate) fn parse(value: Value) -> Result<Parsed, KnobsError> {
    let mut tenant = object(value)?;
    let mut mine = Map::new();
    for name in ["faults", "latency_ms", "bad_certificate"] {
        if let Some(value) = tenant.remove(name) {
            mine.insert(name.to_owned(), value);
        }
    }
    let spelled: Spelled = serde_json::from_value(Value::Object(mine)).map_err(KnobsError::Wire)?;
    let intune = tenant.remove(INTUNE).map(serde_json::from_value).transpose();
    let intune = intune.map_err(KnobsError::Intune)?.unwrap_or_default();
    let tenant = serde_json::from_value(Value::Object(tenant)).map_err(KnobsError::Tenant)?;
    let mut faults = Faults::default();
    faults.set(spelled.faults);
    let Spelled { latency_ms, bad_certificate, .. } = spelled;
    Ok(Parsed { tenant, intune, wire: Wire { faults, latency_ms, bad_certificate, refusals: 0 } })
}

fn object(value: Value) -> Result<Map<String, Value>, KnobsError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(KnobsError::NoObject),
    }
}

/// The member of a knob file that holds the knobs of Intune.
const INTUNE: &str = "intune";

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
        let Parsed { tenant, intune, wire } = parse(all).unwrap();
        assert_eq!(intune, IntuneKnobs { verdict_delay_ms: 0, ..IntuneKnobs::default() });
        assert_eq!(tenant, Knobs { quota: 3, ..Knobs::default() });
        assert_eq!((wire.latency("join"), wire.latency("discover")), (5, 1));
        assert_eq!(wire.faults.list().len(), 1);
    }

    #[test]
    fn whose_knob_is_wrong_is_said() {
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
