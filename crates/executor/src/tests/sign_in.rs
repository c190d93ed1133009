//! The works of a sign-in: what each sends, and what it leaves in the vault.

use super::harness::{ENTROPY, HOUR, Harness, NOW, finish, id, owner, secret, tokens};
use super::ports::{Scripted, says, says_at};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Failure, Jwk, Jwks, RsaPublicKey, TenantPin, TokenRef, TokenSubject};
use oauth::TokenSet;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::Sha256;
use signin::{Reply, Scope, Work};
use std::sync::Arc;
use std::time::Duration;
use vault::{Held, Tokens};

pub(super) const TENANT: &str = "01010101-0101-0101-0101-010101010101";
pub(super) const ISSUER: &str = "https://login.microsoftonline.com/01010101-0101-0101-0101-010101010101/v2.0";

fn run(harness: &Harness, work: Work) -> Result<Reply, Failure> {
    finish(harness.executor.perform_sign_in(work, None, NOW, ENTROPY))
}

pub(super) fn code_of(end: Result<Reply, Failure>) -> String {
    end.unwrap_err().code
}

pub(super) fn refused(code: u32) -> Scripted {
    says(400, json!({ "error": "invalid_grant", "error_codes": [code] }))
}

pub(super) fn pin() -> TenantPin {
    TenantPin { tenant: id(1), issuer: ISSUER.to_owned() }
}

pub(super) fn private() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_der(include_bytes!("test-key.pk8")).unwrap()
}

pub(super) fn keys() -> Jwks {
    let public = RsaPublicKey { modulus: private().n_bytes().to_vec(), exponent: vec![1, 0, 1] };
    Jwks { keys: vec![Jwk { kid: "k1".to_owned(), public }] }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The tokens of alex, signed by the tenant.
pub(super) fn identified() -> Tokens {
    let now = NOW.as_secs();
    let claims = json!({
        "iss": ISSUER, "aud": oauth::client::BROKER, "ver": "2.0", "tid": TENANT,
        "oid": owner().object.to_string(), "nbf": now - 300, "exp": now + 3600,
        "preferred_username": "alex@contoso.com",
    });
    let signed = format!("{}.{}", part(&json!({ "alg": "RS256", "kid": "k1" })), part(&claims));
    let signature = SigningKey::<Sha256>::new(private()).sign(signed.as_bytes()).to_vec();
    let home = json!({ "uid": owner().object.to_string(), "utid": TENANT });
    let set = TokenSet {
        access_token: secret("at"),
        refresh_token: Some(secret("rt")),
        id_token: Some(secret(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))),
        client_info: Some(secret(&part(&home))),
        expires_in: HOUR,
    };
    Tokens { set: Arc::new(set), ..tokens() }
}

#[test]
fn a_domain_leads_to_its_tenant_and_that_to_its_keys() {
    let metadata = || {
        let base = format!("https://login.microsoftonline.com/{TENANT}");
        says(
            200,
            json!({ "issuer": ISSUER, "token_endpoint": format!("{base}/oauth2/v2.0/token"), "jwks_uri": format!("{base}/keys") }),
        )
    };
    let modulus = URL_SAFE_NO_PAD.encode(private().n_bytes());
    let jwks = || says(200, json!({ "keys": [{ "kty": "RSA", "kid": "k1", "n": modulus, "e": "AQAB" }] }));
    let asked = [
        "GET login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration".to_owned(),
        format!("GET login.microsoftonline.com/{TENANT}/keys"),
    ];
    let domain = || Work::Resolve { domain: "contoso.com".parse().unwrap() };
    let harness = Harness::new();
    harness.net.will([metadata(), jwks()]);
    let Ok(Reply::Resolved { pin: found, keys_at }) = run(&harness, domain()) else { panic!() };
    assert_eq!((found, harness.net.sent.lock().unwrap().len()), (pin(), 1));
    let fetch = || Work::FetchKeys { keys_at: keys_at.clone() };
    assert_eq!(run(&harness, fetch()).unwrap(), Reply::Keys(keys()));
    assert_eq!(harness.net.lines(), asked);
    assert!(harness.net.sent().iter().all(|sent| sent.auth == "nothing"));

    let unknown = json!({ "error": "x", "error_description": "AADSTS90002: none" });
    for (work, reply, code) in [
        (domain(), says(404, unknown), "AADSTS90002"),
        (domain(), says_at("Fri, 15 Jan 2027 07:30:00 GMT", 200, "{}"), "ClockSkew"),
        (fetch(), says(503, "{}"), "ServiceBusy"),
        (fetch(), says(200, json!({ "keys": [] })), "UnusableDocument"),
    ] {
        let harness = Harness::new();
        harness.net.will([reply]);
        assert_eq!(code_of(run(&harness, work)), code);
        assert_eq!(harness.net.lines().len(), 1, "{code}");
    }
}

