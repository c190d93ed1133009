//! The refusals of sign-in, row by row: entra.md 11.1 D11 to D14, 11.2 I4 and I11, and every number of 6.5.

use crate::client::*;
use crate::sent::Sent;
use serde_json::json;
use tenant_model::knobs::{DeviceCodeBlock, Refuse};
use tenant_model::throttle::Throttle;
use tenant_model::views::UserAction;

type Change = fn(&mut Harness, &mut Sent);
type Good = fn(&mut Harness) -> Sent;
/// Row, what is changed, number, `error`.
type Row = (&'static str, Change, u64, &'static str);

/// Sends a good request with one thing changed; without the change it must be taken.
fn refused(good: Good, rows: &[Row]) {
    let mut harness = Harness::new();
    let request = good(&mut harness);
    assert_eq!(harness.replay(&request).status, 200, "the good request");
    for (row, change, code, error) in rows {
        let mut harness = Harness::new();
        let mut request = good(&mut harness);
        change(&mut harness, &mut request);
        let reply = harness.replay(&request);
        let body = reply.json();
        assert_eq!((reply.status, reply.code()), (400, *code), "{row}: {reply:?}");
        assert_eq!(body["error"], *error, "{row}");
        let text = body["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{code}: ")), "{row}: {text}");
        for member in ["timestamp", "trace_id", "correlation_id"] {
            assert!(body[member].is_string(), "{row}: {member}");
        }
        assert_eq!(
            body["error_uri"],
            format!("https://login.microsoftonline.com/error?code={code}"),
            "{row}"
        );
        assert_eq!(reply.entry.rule, Some(format!("AADSTS{code}")), "{row}");
    }
}

const POLL: &[Row] = &[
    (
        "D11 another code",
        |_, sent| sent.put("device_code=", "device_code=x"),
        70_018,
        "bad_verification_code",
    ),
    ("D11 another client", |_, sent| sent.put(BROKER, LINUX_BROKER), 70_018, "bad_verification_code"),
    (
        "D11 another tenant",
        |_, sent| sent.path = sent.path.replace(CONTOSO, FABRIKAM),
        70_018,
        "bad_verification_code",
    ),
    ("D11 too late", |harness, _| harness.now += 900_000, 70_019, "expired_token"),
    (
        "D11 too late, v1",
        |harness, sent| {
            sent.path = sent.path.replace("/v2.0", "");
            harness.now += 900_000;
        },
        70_019,
        "code_expired",
    ),
    ("I11 used twice", |harness, sent| assert_eq!(harness.replay(sent).status, 200), 54_005, "invalid_grant"),
    (
        "D14 no tenant",
        |_, sent| sent.path = sent.path.replace(CONTOSO, "nowhere.example"),
        90_002,
        "invalid_request",
    ),
    (
        "I4 a second factor for registration",
        |harness, _| {
            harness.turn(|knobs| knobs.mfa_required_registration = true);
        },
        50_076,
        "invalid_grant",
    ),
    (
        "6.5 blocked at the token endpoint",
        |harness, _| {
            harness.turn(|knobs| knobs.device_code_blocked = DeviceCodeBlock::TokenEndpoint);
        },
        53_003,
        "interaction_required",
    ),
    (
        "6.5 the user is disabled",
        |harness, _| harness.cloud.user(ALEX, UserAction::Disable).unwrap(),
        50_057,
        "invalid_grant",
    ),
];

#[test]
fn a_poll() {
    refused(Harness::poll, POLL);
}

#[test]
fn a_code_waits_or_was_declined() {
    for (row, decline, code, error) in [
        ("D11 nobody has answered", false, 70_016, "authorization_pending"),
        ("D11 declined", true, 70_020, "authorization_declined"),
    ] {
        let mut harness = Harness::new();
        let request = harness.code_request();
        let answer = harness.replay(&request).json();
        if decline {
            harness.cloud.deny(answer["user_code"].as_str().unwrap(), ALEX, harness.now).unwrap();
        }
        let secret = answer["device_code"].as_str().unwrap();
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let body = format!("client_id={BROKER}&grant_type={grant}&device_code={secret}");
        let reply = harness.replay(&Sent::form("oauth2/v2.0/token", body));
        assert_eq!((reply.status, reply.code(), &reply.json()["error"]), (400, code, &json!(error)), "{row}");
    }
}

