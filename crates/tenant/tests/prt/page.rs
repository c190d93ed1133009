//! A person signs in on the page, as a client without a browser drives it (entra.md 2.4).

use crate::authorize::config;
use crate::client::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tenant_model::knobs::{AuthorizeRefusal, Knobs, Refuse};
use tenant_model::views::UserAction;

pub(crate) const URI: &str = "msauth://Microsoft.AAD.BrokerPlugin";

/// The first request, version 1, with all that a client sends.
pub(crate) fn asking(more: &str) -> String {
    format!(
        "/{CONTOSO}/oauth2/authorize?client_id={BROKER}&response_type=code&redirect_uri={URI}&state=a%26b\
         &scope=openid%20profile&response_mode=query&sso_reload=True&resource={INTUNE}\
         &client-request-id=11111111-0000-4000-8000-000000000000{more}"
    )
}

impl Harness {
    /// The `$Config` of the page for a request.
    pub(crate) fn open(&mut self, path: &str) -> Value {
        config(&self.get(path, ""))
    }

    pub(crate) fn submit(&mut self, page: &Value, fields: &[(&str, &str)]) -> Reply {
        let url = page["urlPost"].as_str().unwrap();
        let path = url.strip_prefix("https://login.microsoftonline.com").unwrap().to_owned();
        let carried = [("flowToken", &page["sFT"]), ("canary", &page["canary"])];
        let carried = carried.iter().map(|(name, value)| (*name, value.as_str().unwrap()));
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(carried.chain(fields.iter().copied()));
        self.post(&path, form.finish())
    }

    pub(crate) fn login(&mut self, page: &Value, name: &str, password: &str) -> Reply {
        let ctx = page["sCtx"].as_str().unwrap().to_owned();
        self.submit(page, &[("login", name), ("passwd", password), ("ctx", &ctx), ("client_id", BROKER)])
    }

    /// The redemption without any escapes, and more fields.
    pub(crate) fn redeem_page_code(&mut self, code: &str, more: &str) -> Reply {
        let body =
            format!("client_id={BROKER}&grant_type=authorization_code&code={code}&redirect_uri={URI}{more}");
        self.post(&format!("/{CONTOSO}/oauth2/token"), body)
    }
}

