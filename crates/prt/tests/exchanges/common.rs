//! The values of entra.md 12, and what tests look at requests with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, Kdf, RequestId, Secret, TenantId};
use prt::{Call, Expected, Session, SessionKey};
use serde_json::Value;
use std::sync::LazyLock;

pub(crate) const TENANT: &str = "22222222-aaaa-4bbb-8ccc-333333333333";
pub(crate) const OBJECT: &str = "aaaabbbb-cccc-dddd-eeee-ffff00001111";
pub(crate) const CTX: [u8; 24] = *b"@ABCDEFGHIJKLMNOPQRSTUVW";

pub(crate) static AUTHORITY: LazyLock<HostPort> =
    LazyLock::new(|| "login.microsoftonline.com".parse().unwrap());
pub(crate) static PRT: LazyLock<Secret<String>> = LazyLock::new(|| Secret::new("0.PRT-EXAMPLE".to_owned()));
pub(crate) static KEY: LazyLock<SessionKey> =
    LazyLock::new(|| SessionKey::from_bytes(&Secret::new((0..32).collect())).unwrap());

pub(crate) fn tenant() -> TenantId {
    TENANT.parse().unwrap()
}

pub(crate) fn call() -> Call<'static> {
    let request_id = RequestId::new("11112222-3333-4444-5555-666677778888".parse().unwrap());
    Call { authority: &AUTHORITY, tenant: tenant(), request_id }
}

pub(crate) fn session(kdf: Kdf) -> Session<'static> {
    let (nonce, win_ver) = ("NONCE-EXAMPLE", "Ubuntu 24.04 LTS 24.04");
    Session { prt: &PRT, key: &KEY, kdf, ctx: CTX, nonce, win_ver }
}

pub(crate) fn expected() -> Expected {
    Expected { tenant: tenant(), object: Some(OBJECT.parse().unwrap()) }
}

pub(crate) fn reply(status: u16, body: &str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap()
}

/// The form of a POST to this path, in its order.
pub(crate) fn form(request: &Request<Bytes>, path: &str) -> Vec<(String, String)> {
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri().to_string(), format!("https://login.microsoftonline.com/{TENANT}{path}"));
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.headers()["client-request-id"], "11112222-3333-4444-5555-666677778888");
    url::form_urlencoded::parse(request.body()).into_owned().collect()
}

/// Header and payload of a JWT.
pub(crate) fn jwt(text: &str) -> [Value; 2] {
    let part = |at| URL_SAFE_NO_PAD.decode(text.split('.').nth(at).unwrap()).unwrap();
    assert_eq!(text.split('.').count(), 3);
    [0, 1].map(|at| serde_json::from_slice(&part(at)).unwrap())
}
