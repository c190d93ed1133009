//! Intune alone, with a clock that is set by hand and a record of what it wants changed in the directory.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use tenant_intune::{Caller, DeviceChange, Entry, Intune, IntuneKnobs, Setup};
use tenant_wire::keys::KeySource;

/// The stand-in with a clock of its own.
pub(crate) struct Harness {
    pub(crate) intune: Intune,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    pub(crate) changes: Vec<DeviceChange>,
}

/// A request before it is sent, so that one thing of it can be made wrong.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) body: Value,
    pub(crate) claims: Option<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) licensed: bool,
}

/// A reply and its line of the transcript.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) entry: Entry,
}

impl Harness {
    pub(crate) fn new() -> Harness {
        Harness::with(json!({}))
    }

    pub(crate) fn with(knobs: Value) -> Harness {
        let (base, graph) = (BASE.to_owned(), "https://graph.microsoft.com".to_owned());
        let mut intune = Intune::new(Setup { base, graph, entropy: 7, keys: KeySource::Pool }).unwrap();
        intune.set_knobs(serde_json::from_value::<IntuneKnobs>(knobs).unwrap());
        Harness { intune, now: NOW, changes: Vec::new() }
    }

    pub(crate) fn send(&mut self, call: &Call) -> Reply {
        let mut request = Request::builder().method(call.method.clone()).uri(&call.target);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let body = if call.body.is_null() { String::new() } else { call.body.to_string() };
        let request = request.body(Bytes::from(body)).unwrap();
        let caller = Caller { claims: call.claims.clone(), licensed: call.licensed };
        let outcome = self.intune.handle(&request, caller, self.now);
        self.changes.extend(outcome.changes);
        let (parts, body) = outcome.response.into_parts();
        let header = |name| parts.headers.get(name).map(|it| it.to_str().unwrap().to_owned());
        Reply {
            status: parts.status.as_u16(),
            kind: header("content-type").unwrap_or_default(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
            text: String::from_utf8(body.to_vec()).unwrap(),
            retry_after: header("retry-after"),
            entry: outcome.entry,
        }
    }

    /// Enrols the machine of the page's example and gives its Intune id.
    pub(crate) fn enrolled(&mut self) -> String {
        let reply = self.send(&enroll());
        assert_eq!(reply.status, 200, "{reply:?}");
        self.changes.clear();
        reply.body["deviceId"].as_str().unwrap().to_owned()
    }
}

impl Call {
    pub(crate) fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims.as_mut().unwrap()[name] = value.into();
    }

    pub(crate) fn drop_claim(&mut self, name: &str) {
        self.claims.as_mut().unwrap().as_object_mut().unwrap().remove(name);
    }

    pub(crate) fn drop_field(&mut self, name: &str) {
        self.body.as_object_mut().unwrap().remove(name);
    }

    pub(crate) fn with_target(mut self, from: &str, to: &str) -> Call {
        self.change_target(from, to);
        self
    }

    pub(crate) fn change_target(&mut self, from: &str, to: &str) {
        assert!(self.target.contains(from), "{} has no {from}", self.target);
        self.target = self.target.replace(from, to);
    }
}

/// The claims of intune.md 9.1 for an audience.
pub(crate) fn claims(audience: &str) -> Value {
    json!({
        "aud": audience, "tid": TENANT, "oid": ADELE, "upn": "adele@contoso.com", "appid": PORTAL,
        "deviceid": DEVICE, "scp": "user_impersonation",
    })
}

pub(crate) fn call(method: Method, target: String, audience: &str, body: Value) -> Call {
    let headers = vec![
        ("user-agent", "Linux Company Portal/ubuntu 24.04/1.2609.5".to_owned()),
        ("client-request-id", "5b000000-0000-4000-8000-000000000010".to_owned()),
    ];
    Call { method, target, body, claims: Some(claims(audience)), headers, licensed: true }
}

pub(crate) fn enroll() -> Call {
    enroll_with(include_str!("csr/good.pem"))
}

pub(crate) fn enroll_with(csr: &str) -> Call {
    let body = json!({ "CertificateSigningRequest": csr, "AppVersion": "0.0.0", "DeviceName": "lx-adele" });
    let target = format!("{MDM}/LinuxEnrollmentService/enroll?{VERSIONS}");
    call(Method::POST, target, ENROLLMENT, body)
}