/// A field of the redirect.
pub(crate) fn sent(reply: &Reply, name: &str) -> String {
    assert_eq!(reply.status, 302, "{reply:?}");
    let location = reply.headers["location"].to_str().unwrap();
    assert!(reply.text.contains(&location.replace('&', "&amp;")), "the body repeats the target");
    let query = location.strip_prefix(&format!("{URI}?")).unwrap_or_else(|| panic!("{location}"));
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[test]
fn a_password_gets_a_code_and_the_code_gets_a_token() {
    let mut harness = Harness::new();
    let reply = harness.get(&asking("&prompt=login"), "");
    assert_eq!(reply.entry.rule.as_deref(), Some("sign-in page"));
    assert!(reply.text.contains(";\n//]]></script>"));
    let page = config(&reply);
    for member in ["sessionId", "canary", "sFT", "sCtx", "urlPost", "urlGetCredentialType", "urlBeginAuth"] {
        assert!(page[member].is_string(), "{member}");
    }
    assert_eq!((&page["pgid"], &page["sErrorCode"]), (&json!("ConvergedSignIn"), &Value::Null));
    let reply = harness.login(&page, "ALEX@contoso.com", PASSWORD);
    assert_eq!((reply.entry.request.as_str(), sent(&reply, "state").as_str()), ("login", "a&b"));
    let reply = harness.redeem_page_code(&sent(&reply, "code"), "");
    let told = reply.json();
    let token = claims(&told["access_token"]);
    assert_eq!([&told["resource"], &token["aud"]], [&json!(INTUNE), &json!(INTUNE)]);
    assert_eq!((&token["amr"], &token["deviceid"]), (&json!(["pwd"]), &Value::Null));
    harness.refresh_token = told["refresh_token"].as_str().unwrap().to_owned();
    let request = harness.by_refresh_token();
    assert_eq!(harness.ask(&request).status, 200, "the broker's token becomes a PRT");
}

#[test]
fn each_name_has_its_page_at_any_tenant() {
    let mut harness = Harness::new();
    let path = asking("&login_hint=alex%40contoso.com").replace(CONTOSO, "common");
    let reply = harness.get(&path, "");
    assert!(reply.text.contains("value=\"alex@contoso.com\""), "{}", reply.text);
    let page = config(&reply);
    assert!(page["urlPost"].as_str().unwrap().contains("/common/"));
    let reply = harness.login(&page, ALEX, PASSWORD);
    assert_eq!(harness.redeem_page_code(&sent(&reply, "code"), "").status, 200);
    let page = harness.open(&path);
    assert_eq!(config(&harness.login(&page, "nobody@nowhere.example", PASSWORD))["sErrorCode"], "50034");
}

#[test]
fn a_wrong_entry_is_told_on_the_page_and_may_be_repeated() {
    type Change = fn(&mut Harness);
    let entries: &[(&str, &str, &str, u64, Change)] = &[
        ("a wrong password", ALEX, "x", 50_126, |_| ()),
        ("nobody", "bob@contoso.com", PASSWORD, 50_034, |_| ()),
        ("somebody of another tenant", "sam@fabrikam.com", PASSWORD, 50_034, |_| ()),
        ("locked", ALEX, PASSWORD, 50_053, |harness| {
            for _ in 0..10 {
                let page = harness.open(&asking(""));
                harness.login(&page, ALEX, "x");
            }
        }),
    ];
    for (what, name, password, code, change) in entries {
        let mut harness = Harness::new();
        change(&mut harness);
        let page = harness.open(&asking(""));
        let reply = harness.login(&page, name, password);
        assert_eq!(reply.entry.rule, Some(format!("AADSTS{code}")), "{what}");
        let told = config(&reply);
        assert_eq!((&told["pgid"], &told["iErrorCode"]), (&json!("ConvergedSignIn"), &json!(code)), "{what}");
        assert_eq!(told["sErrorCode"], code.to_string());
        assert!(told["strServiceExceptionMessage"].as_str().unwrap().contains(&format!("AADSTS{code}")));
        assert_eq!(told["sErrTxt"], told["strServiceExceptionMessage"]);
        harness.now += 60_000;
        let reply = harness.login(&told, ALEX, PASSWORD);
        assert_eq!(sent(&reply, "error"), "", "{what}");
    }
}

#[test]
fn a_user_who_may_not_sign_in_gets_a_page_that_leads_nowhere() {
    type Change = fn(&mut Harness);
    fn refuse(harness: &mut Harness, code: u32) {
        harness.turn(|knobs| knobs.user_refusals.extend([(ALEX.to_owned(), code)]));
    }
    let refusals: &[(u64, &str, Change)] = &[
        (50_057, "ConvergedError", |harness| harness.cloud.user(ALEX, UserAction::Disable).unwrap()),
        (50_055, "ConvergedChangePassword", |harness| refuse(harness, 50_055)),
        (50_144, "ConvergedChangePassword", |harness| refuse(harness, 50_144)),
        (50_072, "ConvergedProofUpRedirect", |harness| refuse(harness, 50_072)),
        (50_079, "ConvergedProofUpRedirect", |harness| refuse(harness, 50_079)),
        (65_001, "ConvergedConsent", |harness| refuse(harness, 65_001)),
        (50_105, "ConvergedError", |harness| refuse(harness, 50_105)),
    ];
    for (code, kind, change) in refusals {
        let mut harness = Harness::new();
        change(&mut harness);
        // Before a second factor is asked for.
        let page = harness.open(&asking("&amr_values=ngcmfa"));
        let reply = harness.login(&page, ALEX, PASSWORD);
        let told = config(&reply);
        assert_eq!((&told["sErrorCode"], &told["pgid"]), (&json!(code.to_string()), &json!(kind)));
        assert_eq!(reply.entry.rule, Some(format!("AADSTS{code}")));
    }
}

#[test]
fn a_rule_that_forbids_is_told_where_the_knob_says() {
    type Change = fn(&mut Knobs);
    let rules: &[(u64, Change)] = &[
        (53_000, |knobs| knobs.compliant_device_required = true),
        (53_003, |knobs| knobs.unknown_platform_blocked = true),
        (65_001, |knobs| {
            let line = json!({ "endpoint": "authorize", "code": 65_001 });
            knobs.refuse.push(serde_json::from_value::<Refuse>(line).unwrap());
        }),
    ];
    for (code, change) in rules {
        let mut harness = Harness::new();
        harness.turn(change);
        let page = harness.open(&asking(""));
        let reply = harness.login(&page, ALEX, PASSWORD);
        assert_eq!(config(&reply)["sErrorCode"], code.to_string());
        harness.turn(|knobs| knobs.authorize_refusal = AuthorizeRefusal::Redirect);
        let page = harness.open(&asking(""));
        let reply = harness.login(&page, ALEX, PASSWORD);
        assert!(sent(&reply, "error_description").starts_with(&format!("AADSTS{code}: ")));
        assert_eq!((sent(&reply, "code"), sent(&reply, "state")), (String::new(), "a&b".to_owned()));
    }
}

#[test]
fn one_thing_wrong_with_a_form() {
    type Change = fn(&mut Harness, &mut Value);
    let changes: &[(&str, Change)] = &[
        ("another flow token", |_, page| page["sFT"] = json!("x")),
        ("another context", |_, page| page["sCtx"] = json!("x")),
        ("another canary", |_, page| page["canary"] = json!("x")),
        ("the context of another sign-in", |harness, page| {
            page["sCtx"] = harness.open(&asking(""))["sCtx"].clone();
        }),
        ("an old page", |harness, _| harness.now += 900_000),
        ("a page that has served", |harness, page| {
            assert_eq!(harness.login(page, ALEX, PASSWORD).status, 302);
        }),
    ];
    for (what, change) in changes {
        let mut harness = Harness::new();
        let mut page = harness.open(&asking(""));
        change(&mut harness, &mut page);
        let told = config(&harness.login(&page, ALEX, PASSWORD));
        assert_eq!(
            (&told["sErrorCode"], &told["pgid"]),
            (&json!("165900"), &json!("ConvergedError")),
            "{what}"
        );
    }
}

#[test]
fn how_long_a_page_serves_is_a_knob() {
    for (later, status) in [(4_999, 302), (5_000, 200)] {
        let mut harness = Harness::new();
        harness.turn(|knobs| knobs.sign_in_lives_s = 5);
        let page = harness.open(&asking(""));
        harness.now += later;
        assert_eq!(harness.login(&page, ALEX, PASSWORD).status, status, "{later}");
    }
}

#[test]
fn the_page_may_ask_whether_to_stay_signed_in() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.keep_signed_in_page = true);
    let page = harness.open(&asking(""));
    let page = config(&harness.login(&page, ALEX, PASSWORD));
    assert_eq!(page["pgid"], "KmsiInterrupt");
    let ctx = page["sCtx"].as_str().unwrap().to_owned();
    let reply = harness.submit(&page, &[("LoginOptions", "1"), ("ctx", &ctx)]);
    assert_eq!((reply.entry.request.as_str(), sent(&reply, "error").as_str()), ("kmsi", ""));
    assert_eq!(harness.redeem_page_code(&sent(&reply, "code"), "").status, 200);
}

