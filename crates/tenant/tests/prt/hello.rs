//! Windows Hello: a key is added, and gets a PRT (entra.md 7.3, 8, 9, 11.1 D5 and D6).

use crate::client::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tenant_model::knobs::Recognition;
use tenant_model::views::{DeviceAction, UserAction};

const URN: &str = "urn:ms-drs:enterpriseregistration.windows.net";
const DRS_URI: &str = "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS";

/// A request for a new key, good until a test changes something.
struct Adding {
    path: String,
    bearer: String,
    accept: Option<&'static str>,
    body: Value,
}

/// A request for a PRT with the key, good until a test changes something.
struct Hello {
    request: DeviceSigned,
    assertion: DeviceSigned,
}

impl Harness {
    /// A refresh token of the broker after a second factor, by a code that demands one.
    fn fresh_refresh_token(&mut self) -> String {
        let body = format!("client_id={BROKER}&resource={URN}&amr_values=ngcmfa");
        let code = self.post(&format!("/{CONTOSO}/oauth2/devicecode"), body).json();
        self.cloud.approve(code["user_code"].as_str().unwrap(), ALEX, self.now).unwrap();
        let secret = code["device_code"].as_str().unwrap();
        let body = format!("client_id={BROKER}&grant_type=device_code&code={secret}");
        let tokens = self.post(&format!("/{CONTOSO}/oauth2/token"), body).json();
        tokens["refresh_token"].as_str().unwrap().to_owned()
    }

    /// A token for a refresh token and the proof of the device.
    fn device_exchange(&mut self, refresh_token: &str, resource: &str) -> DeviceSigned {
        let claims = json!({
            "client_id": BROKER, "scope": "openid aza", "resource": resource, "redirect_uri": DRS_URI,
            "request_nonce": self.nonce(), "grant_type": "refresh_token", "refresh_token": refresh_token,
            "iss": "aad:brokerplugin", "win_ver": "10.0.18362.997",
        });
        DeviceSigned { tenant: "common".to_owned(), ..self.device_signed(claims) }
    }

    fn exchanged(&mut self, refresh_token: &str, resource: &str) -> String {
        let request = self.device_exchange(refresh_token, resource);
        self.ask(&request).json()["access_token"].as_str().unwrap().to_owned()
    }

    fn adding(&mut self) -> Adding {
        let refresh_token = self.fresh_refresh_token();
        Adding {
            path: "/EnrollmentServer/key/?api-version=1.0".to_owned(),
            bearer: self.exchanged(&refresh_token, URN),
            accept: Some("application/json"),
            body: json!({ "kngc": STANDARD.encode(blob(&self.device.transport)) }),
        }
    }

    fn add(&mut self, adding: &Adding) -> Reply {
        let mut request =
            Request::post(&adding.path).header("authorization", format!("Bearer {}", adding.bearer));
        if let Some(accept) = adding.accept {
            request = request.header("accept", accept);
        }
        self.send(request.body(Bytes::from(adding.body.to_string())).unwrap())
    }

    fn keys(&self) -> usize {
        self.cloud.users().iter().find(|user| user.oid == ALEX_OID).unwrap().keys
    }

    /// A house whose user has a key.
    fn with_key() -> Harness {
        let mut harness = Harness::new();
        let adding = harness.adding();
        assert_eq!(harness.add(&adding).status, 200);
        harness
    }

    /// The transport key serves as the key of the user too.
    fn by_hello(&mut self) -> Hello {
        let now = self.now / 1000;
        let claims = json!({
            "iss": ALEX, "aud": "common", "iat": now, "exp": now + 300, "request_nonce": self.nonce(),
            "scope": "openid aza ugs",
        });
        let kid = STANDARD.encode(Sha256::digest(blob(&self.device.transport)));
        let assertion = DeviceSigned {
            header: json!({ "alg": "RS256", "typ": "JWT", "use": "ngc", "kid": kid }),
            key: self.device.transport.clone(),
            ..self.device_signed(claims)
        };
        let claims = json!({
            "client_id": BROKER_IDENTITY, "scope": "openid aza ugs", "win_ver": "Ubuntu 24.04",
            "request_nonce": self.nonce(), "username": ALEX,
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        });
        Hello { request: self.device_signed(claims), assertion }
    }

