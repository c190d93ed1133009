//! IWService and the token for it (intune.md 4, 9.7).

use crate::answer::Answer;
use crate::endpoints::IW_PATH;
use crate::gate::{IW_RESOURCE, IW_SERVICE, RENEWAL, Who};
use crate::knobs::{DeviceQuery, IntuneKnobs};
use crate::record::Record;
use crate::service::{Ask, Intune};
use crate::verdict::{self, Failing, Verdict};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

impl Intune {
    pub(crate) fn device_view(&self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.visitor(ask)?;
        let record = self.visible(&who, ask.path.last())?;
        let verdict = verdict::of(record, ask.knobs, ask.now_ms);
        let mut body = self.described(ask.knobs, record, &verdict);
        body.insert("odata.metadata".into(), json!(format!("{}/$metadata#Devices/@Element", self.iw_base())));
        Ok(Answer::ok(Value::Object(body))
            .fact("intune_device", record.id)
            .fact("compliance", verdict.state.word()))
    }

    pub(crate) fn device_list(&self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.visitor(ask)?;
        let own = self.records.values().filter(|record| is_visible(record, &who));
        let verdict = |record: &Record| verdict::of(record, ask.knobs, ask.now_ms);
        let list: Vec<_> = own.map(|record| self.described(ask.knobs, record, &verdict(record))).collect();
        let metadata = format!("{}/$metadata#Devices", self.iw_base());
        Ok(Answer::ok(json!({ "odata.metadata": metadata, "value": list })))
    }

    /// Self-service retirement: 204, and the object is gone (intune.md 4.5 [inferred] for Linux).
    pub(crate) fn retire(&mut self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.visitor(ask)?;
        let named = ask.path.iter().rev().nth(1);
        let id = self.visible(&who, named)?.id;
        if let Some(mut record) = self.records.remove(&id) {
            record.retired = true;
            self.changes.push(record.change());
        }
        Ok(Answer::empty(204).fact("intune_device", id))
    }

    /// What the view offers besides, or another platform's (intune.md 4.3): nothing is done, as a guess.
    pub(crate) fn act(&self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.visitor(ask)?;
        self.visible(&who, ask.path.iter().rev().nth(1))?;
        let word = ask.path.last().map(String::as_str).unwrap_or_default();
        let offered = ACTIONS.iter().any(|action| action.eq_ignore_ascii_case(word));
        Err(if offered { Answer::generic(501, "action") } else { missing("action", word) })
    }

    /// intune.md 4.4: a token of Intune's own, good for IWService.
    pub(crate) fn renew_token(&mut self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        self.admit(ask, RENEWAL)?;
        let token = self.generator.hex(32) + &self.generator.hex(32);
        let claims = ask.claims.as_ref().unwrap_or(&Value::Null);
        self.renewed.add(token.clone(), claims, IW_RESOURCE, ask.now_ms);
        Ok(Answer::ok(json!({ "Result": { "Token": token } })))
    }

    fn visitor(&self, ask: &Ask<'_>) -> Result<Who, Answer> {
        let who = self.admit(ask, IW_SERVICE)?;
        let lacks =
            |names: &[&str]| names.iter().any(|name| ask.query.get(*name).is_none_or(String::is_empty));
        if lacks(&["ssp", "os", "mgmt-agent"]) {
            return Err(Answer::generic(400, "query"));
        }
        if ask.knobs.device_query == DeviceQuery::Eight && lacks(&["os-version", "os-sub", "arch"]) {
            return Err(Answer::generic(500, "query"));
        }
        Ok(who)
    }

    /// The device that a path segment `devices(guid'…')` names, if it is the user's.
    fn visible(&self, who: &Who, segment: Option<&String>) -> Result<&Record, Answer> {
        let id = segment.and_then(|word| word.strip_prefix("devices(guid'")?.strip_suffix("')"));
        let found = id.and_then(|id| id.parse::<Uuid>().ok()).and_then(|id| self.records.get(&id));
        found
            .filter(|record| is_visible(record, who))
            .ok_or_else(|| missing("unknown device", "Devices").fact("intune_device", id.unwrap_or_default()))
    }

    fn iw_base(&self) -> String {
        format!("{}{IW_PATH}", self.base)
    }

