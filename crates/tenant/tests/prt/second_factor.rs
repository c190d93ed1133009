//! The second factor on the page (entra.md 2.4, step 4), and what a fresh one is good for (entra.md 2.9, 9.1).

use crate::authorize::config;
use crate::client::*;
use crate::page::{asking, sent};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tenant_model::knobs::Knobs;
use tenant_model::views::ApproveError;

/// The page for the second factor of a person who has given the password.
fn due(harness: &mut Harness, more: &str) -> Value {
    let page = harness.open(&asking(more));
    config(&harness.login(&page, ALEX, PASSWORD))
}

impl Harness {
    fn call(&mut self, page: &Value, url: &str, body: &Value) -> Value {
        let url = page[url].as_str().unwrap();
        let path = url.strip_prefix("https://login.microsoftonline.com").unwrap().to_owned();
        let request = Request::post(path).header("canary", page["canary"].as_str().unwrap());
        let reply = self.send(request.body(Bytes::from(body.to_string())).unwrap());
        assert_eq!(reply.status, 200);
        reply.json()
    }

    fn begin(&mut self, page: &Value, method: &str) -> Value {
        let body = json!({
            "AuthMethodId": method, "Method": "BeginAuth", "ctx": page["sCtx"], "flowToken": page["sFT"],
        });
        self.call(page, "urlBeginAuth", &body)
    }

    fn code(&mut self, page: &Value, begun: &Value, code: &str) -> Value {
        let body = json!({
            "AuthMethodId": begun["AuthMethodId"], "Method": "EndAuth", "AdditionalAuthData": code,
            "SessionId": page["sessionId"], "Ctx": begun["Ctx"], "FlowToken": begun["FlowToken"],
        });
        self.call(page, "urlEndAuth", &body)
    }

    fn ask_phone(&mut self, page: &Value, begun: &Value, count: u32) -> Value {
        let url = page["urlEndAuth"].as_str().unwrap();
        let path = url.strip_prefix("https://login.microsoftonline.com").unwrap();
        let method = begun["AuthMethodId"].as_str().unwrap();
        let request = Request::get(format!("{path}?authMethodId={method}&pollCount={count}"))
            .header("x-ms-sessionId", page["sessionId"].as_str().unwrap())
            .header("x-ms-flowToken", begun["FlowToken"].as_str().unwrap())
            .header("x-ms-ctx", begun["Ctx"].as_str().unwrap());
        self.send(request.body(Bytes::new()).unwrap()).json()
    }

    fn finish(&mut self, page: &Value) -> Reply {
        let ctx = page["sCtx"].as_str().unwrap().to_owned();
        self.submit(page, &[("request", &ctx), ("mfaAuthMethod", "PhoneAppOTP"), ("login", ALEX)])
    }

    /// The claims of what a redirect's code gets.
    fn token(&mut self, reply: &Reply) -> Value {
        let told = self.redeem_page_code(&sent(reply, "code"), "").json();
        claims(&told["access_token"])
    }
}

/// Success, whether to go on polling, the number of the refusal.
fn state(told: &Value) -> (bool, bool, u64) {
    let flag = |name: &str| told[name].as_bool().unwrap();
    (flag("Success"), flag("Retry"), told["ErrCode"].as_u64().unwrap())
}

const DONE: (bool, bool, u64) = (true, false, 0);
const WAITS: (bool, bool, u64) = (false, true, 0);
const FAILED: (bool, bool, u64) = (false, false, 500_121);
const UNKNOWN: (bool, bool, u64) = (false, false, 165_900);

#[test]
fn a_code_from_the_app_finishes_the_sign_in() {
    let mut harness = Harness::new();
    let page = due(&mut harness, "&amr_values=ngcmfa");
    assert_eq!(page["pgid"], "ConvergedTFA");
    let proofs = page["arrUserProofs"].as_array().unwrap();
    assert_eq!(proofs.len(), 2);
    assert_eq!(
        (&proofs[0]["authMethodId"], &proofs[0]["isDefault"]),
        (&json!("PhoneAppNotification"), &json!(true))
    );
    assert_eq!((&proofs[1]["authMethodId"], &proofs[1]["isDefault"]), (&json!("PhoneAppOTP"), &json!(false)));
    assert!(page["iMaxPollAttempts"].is_u64() && page["iPollingInterval"].is_u64());
    let begun = harness.begin(&page, "PhoneAppOTP");
    assert_eq!((state(&begun), &begun["Entropy"]), (DONE, &json!(0)));
    assert_eq!(state(&harness.code(&page, &begun, "000000")), FAILED);
    assert_eq!(config(&harness.finish(&page))["sErrorCode"], "500121");
    let told = harness.code(&page, &begun, "123456");
    assert_eq!((state(&told), &told["ResultValue"]), (DONE, &json!("Success")));
    let reply = harness.finish(&page);
    assert_eq!(reply.entry.request, "mfa_finish");
    assert_eq!(harness.token(&reply)["amr"], json!(["pwd", "mfa", "ngcmfa"]));
}

