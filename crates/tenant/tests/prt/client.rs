//! The client: what entra.md 5 to 7 says of clients, written once more and for tests only.

use aes::Aes256;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use hmac::{Hmac, Mac};
use http::{HeaderMap, Request};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey};
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tenant::Tenant;
use tenant_model::knobs::Knobs;
use tenant_model::seed::Seed;
use tenant_model::setup::{Entry, Peer, Setup};
use tenant_wire::cloud::Urls;
use tenant_wire::keys::KeySource;

/// One stand-in, its clock, and a device with a user.
pub(crate) struct Harness {
    pub(crate) cloud: Tenant,
    pub(crate) now: i64,
    pub(crate) device: Device,
    /// Of the broker.
    pub(crate) refresh_token: String,
}

pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) thumbprint: String,
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: RsaPrivateKey,
    pub(crate) transport: RsaPrivateKey,
}

/// A reply and its line of the transcript.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) entry: Entry,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The AADSTS number of a refusal; 0 where there is none.
    pub(crate) fn code(&self) -> u64 {
        serde_json::from_str::<Value>(&self.text)
            .map_or(0, |it| it["error_codes"][0].as_u64().unwrap_or_default())
    }

    pub(crate) fn fact(&self, name: &str) -> &str {
        self.entry.facts.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A device-signed request for a PRT, good until a test changes something.
pub(crate) struct DeviceSigned {
    pub(crate) tenant: String,
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) key: RsaPrivateKey,
    pub(crate) form: String,
    pub(crate) standard_alphabet: bool,
}

/// A PRT and its session key.
#[derive(Debug, Clone)]
pub(crate) struct Prt {
    pub(crate) token: String,
    pub(crate) key: Vec<u8>,
}

/// A session-key-signed request, good until a test changes something.
#[derive(Clone)]
pub(crate) struct SessionSigned {
    pub(crate) tenant: String,
    pub(crate) header: Value,
    pub(crate) ctx: Vec<u8>,
    pub(crate) claims: Value,
    pub(crate) key: Vec<u8>,
    pub(crate) form: String,
}

impl Harness {
    /// Signs alex in by device code and joins.
    pub(crate) fn new() -> Harness {
        Harness::with(Seed::default(), false)
    }

    /// One with other tenants, the first of which has alex.
    pub(crate) fn of(seed: Seed) -> Harness {
        Harness::with(seed, false)
    }

    /// One whose stand-in approves by itself.
    pub(crate) fn approving() -> Harness {
        Harness::with(Seed::default(), true)
    }

    fn with(seed: Seed, auto_approve: bool) -> Harness {
        let setup = Setup {
            seed,
            urls: Urls::Public,
            entropy: 42,
            keys: KeySource::Pool,
            auto_approve,
            poll_interval: 5,
        };
        let now = 1_760_000_000_000;
        let cloud = Tenant::new(setup, now).unwrap();
        let key = |der: &[u8]| RsaPrivateKey::from_pkcs8_der(der).unwrap();
        let device = Device {
            id: String::new(),
            thumbprint: String::new(),
            certificate: Vec::new(),
            key: key(include_bytes!("test-device.pk8")),
            transport: key(include_bytes!("test-transport.pk8")),
        };
        let mut harness = Harness { cloud, now, device, refresh_token: String::new() };
        let tokens = harness.device_code(REGISTRATION);
        harness.refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
        let transport_key = STANDARD.encode(blob(&harness.device.transport));
        harness.join(tokens["access_token"].as_str().unwrap(), &transport_key);
        harness
    }

    pub(crate) fn turn(&mut self, change: impl FnOnce(&mut Knobs)) {
        let mut knobs = self.cloud.knobs().clone();
        change(&mut knobs);
        self.cloud.set_knobs(knobs);
    }

    pub(crate) fn send(&mut self, request: Request<Bytes>) -> Reply {
        self.send_as(request, &Peer::default())
    }