    fn ask_hello(&mut self, hello: &Hello) -> Reply {
        let mut request =
            DeviceSigned { header: hello.request.header.clone(), ..self.device_signed(Value::Null) };
        request.claims = hello.request.claims.clone();
        request.tenant = hello.request.tenant.clone();
        if request.claims.get("assertion").is_none() {
            request.claims["assertion"] = json!(hello.assertion.jwt());
        }
        self.ask(&request)
    }
}

#[test]
fn a_device_signed_exchange_names_the_device_and_keeps_the_second_factor_fresh() {
    let mut harness = Harness::new();
    let refresh_token = harness.fresh_refresh_token();
    let request = harness.device_exchange(&refresh_token, URN);
    let reply = harness.ask(&request);
    assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.device_exchange"), "{reply:?}");
    let told = reply.json();
    let token = claims(&told["access_token"]);
    assert_eq!([&token["aud"], &token["deviceid"]], [&json!(URN), &json!(harness.device.id)]);
    assert_eq!(token["amr"], json!(["pwd", "mfa", "rsa", "ngcmfa"]));
    assert_eq!((&told["resource"], &told["expires_in"]), (&json!(URN), &json!("3599")));
    assert!(told.get("session_key_jwe").is_none(), "it is no PRT");
    harness.now += 600_001;
    let request = harness.device_exchange(&refresh_token, URN);
    let token = claims(&harness.ask(&request).json()["access_token"]);
    assert_eq!(token["amr"], json!(["pwd", "mfa", "rsa"]));
}

#[test]
fn one_thing_wrong_with_a_device_signed_exchange() {
    type Change = fn(&mut Harness, &mut DeviceSigned);
    let changes: &[(&str, u64, Change)] = &[
        ("another key", 50_013, |harness, request| request.key = harness.device.transport.clone()),
        ("no certificate", 50_187, |_, request| request.header = json!({ "alg": "RS256" })),
        ("no nonce", 140_000, |_, request| request.claims["request_nonce"] = json!(null)),
        ("another tenant", 50_155, |_, request| request.tenant = FABRIKAM.to_owned()),
        ("an unknown refresh token", 70_008, |_, request| request.claims["refresh_token"] = json!("0.x")),
        ("another client", 70_000, |_, request| request.claims["client_id"] = json!(LINUX_BROKER)),
        ("another redirect URI", 50_011, |_, request| request.claims["redirect_uri"] = json!(PORTAL_URI)),
        ("no pre-authorisation", 65_002, |_, request| request.claims["resource"] = json!("x")),
        ("a device-only form for another resource", 221_000, |_, request| {
            request.claims["grant_type"] = json!("device_token");
            request.claims["resource"] = json!(GRAPH);
        }),
        ("the device is deleted", 50_155, |harness, _| harness.device_action(DeviceAction::Delete)),
        ("the device is disabled", 135_011, |harness, _| harness.device_action(DeviceAction::Disable)),
        ("the user is disabled", 50_057, |harness, _| harness.cloud.user(ALEX, UserAction::Disable).unwrap()),
        ("a rule", 53_000, |harness, _| harness.turn(|knobs| knobs.compliant_device_required = true)),
    ];
    for (what, code, change) in changes {
        let mut harness = Harness::new();
        let refresh_token = harness.fresh_refresh_token();
        let mut request = harness.device_exchange(&refresh_token, URN);
        change(&mut harness, &mut request);
        let reply = harness.ask(&request);
        assert_eq!((reply.status, reply.code()), (400, *code), "{what}: {reply:?}");
    }
}

