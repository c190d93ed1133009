//! What makes doubtful what was read of a tenant.

use super::harness::{ENTROPY, Harness, NOW, finish, id};
use super::ports::{Scripted, says};
use super::sign_in::{ISSUER, TENANT, code_of, identified, pin, private, refused};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Failure, Jwks, TenantPin, Timestamp};
use rsa::traits::PublicKeyParts;
use serde_json::json;
use signin::{Reply, Scope, Work};
use std::time::Duration;

const METADATA: &str = "GET login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration";
const MINUTE: Duration = Duration::from_secs(60);

fn metadata_of(tenant: &str) -> Scripted {
    let base = format!("https://login.microsoftonline.com/{tenant}");
    let token_endpoint = format!("{base}/oauth2/v2.0/token");
    let issuer = ISSUER.replace(TENANT, tenant);
    says(
        200,
        json!({ "issuer": issuer, "token_endpoint": token_endpoint, "jwks_uri": format!("{base}/keys") }),
    )
}

fn jwks(kid: &str) -> Scripted {
    let modulus = URL_SAFE_NO_PAD.encode(private().n_bytes());
    says(200, json!({ "keys": [{ "kty": "RSA", "kid": kid, "n": modulus, "e": "AQAB" }] }))
}

fn run(harness: &Harness, work: Work, now: Timestamp) -> Result<Reply, Failure> {
    finish(harness.executor.perform_sign_in(work, None, now, ENTROPY))
}

fn resolve(harness: &Harness, now: Timestamp) -> Result<(TenantPin, Jwks), Failure> {
    match run(harness, Work::Resolve { domain: "contoso.com".parse().unwrap() }, now)? {
        Reply::Resolved { pin, keys_at } => match run(harness, Work::FetchKeys { keys_at }, now)? {
            Reply::Keys(keys) => Ok((pin, keys)),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// How often the metadata and the keys were asked for.
fn asked(harness: &Harness) -> (usize, usize) {
    let lines = harness.net.lines();
    let of = |line: &str| lines.iter().filter(|asked| *asked == line).count();
    (of(METADATA), of(&format!("GET login.microsoftonline.com/{TENANT}/keys")))
}

#[test]
fn keys_without_that_of_a_token_are_read_again_once_in_a_minute() {
    let harness = Harness::new();
    let identify = |keys: &Jwks, now| {
        let token = harness.keep(identified());
        run(&harness, Work::Identify { pin: pin(), keys: keys.clone(), token }, now)
    };
    harness.net.will([metadata_of(TENANT), jwks("k0")]);
    let (_, old) = resolve(&harness, NOW).unwrap();
    // Still without: one look more, and no other for this key.
    harness.net.will([jwks("k0")]);
    for _ in 0..3 {
        assert_eq!(code_of(identify(&old, NOW)), "UnknownKey");
        assert_eq!(resolve(&harness, NOW).unwrap().1, old);
    }
    assert_eq!(asked(&harness), (1, 2));
    let later = NOW.after(MINUTE);
    harness.net.will([jwks("k1")]);
    assert_eq!(code_of(identify(&old, later)), "UnknownKey");
    let (_, new) = resolve(&harness, later).unwrap();
    assert!(identify(&new, later).is_ok());
    // Whoever still has the old ones has the new ones without a request.
    assert_eq!(code_of(identify(&old, later.after(MINUTE))), "UnknownKey");
    assert_eq!(resolve(&harness, later.after(MINUTE)).unwrap().1, new);
    assert_eq!(asked(&harness), (1, 3));
}

#[test]
fn a_domain_whose_tenant_refuses_somebody_is_looked_up_again() {
    const OTHER: &str = "07070707-0707-0707-0707-070707070707";
    let code = || Work::RequestCode { tenant: id(1), scope: Scope::Registration, claims: None };
    for (answer, tenant) in [(refused(50_059), id(7)), (says(503, "{}"), id(1))] {
        let harness = Harness::new();
        harness.net.will([metadata_of(TENANT), jwks("k1"), answer]);
        resolve(&harness, NOW).unwrap();
        let later = NOW.after(2 * MINUTE);
        assert!(run(&harness, code(), later).is_err());
        if tenant != id(1) {
            harness.net.will([metadata_of(OTHER), jwks("k1")]);
        }
        assert_eq!(resolve(&harness, later).unwrap().0.tenant, tenant);
    }
    // What was read less than a minute ago is as new as it gets.
    let harness = Harness::new();
    harness.net.will([metadata_of(TENANT), jwks("k1"), refused(50_059)]);
    resolve(&harness, NOW).unwrap();
    assert!(run(&harness, code(), NOW.after(MINUTE / 2)).is_err());
    assert_eq!(resolve(&harness, NOW.after(MINUTE / 2)).unwrap().0, pin());
    assert_eq!(asked(&harness), (1, 1));
}