    pub(crate) fn send_as(&mut self, request: Request<Bytes>, peer: &Peer) -> Reply {
        let outcome = self.cloud.handle(request, peer, self.now);
        let (parts, body) = outcome.response.into_parts();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
            entry: outcome.entry,
        }
    }

    pub(crate) fn post(&mut self, path: &str, body: impl Into<Bytes>) -> Reply {
        self.send(Request::post(path).body(body.into()).unwrap())
    }

    /// A form with this `Authorization`.
    pub(crate) fn post_as(&mut self, path: &str, authorization: &str, body: &str) -> Reply {
        let request = Request::post(path).header("authorization", authorization);
        self.send(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
    }

    /// A page, as anybody may see it.
    pub(crate) fn page(&mut self, path: &str) -> Reply {
        self.send(Request::get(path).body(Bytes::new()).unwrap())
    }

    /// The code that alex gets with name and password on the page of this address.
    pub(crate) fn signed_in_code(&mut self, path: &str) -> String {
        let page = self.page(path).text;
        let hidden = |name: &str| {
            let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let [ctx, flow, canary] = ["ctx", "flowToken", "canary"].map(hidden);
        let body = format!("login={ALEX}&passwd={PASSWORD}&ctx={ctx}&flowToken={flow}&canary={canary}");
        let reply = self.post("/common/login", body);
        let location = reply.headers["location"].to_str().unwrap();
        location.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned()
    }

    pub(crate) fn get(&mut self, path: &str, bearer: &str) -> Reply {
        let request = Request::get(path).header("authorization", format!("Bearer {bearer}"));
        self.send(request.body(Bytes::new()).unwrap())
    }

    /// Tokens of the broker for a resource, from a code that alex approves.
    pub(crate) fn device_code(&mut self, resource: &str) -> Value {
        let body = format!("client_id={BROKER}&scope=openid {resource}/.default");
        let code = self.post(&format!("/{CONTOSO}/oauth2/v2.0/devicecode"), body).json();
        self.cloud.approve(code["user_code"].as_str().unwrap(), ALEX, self.now).unwrap();
        let secret = code["device_code"].as_str().unwrap();
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let body = format!("client_id={BROKER}&grant_type={grant}&device_code={secret}");
        self.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), body).json()
    }

    /// Another join with the same device key and this transport key.
    pub(crate) fn join_again(&mut self, transport_key: &str) {
        let tokens = self.device_code(REGISTRATION);
        self.join(tokens["access_token"].as_str().unwrap(), transport_key);
    }

    /// The body of a join that is in order.
    pub(crate) fn join_body(&self, transport_key: &str) -> Value {
        json!({
            "CertificateRequest": { "Type": "pkcs10", "Data": STANDARD.encode(csr(&self.device.key)) },
            "TransportKey": transport_key,
            "TargetDomain": "contoso.com", "DeviceType": "Linux", "OSVersion": "Ubuntu 24.04",
            "DeviceDisplayName": "lap-0042", "JoinType": 0, "Attributes": {},
        })
    }

    fn join(&mut self, bearer: &str, transport_key: &str) {
        let body = self.join_body(transport_key);
        let request = Request::post("/EnrollmentServer/device/?api-version=2.0")
            .header("authorization", format!("Bearer {bearer}"))
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let reply = self.send(request);
        let certificate = &reply.json()["Certificate"];
        self.device.id = reply.fact("device_id").to_owned();
        self.device.thumbprint = certificate["Thumbprint"].as_str().unwrap().to_owned();
        self.device.certificate = STANDARD.decode(certificate["RawBody"].as_str().unwrap()).unwrap();
    }

    pub(crate) fn nonce(&mut self) -> String {
        let reply = self.post(&format!("/{CONTOSO}/oauth2/token"), "grant_type=srv_challenge");
        assert_eq!(reply.entry.request, "nonce");
        reply.json()["Nonce"].as_str().unwrap().to_owned()
    }

    pub(crate) fn by_refresh_token(&mut self) -> DeviceSigned {
        let claims = json!({
            "client_id": BROKER, "scope": "openid aza ugs", "win_ver": "Ubuntu 24.04",
            "request_nonce": self.nonce(), "grant_type": "refresh_token", "refresh_token": self.refresh_token,
        });
        self.device_signed(claims)
    }

    pub(crate) fn by_password(&mut self) -> DeviceSigned {
        let claims = json!({
            "client_id": BROKER_IDENTITY, "scope": "openid aza ugs", "win_ver": null,
            "request_nonce": self.nonce(), "grant_type": "password", "username": ALEX, "password": PASSWORD,
        });
        self.device_signed(claims)
    }

    pub(crate) fn device_signed(&self, claims: Value) -> DeviceSigned {
        DeviceSigned {
            tenant: CONTOSO.to_owned(),
            header: json!({ "alg": "RS256", "typ": "JWT", "x5c": [STANDARD.encode(&self.device.certificate)] }),
            claims,
            key: self.device.key.clone(),
            form: "windows_api_version=2.0&client_info=1".to_owned(),
            standard_alphabet: false,
        }
    }

    pub(crate) fn ask(&mut self, request: &DeviceSigned) -> Reply {
        self.post(&format!("/{}/oauth2/token", request.tenant), request.body())
    }

    /// A PRT by refresh token.
    pub(crate) fn prt(&mut self) -> Prt {
        let request = self.by_refresh_token();
        let reply = self.ask(&request).json();
        self.unwrap(&reply)
    }

    /// The session key, whose wrapping is checked to the last byte (entra.md 7.5).
    pub(crate) fn unwrap(&self, reply: &Value) -> Prt {
        let jwe = reply["session_key_jwe"].as_str().unwrap_or_else(|| panic!("no session key in {reply}"));
        let parts: Vec<Vec<u8>> = jwe.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        assert_eq!(parts[0], br#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
        let key = self.device.transport.decrypt(Oaep::<Sha1>::new(), &parts[1]).unwrap();
        let cipher = Aes256Gcm::new_from_slice(&key).unwrap();
        let iv: [u8; 12] = parts[2].as_slice().try_into().unwrap();
        let sealed = [parts[3].as_slice(), &parts[4]].concat();
        let plain = cipher.decrypt(&iv.into(), Payload { msg: &sealed, aad: b"" }).unwrap();
        assert_eq!((key.len(), plain.as_slice()), (32, b" ".as_slice()));
        Prt { token: reply["refresh_token"].as_str().unwrap().to_owned(), key }
    }

    pub(crate) fn renewal(&mut self, prt: &Prt) -> SessionSigned {
        let claims = json!({
            "client_id": BROKER_IDENTITY, "scope": "openid aza ugs", "grant_type": "refresh_token",
            "refresh_token": prt.token, "previous_refresh_token": prt.token, "iss": "aad:brokerplugin",
            "aud": "login.microsoftonline.com", "request_nonce": self.nonce(), "resource": null,
        });
        SessionSigned::new(prt, claims)
    }

    /// The first step of the plan for Intune.
    pub(crate) fn exchange(&mut self, prt: &Prt) -> SessionSigned {
        let claims = json!({
            "client_id": LINUX_BROKER, "scope": "openid profile offline_access", "resource": GRAPH,
            "grant_type": "refresh_token", "refresh_token": prt.token, "redirect_uri": PORTAL_URI,
            "iss": "aad:brokerplugin", "aud": "login.microsoftonline.com", "request_nonce": self.nonce(),
            "iat": "1760000000", "exp": "1760003600",
        });
        SessionSigned::new(prt, claims)
    }

    pub(crate) fn ask_signed(&mut self, request: &SessionSigned) -> Reply {
        self.post(&format!("/{}/oauth2/token", request.tenant), request.body())
    }

    /// The plain redemption of a refresh token of the Linux broker.
    pub(crate) fn redeem(&mut self, refresh_token: &str, resource: &str) -> Reply {
        let body = format!(
            "client_id={LINUX_BROKER}&grant_type=refresh_token&refresh_token={refresh_token}\
             &scope={resource}/.default openid profile offline_access&client_info=1"
        );
        self.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), body)
    }
}