#[test]
fn a_key_is_added_to_its_user_and_goes_with_its_device() {
    for path in ["/EnrollmentServer/key/?api-version=1.0", "/enrollmentserver/Key?api-version=1.0"] {
        let mut harness = Harness::new();
        let adding = Adding { path: path.to_owned(), ..harness.adding() };
        let reply = harness.add(&adding);
        assert_eq!((reply.status, reply.entry.request.as_str()), (200, "key"), "{reply:?}");
        let told = reply.json();
        assert_eq!((&told["upn"], told["kid"].as_str().unwrap().len()), (&json!(ALEX), 36));
        assert_eq!(reply.headers["request-id"].len(), 36);
        assert_eq!((reply.fact("device"), harness.keys()), (&*harness.device.id, 1));
        assert_eq!((harness.add(&adding).status, harness.keys()), (200, 1), "the same key again");
        harness.device_action(DeviceAction::Delete);
        assert_eq!(harness.keys(), 0);
    }
}

#[test]
fn one_thing_wrong_with_a_new_key() {
    type Change = fn(&mut Harness, &mut Adding);
    let changes: &[(&str, u16, &str, Change)] = &[
        ("no version", 400, "key_version", |_, it| it.path = "/EnrollmentServer/key/".to_owned()),
        ("another version", 400, "key_version", |_, it| it.path = it.path.replace("1.0", "2.0")),
        ("nothing accepted", 400, "key_accept", |_, it| it.accept = None),
        ("HTML accepted", 400, "key_accept", |_, it| it.accept = Some("text/html")),
        ("no object", 400, "key_blob", |_, it| it.body = json!("x")),
        ("no key", 400, "key_blob", |_, it| it.body = json!({})),
        ("no base64", 400, "key_blob", |_, it| it.body["kngc"] = json!("?")),
        ("a short key", 400, "key_blob", |harness, it| {
            it.body["kngc"] = json!(STANDARD.encode(&blob(&harness.device.key)[..282]));
        }),
        ("a key with a prime", 400, "key_blob", |harness, it| {
            let mut blob = blob(&harness.device.key);
            blob[16] = 1;
            it.body["kngc"] = json!(STANDARD.encode(blob));
        }),
        ("no token", 401, "key_token", |_, it| it.bearer = String::new()),
        ("an expired token", 401, "key_token", |harness, _| harness.now += 3_600_000),
        ("a token for something else", 401, "key_token", |harness, it| {
            let refresh_token = harness.fresh_refresh_token();
            it.bearer = harness.exchanged(&refresh_token, GRAPH);
        }),
        ("a token without a device", 401, "key_device", |harness, it| {
            let tokens = harness.device_code(REGISTRATION);
            it.bearer = tokens["access_token"].as_str().unwrap().to_owned();
        }),
        ("a deleted device", 401, "key_device", |harness, _| harness.device_action(DeviceAction::Delete)),
        ("a disabled device", 401, "key_device", |harness, _| harness.device_action(DeviceAction::Disable)),
        ("a disabled user", 401, "key_user", |harness, _| {
            harness.cloud.user(ALEX, UserAction::Disable).unwrap();
        }),
        ("a user who has another name now", 401, "key_user", |harness, _| {
            harness.cloud.user(ALEX, UserAction::Rename("alexa@contoso.com".to_owned())).unwrap();
        }),
        ("no second factor", 401, "key_mfa", |harness, it| {
            let refresh_token = harness.refresh_token.clone();
            it.bearer = harness.exchanged(&refresh_token, REGISTRATION);
        }),
        ("a second factor that is not fresh", 401, "key_mfa", |harness, _| harness.now += 601_000),
    ];
    for (what, status, rule, change) in changes {
        let mut harness = Harness::new();
        let mut adding = harness.adding();
        change(&mut harness, &mut adding);
        let reply = harness.add(&adding);
        assert_eq!((reply.status, reply.entry.rule.as_deref()), (*status, Some(*rule)), "{what}: {reply:?}");
        let told = reply.json();
        assert_eq!((&told["response"], &told["target"]), (&json!("ERROR_FAIL"), &json!("key")));
        assert_eq!(told["error"]["message"], told["message"]);
        assert_eq!(told["innererror"], json!({ "trace": "null", "context": "null" }));
        assert!(told["time"].as_str().unwrap().contains('T') && told["clientrequestid"].is_string());
        assert_eq!(told["code"], if *status == 401 { "unauthorized" } else { "invalid_request" });
        assert_eq!(harness.keys(), 0, "{what}");
    }
}