#[test]
fn the_code_goes_where_response_mode_says() {
    for mode in ["fragment", "form_post"] {
        let mut harness = Harness::new();
        let page = harness.open(&asking("").replace("response_mode=query", &format!("response_mode={mode}")));
        let reply = harness.login(&page, ALEX, PASSWORD);
        if mode == "fragment" {
            let location = reply.headers["location"].to_str().unwrap();
            assert!(location.starts_with(&format!("{URI}#code=0.A")), "{location}");
        } else {
            assert_eq!(reply.status, 200);
            assert!(reply.text.contains(&format!("action=\"{URI}\"")), "{}", reply.text);
            assert!(reply.text.contains("<form name=\"hiddenform\""), "{}", reply.text);
            assert!(reply.text.contains("name=\"code\" value=\"0.A"), "{}", reply.text);
            assert!(reply.text.contains("name=\"state\" value=\"a&amp;b\""), "{}", reply.text);
        }
    }
}

#[test]
fn a_person_may_give_the_name_first() {
    let mut harness = Harness::new();
    for _ in 0..20 {
        let page = harness.open(&asking(""));
        let reply = harness.login(&page, ALEX, "");
        let again = config(&reply);
        assert_eq!((&again["pgid"], &again["sErrorCode"]), (&json!("ConvergedSignIn"), &Value::Null));
        assert!(reply.text.contains("id=\"i0116\" value=\"alex@contoso.com\""), "{}", reply.text);
        assert_eq!(harness.login(&again, ALEX, PASSWORD).status, 302, "no wrong password was counted");
    }
}