#[test]
fn the_code_is_a_knob_and_serves_every_method_that_takes_one() {
    for method in ["PhoneAppOTP", "OneWaySMS", "ConsolidatedTelephony", "AccessPass"] {
        let mut harness = Harness::new();
        harness.turn(|knobs| {
            knobs.second_factors = vec![method.to_owned()];
            knobs.second_factor_code = "654321".to_owned();
        });
        let page = due(&mut harness, "&amr_values=mfa");
        let begun = harness.begin(&page, method);
        assert_eq!(state(&harness.code(&page, &begun, "123456")), FAILED);
        assert_eq!(state(&harness.code(&page, &begun, "654321")), DONE);
        assert_eq!(harness.finish(&page).status, 302);
    }
}

#[test]
fn a_push_waits_for_the_phone() {
    for method in ["PhoneAppNotification", "CompanionAppsNotification", "TwoWayVoiceMobile"] {
        let mut harness = Harness::new();
        harness.turn(|knobs| knobs.second_factors = vec![method.to_owned()]);
        assert!(harness.cloud.approve_factor(ALEX, harness.now).is_err(), "nothing waits");
        let page = due(&mut harness, "&amr_values=ngcmfa");
        let begun = harness.begin(&page, method);
        assert_eq!(begun["Entropy"] != json!(0), method.ends_with("Notification"));
        for count in 1..5 {
            let told = harness.ask_phone(&page, &begun, count);
            assert_eq!((state(&told), &told["ResultValue"]), (WAITS, &json!("AuthenticationPending")));
        }
        assert_eq!(config(&harness.finish(&page))["sErrorCode"], "500121", "not approved yet");
        let waiting = harness.cloud.pending_factors(harness.now);
        assert_eq!((waiting[0].upn.as_str(), json!(waiting[0].number)), (ALEX, begun["Entropy"].clone()));
        assert!(harness.cloud.approve_factor("adele@contoso.com", harness.now).is_err(), "it is not hers");
        harness.cloud.approve_factor(ALEX, harness.now).unwrap();
        assert!(harness.cloud.pending_factors(harness.now).is_empty());
        assert_eq!(state(&harness.ask_phone(&page, &begun, 5)), DONE);
        assert_eq!(harness.finish(&page).status, 302);
    }
}

#[test]
fn a_push_that_is_denied_is_over() {
    let mut harness = Harness::new();
    let page = due(&mut harness, "&amr_values=ngcmfa");
    let begun = harness.begin(&page, "PhoneAppNotification");
    harness.cloud.deny_factor(ALEX, harness.now).unwrap();
    let told = harness.ask_phone(&page, &begun, 1);
    assert_eq!((state(&told), &told["ResultValue"]), (FAILED, &json!("PhoneAppDenied")));
    assert_eq!(config(&harness.finish(&page))["sErrorCode"], "500121");
    let unknown = Err(ApproveError::Unknown("bob@contoso.com".to_owned()));
    assert_eq!(harness.cloud.approve_factor("bob@contoso.com", harness.now), unknown);
    assert!(harness.cloud.approve_factor(ALEX, harness.now).is_err(), "it is not asked again");
    harness.begin(&page, "PhoneAppNotification");
    harness.cloud.approve_factor(ALEX, harness.now).unwrap();
    assert_eq!(harness.finish(&page).status, 302, "another push may be approved");
}

#[test]
fn a_push_is_approved_by_itself_on_the_second_poll_where_codes_are() {
    let mut harness = Harness::approving();
    let page = due(&mut harness, "&amr_values=ngcmfa");
    let begun = harness.begin(&page, "PhoneAppNotification");
    assert_eq!(state(&harness.ask_phone(&page, &begun, 1)), WAITS);
    assert_eq!(state(&harness.ask_phone(&page, &begun, 2)), DONE);
    assert_eq!(harness.finish(&page).status, 302);
}