#[test]
fn how_long_a_second_factor_is_fresh_and_whether_it_must_be_are_knobs() {
    let mut harness = Harness::new();
    let adding = harness.adding();
    harness.now += 600_000;
    assert_eq!(harness.add(&adding).status, 200);
    harness.now += 1_000;
    assert_eq!(harness.add(&adding).status, 401);
    harness.turn(|knobs| knobs.ngcmfa_lifetime_s = 601);
    assert_eq!(harness.add(&adding).status, 200);
    harness.now += 1_000;
    harness.turn(|knobs| knobs.key_needs_ngcmfa = false);
    assert_eq!(harness.add(&adding).status, 200, "by the specification any second factor will do");
    let refresh_token = harness.refresh_token.clone();
    let bearer = harness.exchanged(&refresh_token, URN);
    assert_eq!(harness.add(&Adding { bearer, ..adding }).status, 401, "a password alone will not");
}

#[test]
fn a_key_gets_a_prt_that_had_a_second_factor() {
    for client in [BROKER, BROKER_IDENTITY] {
        let mut harness = Harness::with_key();
        let mut hello = harness.by_hello();
        hello.request.claims["client_id"] = json!(client);
        let reply = harness.ask_hello(&hello);
        assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.prt"), "{reply:?}");
        let prt = harness.unwrap(&reply.json());
        let told = claims(&reply.json()["id_token"]);
        assert_eq!((&told["upn"], &told["amr"]), (&json!(ALEX), &json!(["mfa", "rsa"])));
        let exchange = harness.exchange(&prt);
        let tokens = prt.open(&harness.ask_signed(&exchange));
        assert_eq!(claims(&tokens["access_token"])["deviceid"], json!(harness.device.id));
    }
}

#[test]
fn an_assertion_may_be_spelled_otherwise() {
    type Change = fn(&mut Hello);
    let changes: &[(&str, Change)] = &[
        ("one nonce for both", |it| {
            it.assertion.claims["request_nonce"] = it.request.claims["request_nonce"].clone();
        }),
        ("times as text", |it| {
            for name in ["iat", "exp"] {
                it.assertion.claims[name] = json!(it.assertion.claims[name].to_string());
            }
        }),
        ("no times", |it| {
            it.assertion.claims["iat"] = json!(null);
            it.assertion.claims["exp"] = json!(null);
        }),
        ("the tenant as audience", |it| it.assertion.claims["aud"] = json!(CONTOSO)),
        ("no audience", |it| it.assertion.claims["aud"] = json!(null)),
        ("no issuer", |it| it.assertion.claims["iss"] = json!(null)),
        ("an old name of the user", |it| it.assertion.claims["iss"] = json!("old@contoso.com")),
        ("another username", |it| it.request.claims["username"] = json!("nobody@contoso.com")),
        ("the standard alphabet", |it| it.assertion.standard_alphabet = true),
        ("any tenant", |it| it.request.tenant = "common".to_owned()),
    ];
    for (what, change) in changes {
        let mut harness = Harness::with_key();
        let mut hello = harness.by_hello();
        change(&mut hello);
        let reply = harness.ask_hello(&hello);
        assert_eq!(reply.status, 200, "{what}: {reply:?}");
    }
}

/// The user's key stays on a device that is not the one that asks any more.
fn elsewhere(harness: &mut Harness) -> String {
    harness.turn(|knobs| knobs.recognition = Recognition::M3);
    let old = harness.device.id.clone();
    let transport_key = STANDARD.encode(blob(&harness.device.transport));
    harness.join_again(&transport_key);
    assert_ne!(old, harness.device.id);
    old
}