#[test]
fn who_checks_a_password_is_asked_by_name_and_shows_nothing() {
    for (kind, realm) in [
        ("Managed", signin::Realm::Managed),
        ("Federated", signin::Realm::Federated),
        ("Unknown", signin::Realm::Unknown),
    ] {
        let harness = Harness::new();
        harness.net.will([says(200, json!({ "account_type": kind }))]);
        assert_eq!(run(&harness, Work::AskRealm { name: owner().upn }).unwrap(), Reply::Realm(realm));
        assert_eq!(harness.net.sent()[0].auth, "nothing");
    }
}

#[test]
fn a_code_is_asked_for_what_it_is_for_and_kept_until_it_expires() {
    for (scope, resource) in [
        (Scope::Registration, "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"),
        (Scope::Portal, "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"),
    ] {
        let harness = Harness::new();
        harness.net.will([says(200, json!({
            "device_code": "dc", "user_code": "ABCD-1234", "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900, "interval": 7,
        }))]);
        let claims = Some("{\"x\":1}".to_owned());
        let reply = run(&harness, Work::RequestCode { tenant: id(1), scope, claims }).unwrap();
        let Reply::Code { code, user_code, verification_uri, expires_in, interval } = reply else {
            panic!("{reply:?}")
        };
        assert_eq!(
            (user_code.as_str(), verification_uri.as_str()),
            ("ABCD-1234", "https://microsoft.com/devicelogin")
        );
        assert_eq!((expires_in, interval), (Duration::from_secs(900), Duration::from_secs(7)));
        let sent = harness.net.sent();
        assert!(sent[0].text.contains(resource) && sent[0].text.contains("claims="), "{}", sent[0].text);
        let (kept, kept_for) = harness.vault.code(code, NOW.after(Duration::from_secs(899))).unwrap();
        assert_eq!((kept.expose().as_str(), kept_for), ("dc", scope));
        assert!(harness.vault.code(code, NOW.after(Duration::from_secs(900))).is_none());
    }
}

#[test]
fn a_poll_is_one_question_whose_tokens_are_for_what_the_code_was_for() {
    let poll = |harness: &Harness, code| run(harness, Work::Poll { tenant: id(1), code });
    let approved = || {
        says_at(
            "Fri, 15 Jan 2027 08:01:00 GMT",
            200,
            json!({ "access_token": "at-1", "refresh_token": "rt-1" }),
        )
    };
    for (scope, for_registration) in [(Scope::Registration, true), (Scope::Portal, false)] {
        let harness = Harness::new();
        let code = harness.vault.keep(Held::Code(Arc::new(secret("dc")), scope), NOW.after(HOUR));
        harness.net.will([says(400, json!({ "error": "authorization_pending" })), approved()]);
        assert_eq!(poll(&harness, code).unwrap(), Reply::Pending);
        let Ok(Reply::Tokens(token)) = poll(&harness, code) else { panic!("no tokens") };
        assert_eq!(harness.net.asked().len(), 2);
        assert!(
            harness
                .net
                .sent()
                .iter()
                .all(|sent| sent.text.contains("device_code=dc") && sent.auth == "credential")
        );
        let held = harness.vault.tokens(token, NOW.after(HOUR - Duration::from_millis(1))).unwrap();
        assert_eq!(
            (held.set.access_token.expose().as_str(), held.for_registration),
            ("at-1", for_registration)
        );
        assert_eq!(held.server_time.since(NOW), Duration::from_secs(60), "the server's clock judges them");
        assert!(held.object.is_none() && held.primary.is_none());
        assert!(harness.vault.tokens(token, NOW.after(24 * HOUR)).is_none(), "as long as an outage may last");
    }
    let harness = Harness::new();
    let code = harness.vault.keep(Held::Code(Arc::new(secret("dc")), Scope::Portal), NOW.after(HOUR));
    harness.net.will([refused(70_019)]);
    assert_eq!(code_of(poll(&harness, code)), "AADSTS70019");
    assert_eq!(code_of(poll(&harness, TokenRef(99))), "SignInExpired");
    assert_eq!(harness.net.lines().len(), 1);
}