#[test]
fn a_block_that_only_the_browser_shows_leaves_the_poll_pending() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.device_code_blocked = DeviceCodeBlock::BrowserOnly);
    let request = harness.code_request();
    let answer = harness.replay(&request).json();
    let shown = harness.cloud.approve(answer["user_code"].as_str().unwrap(), ALEX, harness.now).unwrap_err();
    assert!(shown.to_string().contains("53003"), "{shown}");
}

#[test]
fn protocol_tracking_spares_the_excluded_resources() {
    for (excluded, resource, code) in [
        (REGISTRATION, REGISTRATION, 0),
        (REGISTRATION, INTUNE, 530_036),
        (INTUNE, INTUNE, 0),
        (INTUNE, REGISTRATION, 530_036),
    ] {
        let mut harness = Harness::new();
        harness.turn(|knobs| {
            knobs.device_code_blocked = DeviceCodeBlock::ProtocolTracking;
            knobs.device_code_excluded = [excluded.to_owned()].into();
        });
        let mut request = harness.refresh_request();
        request.put(REGISTRATION, resource);
        assert_eq!(harness.replay(&request).code(), code, "{resource} with {excluded} excluded");
    }
}

const PASSWORD_ROWS: &[Row] = &[
    ("D12 wrong password", |_, sent| sent.put(PASSWORD, "x"), 50_126, "invalid_grant"),
    ("D12 unknown user", |_, sent| sent.put(ALEX, "bob@contoso.com"), 50_034, "invalid_grant"),
    (
        "D12 locked",
        |harness, sent| {
            for _ in 0..10 {
                let mut wrong = sent.clone();
                wrong.put(PASSWORD, "x");
                assert_eq!(harness.replay(&wrong).code(), 50_126);
            }
        },
        50_053,
        "invalid_grant",
    ),
    (
        "D12 a second factor",
        |harness, _| harness.turn(|knobs| knobs.mfa_required_sign_in = true),
        50_076,
        "invalid_grant",
    ),
    (
        "6.5 a compliant device",
        |harness, _| {
            harness.turn(|knobs| knobs.compliant_device_required = true);
        },
        53_000,
        "interaction_required",
    ),
    (
        "6.5 an unknown platform",
        |harness, _| {
            harness.turn(|knobs| knobs.unknown_platform_blocked = true);
        },
        53_003,
        "interaction_required",
    ),
    (
        "6.5 not pre-authorised",
        |_, sent| {
            sent.put(REGISTRATION, "11111111-0000-0000-0000-000000000000");
        },
        65_002,
        "invalid_grant",
    ),
    (
        "D14 no tenant",
        |_, sent| sent.path = sent.path.replace(CONTOSO, "nowhere.example"),
        90_002,
        "invalid_request",
    ),
];

#[test]
fn a_password() {
    refused(Harness::password_request, PASSWORD_ROWS);
}

#[test]
fn a_refresh_token() {
    refused(
        Harness::refresh_request,
        &[
            ("unknown", |_, sent| sent.put("refresh_token=0.", "refresh_token=0.x"), 70_008, "invalid_grant"),
            ("another client", |_, sent| sent.put(BROKER, LINUX_BROKER), 70_000, "invalid_grant"),
            (
                "another tenant",
                |_, sent| sent.path = sent.path.replace(CONTOSO, FABRIKAM),
                70_000,
                "invalid_grant",
            ),
            (
                "6.5 revoked",
                |harness, _| harness.cloud.user(ALEX, UserAction::SignOut).unwrap(),
                50_173,
                "invalid_grant",
            ),
            (
                "6.5 the user is another one now",
                |harness, _| harness.cloud.user(ALEX, UserAction::Recreate).unwrap(),
                50_173,
                "invalid_grant",
            ),
        ],
    );
}

#[test]
fn a_refresh_token_that_nobody_used_is_forgotten() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.refresh_token_lifetime_s = 60);
    let first = harness.refresh_request();
    harness.refresh_token = harness.replay(&first).json()["refresh_token"].as_str().unwrap().to_owned();
    let request = harness.refresh_request();
    harness.now += 60_001;
    // Something new has to come before what has ended is forgotten.
    assert_eq!(harness.replay(&first).status, 200);
    assert_eq!(harness.replay(&request).code(), 70_008);
}