    /// The fields of intune.md 9.7; the values of the inventory's enumerations are invented.
    fn described(&self, knobs: &IntuneKnobs, record: &Record, verdict: &Verdict) -> Map<String, Value> {
        let place = format!("{}/Devices(guid'{}')", self.iw_base(), record.id);
        let system = format!("Linux ({})", record.distribution);
        let mut body = constants();
        let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        set("Key", json!(record.id.to_string()));
        set("AadId", json!(record.device.to_string()));
        set("OfficialName", json!(record.name));
        set("Manufacturer", json!(record.manufacturer));
        set("OperatingSystem", json!(if record.distribution.is_empty() { "Linux" } else { &system }));
        set("OSVersion", json!(record.os_version));
        set("IsCompliantInGraph", json!(record.told_compliant));
        set("CreatedDate", json!(stamp(record.created_at)));
        set("LastContact", json!(stamp(record.last_contact)));
        set("ComplianceState", json!(verdict.state.word()));
        set("NoncompliantRules", verdict.failing.iter().map(listed).collect());
        for action in ACTIONS.iter().filter(|action| **action != "Retire" || !knobs.no_retire_action) {
            let target = format!("{place}/{action}");
            set(&format!("#CommonContainer.{action}"), json!({ "target": target, "title": action }));
        }
        set("odata.id", json!(place));
        body
    }
}

fn is_visible(record: &Record, who: &Who) -> bool {
    // What a retired device looks like is a guess: like one that is not there.
    record.tenant == who.tenant && record.owner == who.user && !record.retired
}

/// OData's refusal of a part of a path; its text is invented.
fn missing(rule: &str, segment: &str) -> Answer {
    let text = format!("Resource not found for the segment '{segment}'.");
    let message = json!({ "lang": "en-US", "value": text });
    Answer::refusal(404, rule, json!({ "odata.error": { "code": "", "message": message } }))
}

fn listed(rule: &Failing) -> Value {
    json!({
        "ComplianceSource": rule.source, "SettingID": rule.setting, "Title": rule.title,
        "Description": rule.description, "ExpectedValue": rule.expected, "MoreInfoUri": rule.more_info,
        "RemediationOwner": 0,
    })
}

/// `2026-11-22T10:00:01Z`, whole seconds.
fn stamp(at_ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1_000));
    at.ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The fields that are the same for every device.
fn constants() -> Map<String, Value> {
    let never = "0001-01-01T00:00:00";
    let mut fields = Map::new();
    for name in NULLS {
        fields.insert(name.to_owned(), Value::Null);
    }
    for name in FALSE {
        fields.insert(name.to_owned(), json!(false));
    }
    for name in ZEROS {
        fields.insert(name.to_owned(), json!(0));
    }
    for (name, value) in [
        ("ChassisType", json!("Unknown")),
        ("OperatingSystemId", json!("Linux")),
        ("OSSubtype", json!("None")),
        ("ManagementAgent", json!("mdm")),
        ("ManagementType", json!("Mdm")),
        ("OwnerType", json!(1)),
        ("DeviceActions", json!([])),
        ("EasId", json!("")),
        ("ExchangeActivationItemEasId", json!("")),
        ("ExchangeActivationItems", json!([])),
        ("IsManagedInGraph", json!(true)),
        ("LastContactNotification", json!(never)),
        ("InGracePeriodUntilDateTimeUtc", json!(never)),
    ] {
        fields.insert(name.to_owned(), value);
    }
    fields
}

const ACTIONS: [&str; 9] = [
    "CheckCompliance",
    "GetManagementState",
    "RegisterForAppPushNotifications",
    "RemoveSignedDeviceIdPolicyAssignment",
    "Retire",
    "SetHeartBeat",
    "SetOptIn",
    "SetRD",
    "UpdateAadId",
];
const NULLS: [&str; 13] = [
    "Nickname",
    "Model",
    "Architecture",
    "AppWrapperCertSN",
    "CategoryId",
    "DeviceHWId",
    "IsSspConfirmed",
    "PartnerName",
    "PartnerRemediationUrl",
    "PartnerSelfServicePortalUrl",
    "PartnerLocalizedSelfServicePortalName",
    "RemotableProperties",
    "RemoteSessionUri",
];
const FALSE: [&str; 5] =
    ["CategorySetByEndUser", "IsExchangeActivated", "IsPartnerManaged", "IsReadOnly", "IsSharedDevice"];
const ZEROS: [&str; 5] =
    ["EnrollmentType", "CoManagementFeatures", "SupervisedStatus", "UdaStatus", "UserApprovedEnrollment"];