#[test]
fn one_thing_wrong_with_a_second_factor() {
    type Change = fn(&mut Harness, &mut Value);
    type Row = (&'static str, &'static str, (bool, bool, u64), Change);
    let changes: &[Row] = &[
        ("a method that is not offered", "OneWaySMS", FAILED, |_, _| ()),
        ("a key that nobody here has", "FidoKey", FAILED, |harness, _| {
            harness.turn(|knobs| knobs.second_factors.push("FidoKey".to_owned()));
        }),
        ("another context", "PhoneAppOTP", UNKNOWN, |_, page| page["sCtx"] = json!("x")),
        ("another flow token", "PhoneAppOTP", UNKNOWN, |_, page| page["sFT"] = json!("x")),
        ("another canary", "PhoneAppOTP", UNKNOWN, |_, page| page["canary"] = json!("x")),
        ("an old page", "PhoneAppOTP", UNKNOWN, |harness, _| harness.now += 900_000),
        ("a sign-in without a password", "PhoneAppOTP", UNKNOWN, |harness, page| {
            *page = harness.open(&asking(""));
        }),
    ];
    for (what, method, refusal, change) in changes {
        let mut harness = Harness::new();
        let mut page = due(&mut harness, "&amr_values=ngcmfa");
        change(&mut harness, &mut page);
        assert_eq!(state(&harness.begin(&page, method)), *refusal, "{what}");
    }
}

#[test]
fn an_end_needs_its_beginning() {
    let mut harness = Harness::new();
    let page = due(&mut harness, "&amr_values=ngcmfa");
    let mut begun = json!({ "AuthMethodId": "PhoneAppOTP", "Ctx": page["sCtx"], "FlowToken": page["sFT"] });
    assert_eq!(state(&harness.code(&page, &begun, "123456")), FAILED);
    harness.begin(&page, "PhoneAppNotification");
    assert_eq!(state(&harness.code(&page, &begun, "123456")), FAILED, "a code is not for a push");
    begun["AuthMethodId"] = json!("PhoneAppNotification");
    assert_eq!(state(&harness.code(&page, &begun, "123456")), WAITS);
    assert_eq!(harness.token_of_nobody(&page), "500121");
}

impl Harness {
    fn token_of_nobody(&mut self, page: &Value) -> String {
        config(&self.finish(page))["sErrorCode"].as_str().unwrap().to_owned()
    }

    /// What a person without scripts sends from the page.
    fn by_hand(&mut self, page: &Value, method: &str, code: &str) -> Reply {
        let ctx = page["sCtx"].as_str().unwrap().to_owned();
        self.submit(page, &[("request", &ctx), ("mfaAuthMethod", method), ("otc", code)])
    }
}

#[test]
fn a_person_without_scripts_can_do_it_too() {
    let mut harness = Harness::new();
    let page = due(&mut harness, "&amr_values=ngcmfa");
    assert_eq!(config(&harness.by_hand(&page, "PhoneAppOTP", "1"))["sErrorCode"], "500121");
    assert_eq!(config(&harness.by_hand(&page, "FidoKey", "123456"))["sErrorCode"], "500121");
    let waiting = config(&harness.by_hand(&page, "PhoneAppNotification", ""));
    assert_eq!((&waiting["pgid"], &waiting["sErrorCode"]), (&json!("ConvergedTFA"), &Value::Null));
    harness.cloud.approve_factor(ALEX, harness.now).unwrap();
    assert_eq!(harness.by_hand(&page, "PhoneAppNotification", "").status, 302);
    let page = due(&mut harness, "&amr_values=ngcmfa");
    assert_eq!(harness.by_hand(&page, "PhoneAppOTP", "123456").status, 302);
}

#[test]
fn a_second_factor_is_due_when_the_request_or_the_tenant_says_so() {
    type Change = fn(&mut Knobs);
    let claims = "&claims=%7B%22access_token%22%3A%7B%22amr%22%3A%7B%22values%22%3A%5B%22ngcmfa%22%2C%22mfa%22%5D%7D%7D%7D";
    let cases: &[(&str, bool, Change)] = &[
        ("", false, |_| ()),
        ("&amr_values=ngcmfa", true, |_| ()),
        ("&amr_values=mfa", true, |_| ()),
        (claims, true, |_| ()),
        ("", true, |knobs| knobs.mfa_required_sign_in = true),
        ("", false, |knobs| knobs.mfa_required_registration = true),
        ("&resource=01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9", true, |knobs| {
            knobs.mfa_required_registration = true;
        }),
    ];
    for (more, needed, change) in cases {
        let mut harness = Harness::new();
        harness.turn(change);
        let page = harness.open(&asking(more));
        let reply = harness.login(&page, ALEX, PASSWORD);
        assert_eq!(reply.status, if *needed { 200 } else { 302 }, "{more}");
        if *needed {
            let page = config(&reply);
            let begun = harness.begin(&page, "PhoneAppOTP");
            harness.code(&page, &begun, "123456");
            let reply = harness.finish(&page);
            let amr = harness.token(&reply)["amr"].clone();
            assert_eq!(amr, json!(["pwd", "mfa", "ngcmfa"]), "{more}");
        }
    }
}