/// The owner, as the token names them.
fn subject() -> TokenSubject {
    TokenSubject { tenant: owner().tenant, object: owner().object, upn: owner().upn, groups: None }
}

#[test]
fn a_person_is_identified_by_a_signed_token_once_and_stays_that_person() {
    let identify = |harness: &Harness, token, pin| run(harness, Work::Identify { pin, keys: keys(), token });
    let harness = Harness::new();
    let token = harness.keep(identified());
    assert_eq!(identify(&harness, token, pin()).unwrap(), Reply::Identified(subject()));
    assert_eq!(
        harness.vault.tokens(token, NOW).unwrap().object,
        Some(owner().object),
        "the PRT must be theirs"
    );
    assert_eq!(identify(&harness, token, pin()).unwrap(), Reply::Identified(subject()));

    for (what, held, pin, code) in [
        ("another tenant", identified(), TenantPin { tenant: id(7), ..pin() }, "IdToken"),
        ("another issuer", identified(), TenantPin { issuer: "https://x/".to_owned(), ..pin() }, "IdToken"),
        (
            "the PRT is somebody else's",
            Tokens { object: Some(id(99)), ..identified() },
            pin(),
            "AnotherAccount",
        ),
        (
            "too old by the server's clock",
            Tokens { server_time: NOW.after(2 * HOUR), ..identified() },
            pin(),
            "IdToken",
        ),
        ("no id_token", tokens(), pin(), "IdToken"),
    ] {
        let token = harness.keep(held);
        let before = harness.vault.tokens(token, NOW).unwrap().object;
        assert_eq!(code_of(identify(&harness, token, pin)), code, "{what}");
        assert_eq!(harness.vault.tokens(token, NOW).unwrap().object, before, "{what}");
    }
    assert_eq!(code_of(identify(&harness, TokenRef(99), pin())), "SignInExpired");
    assert_eq!(harness.net.lines().len(), 0);
}

#[test]
fn a_redemption_takes_the_place_of_the_tokens_and_keeps_what_it_does_not_repeat() {
    let redeem = |harness: &Harness, token| run(harness, Work::Redeem { tenant: id(1), token });
    let harness = Harness::new();
    let token = harness.keep(identified());
    harness.net.will([says_at("Fri, 15 Jan 2027 08:01:00 GMT", 200, json!({ "access_token": "at-1" }))]);
    assert_eq!(redeem(&harness, token).unwrap(), Reply::Redeemed);
    assert_eq!(harness.net.asked(), ["refresh_token"]);
    let sent = harness.net.sent();
    assert!(sent[0].text.contains("refresh_token=rt") && sent[0].text.contains(oauth::client::REGISTRATION));
    let held = harness.vault.tokens(token, NOW).unwrap();
    assert_eq!((held.set.access_token.expose().as_str(), held.for_registration), ("at-1", true));
    assert_eq!(held.set.refresh_token.as_ref().unwrap().expose(), "rt");
    assert!(held.set.id_token.is_some() && held.set.client_info.is_some());
    assert_eq!(held.server_time.since(NOW), Duration::from_secs(60));

    let harness = Harness::new();
    let token = harness.keep(identified());
    harness.net.will([refused(50_076)]);
    assert_eq!(code_of(redeem(&harness, token)), "AADSTS50076");
    let held = harness.vault.tokens(token, NOW).unwrap();
    assert_eq!(
        (held.set.access_token.expose().as_str(), held.for_registration),
        ("at", false),
        "nothing changed"
    );
    assert_eq!(code_of(redeem(&harness, TokenRef(99))), "SignInExpired");
}