#[test]
fn one_thing_wrong_with_an_assertion() {
    type Change = fn(&mut Harness, &mut Hello);
    let changes: &[(&str, u64, Change)] = &[
        ("an unknown key id", 130_004, |_, it| it.assertion.header["kid"] = json!("AAAA")),
        ("the key id in the other alphabet", 130_004, |harness, it| {
            let hash = Sha256::digest(blob(&harness.device.transport));
            it.assertion.header["kid"] = json!(URL_SAFE_NO_PAD.encode(hash));
        }),
        ("no key id", 130_004, |_, it| it.assertion.header = json!({ "alg": "RS256", "use": "ngc" })),
        ("the name of somebody else", 130_004, |_, it| {
            it.assertion.claims["iss"] = json!("adele@contoso.com");
        }),
        ("a user who is another one now", 130_004, |harness, _| {
            harness.cloud.user(ALEX, UserAction::Recreate).unwrap();
        }),
        ("another key", 130_005, |harness, it| it.assertion.key = harness.device.key.clone()),
        ("no assertion", 50_027, |_, it| it.request.claims["assertion"] = json!(null)),
        ("an assertion that is no JWT", 50_027, |_, it| it.request.claims["assertion"] = json!("x")),
        ("another use", 50_027, |_, it| it.assertion.header["use"] = json!("sig")),
        ("another algorithm", 50_027, |_, it| it.assertion.header["alg"] = json!("none")),
        ("no nonce inside", 140_000, |_, it| it.assertion.claims["request_nonce"] = json!(null)),
        ("a nonce of one's own inside", 140_000, |_, it| {
            it.assertion.claims["request_nonce"] = json!("AwABx");
        }),
        ("no nonce outside", 140_000, |_, it| it.request.claims["request_nonce"] = json!(null)),
        ("an assertion that has ended", 700_024, |_, it| it.assertion.claims["exp"] = json!(1)),
        ("an assertion of tomorrow", 700_024, |harness, it| {
            it.assertion.claims["iat"] = json!((harness.now / 1000 + 301).to_string());
        }),
        ("another client", 700_016, |_, it| it.request.claims["client_id"] = json!(LINUX_BROKER)),
        ("no aza", 70_011, |_, it| it.request.claims["scope"] = json!("openid ugs")),
        ("the device that asks is deleted", 50_155, |harness, _| harness.device_action(DeviceAction::Delete)),
        ("the device that asks is disabled", 130_007, |harness, _| {
            harness.device_action(DeviceAction::Disable);
        }),
        ("the device that asks is new", 50_155, |harness, _| {
            harness.turn(|knobs| knobs.replication_lag_s = 1);
        }),
        ("the user is disabled", 50_057, |harness, _| harness.cloud.user(ALEX, UserAction::Disable).unwrap()),
        ("another tenant", 50_155, |_, it| it.request.tenant = FABRIKAM.to_owned()),
    ];
    for (what, code, change) in changes {
        let mut harness = Harness::with_key();
        let mut hello = harness.by_hello();
        change(&mut harness, &mut hello);
        let reply = harness.ask_hello(&hello);
        assert_eq!((reply.status, reply.code()), (400, *code), "{what}: {reply:?}");
        assert_eq!(reply.entry.rule, Some(format!("AADSTS{code}")), "{what}");
        assert_eq!(reply.json()["error"].as_str().unwrap().starts_with("invalid"), code != &700_016);
    }
}

#[test]
fn the_device_of_the_key_must_be_there_and_enabled_whichever_device_asks() {
    let mut harness = Harness::with_key();
    let old = elsewhere(&mut harness);
    for (action, code) in
        [(None, 0), (Some(DeviceAction::Disable), 130_007), (Some(DeviceAction::Delete), 130_008)]
    {
        if let Some(action) = action {
            harness.cloud.device(&old, action).unwrap();
        }
        let hello = harness.by_hello();
        assert_eq!(harness.ask_hello(&hello).code(), code);
    }
}

#[test]
fn a_transport_key_that_is_no_key_is_told_by_its_number() {
    let mut harness = Harness::with_key();
    let mut broken = blob(&harness.device.transport);
    broken[27..].fill(0);
    harness.join_again(&STANDARD.encode(broken));
    let hello = harness.by_hello();
    assert_eq!(harness.ask_hello(&hello).code(), 130_006);
}