impl DeviceSigned {
    pub(crate) fn jwt(&self) -> String {
        let part = |bytes: &[u8]| match self.standard_alphabet {
            true => STANDARD_NO_PAD.encode(bytes),
            false => URL_SAFE_NO_PAD.encode(bytes),
        };
        let text = |value: &Value| part(value.to_string().as_bytes());
        let input = format!("{}.{}", text(&self.header), text(&self.claims));
        let signature = SigningKey::<Sha256>::new(self.key.clone()).sign(input.as_bytes()).to_vec();
        format!("{input}.{}", part(&signature))
    }

    /// The grant type goes out raw, as one of the clients sends it.
    pub(crate) fn body(&self) -> String {
        format!("{}&{JWT_BEARER}&request={}", self.form, self.jwt())
    }
}

impl SessionSigned {
    fn new(prt: &Prt, claims: Value) -> SessionSigned {
        SessionSigned {
            tenant: CONTOSO.to_owned(),
            header: json!({ "alg": "HS256", "typ": "JWT", "kdf_ver": 2 }),
            ctx: (0..24).collect(),
            claims,
            key: prt.key.clone(),
            form: "windows_api_version=2.2&client_info=1".to_owned(),
        }
    }

    pub(crate) fn jwt(&self) -> String {
        let payload = self.claims.to_string();
        let mut header = self.header.clone();
        header["ctx"] = json!(STANDARD.encode(&self.ctx));
        let context = match header.get("kdf_ver") {
            Some(_) => Sha256::digest([self.ctx.as_slice(), payload.as_bytes()].concat()).to_vec(),
            None => self.ctx.clone(),
        };
        let text = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let input = format!("{}.{}", text(&header.to_string()), text(&payload));
        let signature = hmac(&derived(&self.key, &context), input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) fn body(&self) -> String {
        format!("{}&{JWT_BEARER}&request={}", self.form, self.jwt())
    }
}

impl Prt {
    /// Opens an encrypted reply (entra.md 7.6, vector 12.5).
    pub(crate) fn open(&self, reply: &Reply) -> Value {
        let parts: Vec<&str> = reply.text.split('.').collect();
        let [header, "", iv, text, ""] = parts[..] else { return self.open_third(reply) };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let header: Value = serde_json::from_slice(&decode(header)).unwrap();
        assert_eq!((&header["alg"], &header["enc"]), (&json!("dir"), &json!("A256GCM")));
        let ctx = STANDARD.decode(header["ctx"].as_str().unwrap()).unwrap();
        let iv: [u8; 16] = decode(iv).as_slice().try_into().unwrap();
        let key: [u8; 32] = derived(&self.key, &ctx).try_into().unwrap();
        let cipher = cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into());
        let plain = cipher.decrypt_padded_vec::<Pkcs7>(&decode(text)).unwrap();
        serde_json::from_slice(&plain).unwrap()
    }