pub(crate) fn details(id: &str) -> Call {
    let body = json!({
        "DeviceId": id, "DeviceName": "lx-adele", "Manufacturer": "LENOVO", "OSDistribution": "ubuntu",
        "OSVersion": "24.04",
    });
    call(Method::POST, format!("{MDM}/LinuxDeviceCheckinService/details?{VERSIONS}"), INTUNE, body)
}

pub(crate) fn policies(id: &str) -> Call {
    let target = format!("{MDM}/LinuxDeviceCheckinService/policies/{id}?{VERSIONS}");
    call(Method::GET, target, INTUNE, Value::Null)
}

/// A status about policy …0001 of the page, of these rules, items, values and states.
pub(crate) fn status(id: &str, details: &[(u32, &str, &str, &str)]) -> Call {
    let details: Vec<Value> = details
        .iter()
        .map(|(rule, item, actual, state)| {
            json!({
                "RuleId": format!("d1000000-0000-4000-8000-{rule:012}"), "SettingDefinitionItemId": item,
                "ExpectedValue": "True", "ActualValue": actual, "ErrorCode": 0, "ErrorType": 0,
                "NewComplianceState": state, "OldComplianceState": "Unknown",
            })
        })
        .collect();
    let statuses = json!([{
        "PolicyId": POLICY, "LastStatusDateTime": "2026-11-22T10:00:00+00:00", "Details": details,
    }]);
    let body = json!({ "DeviceId": id, "PolicyStatuses": statuses });
    call(Method::POST, format!("{MDM}/LinuxDeviceCheckinService/status?{VERSIONS}"), INTUNE, body)
}

pub(crate) fn device(id: &str) -> Call {
    let target = format!("{IW}/Devices(guid'{id}')?{EIGHT}");
    call(Method::GET, target, IW_SERVICE, Value::Null)
}

pub(crate) fn devices() -> Call {
    call(Method::GET, format!("{IW}/Devices?{EIGHT}"), IW_SERVICE, Value::Null)
}

pub(crate) fn retire(id: &str) -> Call {
    let target = format!("{IW}/Devices(guid'{id}')/Retire?{EIGHT}");
    call(Method::POST, target, IW_SERVICE, Value::Null)
}

pub(crate) fn renewal() -> Call {
    let target = "/OAuth/StatelessOAuthService/OAuthProxy?api-version=1.0".to_owned();
    call(Method::GET, target, ENROLLMENT, Value::Null)
}

pub(crate) fn endpoints() -> Call {
    let target = "/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints".to_owned();
    let mut call = call(Method::GET, target, "https://graph.microsoft.com", Value::Null);
    call.claim("scp", "User.Read ServicePrincipalEndpoint.Read.All");
    call
}

/// One policy of one encryption rule, number 5 of the page.
pub(crate) fn encryption() -> Value {
    json!({ "policies": [{ "policyId": POLICY, "description": "Baseline", "version": 4, "policySettings": [{
        "settingDefinitionItemId": "linux_deviceencryption_required", "value": "True",
        "ruleId": "d1000000-0000-4000-8000-000000000005",
    }] }] })
}

pub(crate) const BASE: &str = "https://fef.sim01.manage.contoso.test";
pub(crate) const MDM: &str = "/TrafficGateway/TrafficRoutingService/LinuxMDM";
pub(crate) const IW: &str = "/TrafficGateway/TrafficRoutingService/IWService/StatelessIWService";
pub(crate) const VERSIONS: &str = "api-version=1.0&client-version=1.2609.5";
const EIGHT: &str = "api-version=16.4&ssp=LinuxCP&ssp-version=1.2609.5&os=Linux&os-version=24.04&os-sub=None&arch=X64&mgmt-agent=mdm";
/// 2026-11-22T10:00:00Z, in milliseconds since 1970.
pub(crate) const NOW: i64 = 1_795_341_600_000;
pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const ADELE: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(crate) const ALEX: &str = "aaaaaaaa-0000-4000-8000-000000000009";
pub(crate) const DEVICE: &str = "dddddddd-0000-4000-8000-000000000002";
pub(crate) const OTHER_DEVICE: &str = "dddddddd-0000-4000-8000-000000000009";
pub(crate) const POLICY: &str = "b0000000-0000-4000-8000-000000000001";
pub(crate) const UNKNOWN: &str = "99999999-0000-4000-8000-000000000003";
pub(crate) const PORTAL: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";
pub(crate) const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
pub(crate) const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";
pub(crate) const IW_SERVICE: &str = "b8066b99-6e67-41be-abfa-75db1a2c8809";
