use crate::answer::Answer;
use crate::keys::{Authority, Generator};
use crate::knobs::IntuneKnobs;
use crate::record::Record;
use crate::verdict::{self, State};
use crate::words::{
    Caller, DeviceAction, DeviceChange, DeviceView, Entry, Outcome, Setup, SetupError, UnknownDevice,
};
use bytes::Bytes;
use http::{Request, header};
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// The stand-in service, for every tenant whose tokens it is shown.
pub struct Intune {
    pub(crate) base: String,
    pub(crate) graph: String,
    pub(crate) generator: Generator,
    pub(crate) authority: Authority,
    pub(crate) knobs: IntuneKnobs,
    pub(crate) records: BTreeMap<Uuid, Record>,
    /// Tokens of the renewal service: until when, and whose (intune.md 4.4).
    pub(crate) renewed: BTreeMap<String, (i64, Value)>,
    /// What the directory has to be told after this request.
    pub(crate) changes: Vec<DeviceChange>,
}

/// One request as the handlers see it.
pub(crate) struct Ask<'a> {
    pub(crate) now: OffsetDateTime,
    pub(crate) now_ms: i64,
    pub(crate) claims: Option<Value>,
    pub(crate) licensed: bool,
    pub(crate) user_agent: &'a str,
    pub(crate) correlation: Option<&'a str>,
    /// Path in lower case, split at `/`.
    pub(crate) path: Vec<String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: &'a [u8],
}

/// The name of a request that is Intune's, by method and path alone (paths match without regard to case).
///
/// A path with an empty segment inside is nobody's: that is what a client makes which does not trim the
/// slash at the end of a URI (intune.md 1.3).
pub fn name(request: &Request<Bytes>) -> Option<&'static str> {
    let path = segments(request.uri().path());
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let name = match (request.method().as_str(), words.as_slice()) {
        (_, words) if words.contains(&"") => return None,
        ("GET", ["v1.0", "serviceprincipals", PRINCIPAL, "endpoints"])
        | ("GET", ["v1.0", "myorganization", "serviceprincipals", PRINCIPAL, "endpoints"]) => ENDPOINTS,
        ("POST", [.., "linuxenrollmentservice", "enroll"]) => ENROLL,
        ("POST", [.., "linuxdevicecheckinservice", "details"]) => DETAILS,
        ("GET", [.., "linuxdevicecheckinservice", "policies", _]) => POLICIES,
        ("POST", [.., "linuxdevicecheckinservice", "status"]) => STATUS,
        ("GET", [.., "statelessiwservice", "devices"]) => DEVICES,
        ("GET", [.., "statelessiwservice", device]) if device.starts_with("devices(") => DEVICE,
        ("POST", [.., "statelessiwservice", device, "retire"]) if device.starts_with("devices(") => RETIRE,
        ("GET", [.., "statelessoauthservice", "oauthproxy"]) => TOKEN,
        _ => return None,
    };
    Some(name)
}

fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path).to_ascii_lowercase();
    path.split('/').map(|word| word.replace("%27", "'").replace("%28", "(").replace("%29", ")")).collect()
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
            knobs: IntuneKnobs::default(),
            records: BTreeMap::new(),
            renewed: BTreeMap::new(),
            changes: Vec::new(),
        })
    }

    /// Judges one request; `now_ms` counts milliseconds since 1970.
    pub fn handle(&mut self, request: &Request<Bytes>, caller: Caller, now_ms: i64) -> Outcome {
        self.note_verdicts(now_ms);
        let name = name(request).unwrap_or("unknown");
        let ask = self.ask(request, caller, now_ms);
        let answer = self.struck(name).unwrap_or_else(|| self.dispatch(name, &ask));
        let mut facts = answer.facts.clone();
        facts.extend(told(&ask));
        let entry = Entry {
            request: name.to_owned(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            status: answer.status,
            rule: answer.rule.clone(),
            facts,
        };
        let response = answer.response(&mut self.generator);
        Outcome { response, entry, changes: std::mem::take(&mut self.changes) }
    }

    /// The changes that are due by now, without a request: verdicts come some time after their status.
    pub fn settle(&mut self, now_ms: i64) -> Vec<DeviceChange> {
        self.note_verdicts(now_ms);
        std::mem::take(&mut self.changes)
    }

    fn note_verdicts(&mut self, now_ms: i64) {
        for record in self.records.values_mut().filter(|record| !record.retired) {
            let verdict = verdict::of(record, &self.knobs, now_ms);
            let compliant = verdict.state == State::Compliant;
            if verdict.settled && compliant != record.told_compliant {
                record.told_compliant = compliant;
                self.changes.push(record.change());
            }
        }
    }

    fn ask<'a>(&self, request: &'a Request<Bytes>, caller: Caller, now_ms: i64) -> Ask<'a> {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| Some(value.split_once(' ')?.1));
        let renewed = bearer.and_then(|token| self.renewed.get(token)).filter(|(until, _)| *until > now_ms);
        let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now_ms) * 1_000_000);
        let query = request.uri().query().unwrap_or_default();
        Ask {
            now: now.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            now_ms,
            claims: caller.claims.or_else(|| renewed.map(|(_, claims)| claims.clone())),
            licensed: caller.licensed,
            user_agent: text(header::USER_AGENT.as_str()).unwrap_or_default(),
            correlation: text("client-request-id"),
            path: segments(request.uri().path()),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: request.body(),
        }
    }

    /// intune.md 8.1, rule 12; what such a failure says is not known, so it gives no reason.
    fn struck(&mut self, name: &str) -> Option<Answer> {
        let chance = *self.knobs.faults.get(name).or_else(|| self.knobs.faults.get("*"))?;
        let drawn = self.generator.fraction();
        if drawn < chance.not_found {
            return Some(Answer::generic(404, "fault"));
        }
        (drawn < chance.not_found + chance.server_error).then(|| Answer::generic(500, "fault"))
    }

    fn dispatch(&mut self, name: &str, ask: &Ask<'_>) -> Answer {
        let judged = match name {
            ENDPOINTS => self.endpoints(ask),
            ENROLL => self.enroll(ask),
            DETAILS => self.details(ask),
            POLICIES => self.policies(ask),
            STATUS => self.status(ask),
            DEVICE => self.device_view(ask),
            DEVICES => self.device_list(ask),
            RETIRE => self.retire(ask),
            TOKEN => self.renew_token(ask),
            _ => Err(Answer::generic(404, "unknown path")),
        };
        judged.unwrap_or_else(|refusal| refusal).cased(self.knobs.casing.get(name).copied())
    }

    /// Every Intune device.
    pub fn devices(&self, now_ms: i64) -> Vec<DeviceView> {
        self.records.values().map(|record| record.view(&verdict::of(record, &self.knobs, now_ms))).collect()
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

    /// What is in force.
    pub fn knobs(&self) -> &IntuneKnobs {
        &self.knobs
    }

    /// Replaces what is in force.
    pub fn set_knobs(&mut self, knobs: IntuneKnobs) {
        self.knobs = knobs;
    }
}

/// What every line of the transcript says about its caller.
fn told(ask: &Ask<'_>) -> BTreeMap<String, String> {
    let claim = |name: &str| ask.claims.as_ref().and_then(|claims| claims[name].as_str());
    let version = ask.query.get("client-version").or_else(|| ask.query.get("ssp-version"));
    let facts = [
        ("device", claim("deviceid")),
        ("appid", claim("appid").or_else(|| claim("azp"))),
        ("user", claim("upn").or_else(|| claim("preferred_username"))),
        ("user_agent", Some(ask.user_agent).filter(|text| !text.is_empty())),
        ("client_request_id", ask.correlation),
        ("client_version", version.map(String::as_str)),
    ];
    let known = |(name, value): (&str, Option<&str>)| Some((name.to_owned(), value?.to_owned()));
    facts.into_iter().filter_map(known).collect()
}

const ENDPOINTS: &str = "intune.endpoints";
const ENROLL: &str = "intune.enroll";
const DETAILS: &str = "intune.details";
const POLICIES: &str = "intune.policies";
const STATUS: &str = "intune.status";
const DEVICE: &str = "intune.device";
const DEVICES: &str = "intune.devices";
const RETIRE: &str = "intune.retire";
const TOKEN: &str = "intune.token";
/// The service principal of Intune (intune.md 0.3) as Graph's path names it.
const PRINCIPAL: &str = "appid=0000000a-0000-0000-c000-000000000000";
