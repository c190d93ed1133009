//! One sign-in by device code, approved from the command line; nothing of it is a secret in the transcript.

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::harness::{Manner, Simulator, get, json};

#[tokio::test]
async fn a_code_approved_on_the_command_line_becomes_tokens_and_no_secret_is_written_down() {
    let simulator = Simulator::start();
    let code = Code::ask(&simulator).await;
    assert_eq!(code.poll().await["error"], "authorization_pending");
    simulator.ask(&["wait", "--codes", "1"]);
    simulator.ask(&["approve", code.word("user_code"), "--user", "alex@contoso.com"]);
    let tokens = code.poll().await;
    assert_eq!(tokens["token_type"], "Bearer", "{tokens}");

    let transcript = simulator.transcript();
    let device_code = code.word("device_code");
    assert!(!transcript.contains(device_code), "the device code is in the transcript");
    for name in ["access_token", "refresh_token", "id_token"] {
        let secret = tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}"));
        // A part is as good as the whole: no signature and no second half may be there either.
        let (_, half) = secret.split_at(secret.len() / 2);
        let last = secret.rsplit('.').next().unwrap();
        assert!(!transcript.contains(half) && !transcript.contains(last), "{name} is in the transcript");
    }
}

#[tokio::test]
async fn every_exchange_is_one_line_that_the_admin_port_shows_too() {
    let simulator = Simulator::start();
    let code = Code::ask(&simulator).await;
    code.poll().await;
    let lines: Vec<Value> =
        simulator.transcript().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(simulator.ask(&["requests"]), Value::Array(lines.clone()));
    let names: Vec<_> = lines.iter().map(|line| line["request"].as_str().unwrap()).collect();
    assert_eq!(names, ["metadata", "devicecode", "token.device_code"]);
    assert!(lines.iter().zip(1..).all(|(line, number)| line["seq"] == number && line["status"].is_u64()));
}

#[tokio::test]
async fn a_declined_code_is_refused() {
    let simulator = Simulator::start();
    let code = Code::ask(&simulator).await;
    simulator.ask(&["deny", code.word("user_code"), "--user", "alex@contoso.com"]);
    assert_eq!(code.poll().await["error"], "authorization_declined");
}

#[tokio::test]
async fn auto_approval_takes_two_polls() {
    let simulator = Simulator::with(&["--auto-approve"]);
    let code = Code::ask(&simulator).await;
    assert_eq!(code.poll().await["error"], "authorization_pending");
    assert_eq!(code.poll().await["token_type"], "Bearer");
}

#[tokio::test]
async fn a_new_tenant_has_users_and_no_device() {
    let simulator = Simulator::start();
    let users = simulator.ask(&["users"]).to_string();
    assert!(users.contains("alex@contoso.com") && users.contains("adele@contoso.com"), "{users}");
    assert_eq!(simulator.ask(&["devices"]), serde_json::json!([]));
    let missing = simulator.send(&Manner::default(), get("localhost", "/no/such/path")).await.unwrap();
    assert!(missing.status().is_client_error());
}

/// A device code and what is needed to poll it.
pub(crate) struct Code<'a> {
    simulator: &'a Simulator,
    client: &'static str,
    reply: Value,
    token_endpoint: Value,
}

impl Code<'_> {
    async fn ask(simulator: &Simulator) -> Code<'_> {
        Code::ask_as(simulator, BROKER, REGISTRATION).await
    }

    /// As this client, for this resource.
    pub(crate) async fn ask_as<'a>(
        simulator: &'a Simulator,
        client: &'static str,
        resource: &str,
    ) -> Code<'a> {
        let metadata = json(&simulator.metadata().await.unwrap());
        let body = format!("client_id={client}&scope={resource}{SCOPE}&client_info=1");
        let reply = post(simulator, &metadata["device_authorization_endpoint"], &body).await;
        Code { simulator, client, reply, token_endpoint: metadata["token_endpoint"].clone() }
    }

    pub(crate) async fn poll(&self) -> Value {
        let device_code = self.word("device_code");
        let client = self.client;
        let body = format!("grant_type={GRANT}&client_id={client}&device_code={device_code}&client_info=1");
        post(self.simulator, &self.token_endpoint, &body).await
    }

    pub(crate) fn word(&self, name: &str) -> &str {
        self.reply[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.reply))
    }
}

async fn post(simulator: &Simulator, endpoint: &Value, body: &str) -> Value {
    let here = format!("https://localhost:{}/", simulator.listen.rsplit_once(':').unwrap().1);
    let path =
        endpoint.as_str().unwrap().strip_prefix(&here).expect("every URL points back at the simulator");
    let request = Request::post(format!("/{path}"))
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    json(&simulator.send(&Manner::default(), request).await.unwrap())
}

pub(crate) const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";
const SCOPE: &str = "%2F.default%20openid%20offline_access%20profile";
const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
