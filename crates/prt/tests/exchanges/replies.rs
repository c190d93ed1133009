//! What comes back: replies as they were observed, odd ones, damaged ones and refusals.

#[path = "../../../reply/tests/common/variants.rs"]
mod variants;

use crate::common::{CTX, KEY, OBJECT, TENANT, expected, reply};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use http::Response;
use model::{Delivery, FailureClass, OauthWord, Secret, Who};
use oauth::OauthError;
use proptest::prelude::*;
use prt::{Expected, JweFault, PrtError, SessionKey, TagVerdict, acquire, code, exchange, nonce, renew};
use serde_json::{Value, json};
use std::time::Duration;

fn id_token(claims: &Value) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", encode(r#"{"typ":"JWT","alg":"none"}"#), encode(&claims.to_string()))
}

fn claims() -> Value {
    json!({ "tid": TENANT, "oid": OBJECT, "upn": "alex@contoso.com", "unique_name": "alex@contoso.com", "ver": "1.0" })
}

fn wrapped() -> String {
    let key = URL_SAFE_NO_PAD.encode([7; 256]);
    format!("eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.{key}.YGFiY2RlZmdoaWpr.yg.1Vu16B25jdyyAN-c7-DR9w")
}

/// The reply of entra.md 12.3.
fn granted() -> Value {
    json!({
        "token_type": "Bearer", "expires_in": "1209599", "ext_expires_in": "0", "expires_on": "1767225600",
        "refresh_token": "0.AXcA.AgABAAE", "refresh_token_expires_in": 1_209_599, "id_token": id_token(&claims()),
        "client_info": "e30", "session_key_jwe": wrapped(),
    })
}

/// The reply with one member exchanged; null takes it away.
fn with(member: &str, value: Value) -> Value {
    let mut body = granted();
    body[member] = value;
    if body[member].is_null() {
        body.as_object_mut().unwrap().remove(member);
    }
    body
}

/// The last line of the key derivation, written for the service's side.
fn seal(plain: &str) -> String {
    let derived: [u8; 32] = [
        0x26, 0x17, 0x04, 0x50, 0x8f, 0xac, 0x96, 0x24, 0x8f, 0x7d, 0x3b, 0xe9, 0x1a, 0x01, 0x74, 0x95, 0xfc,
        0x86, 0x7b, 0x98, 0x4e, 0xff, 0xbb, 0xd3, 0x60, 0x59, 0xd6, 0x97, 0x19, 0xda, 0x63, 0x75,
    ];
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&derived.into(), &[9; 16].into());
    let header = format!(r#"{{"alg":"dir","enc":"A256GCM","ctx":"{}"}}"#, STANDARD.encode(CTX));
    let text = cipher.encrypt_padded_vec::<Pkcs7>(plain.as_bytes());
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}..{}.{}.", encode(header.as_bytes()), encode(&[9; 16]), encode(&text))
}

