//! A good request with one thing changed is refused as entra.md 11.1 and 11.2 say.

use crate::client::*;
use serde_json::json;
use tenant_model::setup::Peer;
use tenant_model::views::{DeviceAction, UserAction};

/// A change of the house or of the request.
type Change<T> = fn(&mut Harness, &mut T);

fn refusals_of_a_prt(changes: &[(&str, u64, Change<DeviceSigned>)]) {
    for (what, code, change) in changes {
        let mut harness = Harness::new();
        let mut request = harness.by_refresh_token();
        change(&mut harness, &mut request);
        let reply = harness.ask(&request);
        assert_eq!((reply.status, reply.code()), (400, *code), "{what}: {reply:?}");
        assert_eq!(reply.entry.rule, Some(format!("AADSTS{code}")), "{what}");
    }
}

#[test]
fn one_thing_wrong_with_the_proof_of_the_device() {
    refusals_of_a_prt(&[
        ("another key", 50_013, |harness, request| request.key = harness.device.transport.clone()),
        ("no certificate", 50_187, |_, request| request.header = json!({ "alg": "RS256" })),
        ("a certificate of nobody", 50_155, |_, request| request.header["x5c"] = json!("AQID")),
        ("the device is deleted", 50_155, |harness, _| harness.device_action(DeviceAction::Delete)),
        ("deleted, as Learn has it", 700_003, |harness, _| {
            harness.device_action(DeviceAction::Delete);
            harness.turn(|knobs| knobs.deleted_device_code = 700_003);
        }),
        ("the device is disabled", 135_011, |harness, _| harness.device_action(DeviceAction::Disable)),
        ("the device is new", 50_155, |harness, _| harness.turn(|knobs| knobs.replication_lag_s = 1)),
        ("another tenant", 50_155, |_, request| request.tenant = FABRIKAM.to_owned()),
        ("no tenant", 90_002, |_, request| request.tenant = "nowhere.example".to_owned()),
        ("no algorithm of ours", 50_027, |_, request| request.header["alg"] = json!("none")),
        ("a signature by the wrong kind of key", 70_008, |_, request| request.header["alg"] = json!("HS256")),
    ]);
}

#[test]
fn a_new_device_is_known_when_the_lag_is_over() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.replication_lag_s = 30);
    let request = harness.by_refresh_token();
    assert_eq!(harness.ask(&request).code(), 50_155);
    harness.now += 30_000;
    assert_eq!(harness.ask(&request).status, 200);
}

#[test]
fn one_thing_wrong_with_the_request_for_a_prt() {
    refusals_of_a_prt(&[
        ("no nonce", 140_000, |_, request| request.claims["request_nonce"] = json!(null)),
        ("a nonce of our own", 140_000, |_, request| request.claims["request_nonce"] = json!("AwABx")),
        ("an old nonce", 140_000, |harness, _| harness.now += 600_001),
        ("a nonce older than the knob", 140_000, |harness, _| {
            harness.turn(|knobs| knobs.nonce_lifetime_s = 300);
            harness.now += 300_001;
        }),
        ("no aza", 70_011, |_, request| request.claims["scope"] = json!("openid ugs")),
        ("no openid", 70_011, |_, request| request.claims["scope"] = json!("aza")),
        ("a grant that is not served", 70_003, |_, request| request.claims["grant_type"] = json!("saml")),
        ("a device-only form", 221_000, |_, request| request.claims["grant_type"] = json!("device_token")),
        ("an unknown refresh token", 70_008, |_, request| request.claims["refresh_token"] = json!("0.x")),
        ("another client", 70_000, |_, request| request.claims["client_id"] = json!(LINUX_BROKER)),
    ]);
}

#[test]
fn a_nonce_lives_ten_minutes_to_the_millisecond() {
    let mut harness = Harness::new();
    let request = harness.by_refresh_token();
    harness.now += 600_000;
    assert_eq!(harness.ask(&request).status, 200);
    harness.now += 1;
    assert_eq!(harness.ask(&request).code(), 140_000);
}