#[test]
fn the_id_token_repeats_the_nonce_of_the_request_once() {
    let mut harness = Harness::new();
    let page = harness.open(&asking("&nonce=n-0S6_WzA2Mj"));
    let reply = harness.login(&page, ALEX, PASSWORD);
    let told = harness.redeem_page_code(&sent(&reply, "code"), "").json();
    assert_eq!(claims(&told["id_token"])["nonce"], "n-0S6_WzA2Mj");
    let body = format!(
        "client_id={BROKER}&grant_type=refresh_token&resource={INTUNE}&refresh_token={}",
        told["refresh_token"].as_str().unwrap()
    );
    let told = harness.post(&format!("/{CONTOSO}/oauth2/token"), body).json();
    assert_eq!(claims(&told["id_token"])["nonce"], Value::Null);
}

#[test]
fn the_code_of_a_prt_may_be_redeemed_under_its_session_key() {
    for sealed in [true, false] {
        let mut harness = Harness::new();
        let prt = harness.prt();
        let claims =
            json!({ "refresh_token": prt.token, "request_nonce": harness.nonce(), "is_primary": "true" });
        let credential = SessionSigned { claims, ..harness.renewal(&prt) }.jwt();
        let request = Request::get(asking("")).header("x-ms-RefreshTokenCredential", &credential);
        let reply = harness.send(request.body(Bytes::new()).unwrap());
        let more = if sealed { "&client_info=1&windows_api_version=2.0" } else { "&client_info=1" };
        let code = sent(&reply, "code");
        let reply = harness.redeem_page_code(&code, more);
        let told = if sealed { prt.open(&reply) } else { reply.json() };
        assert_eq!(crate::client::claims(&told["access_token"])["deviceid"], json!(harness.device.id));
        assert_eq!(harness.redeem_page_code(&code, more).code(), 54_005, "a refusal is in the clear");
    }
}

#[test]
fn without_a_person_there_is_no_page() {
    let mut harness = Harness::new();
    let reply = harness.get(&asking("&prompt=none"), "");
    assert_eq!((sent(&reply, "error").as_str(), reply.fact("ignored")), ("login_required", "none"));
    assert!(sent(&reply, "error_description").starts_with("AADSTS50058"));
}

#[test]
fn a_prt_does_not_replace_the_person_who_is_asked_for() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let claims =
        json!({ "refresh_token": prt.token, "request_nonce": harness.nonce(), "is_primary": "true" });
    let credential = SessionSigned { claims, ..harness.renewal(&prt) }.jwt();
    for (more, ignored, status) in [("", "", 302), ("&prompt=login", "a PRT: prompt=login", 200)] {
        let request = Request::get(asking(more)).header("x-ms-RefreshTokenCredential", &credential);
        let reply = harness.send(request.body(Bytes::new()).unwrap());
        assert_eq!((reply.status, reply.fact("ignored")), (status, ignored));
    }
}