/// Numbers that no rule of the stand-in leads to, but that a knob does; with what clients may read besides.
const BY_KNOB: &[(u32, u16, &str)] = &[
    (51_004, 400, "invalid_grant"),
    (50_020, 400, "invalid_grant"),
    (90_072, 400, "invalid_grant"),
    (500_208, 400, "invalid_grant"),
    (16_000, 400, "invalid_grant"),
    (50_055, 400, "invalid_grant"),
    (50_144, 400, "invalid_grant"),
    (50_056, 400, "invalid_grant"),
    (50_072, 400, "invalid_grant"),
    (50_079, 400, "invalid_grant"),
    (50_203, 400, "interaction_required"),
    (50_125, 400, "interaction_required"),
    (50_074, 400, "invalid_grant"),
    (50_078, 400, "invalid_grant"),
    (500_121, 400, "invalid_grant"),
    (50_131, 400, "interaction_required"),
    (50_105, 400, "interaction_required"),
    (53_011, 400, "interaction_required"),
    (530_034, 400, "interaction_required"),
    (530_003, 400, "interaction_required"),
    (50_097, 400, "interaction_required"),
    (50_129, 400, "interaction_required"),
    (53_001, 400, "interaction_required"),
    (530_032, 400, "interaction_required"),
    (530_035, 400, "interaction_required"),
    (530_084, 400, "invalid_grant"),
    (65_001, 400, "invalid_grant"),
    (500_011, 400, "invalid_resource"),
    (70_011, 400, "invalid_scope"),
    (7_000_218, 401, "invalid_client"),
    (700_082, 400, "invalid_grant"),
    (700_084, 400, "invalid_grant"),
    (70_043, 400, "invalid_grant"),
    (50_089, 400, "invalid_grant"),
    (50_132, 400, "invalid_grant"),
    (50_133, 400, "invalid_grant"),
    (50_158, 400, "interaction_required"),
    (50_059, 400, "invalid_request"),
    (900_023, 400, "invalid_request"),
    (90_006, 400, "temporarily_unavailable"),
    (90_033, 400, "temporarily_unavailable"),
];

#[test]
fn every_other_number_of_6_5_is_a_knob_by_user_and_by_request() {
    for (code, status, error) in BY_KNOB {
        let by_user: fn(&mut Harness, u32) = |harness, code| {
            harness.turn(|knobs| knobs.user_refusals.extend([(ALEX.to_owned(), code)]));
        };
        let by_request: fn(&mut Harness, u32) = |harness, code| {
            let grant = Some("password".to_owned());
            harness.turn(|knobs| knobs.refuse.push(Refuse { grant, code, ..Refuse::default() }));
        };
        for set in [by_user, by_request] {
            let mut harness = Harness::new();
            set(&mut harness, *code);
            let request = harness.password_request();
            let reply = harness.replay(&request);
            assert_eq!((reply.status, reply.code()), (*status, u64::from(*code)), "{reply:?}");
            assert_eq!(reply.json()["error"], *error, "{code}");
        }
    }
}

#[test]
fn a_second_factor_comes_with_a_challenge() {
    for code in [50_072, 50_074, 50_076, 50_079] {
        let mut harness = Harness::new();
        harness.turn(|knobs| knobs.user_refusals.extend([(ALEX.to_owned(), code)]));
        let request = harness.password_request();
        let body = harness.replay(&request).json();
        assert_eq!(body["suberror"], "basic_action", "{code}");
        let claims: serde_json::Value = serde_json::from_str(body["claims"].as_str().unwrap()).unwrap();
        assert_eq!(claims["access_token"]["amr"]["values"], json!(["ngcmfa", "mfa"]));
    }
}

