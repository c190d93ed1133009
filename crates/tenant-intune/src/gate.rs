//! Who may call what (intune.md 8.1, rules 1 to 4).

use crate::answer::Answer;
use crate::record::Record;
use crate::service::{Ask, Intune};
use uuid::Uuid;

/// What one service wants of every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    audience: &'static str,
    api_version: &'static str,
    /// The query parameter that carries the portal's version, where there is one.
    version: Option<&'static str>,
}

/// LinuxEnrollmentService.
pub(crate) const ENROLLMENT: Gate =
    Gate { audience: ENROLLMENT_RESOURCE, api_version: "1.0", version: Some("client-version") };
/// LinuxDeviceCheckinService.
pub(crate) const CHECK_IN: Gate = Gate {
    audience: "0000000a-0000-0000-c000-000000000000",
    api_version: "1.0",
    version: Some("client-version"),
};
/// IWService.
pub(crate) const IW_SERVICE: Gate =
    Gate { audience: IW_RESOURCE, api_version: "16.4", version: Some("ssp-version") };
/// TokenRenewalService.
pub(crate) const RENEWAL: Gate = Gate { audience: ENROLLMENT_RESOURCE, api_version: "1.0", version: None };

/// Who calls, once the token is judged.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    /// Entra device id.
    pub(crate) device: Uuid,
    pub(crate) upn: String,
}

impl Intune {
    /// The caller, if the request may pass.
    pub(crate) fn admit(&self, ask: &Ask<'_>, gate: Gate) -> Result<Who, Answer> {
        let who = self.known(ask, gate)?;
        self.right_headers(ask, gate)?;
        if ask.query.get("api-version").map(String::as_str) != Some(gate.api_version) {
            return Err(Answer::generic(400, "api-version"));
        }
        match gate.version {
            Some(parameter) if !self.is_current(ask.query.get(parameter)) => {
                Err(Answer::generic(400, parameter))
            }
            _ => Ok(who),
        }
    }

    fn known(&self, ask: &Ask<'_>, gate: Gate) -> Result<Who, Answer> {
        let claims = ask.claims.as_ref().ok_or_else(|| Answer::generic(401, "token"))?;
        if claims["aud"] != gate.audience {
            return Err(Answer::generic(401, "audience"));
        }
        let client = claims["appid"].as_str().or_else(|| claims["azp"].as_str()).unwrap_or_default();
        if !self.knobs.clients.contains(client) {
            return Err(Answer::generic(400, "client"));
        }
        // The status for a token that lacks one of these is a guess: a bad request like the one above.
        let id = |name: &str| {
            let value = claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
            value.ok_or_else(|| Answer::generic(400, name))
        };
        let (tenant, user, device) = (id("tid")?, id("oid")?, id("deviceid")?);
        let upn = claims["upn"].as_str().or_else(|| claims["preferred_username"].as_str());
        Ok(Who { tenant, user, device, upn: upn.unwrap_or_default().to_owned() })
    }

    /// intune.md 8.2: both are guesses, and off by default.
    fn right_headers(&self, ask: &Ask<'_>, gate: Gate) -> Result<(), Answer> {
        if self.knobs.user_agent_pattern && !is_portal(ask.user_agent) {
            return Err(Answer::generic(400, "user-agent"));
        }
        let named = ask.correlation.is_some_and(|id| id.parse::<Uuid>().is_ok());
        if self.knobs.client_request_id_needed && gate.audience != ENROLLMENT_RESOURCE && !named {
            return Err(Answer::generic(400, "client-request-id"));
        }
        Ok(())
    }

    fn is_current(&self, version: Option<&String>) -> bool {
        let floor = numbers(&self.knobs.version_floor).unwrap_or_default();
        version.and_then(|text| numbers(text)).is_some_and(|version| version >= floor)
    }

    /// The device of this Intune id, if it is the caller's (intune.md 8.1, rules 3 and 7).
    pub(crate) fn own_device(
        &mut self,
        who: &Who,
        id: &str,
        unknown: fn() -> Answer,
    ) -> Result<&mut Record, Answer> {
        let knobs = &self.knobs;
        let found = id.parse::<Uuid>().ok().and_then(|id| self.records.get_mut(&id));
        let record = found.filter(|record| record.tenant == who.tenant).ok_or_else(unknown);
        let record = record.map_err(|refusal| refusal.fact("intune_device", id))?;
        if record.device != who.device {
            let refusal = Answer::generic(knobs.other_device_status, "other device");
            return Err(refusal.fact("intune_device", id));
        }
        if record.owner != who.user {
            let refusal = Answer::generic(knobs.second_user_status, "second user");
            return Err(refusal.fact("intune_device", id));
        }
        Ok(record)
    }
}

/// `1.YYMM.n`.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    numbers.ok()?.try_into().ok()
}

/// `Linux Company Portal/<ID> <VERSION_ID>/<portal version>` (intune.md 6.2).
fn is_portal(agent: &str) -> bool {
    match agent.split('/').collect::<Vec<_>>().as_slice() {
        ["Linux Company Portal", system, version] => system.contains(' ') && numbers(version).is_some(),
        _ => false,
    }
}

const ENROLLMENT_RESOURCE: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
pub(crate) const IW_RESOURCE: &str = "b8066b99-6e67-41be-abfa-75db1a2c8809";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("1.2511.11") > numbers("1.2511.7"));
        assert!(numbers("1.2511.7") > numbers("1.2503.0"));
        for odd in ["", "1.2511", "1.2511.7.1", "1.2511.x", "1.-1.0"] {
            assert_eq!(numbers(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_portal_names_system_and_version() {
        assert!(is_portal("Linux Company Portal/ubuntu 24.04/1.2604.19"));
        for other in ["", "curl/8", "Linux Company Portal/Ubuntu/1.2604.19", "Linux Company Portal/u 1/x"] {
            assert!(!is_portal(other), "{other}");
        }
    }
}
