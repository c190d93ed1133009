//! PRT protocol 3.0 and tokens of the device alone (entra.md 7.8), and a second factor that nobody asked for.

use crate::client::*;
use serde_json::{Value, json};
use tenant_model::knobs::SealedForm;

const BROKER_URI: &str = "msauth://Microsoft.AAD.BrokerPlugin";
const THIRD: &str = "prt_protocol_version=3.0&client_info=1";

/// A PRT by refresh token at version 2 of the endpoint.
fn third_prt(harness: &mut Harness) -> Reply {
    let mut request = harness.by_refresh_token();
    request.claims["scope"] = json!("openid aza");
    request.form = THIRD.to_owned();
    harness.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), request.body())
}

#[test]
fn version_3_gets_a_prt_renews_it_and_gets_tokens_for_scopes() {
    for form in [SealedForm::Gcm, SealedForm::Cbc] {
        let mut harness = Harness::new();
        harness.turn(|knobs| knobs.prt_protocol_3_reply = form);
        let reply = third_prt(&mut harness);
        assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.prt"), "{reply:?}");
        assert!(reply.json()["expires_in"].is_number(), "numbers are numbers in version 2");
        let prt = harness.unwrap(&reply.json());

        let mut renewal = harness.renewal(&prt);
        renewal.form = THIRD.to_owned();
        let path = format!("/{CONTOSO}/oauth2/v2.0/token");
        let reply = harness.post(&path, renewal.body());
        assert_eq!(reply.entry.request, "token.prt_renew", "{reply:?}");
        let renewed = prt.open(&reply);
        assert_ne!(renewed["refresh_token"], json!(prt.token));

        let mut exchange = harness.exchange(&prt);
        exchange.form = THIRD.to_owned();
        exchange.claims["client_id"] = json!("04b07795-8ddb-461a-bbee-02f9e1bf7b46");
        exchange.claims["redirect_uri"] = json!(BROKER_URI);
        exchange.claims["resource"] = Value::Null;
        exchange.claims["scope"] =
            json!("https://graph.microsoft.com/.default openid profile offline_access");
        let reply = harness.post(&path, exchange.body());
        assert_eq!(reply.entry.request, "token.prt_exchange", "{reply:?}");
        let told = prt.open(&reply);
        let token = claims(&told["access_token"]);
        assert_eq!((&token["aud"], &token["deviceid"]), (&json!(GRAPH), &json!(harness.device.id)));
        assert!(told["scope"].as_str().unwrap().contains("https://graph.microsoft.com/.default"), "{told}");
        let gcm = reply.text.rsplit('.').next().unwrap() != "";
        assert_eq!(gcm, form == SealedForm::Gcm);
    }
}

#[test]
fn version_3_is_a_knob_and_no_other_version_is_served_there() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.prt_protocol_3 = false);
    assert_eq!(third_prt(&mut harness).code(), 70_003);
    let mut harness = Harness::new();
    for form in ["windows_api_version=2.0", "prt_protocol_version=4.0"] {
        let mut request = harness.by_refresh_token();
        request.form = form.to_owned();
        let reply = harness.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), request.body());
        assert_eq!(reply.code(), 70_003, "{form}");
    }
}

