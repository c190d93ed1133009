use crate::answer::Answer;
use crate::keys::{Authority, Generator};
use crate::knobs::{InForce, IntuneKnobs};
use crate::portal;
use crate::record::Record;
use crate::renewed::Renewed;
use crate::verdict::{self, State};
use crate::words::{
    Caller, DeviceAction, DeviceChange, DeviceView, Entry, Outcome, Setup, SetupError, UnknownDevice,
};
use bytes::Bytes;
use http::Request;
use http::header::{self, HeaderName};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// The stand-in service, for every tenant whose tokens it is shown.
pub struct Intune {
    pub(crate) base: String,
    pub(crate) graph: String,
    pub(crate) generator: Generator,
    pub(crate) authority: Authority,
    knobs: Arc<InForce>,
    pub(crate) records: BTreeMap<Uuid, Record>,
    /// Those whose last status has not been worked through under the knobs in force.
    pub(crate) unsettled: BTreeSet<Uuid>,
    pub(crate) renewed: Renewed,
    /// What the directory has to be told after this request.
    pub(crate) changes: Vec<DeviceChange>,
}

/// One request as the handlers see it.
pub(crate) struct Ask<'a> {
    pub(crate) now: OffsetDateTime,
    pub(crate) now_ms: i64,
    /// Those of the caller's tenant.
    pub(crate) knobs: &'a IntuneKnobs,
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
        | ("GET", ["v1.0", "myorganization", "serviceprincipals", PRINCIPAL, "endpoints"])
        | ("GET", ["v1.0", PRINCIPALS, "endpoints"])
        | ("GET", ["v1.0", "myorganization", PRINCIPALS, "endpoints"]) => ENDPOINTS,
        ("POST", [.., "linuxenrollmentservice", "enroll"]) => ENROLL,
        ("POST", [.., "linuxdevicecheckinservice", "details"]) => DETAILS,
        ("GET", [.., "linuxdevicecheckinservice", "policies", _]) => POLICIES,
        ("POST", [.., "linuxdevicecheckinservice", "status"]) => STATUS,
        ("GET", [.., "statelessiwservice", "devices"]) => DEVICES,
        ("GET", [.., "statelessiwservice", device]) if device.starts_with("devices(") => DEVICE,
        ("POST", [.., "statelessiwservice", device, "retire"]) if device.starts_with("devices(") => RETIRE,
        ("POST", [.., "statelessiwservice", device, _]) if device.starts_with("devices(") => ACTION,
        ("GET", [.., "statelessiwservice", terms]) if terms.starts_with("termsofuse") => TERMS,
        ("GET", [.., "statelessoauthservice", "oauthproxy"]) => TOKEN,
        ("GET", ["ubuntu", _, "prod", "pool", "main", "i", "intune-portal"]) => PORTAL_VERSIONS,
        (_, words) if words.contains(&"statelessbrandingservice") => BRANDS,
        _ => return None,
    };
    Some(name)
}

fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path).to_ascii_lowercase();
    let plain = |word: &str| {
        let escapes = [("%27", "'"), ("%28", "("), ("%29", ")"), ("%3d", "=")];
        escapes.iter().fold(word.to_owned(), |word, (escaped, plain)| word.replace(escaped, plain))
    };
    path.split('/').map(plain).collect()
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
            unsettled: BTreeSet::new(),
            renewed: Renewed::default(),
            changes: Vec::new(),
        })
    }

    /// Judges one request; `now_ms` counts milliseconds since 1970.
    pub fn handle(&mut self, request: &Request<Bytes>, caller: Caller, now_ms: i64) -> Outcome {
        self.note_verdicts(now_ms);
        let name = name(request).unwrap_or("unknown");
        let bearer = text(request, header::AUTHORIZATION).and_then(|value| Some(value.split_once(' ')?.1));
        let renewed = || self.renewed.claims(bearer?, now_ms).cloned();
        let claims = caller.claims.or_else(renewed);
        let tenant = claims.as_ref().and_then(|claims| claims["tid"].as_str()?.parse().ok());
        let throttle = Arc::make_mut(&mut self.knobs).take_throttle(tenant, name);
        // The knobs outlast the handler, which changes everything else.
        let knobs = Arc::clone(&self.knobs);
        let ask = Ask { claims, licensed: caller.licensed, ..Ask::new(request, knobs.of(tenant), now_ms) };
        let throttled = throttle.map(|it| Answer::throttled(it.status, it.retry_after));
        let struck = throttled.or_else(|| self.struck(name, ask.knobs));
        let answer = struck.unwrap_or_else(|| self.dispatch(name, &ask));
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
        self.unsettled.retain(|id| {
            let record = self.records.get_mut(id).filter(|record| !record.retired);
            let Some(record) = record else { return false };
            let verdict = verdict::of(record, self.knobs.of(Some(record.tenant)), now_ms);
            let compliant = verdict.state == State::Compliant;
            if verdict.settled && compliant != record.told_compliant {
                record.told_compliant = compliant;
                self.changes.push(record.change());
            }
            !verdict.settled
        });
    }

    /// intune.md 8.1, rule 12; what such a failure says is not known, so it gives no reason.
    fn struck(&mut self, name: &str, knobs: &IntuneKnobs) -> Option<Answer> {
        let chance = *knobs.faults.get(name).or_else(|| knobs.faults.get("*"))?;
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
            ACTION => self.act(ask),
            TOKEN => self.renew_token(ask),
            BRANDS => self.brands(ask),
            TERMS => self.terms(ask),
            PORTAL_VERSIONS => Ok(portal::listing(ask)),
            _ => Err(Answer::generic(404, "unknown path")),
        };
        judged.unwrap_or_else(|refusal| refusal).cased(ask.knobs.casing.get(name).copied())
    }

    /// Every Intune device.
    pub fn devices(&self, now_ms: i64) -> Vec<DeviceView> {
        let verdict = |record: &Record| verdict::of(record, self.knobs.of(Some(record.tenant)), now_ms);
        self.records.values().map(|record| record.view(&verdict(record))).collect()
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
        let reported = self.records.values().filter(|record| record.report.is_some());
        self.unsettled = reported.map(|record| record.id).collect();
    }
}

impl<'a> Ask<'a> {
    /// The request of nobody yet.
    fn new(request: &'a Request<Bytes>, knobs: &'a IntuneKnobs, now_ms: i64) -> Ask<'a> {
        let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now_ms) * 1_000_000);
        let query = request.uri().query().unwrap_or_default();
        Ask {
            now: now.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            now_ms,
            knobs,
            claims: None,
            licensed: false,
            user_agent: text(request, header::USER_AGENT).unwrap_or_default(),
            correlation: text(request, HeaderName::from_static("client-request-id")),
            path: segments(request.uri().path()),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: request.body(),
        }
    }
}

fn text(request: &Request<Bytes>, name: HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
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
const ACTION: &str = "intune.action";
const TOKEN: &str = "intune.token";
const BRANDS: &str = "intune.brands";
const TERMS: &str = "intune.terms";
const PORTAL_VERSIONS: &str = "intune.portal_versions";
/// The service principal of Intune (intune.md 0.3) as Graph's path names it, and as its alternate key does.
const PRINCIPAL: &str = "appid=0000000a-0000-0000-c000-000000000000";
const PRINCIPALS: &str = "serviceprincipals(appid='0000000a-0000-0000-c000-000000000000')";