/// `authorize` with a PRT.
fn with_prt(harness: &mut Harness, prt: &Prt, more: &str) -> Reply {
    let claims =
        json!({ "refresh_token": prt.token, "request_nonce": harness.nonce(), "is_primary": "true" });
    let credential = SessionSigned { claims, ..harness.renewal(prt) }.jwt();
    let request = Request::get(asking(more)).header("x-ms-RefreshTokenCredential", credential);
    harness.send(request.body(Bytes::new()).unwrap())
}

/// A PRT from a sign-in with a second factor.
fn prt_after_second_factor(harness: &mut Harness) -> Prt {
    let page = due(harness, "&amr_values=ngcmfa");
    let begun = harness.begin(&page, "PhoneAppOTP");
    harness.code(&page, &begun, "123456");
    let reply = harness.finish(&page);
    let told = harness.redeem_page_code(&sent(&reply, "code"), "").json();
    harness.refresh_token = told["refresh_token"].as_str().unwrap().to_owned();
    harness.prt()
}

#[test]
fn a_fresh_second_factor_behind_a_prt_is_told_without_a_person_and_only_when_asked() {
    let mut harness = Harness::new();
    let prt = prt_after_second_factor(&mut harness);
    for (more, amr) in [
        ("", json!(["pwd", "mfa", "rsa"])),
        ("&amr_values=mfa", json!(["pwd", "mfa", "rsa"])),
        ("&amr_values=ngcmfa", json!(["pwd", "mfa", "rsa", "ngcmfa"])),
    ] {
        let reply = with_prt(&mut harness, &prt, more);
        let token = harness.token(&reply);
        assert_eq!((&token["amr"], &token["deviceid"]), (&amr, &json!(harness.device.id)), "{more}");
    }
}

#[test]
fn a_second_factor_that_is_not_fresh_brings_the_page_and_then_the_device_stays() {
    let mut harness = Harness::new();
    let old = prt_after_second_factor(&mut harness);
    harness.now += 600_001;
    assert_eq!(with_prt(&mut harness, &old, "&amr_values=mfa").status, 302, "an old one is one");
    harness.refresh_token = harness.device_code(REGISTRATION)["refresh_token"].as_str().unwrap().to_owned();
    let plain = harness.prt();
    for (prt, lasting) in [(old, vec!["pwd", "mfa", "rsa"]), (plain, vec!["pwd", "rsa"])] {
        let page = config(&with_prt(&mut harness, &prt, "&amr_values=ngcmfa"));
        assert_eq!(page["pgid"], "ConvergedTFA");
        let begun = harness.begin(&page, "PhoneAppOTP");
        harness.code(&page, &begun, "123456");
        let reply = harness.finish(&page);
        let told = harness.redeem_page_code(&sent(&reply, "code"), "&windows_api_version=2.0");
        let token = claims(&prt.open(&told)["access_token"]);
        assert_eq!(token["deviceid"], json!(harness.device.id));
        let amr = token["amr"].as_array().unwrap();
        assert!(lasting.iter().chain(&["mfa", "ngcmfa"]).all(|it| amr.contains(&json!(it))), "{amr:?}");
    }
}

#[test]
fn the_way_over_a_prt_leads_to_a_hello_key() {
    let mut harness = Harness::new();
    let prt = prt_after_second_factor(&mut harness);
    let urn = "urn:ms-drs:enterpriseregistration.windows.net";
    let reply = with_prt(&mut harness, &prt, &format!("&amr_values=ngcmfa&resource={urn}"));
    let told = harness.redeem_page_code(&sent(&reply, "code"), "").json();
    let blob =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, blob(&harness.device.transport));
    let request = Request::post("/EnrollmentServer/key/?api-version=1.0")
        .header("authorization", format!("Bearer {}", told["access_token"].as_str().unwrap()))
        .header("accept", "application/json, text/plain, */*");
    let body = Bytes::from(json!({ "kngc": blob }).to_string());
    assert_eq!(harness.send(request.body(body).unwrap()).status, 200);
}

#[test]
fn a_token_from_a_refresh_token_tells_a_second_factor_as_fresh_as_it_is() {
    let mut harness = Harness::new();
    prt_after_second_factor(&mut harness);
    for (later, amr) in [(600_000, json!(["pwd", "mfa", "ngcmfa"])), (1, json!(["pwd", "mfa"]))] {
        harness.now += later;
        let body = format!(
            "client_id={BROKER}&grant_type=refresh_token&refresh_token={}&resource={INTUNE}",
            harness.refresh_token
        );
        let told = harness.post(&format!("/{CONTOSO}/oauth2/token"), body).json();
        assert_eq!(claims(&told["access_token"])["amr"], amr);
    }
}