#[test]
fn a_refresh_token_of_another_client_becomes_no_prt() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let request = harness.exchange(&prt);
    let tokens = prt.open(&harness.ask_signed(&request));
    harness.refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    let request = harness.by_refresh_token();
    assert_eq!(harness.ask(&request).code(), 70_000);
}

#[test]
fn one_thing_wrong_with_the_person() {
    let changes: &[(&str, u64, Change<DeviceSigned>)] = &[
        ("a wrong password", 50_126, |_, request| request.claims["password"] = json!("x")),
        ("nobody", 50_034, |_, request| request.claims["username"] = json!("bob@contoso.com")),
        ("somebody of another tenant", 50_034, |_, request| {
            request.claims["username"] = json!("sam@fabrikam.com")
        }),
        ("another client", 700_016, |_, request| request.claims["client_id"] = json!(LINUX_BROKER)),
        ("disabled", 50_057, |harness, _| harness.cloud.user(ALEX, UserAction::Disable).unwrap()),
        ("a second factor is needed", 50_076, |harness, _| {
            harness.turn(|knobs| knobs.mfa_required_sign_in = true);
        }),
        ("a refusal of the knob", 50_055, |harness, _| {
            harness.turn(|knobs| knobs.user_refusals.extend([(ALEX.to_owned(), 50_055)]));
        }),
    ];
    for (what, code, change) in changes {
        let mut harness = Harness::new();
        let mut request = harness.by_password();
        change(&mut harness, &mut request);
        let reply = harness.ask(&request);
        assert_eq!((reply.status, reply.code()), (400, *code), "{what}: {reply:?}");
    }
}

#[test]
fn ten_wrong_passwords_lock_for_a_minute_and_a_right_one_counts_anew() {
    let mut harness = Harness::new();
    let good = harness.by_password();
    let mut bad = harness.by_password();
    bad.claims["password"] = json!("x");
    for _ in 0..9 {
        assert_eq!(harness.ask(&bad).code(), 50_126);
    }
    assert_eq!(harness.ask(&good).status, 200);
    for _ in 0..10 {
        assert_eq!(harness.ask(&bad).code(), 50_126);
    }
    assert_eq!(harness.ask(&good).code(), 50_053);
    harness.now += 60_000;
    assert_eq!(harness.ask(&good).status, 200);
}

#[test]
fn one_thing_wrong_with_a_session_key_signed_request() {
    let changes: &[(&str, u64, Change<SessionSigned>)] = &[
        ("another key", 140_001, |_, request| request.key[0] ^= 1),
        ("a version of the KDF that nobody knows", 140_001, |_, request| {
            request.header["kdf_ver"] = json!(3)
        }),
        ("an old nonce", 140_000, |harness, _| harness.now += 600_001),
        ("no nonce", 140_000, |_, request| request.claims["request_nonce"] = json!(null)),
        ("an unknown PRT", 70_008, |_, request| request.claims["refresh_token"] = json!("0.x.y")),
        ("another tenant", 70_000, |_, request| request.tenant = FABRIKAM.to_owned()),
        ("the device is deleted", 50_155, |harness, _| harness.device_action(DeviceAction::Delete)),
        ("the device is disabled", 135_011, |harness, _| harness.device_action(DeviceAction::Disable)),
        ("the user is disabled", 50_057, |harness, _| harness.cloud.user(ALEX, UserAction::Disable).unwrap()),
        ("the user is another one now", 50_173, |harness, _| {
            harness.cloud.user(ALEX, UserAction::Recreate).unwrap()
        }),
    ];
    for (what, code, change) in changes {
        for renewing in [true, false] {
            let mut harness = Harness::new();
            let prt = harness.prt();
            let mut request = if renewing { harness.renewal(&prt) } else { harness.exchange(&prt) };
            change(&mut harness, &mut request);
            let reply = harness.ask_signed(&request);
            assert_eq!((reply.status, reply.code()), (400, *code), "{what}: {reply:?}");
        }
    }
}