#[test]
fn a_token_of_the_device_alone_is_for_the_resources_of_the_knob() {
    let ask = |harness: &mut Harness, resource: &str| {
        let claims = json!({
            "resource": resource, "client_id": BROKER, "request_nonce": harness.nonce(), "win_ver": "10",
            "grant_type": "device_token", "redirect_uri": BROKER_URI, "iss": "aad:brokerplugin",
        });
        let request = harness.device_signed(claims);
        harness.ask(&request)
    };
    let mut harness = Harness::new();
    let told = ask(&mut harness, "urn:ms-drs:enterpriseregistration.windows.net");
    let token = claims(&told.json()["access_token"]);
    assert_eq!(
        (&token["deviceid"], &token["idtyp"]),
        (&json!(harness.device.id), &json!("device")),
        "{told:?}"
    );
    assert!(token.get("oid").is_none() && told.json().get("refresh_token").is_none());
    assert_eq!(ask(&mut harness, GRAPH).code(), 221_000);
    harness.turn(|knobs| knobs.device_token_resources = [GRAPH.to_owned()].into());
    assert_eq!(ask(&mut harness, GRAPH).status, 200);
    assert_eq!(ask(&mut harness, REGISTRATION).code(), 221_000);
    harness.cloud.device(&harness.device.id.clone(), tenant_model::views::DeviceAction::Disable).unwrap();
    assert_eq!(ask(&mut harness, GRAPH).code(), 135_011);
}

#[test]
fn a_second_factor_that_nobody_asked_for_is_in_the_token_and_is_not_a_fresh_one() {
    for (unasked, amr) in [(false, json!(["pwd"])), (true, json!(["pwd", "mfa"]))] {
        let mut harness = Harness::new();
        harness.turn(|knobs| knobs.second_factor_unasked = unasked);
        let told = harness.device_code(GRAPH);
        assert_eq!(claims(&told["access_token"])["amr"], amr);
        harness.turn(|knobs| knobs.mfa_required_sign_in = true);
        assert_eq!(harness.device_code(GRAPH).get("access_token").is_some(), unasked);
    }
}

#[test]
fn a_person_types_the_code_on_the_page_that_the_reply_names() {
    let mut harness = Harness::new();
    let path = format!("/{CONTOSO}/oauth2/v2.0/devicecode");
    let ask = |harness: &mut Harness| harness.post(&path, format!("client_id={BROKER}&scope=openid")).json();
    assert_eq!(ask(&mut harness)["verification_uri"], "https://microsoft.com/devicelogin");
    harness.turn(|knobs| knobs.device_login_page = true);
    let code = ask(&mut harness);
    assert_eq!(code["verification_uri"], "https://login.microsoftonline.com/devicelogin");
    let user_code = code["user_code"].as_str().unwrap();
    assert!(harness.page(&format!("/devicelogin?otc={user_code}")).text.contains(user_code));
    for (form, says, done) in [
        (
            format!("otc=NOSUCH&login={ALEX}&passwd={PASSWORD}&answer=approve"),
            "no code 'NOSUCH' waits",
            false,
        ),
        (format!("otc={user_code}&login={ALEX}&passwd=x&answer=approve"), "AADSTS50126", false),
        (
            format!("otc={user_code}&login=sam@fabrikam.com&passwd={PASSWORD}&answer=approve"),
            "AADSTS50034",
            false,
        ),
        (
            format!("otc={user_code}&login={ALEX}&passwd={PASSWORD}&answer=approve"),
            "You have signed in",
            true,
        ),
        (
            format!("otc={user_code}&login={ALEX}&passwd={PASSWORD}&answer=approve"),
            "waits for an answer",
            false,
        ),
    ] {
        let page = harness.post("/devicelogin", form.clone());
        assert!(page.text.contains(says), "{form}: {}", page.text);
        assert_eq!(page.entry.rule.is_none(), done, "{form}");
    }
    let second = ask(&mut harness);
    let form =
        format!("otc={}&login={ALEX}&passwd={PASSWORD}&answer=deny", second["user_code"].as_str().unwrap());
    assert!(harness.post("/devicelogin", form).text.contains("You have declined"));
    let poll = |code: &Value| {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        format!("client_id={BROKER}&grant_type={grant}&device_code={}", code["device_code"].as_str().unwrap())
    };
    let token = format!("/{CONTOSO}/oauth2/v2.0/token");
    assert_eq!(harness.post(&token, poll(&code)).status, 200);
    assert_eq!(harness.post(&token, poll(&second)).json()["error"], "authorization_declined");
}
