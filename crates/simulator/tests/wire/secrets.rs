//! A whole sign-in, from the password to the code for a browser: nothing secret of it is written down.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::device::{Device, REGISTRATION, by_password, post};
use crate::harness::{Manner, Simulator, json};
use crate::sign_in::{BROKER, Code};

#[tokio::test]
async fn no_secret_of_a_whole_sign_in_is_in_the_transcript() {
    let simulator = Simulator::start();
    let mut secrets = vec![PASSWORD.to_owned(), WRONG.to_owned()];
    by_password(&simulator, ALEX, WRONG, REGISTRATION).await;
    let tokens = by_password(&simulator, ALEX, PASSWORD, REGISTRATION).await;
    secrets.extend(of(&tokens));
    let code = Code::ask_as(&simulator, BROKER, REGISTRATION).await;
    secrets.push(code.word("device_code").to_owned());
    simulator.ask(&["approve", code.word("user_code"), "--user", ALEX]);
    let tokens = code.poll().await;
    secrets.extend(of(&tokens));

    let device = Device::join(&simulator, tokens["access_token"].as_str().unwrap(), "lap-0042").await;
    for claims in [
        json!({ "client_id": BROKER, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"] }),
        json!({ "client_id": BROKER_IDENTITY, "grant_type": "password", "username": ALEX, "password": PASSWORD }),
    ] {
        let prt = device.prt(&simulator, claims).await;
        let hex = prt.key.iter().map(|byte| format!("{byte:02x}")).collect();
        secrets.extend([URL_SAFE_NO_PAD.encode(&prt.key), STANDARD.encode(&prt.key), hex]);
        let credential = prt.credential(&simulator).await;
        let location = authorize(&simulator, &credential).await;
        let (_, rest) = location.split_once("code=").unwrap_or_else(|| panic!("no code in {location}"));
        let code = rest.split('&').next().unwrap().to_owned();
        let form = format!(
            "client_id={PORTAL}&grant_type=authorization_code&code={code}&redirect_uri={PORTAL_URI}\
             &scope=openid%20profile%20{ENROLMENT}%2F.default"
        );
        secrets.extend(of(&json(&post(&simulator, "/contoso.com/oauth2/v2.0/token", &form).await)));
        secrets.extend([prt.token, prt.wrapped, credential, code]);
    }

    let human = String::from_utf8(simulator.run(&["requests"]).stdout).unwrap();
    let told = [simulator.transcript(), simulator.ask(&["requests"]).to_string(), human];
    for secret in &secrets {
        // A half is as bad as the whole, and so is a part of a token alone; claims are read on purpose.
        let (first, second) = secret.split_at(secret.len() / 2);
        let signature = secret.rsplit('.').next().unwrap();
        for part in [first, second, signature].iter().filter(|part| part.len() > 4) {
            assert!(told.iter().all(|told| !told.contains(part)), "{part} of {secret} is told");
        }
    }
    assert!(secrets.len() > 20, "{secrets:?}");
    readable(&simulator, device.thumbprint());
}

/// What a reader needs is there all the same.
fn readable(simulator: &Simulator, thumbprint: &str) {
    let lines = simulator.ask(&["requests"]);
    let of = |name: &str| lines.as_array().unwrap().iter().rfind(|line| line["request"] == name).unwrap();
    let signed = &of("token.prt")["asked"]["body"]["request"];
    assert_eq!(signed["header"]["alg"], "RS256");
    assert_eq!(signed["header"]["x5c"], json!([format!("<certificate, SHA-1 {thumbprint}>")]));
    assert_eq!(signed["claims"]["username"], ALEX);
    assert_eq!(signed["claims"]["password"], "<15 characters>");
    assert_eq!(of("join")["asked"]["body"]["DeviceDisplayName"], "lap-0042");
    assert_eq!(of("join")["asked"]["headers"]["authorization"]["token"]["claims"]["aud"], REGISTRATION);
    let location = of("authorize")["answered"]["headers"]["location"].as_str().unwrap().to_owned();
    assert!(location.starts_with("companyportal://com.microsoft.CompanyPortal?code=<"), "{location}");
    assert!(of("devicecode")["answered"]["body"]["user_code"].as_str().is_some_and(|it| !it.contains('<')));
    let refused = lines.as_array().unwrap().iter().find(|line| line["rule"] == "AADSTS50126").unwrap();
    assert_eq!(refused["answered"]["body"]["error_codes"], json!([50_126]));
    for line in lines.as_array().unwrap() {
        assert!(line["asked"].is_object() && line["answered"].is_object(), "{line}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_has_its_line_as_well() {
    let simulator = Simulator::start();
    let body = "password=".to_owned() + &"x".repeat(1024 * 1024);
    assert_eq!(post(&simulator, "/contoso.com/oauth2/token?a=b", &body).await.status(), 413);
    let line = simulator.ask(&["requests"])[0].clone();
    assert_eq!((&line["request"], &line["status"]), (&json!("unread"), &json!(413)));
    assert_eq!(
        (&line["path"], &line["asked"]["query"]),
        (&json!("/contoso.com/oauth2/token"), &json!({"a": "b"}))
    );
}

#[tokio::test]
async fn a_reply_that_a_fault_replaces_is_told_beside_the_true_one() {
    let simulator = Simulator::start();
    let fault = json!({ "kind": "html", "status": 503, "processed": true });
    simulator.turn(&json!({ "faults": [{ "request": "metadata", "action": fault, "times": 1 }] }));
    assert_eq!(simulator.metadata().await.unwrap().status(), 503);
    let line = simulator.ask(&["requests"])[0].clone();
    assert!(line["answered"]["body"]["issuer"].is_string(), "{line}");
    assert!(line["replaced_by"]["body"].as_str().is_some_and(|it| it.starts_with("<html, ")), "{line}");
}

async fn authorize(simulator: &Simulator, credential: &str) -> String {
    let path = format!(
        "/contoso.com/oAuth2/v2.0/authorize?client_id={PORTAL}&response_type=code&redirect_uri={PORTAL_URI}\
         &scope=openid%20profile%20{ENROLMENT}%2F.default&state=s"
    );
    let request = Request::get(path)
        .header("host", "localhost")
        .header("cookie", format!("a=b; x-ms-RefreshTokenCredential={credential}"))
        .body(Bytes::new())
        .unwrap();
    let reply = simulator.send(&Manner::default(), request).await.unwrap();
    reply.headers()["location"].to_str().unwrap().to_owned()
}

/// The tokens of a reply.
fn of(reply: &Value) -> Vec<String> {
    let names = ["access_token", "refresh_token", "id_token"];
    let all: Vec<String> = names.iter().filter_map(|name| reply[*name].as_str()).map(str::to_owned).collect();
    assert!(all.len() >= 2, "{reply}");
    all
}

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";
const WRONG: &str = "Wrong-Horse-2";
const BROKER_IDENTITY: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";
const PORTAL: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";
const PORTAL_URI: &str = "companyportal%3A%2F%2Fcom.microsoft.CompanyPortal";
const ENROLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
