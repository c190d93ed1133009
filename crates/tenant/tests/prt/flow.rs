//! The good ways, from the nonce to the last token, and every member that a client reads on them.

use crate::client::*;
use serde_json::{Value, json};

#[test]
fn a_refresh_token_of_the_broker_becomes_a_prt() {
    let mut harness = Harness::new();
    let request = harness.by_refresh_token();
    let reply = harness.ask(&request);
    assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.prt"));
    let facts = ["prt_signed_by", "device", "grant", "user"].map(|name| reply.fact(name));
    assert_eq!(facts, [&harness.device.thumbprint, &harness.device.id, "refresh_token", ALEX]);
    judge_prt(&harness, &reply.json(), BROKER);
    harness.unwrap(&reply.json());
}

#[test]
fn a_password_becomes_a_prt() {
    let mut harness = Harness::new();
    let request = harness.by_password();
    let reply = harness.ask(&request);
    assert_eq!((reply.status, reply.fact("grant")), (200, "password"));
    judge_prt(&harness, &reply.json(), BROKER_IDENTITY);
    harness.unwrap(&reply.json());
}

/// entra.md 7.4 and 11.4, rules 1, 8 and 11.
fn judge_prt(harness: &Harness, reply: &Value, client: &str) {
    let expires_on = (harness.now / 1000 + 1_209_599).to_string();
    for (name, value) in [
        ("token_type", json!("Bearer")),
        ("expires_in", json!("1209599")),
        ("ext_expires_in", json!("0")),
        ("expires_on", json!(expires_on)),
        ("refresh_token_expires_in", json!(1_209_599)),
        ("access_token", Value::Null),
    ] {
        assert_eq!(reply[name], value, "{name}");
    }
    let token = reply["refresh_token"].as_str().unwrap();
    assert!(
        token.contains('.') && token.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it))
    );
    let id_token = reply["id_token"].as_str().unwrap();
    assert!(id_token.starts_with("eyJ") && id_token.ends_with('.'));
    let told = claims(&reply["id_token"]);
    let wanted = [("aud", client), ("oid", ALEX_OID), ("tid", CONTOSO), ("upn", ALEX), ("ver", "1.0")];
    wanted.into_iter().for_each(|(name, value)| assert_eq!(told[name], value, "{name}"));
    assert_eq!(told["amr"], json!(["pwd", "rsa"]));
    assert_eq!(told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap(), 3900);
    assert!(told["name"].is_string() && told["preferred_username"].is_string());
    assert!(reply["client_info"].is_string());
}

#[test]
fn a_renewed_prt_has_the_session_key_of_the_old_one() {
    let mut harness = Harness::new();
    let old = harness.prt();
    let request = harness.renewal(&old);
    let reply = harness.ask_signed(&request);
    assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.prt_renew"));
    assert_eq!((reply.fact("kdf_ver"), reply.fact("device")), ("2", harness.device.id.as_str()));
    let told = old.open(&reply);
    judge_prt(&harness, &told, BROKER_IDENTITY);
    assert_eq!(told["session_key_jwe"], Value::Null);
    let renewed = Prt { token: told["refresh_token"].as_str().unwrap().to_owned(), ..old.clone() };
    assert_ne!(renewed.token, old.token);
    for prt in [renewed, old] {
        let request = harness.exchange(&prt);
        assert_eq!(harness.ask_signed(&request).status, 200, "both are good for a while");
    }
}

#[test]
fn the_plan_for_intune_takes_one_exchange_and_plain_redemptions() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let request = harness.exchange(&prt);
    let reply = harness.ask_signed(&request);
    assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.prt_exchange"));
    let tokens = prt.open(&reply);
    assert_eq!((&tokens["resource"], &tokens["expires_in"]), (&json!(GRAPH), &json!("3599")));
    judge_token(&harness, &tokens, GRAPH, "User.Read ServicePrincipalEndpoint.Read.All");
    for (resource, scopes) in [
        (ENROLMENT, "user_impersonation"),
        (INTUNE, "user_impersonation"),
        (IW_SERVICE, "IntuneAADEnterpriseApps.Read"),
    ] {
        let reply = harness.redeem(tokens["refresh_token"].as_str().unwrap(), resource);
        assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.refresh"), "{resource}");
        assert_eq!(reply.json()["expires_in"], 3599);
        judge_token(&harness, &reply.json(), resource, scopes);
    }
}

/// entra.md 0.5, 8 and 11.4, rule 7.
fn judge_token(harness: &Harness, tokens: &Value, resource: &str, scopes: &str) {
    let token = tokens["access_token"].as_str().unwrap();
    let told = harness.cloud.claims_of(token, harness.now).unwrap();
    let device = harness.device.id.as_str();
    for (name, value) in [
        ("aud", resource),
        ("scp", scopes),
        ("appid", LINUX_BROKER),
        ("oid", ALEX_OID),
        ("tid", CONTOSO),
        ("upn", ALEX),
        ("deviceid", device),
    ] {
        assert_eq!(told[name], value, "{name} for {resource}");
    }
    assert!(told["amr"].as_array().unwrap().contains(&json!("rsa")));
    assert!(tokens["refresh_token"].is_string() && !tokens["ext_expires_in"].is_null());
}

#[test]
fn plain_sign_ins_prove_no_device() {
    let mut harness = Harness::new();
    let body = format!(
        "client_id={BROKER}&grant_type=password&username={ALEX}&password={PASSWORD}&scope={REGISTRATION}/.default"
    );
    let by_password = harness.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), body).json();
    for tokens in [by_password, harness.device_code(REGISTRATION)] {
        let told = claims(&tokens["access_token"]);
        assert_eq!((&told["deviceid"], &told["scp"]), (&Value::Null, &json!("adrs_access")));
        assert_eq!(told["amr"], json!(["pwd"]));
    }
}

#[test]
fn an_exchange_with_aza_renews_as_well() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let mut request = harness.exchange(&prt);
    request.claims["scope"] = json!("openid aza");
    let reply = harness.ask_signed(&request);
    assert_eq!(reply.entry.request, "token.prt_exchange");
    let told = prt.open(&reply);
    let renewed = Prt { token: told["refresh_token"].as_str().unwrap().to_owned(), ..prt };
    let request = harness.renewal(&renewed);
    assert!(told["access_token"].is_string() && harness.ask_signed(&request).status == 200);
}

#[test]
fn a_second_factor_survives_into_what_a_prt_gets() {
    let mut harness = Harness::new();
    let body = format!("client_id={BROKER}&scope={REGISTRATION}/.default&claims=mfa");
    let code = harness.post(&format!("/{CONTOSO}/oauth2/v2.0/devicecode"), body).json();
    harness.cloud.approve(code["user_code"].as_str().unwrap(), ALEX, harness.now).unwrap();
    let secret = code["device_code"].as_str().unwrap();
    let body = format!("client_id={BROKER}&grant_type=device_code&device_code={secret}");
    let tokens = harness.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), body).json();
    harness.refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    let prt = harness.prt();
    let request = harness.exchange(&prt);
    let told = prt.open(&harness.ask_signed(&request));
    assert_eq!(claims(&told["access_token"])["amr"], json!(["pwd", "mfa", "rsa"]));
}

#[test]
fn no_secret_is_in_the_transcript() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let request = harness.exchange(&prt);
    let reply = harness.ask_signed(&request);
    let line = serde_json::to_string(&reply.entry).unwrap();
    assert!(!line.contains(&prt.token) && !line.contains(&request.jwt()));
    let request = harness.by_password();
    assert!(!serde_json::to_string(&harness.ask(&request).entry).unwrap().contains(PASSWORD));
}