#[test]
fn a_refusal_has_the_status_and_the_body_that_it_is_given() {
    let mut harness = Harness::new();
    let refuse = json!({
        "client": BROKER, "resource": "urn:ms-drs:enterpriseregistration.windows.net", "grant": "password",
        "endpoint": "token", "code": 53_003, "error": "access_denied", "status": 403,
        "body": { "suberror": "message_only", "error_codes": [53_003, 50_097] },
    });
    harness.turn(|knobs| knobs.refuse.push(serde_json::from_value(refuse).unwrap()));
    let request = harness.password_request();
    let reply = harness.replay(&request);
    let body = reply.json();
    assert_eq!((reply.status, &body["error"]), (403, &json!("access_denied")));
    assert_eq!((&body["suberror"], &body["error_codes"]), (&json!("message_only"), &json!([53_003, 50_097])));
    let refresh = harness.refresh_request();
    assert_eq!(harness.replay(&refresh).status, 200, "another grant is not meant");
}

#[test]
fn throttled_is_told_in_the_shape_of_the_service_and_passes() {
    let rows: [(&str, &str, Good); 3] = [
        ("D13 sign-in", "token.password", Harness::password_request),
        ("D13 poll", "token.device_code", Harness::poll),
        ("D13 join", "join", Harness::join_request),
    ];
    for (row, name, good) in rows {
        for (status, retry_after) in [(429, Some("7")), (429, None), (503, None), (400, None)] {
            let mut harness = Harness::new();
            let request = good(&mut harness);
            let throttle = Throttle { times: 1, status, retry_after: retry_after.map(str::to_owned) };
            harness.turn(|knobs| knobs.throttle.extend([(name.to_owned(), throttle)]));
            let reply = harness.replay(&request);
            let told = reply.headers.get("retry-after").map(|value| value.to_str().unwrap());
            assert_eq!((reply.status, told), (status, retry_after), "{row}");
            match name {
                "join" => {
                    assert_eq!(reply.json()["code"], "directory_error", "{row}");
                    assert!(reply.json()["message"].as_str().unwrap().contains("300 seconds"), "{row}");
                }
                _ => assert_eq!(
                    (reply.code(), &reply.json()["error"]),
                    (90_055, &json!("temporarily_unavailable"))
                ),
            }
            assert_eq!(harness.replay(&request).status, 200, "{row}: it passes");
        }
    }
}

#[test]
fn a_throttled_look_for_a_user_says_so_in_its_body() {
    let mut harness = Harness::new();
    let throttle = Throttle { times: 1, status: 200, retry_after: None };
    harness.turn(|knobs| knobs.throttle.extend([("credential_type".to_owned(), throttle)]));
    let look = Sent::form("GetCredentialType", json!({ "username": ALEX }).to_string());
    let reply = harness.replay(&look).json();
    assert_eq!((&reply["ThrottleStatus"], &reply["IfExistsResult"]), (&json!(1), &json!(2)));
    assert_eq!(harness.replay(&look).json()["ThrottleStatus"], 0);
}

#[test]
fn what_is_guessed_of_a_refusal_is_a_knob() {
    let mut harness = Harness::new();
    harness.turn(|knobs| {
        knobs.error_strings = [("50126".to_owned(), "interaction_required".to_owned())].into();
        (knobs.lockout_after, knobs.lockout_s) = (2, 10);
    });
    let good = harness.password_request();
    let mut wrong = good.clone();
    wrong.put(PASSWORD, "x");
    for _ in 0..2 {
        let reply = harness.replay(&wrong);
        assert_eq!((reply.code(), &reply.json()["error"]), (50_126, &json!("interaction_required")));
    }
    assert_eq!(harness.replay(&good).code(), 50_053, "two are enough");
    harness.now += 10_000;
    assert_eq!(harness.replay(&good).status, 200, "ten seconds are enough");
}

#[test]
fn a_client_that_nobody_named_has_a_token_for_graph_unless_a_knob_forbids_it() {
    for (allowed, client, code) in [
        (true, "00000000-1111-2222-3333-444444444444", 0),
        (false, "00000000-1111-2222-3333-444444444444", 700_016),
        (false, LINUX_BROKER, 0),
    ] {
        let mut harness = Harness::new();
        harness.turn(|knobs| knobs.unlisted_clients = allowed);
        let mut request = harness.password_request();
        request.put(BROKER, client);
        request.put(REGISTRATION, "https://graph.microsoft.com");
        assert_eq!(harness.replay(&request).code(), code, "{client}");
    }
}
