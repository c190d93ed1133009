//! Device management over TLS: what it refuses to tokens without a device, and how it is operated.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::harness::{Manner, Simulator, json, program, text};
use crate::sign_in::{BROKER, Code};

#[tokio::test]
async fn each_service_answers_and_refuses_a_call_without_a_token() {
    let simulator = Simulator::start();
    for (name, method, path) in [
        ("intune.endpoints", "GET", ENDPOINTS.to_owned()),
        ("intune.enroll", "POST", format!("{MDM}/LinuxEnrollmentService/enroll{VERSIONS}")),
        ("intune.details", "POST", format!("{MDM}/LinuxDeviceCheckinService/details{VERSIONS}")),
        ("intune.policies", "GET", format!("{MDM}/LinuxDeviceCheckinService/policies/{NOBODY}{VERSIONS}")),
        ("intune.status", "POST", format!("{MDM}/LinuxDeviceCheckinService/status{VERSIONS}")),
        ("intune.devices", "GET", format!("{IW}/Devices?api-version=16.4")),
        ("intune.device", "GET", format!("{IW}/Devices(guid'{NOBODY}')?api-version=16.4")),
        ("intune.retire", "POST", format!("{IW}/Devices(guid'{NOBODY}')/Retire?api-version=16.4")),
        ("intune.token", "GET", "/OAuth/StatelessOAuthService/OAuthProxy?api-version=1.0".to_owned()),
    ] {
        assert_eq!(call(&simulator, method, &path, "rubbish").await.status(), 401, "{path}");
        let line = last(&simulator);
        assert_eq!(
            (&line["request"], &line["status"], &line["rule"]),
            (&json!(name), &json!(401), &json!("token"))
        );
        assert_eq!(line["host"], "localhost");
        assert!(!line["path"].as_str().unwrap().contains("api-version"));
    }
}

#[tokio::test]
async fn a_token_of_the_wrong_client_or_without_a_device_does_not_enrol() {
    let simulator = Simulator::start();
    let path = format!("{MDM}/LinuxEnrollmentService/enroll{VERSIONS}");
    for (client, resource, rule, status) in [
        (BROKER, ENROLLMENT, "client", 400),
        (PORTAL, ENROLLMENT, "deviceid", 400),
        (PORTAL, "b8066b99-6e67-41be-abfa-75db1a2c8809", "audience", 401),
    ] {
        let token = token(&simulator, client, resource).await;
        assert_eq!(call(&simulator, "POST", &path, &token).await.status(), status, "{rule}");
        let line = last(&simulator);
        assert_eq!(line["rule"], rule);
        assert_eq!(
            (&line["facts"]["appid"], &line["facts"]["user"]),
            (&json!(client), &json!("alex@contoso.com"))
        );
        assert!(!simulator.transcript().contains(&token));
    }
}

#[tokio::test]
async fn the_endpoint_list_wants_its_scope() {
    let simulator = Simulator::start();
    let token = token(&simulator, BROKER, "00000003-0000-0000-c000-000000000000").await;
    let reply = call(&simulator, "GET", ENDPOINTS, &token).await;
    assert_eq!(
        (reply.status().as_u16(), &json(&reply)["error"]["code"]),
        (403, &json!("Authorization_RequestDenied"))
    );
}

#[tokio::test]
async fn faults_of_the_wire_befall_its_requests_by_name() {
    let simulator = Simulator::start();
    simulator.turn(&json!({ "faults": [{ "request": "intune.endpoints", "action": "reset_before" }] }));
    let request = Request::get(ENDPOINTS).header("host", "localhost").body(Bytes::new()).unwrap();
    assert!(simulator.send(&Manner::default(), request).await.is_err());
    assert_eq!(call(&simulator, "GET", ENDPOINTS, "rubbish").await.status(), 401);
    assert_eq!(simulator.counter("processed_by_name", "intune.endpoints"), 1);
}

#[test]
fn its_knobs_stand_in_the_same_object_and_are_merged_one_by_one() {
    let simulator = Simulator::start();
    simulator.turn(&json!({ "quota": 3, "intune": { "trailing_slash": true } }));
    simulator.turn(&json!({ "intune": { "verdict_delay_ms": 0 } }));
    let knobs = simulator.ask(&["knobs"]);
    assert_eq!(knobs["quota"], 3);
    assert_eq!(
        (&knobs["intune"]["trailing_slash"], &knobs["intune"]["verdict_delay_ms"]),
        (&json!(true), &json!(0))
    );
    let bad = simulator.dir.path().join("bad.json");
    std::fs::write(&bad, r#"{"intune": {"no_such_knob": 1}}"#).unwrap();
    let output = simulator.run(&["knobs", "--merge", bad.to_str().unwrap()]);
    assert!(
        !output.status.success() && text(&output).contains("`intune`: there is no `no_such_knob`"),
        "{}",
        text(&output)
    );
    assert_eq!(simulator.ask(&["knobs"]), knobs);
}

#[test]
fn its_objects_are_listed_and_an_unknown_one_is_named() {
    let simulator = Simulator::start();
    assert_eq!(simulator.ask(&["intune-devices"]), json!([]));
    for action in ["retire", "delete"] {
        let output = simulator.run(&["intune", NOBODY, action]);
        assert!(!output.status.success() && text(&output).contains(NOBODY), "{}", text(&output));
    }
}

#[test]
fn its_host_is_among_the_host_lines() {
    let output = program().arg("hosts").output().unwrap();
    assert!(text(&output).contains("127.0.0.1 fef.msua08.manage.microsoft.com\n"));
}

async fn call(simulator: &Simulator, method: &str, path: &str, token: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.header("authorization", format!("Bearer {token}")).body(Bytes::new()).unwrap();
    simulator.send(&Manner::default(), request).await.unwrap()
}

/// An access token of somebody who signed in by device code: it names no device.
async fn token(simulator: &Simulator, client: &'static str, resource: &str) -> String {
    let code = Code::ask_as(simulator, client, resource).await;
    simulator.ask(&["approve", code.word("user_code"), "--user", "alex@contoso.com"]);
    let tokens = code.poll().await;
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

fn last(simulator: &Simulator) -> Value {
    simulator.ask(&["requests"]).as_array().unwrap().last().unwrap().clone()
}

const ENDPOINTS: &str = "/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints";
const MDM: &str = "/TrafficGateway/TrafficRoutingService/LinuxMDM";
const IW: &str = "/TrafficGateway/TrafficRoutingService/IWService/StatelessIWService";
const VERSIONS: &str = "?api-version=1.0&client-version=1.2609.5";
const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
const PORTAL: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";
const NOBODY: &str = "99999999-0000-4000-8000-000000000003";