#[test]
fn graph_is_asked_with_a_token_for_graph_and_the_set_stays_as_it_was() {
    let me = json!({ "id": owner().object.to_string(), "userPrincipalName": "Alex@contoso.com" });
    let harness = Harness::new();
    let token = harness.tokens(true);
    harness.net.will([says(200, json!({ "access_token": "at-g", "refresh_token": "rt-g" })), says(200, &me)]);
    let reply = run(&harness, Work::LookUpMe { tenant: id(1), token }).unwrap();
    assert_eq!(reply, Reply::Me { object: owner().object, upn: "Alex@contoso.com".to_owned() });
    assert_eq!(harness.net.asked(), ["refresh_token", "GET graph.microsoft.com/v1.0/me"]);
    let sent = harness.net.sent();
    assert!(sent[0].text.contains("graph.microsoft.com"), "{}", sent[0].text);
    assert_eq!((sent[1].token.as_deref(), sent[1].auth), (Some("at-g"), "credential"));
    assert_ne!(sent[0].id, sent[1].id);
    let held = harness.vault.tokens(token, NOW).unwrap();
    assert_eq!((held.set.access_token.expose().as_str(), held.for_registration), ("at", true));
}

#[test]
fn every_page_of_groups_is_read_with_a_token_for_graph() {
    let group = |n: u8| json!({ "@odata.type": "#microsoft.graph.group", "id": id::<()>(n).to_string(), "displayName": format!("g{n}") });
    let link = "https://graph.microsoft.com/v1.0/me/memberOf?$skiptoken=2";
    let harness = Harness::new();
    let token = harness.tokens(true);
    let pages = [json!({ "value": [group(1)], "@odata.nextLink": link }), json!({ "value": [group(2)] })];
    harness.net.will([
        says(200, json!({ "access_token": "at-g" })),
        says(200, &pages[0]),
        says(200, &pages[1]),
    ]);
    let Reply::Groups(groups) = run(&harness, Work::ListGroups { tenant: id(1), token }).unwrap() else {
        panic!()
    };
    let names: Vec<_> = groups.iter().map(|group| group.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["g1", "g2"]);
    let asked = "GET graph.microsoft.com/v1.0/me/memberOf";
    assert_eq!(harness.net.asked(), ["refresh_token", asked, asked]);
    let sent = harness.net.sent();
    assert_eq!((sent[2].token.as_deref(), sent[2].auth), (Some("at-g"), "credential"));
    assert!(sent[1].id != sent[2].id && sent[0].id != sent[1].id);
}

#[test]
fn groups_that_cannot_be_read_whole_are_none() {
    let harness = Harness::new();
    let token = harness.tokens(true);
    let denied =
        json!({ "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges." } });
    harness.net.will([says(200, json!({ "access_token": "at-g" })), says(403, &denied)]);
    assert_eq!(code_of(run(&harness, Work::ListGroups { tenant: id(1), token })), "GraphRefused");

    let harness = Harness::new();
    let token = harness.tokens(true);
    let endless = json!({ "value": [], "@odata.nextLink": "https://graph.microsoft.com/v1.0/me/memberOf?x" });
    harness.net.will([says(200, json!({ "access_token": "at-g" }))]);
    harness.net.will((0..50).map(|_| says(200, &endless)));
    assert_eq!(code_of(run(&harness, Work::ListGroups { tenant: id(1), token })), "UnusableReply");
    assert_eq!(harness.net.asked().len(), 51);
}