#[test]
fn one_thing_wrong_with_an_exchange() {
    type Change = fn(&mut SessionSigned);
    let changes: &[(&str, u64, Change)] = &[
        ("a redirect URI of another client", 50_011, |request| {
            request.claims["redirect_uri"] = json!("msauth://Microsoft.AAD.BrokerPlugin");
        }),
        ("no redirect URI", 50_011, |request| request.claims["redirect_uri"] = json!(null)),
        ("a resource without pre-authorisation", 65_002, |request| {
            request.claims["resource"] = json!(REGISTRATION);
        }),
    ];
    for (what, code, change) in changes {
        let mut harness = Harness::new();
        let prt = harness.prt();
        let mut request = harness.exchange(&prt);
        change(&mut request);
        assert_eq!(harness.ask_signed(&request).code(), *code, "{what}");
    }
}

#[test]
fn the_prt_of_one_session_is_no_good_with_the_key_of_another() {
    let mut harness = Harness::new();
    let (one, other) = (harness.prt(), harness.prt());
    let request = harness.renewal(&Prt { token: one.token, key: other.key });
    assert_eq!(harness.ask_signed(&request).code(), 140_001);
}

#[test]
fn a_prt_is_no_refresh_token_and_ends_in_time() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    assert_eq!(harness.redeem(&prt.token, GRAPH).code(), 70_008);
    harness.now += 1_209_599_000;
    let request = harness.renewal(&prt);
    assert_eq!(harness.ask_signed(&request).code(), 70_008);
}

#[test]
fn the_overlap_after_a_renewal_is_a_knob() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.prt_overlap_s = 60);
    let old = harness.prt();
    let request = harness.renewal(&old);
    let told = old.open(&harness.ask_signed(&request));
    harness.now += 60_000;
    let request = harness.renewal(&old);
    assert_eq!(harness.ask_signed(&request).code(), 70_008);
    let renewed = Prt { token: told["refresh_token"].as_str().unwrap().to_owned(), ..old };
    let request = harness.renewal(&renewed);
    assert_eq!(harness.ask_signed(&request).status, 200);
}

#[test]
fn version_two_of_the_endpoint_takes_no_signed_request() {
    let mut harness = Harness::new();
    let body = harness.by_refresh_token().body();
    let reply = harness.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), body);
    assert_eq!((reply.code(), &reply.json()["error"]), (70_003, &json!("unsupported_grant_type")));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let mut harness = Harness::new();
    for request in ["", "&request=x", "&request=e30.e30."] {
        let body = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer{request}");
        let reply = harness.post(&format!("/{CONTOSO}/oauth2/token"), body);
        assert_eq!((reply.code(), reply.entry.request.as_str()), (50_027, "token.prt"), "{request}");
    }
}

#[test]
fn claims_are_told_of_good_tokens_only() {
    let mut harness = Harness::new();
    let tokens = harness.device_code(GRAPH);
    let token = tokens["access_token"].as_str().unwrap();
    assert!(harness.cloud.claims_of(token, harness.now).is_some());
    assert!(harness.cloud.claims_of(token, harness.now + 3_600_000).is_none(), "expired");
    assert!(harness.cloud.claims_of(&token[..token.len() - 4], harness.now).is_none(), "cut");
    assert!(harness.cloud.claims_of(tokens["refresh_token"].as_str().unwrap(), harness.now).is_none());
}

impl Harness {
    pub(crate) fn device_action(&mut self, action: DeviceAction) {
        self.cloud.device(&self.device.id, action).unwrap();
    }

    /// The device leaves by itself.
    pub(crate) fn leave(&mut self) -> u16 {
        let peer = Peer { client_certificate: Some(self.device.certificate.clone()), ..Peer::default() };
        let path = format!("/EnrollmentServer/device/{}", self.device.id);
        let request = http::Request::delete(path).body(bytes::Bytes::new()).unwrap();
        self.cloud.handle(request, &peer, self.now).entry.status
    }
}

#[test]
fn a_device_that_left_is_a_deleted_one() {
    let mut harness = Harness::new();
    let request = harness.by_refresh_token();
    assert_eq!((harness.leave(), harness.ask(&request).code()), (200, 50_155));
}