#[test]
fn a_nonce_is_read_from_json_alone() {
    assert_eq!(nonce::read(reply(200, r#"{"Nonce":"AwAB.x_-"}"#)).unwrap(), "AwAB.x_-");
    for body in ["{}", r#"{"Nonce":""}"#, r#"{"Nonce":null}"#] {
        assert_eq!(nonce::read(reply(200, body)).unwrap_err(), PrtError::Missing("Nonce"));
    }
    let portal = nonce::read(reply(200, "<html>")).unwrap_err().failure();
    assert_eq!((portal.class, portal.code.as_str()), (FailureClass::Transient, "NotJson"));
}

#[test]
fn a_prt_comes_with_its_life_its_account_and_its_wrapped_key() {
    let acquired = acquire::read(reply(200, &granted().to_string()), &expected()).unwrap();
    assert_eq!(acquired.prt.token.expose(), "0.AXcA.AgABAAE");
    assert_eq!(acquired.prt.lives, Duration::from_secs(1_209_599));
    assert_eq!(
        (acquired.prt.tenant.to_string(), acquired.prt.object.to_string()),
        (TENANT.to_owned(), OBJECT.to_owned())
    );
    assert_eq!(acquired.prt.upn.unwrap().as_str(), "alex@contoso.com");
    assert_eq!(acquired.session_key.encrypted_key, [7; 256]);
    let (key, verdict) = SessionKey::new(&Secret::new((0..32).collect()), &acquired.session_key).unwrap();
    assert_eq!((key.expose(), verdict), (KEY.expose(), TagVerdict::Right));
}

#[test]
fn numbers_and_texts_are_both_taken_as_seconds() {
    for (told, short, lives) in [
        (json!(604_800), json!("1"), 604_800),
        (json!("604800"), json!(1), 604_800),
        (Value::Null, json!("77"), 77),
        (json!("soon"), json!(78), 78),
        (json!(-1), json!([]), 1_209_599),
    ] {
        let mut body = with("refresh_token_expires_in", told);
        body["expires_in"] = short;
        let acquired = acquire::read(reply(200, &body.to_string()), &expected()).unwrap();
        assert_eq!(acquired.prt.lives, Duration::from_secs(lives), "{body}");
    }
}

#[test]
fn names_are_for_people_and_their_lack_is_no_error() {
    for (upn, unique_name, wanted) in [
        (json!("A@contoso.com"), json!("b@contoso.com"), Some("a@contoso.com")),
        (Value::Null, json!("b@contoso.com"), Some("b@contoso.com")),
        (json!("live.com#x"), json!("b@contoso.com"), Some("b@contoso.com")),
        (Value::Null, Value::Null, None),
    ] {
        let mut claims = claims();
        claims["upn"] = upn;
        claims["unique_name"] = unique_name;
        let body = with("id_token", json!(id_token(&claims)));
        let prt = acquire::read(reply(200, &body.to_string()), &expected()).unwrap().prt;
        assert_eq!(prt.upn.as_ref().map(model::Upn::as_str), wanted);
    }
}

#[test]
fn the_account_must_be_the_session_s() {
    for (claim, value) in [
        ("tid", json!("22222222-aaaa-4bbb-8ccc-333333333334")),
        ("oid", json!("aaaabbbb-cccc-dddd-eeee-ffff00001112")),
        ("tid", json!("contoso.com")),
        ("oid", json!(null)),
    ] {
        let mut claims = claims();
        claims[claim] = value;
        let body = with("id_token", json!(id_token(&claims))).to_string();
        let error = PrtError::AnotherAccount(claim);
        assert_eq!(acquire::read(reply(200, &body), &expected()).unwrap_err(), error);
        assert_eq!(renew::read(reply(200, &seal(&body)), &KEY, &expected()).unwrap_err(), error);
        assert_eq!(error.failure().class, FailureClass::Denied);
    }
}

#[test]
fn an_object_that_is_not_known_yet_is_learnt_but_a_tenant_never() {
    let mut claims = claims();
    claims["oid"] = json!("aaaabbbb-cccc-dddd-eeee-ffff00009999");
    let body = with("id_token", json!(id_token(&claims))).to_string();
    let anybody = Expected { object: None, ..expected() };
    let prt = acquire::read(reply(200, &body), &anybody).unwrap().prt;
    assert_eq!(prt.object.to_string(), "aaaabbbb-cccc-dddd-eeee-ffff00009999");
    let elsewhere = Expected { tenant: OBJECT.parse().unwrap(), object: None };
    assert_eq!(acquire::read(reply(200, &body), &elsewhere).unwrap_err(), PrtError::AnotherAccount("tid"));
}

#[test]
fn what_a_reply_lacks_is_named() {
    for (member, value) in [
        ("refresh_token", Value::Null),
        ("refresh_token", json!("")),
        ("id_token", Value::Null),
        ("id_token", json!("no-jwt")),
        ("id_token", json!("a.b.c")),
        ("session_key_jwe", Value::Null),
    ] {
        let body = with(member, value).to_string();
        let error = acquire::read(reply(200, &body), &expected()).unwrap_err();
        assert_eq!(error, PrtError::Missing(member));
        let failure = error.failure();
        assert_eq!((failure.class, failure.who), (FailureClass::Broken, Who::Nobody));
        assert_eq!(failure.delivery, Delivery::Answered);
    }
    let body = with("session_key_jwe", json!("a.b")).to_string();
    let error = acquire::read(reply(200, &body), &expected()).unwrap_err();
    assert_eq!(error, PrtError::SessionKey(JweFault::Segments(2)));
}

#[test]
fn a_renewal_opens_and_needs_no_session_key() {
    let body = with("session_key_jwe", Value::Null).to_string();
    for sent in [seal(&body), format!("{}\n", seal(&body)), body] {
        let prt = renew::read(reply(200, &sent), &KEY, &expected()).unwrap();
        assert_eq!(prt.token.expose(), "0.AXcA.AgABAAE");
    }
}

#[test]
fn tokens_of_an_exchange_open() {
    let body = r#"{"token_type":"Bearer","access_token":"AT","refresh_token":"RT","expires_in":"3599"}"#;
    for sent in [seal(body), body.to_owned()] {
        let tokens = exchange::read(reply(200, &sent), &KEY).unwrap();
        assert_eq!(tokens.access_token.expose(), "AT");
        assert_eq!(tokens.refresh_token.unwrap().expose(), "RT");
        assert_eq!(tokens.expires_in, Duration::from_secs(3599));
    }
}

#[test]
fn a_reply_for_another_key_does_not_open() {
    let foreign = SessionKey::from_bytes(&Secret::new(vec![8; 32])).unwrap();
    let error = exchange::read(reply(200, &seal(r#"{"access_token":"AT"}"#)), &foreign).unwrap_err();
    assert_eq!(error, PrtError::Sealed(JweFault::Unopened));
    assert_eq!((error.failure().class, error.failure().code.as_str()), (FailureClass::Broken, "SealedReply"));
}

#[test]
fn refusals_keep_their_code_and_their_class_after_the_registration() {
    for (code, class) in [
        (50_155, FailureClass::NeedsUser),
        (135_011, FailureClass::Denied),
        (700_003, FailureClass::Denied),
        (140_000, FailureClass::Transient),
        (140_001, FailureClass::NeedsUser),
        (50_126, FailureClass::NeedsUser),
        (53_000, FailureClass::NeedsUser),
        (53_003, FailureClass::Denied),
        (90_055, FailureClass::Transient),
    ] {
        let body = json!({ "error": "invalid_grant", "error_description": format!("AADSTS{code}: x"), "error_codes": [code], "trace_id": "t" });
        let body = body.to_string();
        let errors = [
            acquire::read(reply(400, &body), &expected()).unwrap_err(),
            renew::read(reply(400, &body), &KEY, &expected()).unwrap_err(),
            exchange::read(reply(400, &body), &KEY).unwrap_err(),
            exchange::read_redeemed(reply(400, &body)).unwrap_err(),
            nonce::read(reply(400, &body)).unwrap_err(),
        ];
        for error in errors {
            let failure = error.failure();
            assert_eq!((failure.class, failure.code), (class, format!("AADSTS{code}")));
            assert_eq!(failure.trace.request_id.as_deref(), Some("t"));
        }
    }
}

type Judge = fn(Response<Bytes>) -> Option<PrtError>;

/// Every endpoint whose replies this dialect reads.
fn endpoints() -> Vec<(&'static str, Judge)> {
    vec![
        ("nonce", |reply| nonce::read(reply).err()),
        ("acquire", |reply| acquire::read(reply, &expected()).err()),
        ("renew", |reply| renew::read(reply, &KEY, &expected()).err()),
        ("exchange", |reply| exchange::read(reply, &KEY).err()),
        ("redeem", |reply| exchange::read_redeemed(reply).err()),
        ("code", |reply| code::read_tokens(reply).err()),
    ]
}

#[test]
fn every_word_with_an_unknown_number_names_somebody_who_can_help_at_every_endpoint() {
    for (endpoint, judge) in endpoints() {
        for word in OauthWord::ALL {
            let text = "AADSTS987654: New.";
            let body = json!({ "error": word.as_str(), "error_description": text, "error_codes": [987_654] });
            let failure = judge(reply(400, &body.to_string())).unwrap().failure();
            assert_ne!(failure.who, Who::Developers, "{endpoint} {word}");
            assert!(!format!("{failure:?}").to_lowercase().contains("report it"), "{endpoint} {word}");
            if *word == OauthWord::InvalidGrant {
                assert_eq!((failure.class, failure.who), (FailureClass::NeedsUser, Who::User), "{endpoint}");
            }
        }
    }
}

#[test]
fn a_member_of_another_type_is_named_and_is_the_service_s() {
    let tokens = json!({ "access_token": "a", "refresh_token": "r", "id_token": "i", "client_info": "c", "expires_in": 1 });
    for (endpoint, judge) in endpoints() {
        let good = match endpoint {
            "nonce" => json!({ "Nonce": "AwAB" }),
            "acquire" | "renew" => granted(),
            _ => tokens.clone(),
        };
        assert!(judge(reply(200, &good.to_string())).is_none(), "{endpoint}");
        for (member, body) in variants::of(&good) {
            let Some(error) = judge(reply(200, &body.to_string())) else { continue };
            let failure = error.failure();
            // What is no wrapped key, or looks like a sealed reply, is told as what it is.
            let named =
                failure.message.contains(&member) || ["SessionKey", "SealedReply"].contains(&&*failure.code);
            assert!(named, "{endpoint} {member}: {failure:?}");
            assert_eq!(
                (failure.who, failure.class),
                (Who::Nobody, FailureClass::Broken),
                "{endpoint} {member}"
            );
        }
    }
}

#[test]
fn a_disabled_device_inside_its_wrapper_is_found() {
    let text = "AADSTS70002: Error validating credentials. AADSTS135011: Device used during the authentication is disabled.";
    let body =
        json!({ "error": "invalid_grant", "error_description": text, "error_codes": [70002, 135_011] });
    let error = renew::read(reply(400, &body.to_string()), &KEY, &expected()).unwrap_err();
    assert_eq!(error.failure().code, "AADSTS135011");
}

#[test]
fn nothing_secret_is_in_debug_or_in_an_error() {
    let acquired = acquire::read(reply(200, &granted().to_string()), &expected()).unwrap();
    assert!(!format!("{acquired:?}").contains("AXcA"));
    let broken = granted().to_string().replace(r#""token_type""#, r#""id_token":5,"x""#);
    let error = acquire::read(reply(200, &broken), &expected()).unwrap_err();
    assert!(!format!("{error} {error:?} {:?}", error.failure()).contains("AXcA"));
    let sealed = seal(r#"{"access_token":5,"refresh_token":"AXcA"}"#);
    let error = exchange::read(reply(200, &sealed), &KEY).unwrap_err();
    assert!(matches!(error, PrtError::Service(OauthError::Reply(_))));
    assert!(!format!("{error} {error:?}").contains("AXcA"));
}

proptest! {
    #[test]
    fn no_reply_makes_a_reader_panic(status in 200u16..600, body in ".{0,300}") {
        let _ = acquire::read(reply(status, &body), &expected());
        let _ = renew::read(reply(status, &body), &KEY, &expected());
        let _ = exchange::read(reply(status, &body), &KEY);
        let _ = nonce::read(reply(status, &body));
    }
}