#[test]
fn a_device_credential_puts_the_device_into_what_a_person_gets() {
    for fresh in [true, false] {
        let mut harness = Harness::new();
        let claims = json!({ "grant_type": "device_auth", "request_nonce": harness.nonce() });
        let credential = harness.device_signed(claims).jwt();
        harness.now += if fresh { 600_000 } else { 600_001 };
        let request = Request::get(asking("")).header("x-ms-DeviceCredential", credential);
        let page = config(&harness.send(request.body(Bytes::new()).unwrap()));
        let reply = harness.login(&page, ALEX, PASSWORD);
        let told = harness.redeem_page_code(&sent(&reply, "code"), "").json();
        let token = crate::client::claims(&told["access_token"]);
        let (device, amr) = match fresh {
            true => (json!(harness.device.id), json!(["pwd", "rsa"])),
            false => (Value::Null, json!(["pwd"])),
        };
        assert_eq!((&token["deviceid"], &token["amr"]), (&device, &amr));
    }
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[test]
fn a_code_with_a_challenge_needs_its_verifier() {
    let hashed = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    for challenge in [
        format!("&code_challenge={VERIFIER}"),
        format!("&code_challenge={VERIFIER}&code_challenge_method=plain"),
        format!("&code_challenge={hashed}&code_challenge_method=S256"),
    ] {
        let mut harness = Harness::new();
        let page = harness.open(&asking(&challenge));
        let reply = harness.login(&page, ALEX, PASSWORD);
        let code = sent(&reply, "code");
        for wrong in ["", "&code_verifier=x", &format!("&code_verifier={VERIFIER}x")] {
            let reply = harness.redeem_page_code(&code, wrong);
            assert_eq!((reply.status, reply.code()), (400, 501_481), "{challenge} {wrong}");
        }
        let right = format!("&code_verifier={VERIFIER}");
        assert_eq!(harness.redeem_page_code(&code, &right).status, 200, "{challenge}");
        assert_eq!(harness.redeem_page_code(&code, &right).code(), 54_005);
    }
}

#[test]
fn a_challenge_that_cannot_be_is_refused_at_once() {
    for (challenge, code) in
        [("&code_challenge=short", "501491"), ("&code_challenge_method=S1&code_challenge=", "50149")]
    {
        let mut harness = Harness::new();
        let tail = if code == "50149" { VERIFIER } else { "" };
        assert_eq!(harness.open(&asking(&format!("{challenge}{tail}")))["sErrorCode"], code);
    }
}

#[test]
fn what_is_asked_about_a_name_can_be_told_otherwise() {
    for (result, throttled) in [(0, 0), (1, 0), (2, 1), (4, 0), (5, 0), (6, 0), (-1, 0)] {
        let mut harness = Harness::new();
        harness.turn(|knobs| knobs.exists_results.extend([(ALEX.to_owned(), result)]));
        let page = harness.open(&asking(""));
        let body = json!({ "username": "Alex@contoso.com", "flowToken": page["sFT"], "originalRequest": page["sCtx"] });
        let url = page["urlGetCredentialType"].as_str().unwrap();
        let path = url.strip_prefix("https://login.microsoftonline.com").unwrap().to_owned();
        let told = harness.post(&path, body.to_string()).json();
        assert_eq!((&told["IfExistsResult"], &told["ThrottleStatus"]), (&json!(result), &json!(throttled)));
        assert_eq!((&told["FlowToken"], &told["Display"]), (&page["sFT"], &json!("Alex@contoso.com")));
        for member in ["HasPassword", "HasAccessPass", "HasFido", "HasRemoteNGC"] {
            assert!(told["Credentials"][member].is_boolean(), "{member}");
        }
    }
}
