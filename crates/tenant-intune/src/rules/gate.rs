//! Who may call what (intune.md 8.1, rules 1 to 4).

use crate::intune::Intune;
use crate::records::knobs::numbers;
use crate::records::record::Record;
use crate::request_context::RequestContext;
use crate::wire::answer::Answer;
use uuid::Uuid;

/// What one service wants of every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    audience: &'static str,
    api_version: &'static str,
    /// The query parameter that carries the portal's version, where there is one.
    version: Option<&'static str>,
}

/// LinuxEnrollmentService, whose tokens are for Microsoft Intune Enrollment (intune.md 1.2).
pub(crate) const ENROLLMENT: Gate =
    Gate { audience: ENROLLMENT_RESOURCE, api_version: "1.0", version: Some("client-version") };
/// LinuxDeviceCheckinService, whose tokens are for Microsoft Intune (intune.md 1.2).
pub(crate) const CHECK_IN: Gate = Gate {
    audience: "0000000a-0000-0000-c000-000000000000",
    api_version: "1.0",
    version: Some("client-version"),
};
/// IWService, which is itself the audience of its tokens (intune.md 1.2).
pub(crate) const IW_SERVICE: Gate =
    Gate { audience: IW_RESOURCE, api_version: "16.4", version: Some("ssp-version") };
/// TokenRenewalService, whose tokens are for Microsoft Intune Enrollment (intune.md 0.3).
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

/// The caller, if the request may pass.
pub(crate) fn admit(context: &RequestContext<'_>, gate: Gate) -> Result<Who, Answer> {
    let who = known(context, gate.audience)?;
    right_headers(context, gate)?;
    if context.query.get("api-version").map(String::as_str) != Some(gate.api_version) {
        return Err(Answer::generic(400, "api-version"));
    }
    match gate.version {
        Some(parameter) if !is_current(context, parameter) => Err(Answer::generic(400, parameter)),
        _ => Ok(who),
    }
}

/// The caller that the token for this audience names.
pub(crate) fn known(context: &RequestContext<'_>, audience: &str) -> Result<Who, Answer> {
    let claims = context.claims.as_ref().ok_or_else(|| Answer::generic(401, "token"))?;
    if claims["aud"] != audience {
        return Err(Answer::generic(401, "audience"));
    }
    let client = claims["appid"].as_str().or_else(|| claims["azp"].as_str()).unwrap_or_default();
    if !context.knobs.clients.contains(client) {
        return Err(Answer::generic(400, "client"));
    }
    let id = |name: &str| {
        let value = claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
        value.ok_or_else(|| Answer::generic(context.knobs.missing_claim_status, name))
    };
    let (tenant, user, device) = (id("tid")?, id("oid")?, id("deviceid")?);
    let upn = claims["upn"].as_str().or_else(|| claims["preferred_username"].as_str());
    Ok(Who { tenant, user, device, upn: upn.unwrap_or_default().to_owned() })
}

/// The device of this Intune id, if it is the caller's (intune.md 8.1, rules 3 and 7).
pub(crate) fn own_device<'a>(
    intune: &'a mut Intune,
    context: &RequestContext<'_>,
    who: &Who,
    id: &str,
    unknown: Answer,
) -> Result<&'a mut Record, Answer> {
    let found = id.parse::<Uuid>().ok().and_then(|id| intune.records.get_mut(&id));
    let record = found.filter(|record| record.tenant == who.tenant);
    let judged = record.ok_or(unknown).and_then(|record| match stranger(context, who, record) {
        Some(refusal) => Err(refusal),
        None => Ok(record),
    });
    judged.map_err(|refusal| refusal.fact("intune_device", id))
}

/// Why the caller may not use this device of its tenant.
fn stranger(context: &RequestContext<'_>, who: &Who, record: &Record) -> Option<Answer> {
    if record.device != who.device {
        return Some(Answer::generic(context.knobs.other_device_status, "other device"));
    }
    if record.owner != who.user {
        return Some(Answer::generic(context.knobs.second_user_status, "second user"));
    }
    let expired = context.knobs.refuse_expired_certificates && record.expires_at <= context.now_ms;
    // How such a refusal looks is a guess: like that of a device in any other bad state (intune.md 3.1).
    expired.then(|| Answer::problem("certificate expired", NOT_VALID))
}

/// intune.md 8.2: both are guesses, and off by default.
fn right_headers(context: &RequestContext<'_>, gate: Gate) -> Result<(), Answer> {
    if context.knobs.user_agent_pattern && !is_portal(context.user_agent) {
        return Err(Answer::generic(400, "user-agent"));
    }
    let named = context.correlation.is_some_and(|id| id.parse::<Uuid>().is_ok());
    if context.knobs.client_request_id_needed && gate.audience != ENROLLMENT_RESOURCE && !named {
        return Err(Answer::generic(400, "client-request-id"));
    }
    Ok(())
}

/// Whether the version that a request names is served: the portal for Linux has versions `1.YYMM.n` and a floor;
/// another `ssp` has its own (`10.0.…` and the like), of which nothing is known here (intune.md 4.1).
fn is_current(context: &RequestContext<'_>, parameter: &str) -> bool {
    let of_ssp = parameter == "ssp-version";
    let own = context.knobs.ssp_version_floor.as_ref().filter(|_| of_ssp);
    let floor = own.unwrap_or(&context.knobs.version_floor);
    let Some(text) = context.query.get(parameter) else {
        return if of_ssp { floor.is_empty() } else { !context.knobs.client_version_needed };
    };
    let ssp = context.query.get("ssp").filter(|_| of_ssp);
    if ssp.is_some_and(|ssp| !LINUX_SSPS.iter().any(|own| own.eq_ignore_ascii_case(ssp))) {
        return !text.is_empty();
    }
    floor.is_empty() || numbers(text).is_some_and(|version| version >= numbers(floor).unwrap_or_default())
}

/// The portal for Linux as itself and as pytune (intune.md 4.1) call it.
const LINUX_SSPS: [&str; 2] = ["LinuxCP", "LinuxSSP"];

/// `Linux Company Portal/<ID> <VERSION_ID>/<portal version>` (intune.md 6.2).
fn is_portal(agent: &str) -> bool {
    match agent.split('/').collect::<Vec<_>>().as_slice() {
        ["Linux Company Portal", system, version] => system.contains(' ') && numbers(version).is_some(),
        _ => false,
    }
}

/// intune.md 3.1: an id that is not known, or not any more.
pub(crate) fn unknown() -> Answer {
    Answer::problem("unknown device", NOT_VALID)
}

/// The words for a device in a bad state (intune.md 3.1 \[observed\]).
pub(crate) const NOT_VALID: &str = "Device validation failed";
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
