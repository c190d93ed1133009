//! A device over the wire: it joins, gets a PRT and signs in with it, as entra.md 5 to 7 has clients do it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SigningKey};
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use crate::harness::{Manner, Simulator, json};
use crate::sign_in::BROKER;

/// One key for everything, and what the join gave it.
pub(crate) struct Device {
    key: KeyPair,
    certificate: Value,
}

/// A PRT and its session key.
pub(crate) struct Prt {
    pub(crate) token: String,
    pub(crate) wrapped: String,
    pub(crate) key: Vec<u8>,
}

impl Device {
    /// Joins as whoever this token for registration is of.
    pub(crate) async fn join(simulator: &Simulator, token: &str, name: &str) -> Device {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let csr = CertificateParams::new(Vec::new()).unwrap().serialize_request(&key).unwrap();
        let body = json!({
            "CertificateRequest": { "Type": "pkcs10", "Data": STANDARD.encode(csr.der()) },
            "TransportKey": STANDARD.encode(blob(&private(&key))),
            "TargetDomain": "contoso.com", "DeviceType": "Linux", "OSVersion": "Ubuntu 24.04",
            "DeviceDisplayName": name, "JoinType": 0, "Attributes": {},
        });
        let request = Request::post("/EnrollmentServer/device/?api-version=2.0")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let reply = json(&simulator.send(&Manner::default(), request).await.unwrap());
        Device { key, certificate: reply["Certificate"].clone() }
    }

    pub(crate) fn thumbprint(&self) -> &str {
        self.certificate["Thumbprint"].as_str().unwrap()
    }

    /// Asks for a PRT with these claims, which name the credential.
    pub(crate) async fn prt(&self, simulator: &Simulator, mut claims: Value) -> Prt {
        claims["request_nonce"] = json!(nonce(simulator).await);
        claims["scope"] = json!("openid aza ugs");
        let header = json!({ "alg": "RS256", "typ": "JWT", "x5c": [self.certificate["RawBody"]] });
        let input = input(&header, &claims);
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(input.as_bytes()).unwrap()));
        let form = format!("windows_api_version=2.0&client_info=1&grant_type={JWT_BEARER}&request={token}");
        let reply = json(&post(simulator, "/contoso.com/oauth2/token", &form).await);
        let text =
            |name: &str| reply[name].as_str().unwrap_or_else(|| panic!("no {name} in {reply}")).to_owned();
        let wrapped = text("session_key_jwe");
        let encrypted = URL_SAFE_NO_PAD.decode(wrapped.split('.').nth(1).unwrap()).unwrap();
        let key = private(&self.key).decrypt(Oaep::<Sha1>::new(), &encrypted).unwrap();
        Prt { token: text("refresh_token"), wrapped, key }
    }
}

impl Prt {
    /// The credential for single sign-on (entra.md 7.7).
    pub(crate) async fn credential(&self, simulator: &Simulator) -> String {
        let ctx = [7; 24];
        let header = json!({ "alg": "HS256", "typ": "JWT", "ctx": STANDARD.encode(ctx) });
        let claims = json!({ "refresh_token": self.token, "request_nonce": nonce(simulator).await });
        let input = input(&header, &claims);
        let label = b"AzureAD-SecureConversation\0".as_slice();
        let derived = hmac(&self.key, &[&[0, 0, 0, 1], label, &ctx, &[0, 0, 1, 0]].concat());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(hmac(&derived, input.as_bytes())))
    }
}

/// Sends a form.
pub(crate) async fn post(simulator: &Simulator, path: &str, form: &str) -> Response<Bytes> {
    let request = Request::post(path)
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::copy_from_slice(form.as_bytes()))
        .unwrap();
    simulator.send(&Manner::default(), request).await.unwrap()
}

/// Signs in by password, for a resource.
pub(crate) async fn by_password(simulator: &Simulator, user: &str, password: &str, resource: &str) -> Value {
    let form = format!(
        "client_id={BROKER}&grant_type=password&username={user}&password={password}\
         &scope=openid%20offline_access%20{resource}%2F.default"
    );
    json(&post(simulator, "/contoso.com/oauth2/v2.0/token", &form).await)
}

async fn nonce(simulator: &Simulator) -> String {
    let reply = json(&post(simulator, "/contoso.com/oauth2/token", "grant_type=srv_challenge").await);
    reply["Nonce"].as_str().unwrap().to_owned()
}

fn input(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn private(key: &KeyPair) -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_der(key.serialized_der()).unwrap()
}

/// The layout of entra.md 5.3.
fn blob(key: &RsaPrivateKey) -> Vec<u8> {
    let head = [2048_u32, 3, 256, 0, 0].map(u32::to_le_bytes).concat();
    [b"RSA1".as_slice(), &head, &[1, 0, 1], &key.n().to_be_bytes()].concat()
}

/// The registration service, as a resource.
pub(crate) const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";
const JWT_BEARER: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
