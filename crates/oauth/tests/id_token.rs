//! Who signed in: some two hundred tokens that must not sign anybody in, and the few that must
//! (entra.md 2.10, rules 3 to 5).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use model::{Jwk, Jwks, RsaPublicKey, Timestamp, TokenSubject};
use oauth::id_token::{Expected, IdTokenError, verify};
use oauth::poll::{Poll, read};
use oauth::{TokenSet, client};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::Sha256;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OTHER: &str = "99999999-2222-3333-4444-555555555555";
const OID: &str = "aaaabbbb-cccc-dddd-eeee-ffff00001111";
const NOW: i64 = 1_800_000_000;

fn key() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_der(include_bytes!("test-key.pk8")).unwrap()
}

fn issuer(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

fn header() -> Value {
    json!({ "typ": "JWT", "alg": "RS256", "kid": "k1" })
}

fn claims() -> Value {
    json!({
        "iss": issuer(TENANT), "aud": client::BROKER, "ver": "2.0", "tid": TENANT, "oid": OID,
        "iat": NOW - 300, "nbf": NOW - 300, "exp": NOW + 3600, "preferred_username": "alex@contoso.com",
    })
}

fn home() -> Value {
    json!({ "uid": OID, "utid": TENANT })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn token(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = SigningKey::<Sha256>::new(key()).sign(signed.as_bytes()).to_vec();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A reply with these tokens, judged as the reply of the broker in contoso.
fn judge(id_token: Option<String>, client_info: Option<String>) -> Result<String, IdTokenError> {
    let mut body = json!({ "token_type": "Bearer", "access_token": "a", "expires_in": 3599 });
    if let Some(token) = id_token {
        body["id_token"] = json!(token);
    }
    if let Some(info) = client_info {
        body["client_info"] = json!(info);
    }
    let reply = http::Response::new(Bytes::from(body.to_string()));
    let Ok(Poll::Tokens(set)) = read(reply) else { panic!("no tokens in {body}") };
    check(&set)
}

fn check(set: &TokenSet) -> Result<String, IdTokenError> {
    identify(set).map(|account| account.upn.to_string())
}

fn identify(set: &TokenSet) -> Result<TokenSubject, IdTokenError> {
    let public = RsaPublicKey { modulus: key().n_bytes().to_vec(), exponent: vec![1, 0, 1] };
    let keys = Jwks { keys: vec![Jwk { kid: "k1".to_owned(), public }] };
    let expected = Expected {
        tenant: TENANT.parse().unwrap(),
        issuer: &issuer(TENANT),
        client_id: client::BROKER,
        server_time: Timestamp::from_secs(NOW),
        keys: &keys,
    };
    verify(set, &expected)
}

fn with(claims: &Value) -> Result<String, IdTokenError> {
    judge(Some(token(&header(), claims)), Some(part(&home())))
}

#[test]
fn a_member_of_the_tenant_is_named() {
    assert_eq!(with(&claims()).unwrap(), "alex@contoso.com");
    let mut folded = claims();
    folded["preferred_username"] = json!("Alex@CONTOSO.com");
    assert_eq!(with(&folded).unwrap(), "alex@contoso.com");
    for nearly in [NOW - 299, NOW + 1] {
        let mut late = claims();
        late["exp"] = json!(nearly);
        assert!(with(&late).is_ok(), "within five minutes of the server's clock");
    }
}

#[test]
fn groups_are_known_where_the_token_tells_all_of_them() {
    let (one, two) = ("cccccccc-0000-0000-0000-000000000001", "CCCCCCCC-0000-0000-0000-000000000002");
    let elsewhere = json!({ "groups": "src1" });
    for (more, known) in [
        (json!({}), None),
        (json!({ "groups": null }), None),
        (json!({ "groups": [] }), Some(0)),
        (json!({ "groups": [one, two] }), Some(2)),
        (json!({ "groups": [one], "hasgroups": false }), Some(1)),
        (json!({ "groups": [one], "_claim_names": { "roles": "src1" } }), Some(1)),
        (json!({ "groups": [one], "hasgroups": true }), None),
        (json!({ "groups": [one], "hasgroups": "true" }), None),
        (json!({ "groups": [one], "_claim_names": elsewhere }), None),
        (json!({ "_claim_names": elsewhere }), None),
        (json!({ "groups": one }), None),
        (json!({ "groups": [one, "contoso\\admins"] }), None),
        (json!({ "groups": [one, 7] }), None),
    ] {
        let mut claims = claims();
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let body = json!({
            "token_type": "Bearer", "access_token": "a", "expires_in": 3599,
            "id_token": token(&header(), &claims), "client_info": part(&home()),
        });
        let Ok(Poll::Tokens(set)) = read(http::Response::new(Bytes::from(body.to_string()))) else {
            panic!("{more}")
        };
        let groups = identify(&set).unwrap().groups;
        assert_eq!(groups.map(|groups| groups.len()), known, "{more}");
    }
}

#[test]
fn every_wrong_value_of_every_claim_is_refused() {
    let guids =
        [OTHER, "", "x", "00000000-0000-0000-0000-000000000000", "11111111-2222-3333-4444-55555555555", OID];
    let issuers = [
        issuer(OTHER),
        issuer("common"),
        format!("{}/", issuer(TENANT)),
        issuer(TENANT).to_uppercase(),
        format!("https://sts.windows.net/{TENANT}/"),
        issuer(TENANT).replace("https", "http"),
        issuer(TENANT).replace("microsoftonline.com", "microsoftonline.com.evil.example"),
        String::new(),
        format!("https://login.microsoftonline.us/{TENANT}/v2.0"),
        format!(" {}", issuer(TENANT)),
    ];
    let audiences = [
        "",
        "00000003-0000-0000-c000-000000000000",
        "b743a22d-6705-4147-8670-d92fa515ee2b",
        "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9",
    ];
    let mut bad: Vec<(&str, Value)> = Vec::new();
    bad.extend(issuers.iter().map(|issuer| ("iss", json!(issuer))));
    bad.extend(audiences.iter().map(|audience| ("aud", json!(audience))));
    bad.extend(["aud"].map(|claim| (claim, json!([client::BROKER]))));
    bad.extend(guids.iter().map(|guid| ("tid", json!(guid))));
    bad.extend(guids.iter().take(5).map(|guid| ("oid", json!(guid))));
    bad.extend(["1.0", "", "2", "2.0 ", "3.0"].map(|version| ("ver", json!(version))));
    bad.extend([NOW - 301, NOW - 3600, 0, -1, i64::MIN].map(|exp| ("exp", json!(exp))));
    bad.extend([NOW + 301, NOW + 3600, i64::MAX].map(|nbf| ("nbf", json!(nbf))));
    bad.extend(
        [
            issuer(OTHER),
            "live.com".to_owned(),
            format!("https://sts.windows.net/{OTHER}/"),
            "mail".to_owned(),
        ]
        .iter()
        .map(|idp| ("idp", json!(idp))),
    );
    for name in ["iss", "aud", "ver", "tid", "oid", "exp", "nbf", "preferred_username"] {
        for value in [Value::Null, json!(7.5), json!({}), json!([]), json!(true)] {
            bad.push((name, value));
        }
    }
    assert!(bad.len() > 75);
    for (name, value) in &bad {
        let mut wrong = claims();
        wrong[*name] = value.clone();
        assert!(with(&wrong).is_err(), "{name} = {value}");
        let mut missing = claims();
        missing.as_object_mut().unwrap().remove(*name);
        assert!(*name == "idp" || with(&missing).is_err(), "no {name}");
    }
}

#[test]
fn names_that_look_alike_are_no_names() {
    for name in [
        "аlex@contoso.com",
        "alex@cоntoso.com",
        "alex@contoso.com\u{200b}",
        "alex\u{0}@contoso.com",
        "alex @contoso.com",
        "alex@contoso.com@contoso.com",
        "alex",
        "@contoso.com",
        "alex@",
        "alex@contoso",
        "alеx@contoso.com",
        "ａlex@contoso.com",
        "alex\n@contoso.com",
        "alex/../@contoso.com",
        "alex:0@contoso.com",
        "a\\lex@contoso.com",
        "\"alex\"@contoso.com",
        "alex_contoso.com#EXT#@contoso.com",
        "alex_contoso.com#ext#@contoso.com",
        "alİx@contoso.com",
        "ﬁ@contoso.com",
        "alex@contoso.com.",
        "alex@.contoso.com",
        "alex@contoso..com",
        "alex@-contoso.com",
        "alex@contoso_.com:443",
    ] {
        let mut wrong = claims();
        wrong["preferred_username"] = json!(name);
        assert!(with(&wrong).is_err(), "{name:?}");
    }
}

#[test]
fn guests_and_personal_accounts_are_refused_by_their_home() {
    for info in [
        json!({ "uid": OTHER, "utid": TENANT }),
        json!({ "uid": OID, "utid": OTHER }),
        json!({ "uid": OTHER, "utid": OTHER }),
        json!({ "uid": OID }),
        json!({ "utid": TENANT }),
        json!({}),
        json!({ "uid": null, "utid": null }),
        json!([]),
        json!({ "uid": 1, "utid": 2 }),
        json!({ "uid": "", "utid": "" }),
    ] {
        assert!(judge(Some(token(&header(), &claims())), Some(part(&info))).is_err(), "{info}");
    }
    for text in ["", "!", "bm90IGpzb24", "e30"] {
        assert!(judge(Some(token(&header(), &claims())), Some(text.to_owned())).is_err(), "{text}");
    }
    assert_eq!(judge(Some(token(&header(), &claims())), None), Err(IdTokenError::Missing("client_info")));
    assert_eq!(judge(None, Some(part(&home()))), Err(IdTokenError::Missing("id_token")));
    // A guest whose e-mail address equals a member's name.
    let guest = judge(Some(token(&header(), &claims())), Some(part(&json!({ "uid": OTHER, "utid": OTHER }))));
    assert_eq!(guest, Err(IdTokenError::Guest));
}

#[test]
fn signatures_that_prove_nothing_are_refused() {
    let variants = [
        json!({ "alg": "none", "kid": "k1" }),
        json!({ "alg": "None", "kid": "k1" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "RS512", "kid": "k1" }),
        json!({ "alg": "PS256", "kid": "k1" }),
        json!({ "alg": "ES256", "kid": "k1" }),
        json!({ "alg": "rs256", "kid": "k1" }),
        json!({ "alg": "", "kid": "k1" }),
        json!({ "kid": "k1" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS256", "kid": "k2" }),
        json!({ "alg": "RS256", "kid": "" }),
        json!({ "alg": "RS256", "kid": "K1" }),
        json!({ "alg": "RS256", "kid": "k1", "jku": "https://evil.example/keys" }),
        json!({ "alg": "RS256", "kid": "k1", "jwk": {} }),
        json!({ "alg": "RS256", "kid": "k1", "x5u": "https://evil.example/cert" }),
        json!({ "alg": ["RS256"], "kid": "k1" }),
        json!([]),
    ];
    for variant in &variants {
        assert!(judge(Some(token(variant, &claims())), Some(part(&home()))).is_err(), "{variant}");
    }
    let unknown = judge(Some(token(&json!({ "alg": "RS256", "kid": "k2" }), &claims())), Some(part(&home())));
    assert_eq!(unknown, Err(IdTokenError::UnknownKey("k2".to_owned())));
}

#[test]
fn a_token_that_was_changed_anywhere_is_refused() {
    let good = token(&header(), &claims());
    let step = good.len() / 60;
    for at in (0..good.len()).step_by(step.max(1)) {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(changed == good || judge(Some(changed), Some(part(&home()))).is_err(), "byte {at}");
    }
    let (signed, _) = good.rsplit_once('.').unwrap();
    for cut in [
        signed.to_owned(),
        format!("{signed}."),
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{good}.x"),
    ] {
        assert!(judge(Some(cut.clone()), Some(part(&home()))).is_err(), "{cut}");
    }
}