    /// The same of version 3.0, with GCM.
    fn open_third(&self, reply: &Reply) -> Value {
        let parts: Vec<&str> = reply.text.split('.').collect();
        let [header, "", iv, text, tag] = parts[..] else { panic!("no encrypted reply: {reply:?}") };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let named: Value = serde_json::from_slice(&decode(header)).unwrap();
        let ctx = STANDARD.decode(named["ctx"].as_str().unwrap()).unwrap();
        let cipher = Aes256Gcm::new_from_slice(&derived(&self.key, &ctx)).unwrap();
        let iv: [u8; 12] = decode(iv).as_slice().try_into().unwrap();
        let msg = [decode(text), decode(tag)].concat();
        let plain = cipher.decrypt(&iv.into(), Payload { msg: &msg, aad: header.as_bytes() }).unwrap();
        serde_json::from_slice(&plain).unwrap()
    }
}

/// `Authorization` of a client whose secret is escaped as in a form already.
pub(crate) fn basic(client: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")))
}

/// The claims of a JWT, unverified.
pub(crate) fn claims(token: &Value) -> Value {
    let body = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

fn derived(key: &[u8], context: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 0, 0, 1];
    message.extend(b"AzureAD-SecureConversation\0");
    message.extend(context);
    message.extend([0, 0, 1, 0]);
    hmac(key, &message)
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// PKCS#10 request in DER (entra.md 5.2).
pub(crate) fn csr(key: &RsaPrivateKey) -> Vec<u8> {
    csr_named("7E980AD9-B86D-4306-9425-9AC066FB014A", key)
}

pub(crate) fn csr_named(name: &str, key: &RsaPrivateKey) -> Vec<u8> {
    let attribute = tlv(0x30, &[hex("0603550403"), tlv(0x0c, name.as_bytes())].concat());
    let subject = tlv(0x30, &tlv(0x31, &attribute));
    let public = key.to_public_key().to_public_key_der().unwrap();
    let info = tlv(0x30, &[hex("020100"), subject, public.as_bytes().to_vec(), hex("a000")].concat());
    let signature = SigningKey::<Sha256>::new(key.clone()).sign(&info).to_vec();
    let algorithm = hex("300d06092a864886f70d01010b0500");
    tlv(0x30, &[info, algorithm, tlv(0x03, &[&[0], signature.as_slice()].concat())].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u16;
    let [high, low] = length.to_be_bytes();
    let head = if length < 0x80 { vec![tag, low] } else { vec![tag, 0x82, high, low] };
    [head.as_slice(), content].concat()
}

/// BCRYPT_RSAKEY_BLOB of the public key, 2048 bits and 65537 (entra.md 5.3).
pub(crate) fn blob(key: &RsaPrivateKey) -> Vec<u8> {
    let head = hex("525341310008000003000000000100000000000000000000010001");
    [head, key.n().to_be_bytes().to_vec()].concat()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) const CONTOSO: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const FABRIKAM: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";
pub(crate) const ALEX: &str = "alex@contoso.com";
pub(crate) const ALEX_OID: &str = "aaaabbbb-cccc-dddd-eeee-ffff00001111";
pub(crate) const PASSWORD: &str = "Correct-Horse-1";
pub(crate) const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
pub(crate) const BROKER_IDENTITY: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";
pub(crate) const LINUX_BROKER: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";
pub(crate) const PORTAL_URI: &str = "companyportal://com.microsoft.CompanyPortal";
pub(crate) const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";
pub(crate) const GRAPH: &str = "https://graph.microsoft.com";
pub(crate) const ENROLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
pub(crate) const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";
pub(crate) const IW_SERVICE: &str = "b8066b99-6e67-41be-abfa-75db1a2c8809";
const JWT_BEARER: &str = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer";
