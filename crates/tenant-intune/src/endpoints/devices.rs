//! The devices of a person as IWService shows them (intune.md 4.3, 9.7).

use crate::intune::Intune;
use crate::records::knobs::IntuneKnobs;
use crate::records::record::Record;
use crate::records::verdict::{Failing, Verdict};
use crate::request_context::RequestContext;
use crate::routes::IW_PATH;
use crate::rules::verdict;
use crate::rules::visitor::{ACTIONS, is_visible, visible, visitor};
use crate::wire::answer::Answer;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One device with its verdict.
pub(crate) fn device_view(intune: &Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = visitor(context)?;
    let record = visible(intune, &who, context.path.last())?;
    let verdict = verdict::of(record, context.knobs, context.now_ms);
    let mut body = described(intune, context.knobs, record, &verdict);
    body.insert("odata.metadata".into(), json!(format!("{}/$metadata#Devices/@Element", iw_base(intune))));
    Ok(Answer::ok(Value::Object(body))
        .fact("intune_device", record.id)
        .fact("compliance", verdict.state.word())
        .fact("basis", verdict.basis.word()))
}

/// Every device of the visitor.
pub(crate) fn device_list(intune: &Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = visitor(context)?;
    let own = intune.records.values().filter(|record| is_visible(record, &who));
    let verdict = |record: &Record| verdict::of(record, context.knobs, context.now_ms);
    let list: Vec<_> = own.map(|record| described(intune, context.knobs, record, &verdict(record))).collect();
    let metadata = format!("{}/$metadata#Devices", iw_base(intune));
    Ok(Answer::ok(json!({ "odata.metadata": metadata, "value": list })))
}

fn iw_base(intune: &Intune) -> String {
    format!("{}{IW_PATH}", intune.base)
}

/// The fields of intune.md 9.7; the values of the inventory's enumerations are invented.
fn described(intune: &Intune, knobs: &IntuneKnobs, record: &Record, verdict: &Verdict) -> Map<String, Value> {
    let place = format!("{}/Devices(guid'{}')", iw_base(intune), record.id);
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
    set("InGracePeriodUntilDateTimeUtc", json!(verdict.grace_until.map_or(NEVER.to_owned(), stamp)));
    set("NoncompliantRules", verdict.failing.iter().map(listed).collect());
    for action in ACTIONS.iter().filter(|action| **action != "Retire" || !knobs.no_retire_action) {
        let target = format!("{place}/{action}");
        set(&format!("#CommonContainer.{action}"), json!({ "target": target, "title": action }));
    }
    set("odata.id", json!(place));
    body
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
        ("LastContactNotification", json!(NEVER)),
    ] {
        fields.insert(name.to_owned(), value);
    }
    fields
}

/// What .NET makes of no date.
const NEVER: &str = "0001-01-01T00:00:00";
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
