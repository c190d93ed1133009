//! Certificates: whose is shown, and whether one is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rcgen::{CertificateParams, KeyPair};
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::{SignatureScheme, SupportedProtocolVersion};
use serde_json::json;

use crate::harness::{METADATA, Manner, Simulator, get, json};

#[tokio::test]
async fn both_versions_of_tls_and_of_http_are_served() {
    let simulator = Simulator::start();
    for (versions, tls) in [(TLS12, "1.2"), (TLS13, "1.3")] {
        for (alpn, version) in [(&b"h2"[..], "HTTP/2.0"), (b"http/1.1", "HTTP/1.1")] {
            let manner = Manner { versions, alpn, ..Manner::default() };
            let response = simulator.send(&manner, metadata_in(alpn)).await.unwrap();
            assert_eq!(response.status(), 200);
            let last = simulator.ask(&["requests"]).as_array().unwrap().last().unwrap().clone();
            assert_eq!((last["tls"].as_str(), last["http"].as_str()), (Some(tls), Some(version)));
        }
    }
    let counters = simulator.ask(&["counters"]);
    assert_eq!((counters["tls_handshakes"].as_u64(), counters["requests"].as_u64()), (Some(4), Some(4)));
}

#[tokio::test]
async fn the_certificate_fits_local_names_and_with_public_hosts_the_real_ones() {
    let local = Simulator::start();
    let public = Simulator::with(&["--public-hosts"]);
    for name in ["localhost", "certauth.localhost", "127.0.0.1"] {
        assert!(local.open(&Manner { name, ..Manner::default() }).await.is_ok(), "{name}");
    }
    for name in [
        "login.microsoftonline.com",
        "enterpriseregistration.windows.net",
        "certauth.enterpriseregistration.windows.net",
        "graph.microsoft.com",
        "odc.officeapps.live.com",
        "packages.microsoft.com",
    ] {
        let manner = Manner { name, ..Manner::default() };
        assert!(public.open(&manner).await.is_ok(), "{name}");
        assert!(local.open(&manner).await.is_err(), "{name}");
    }
    let request = get("login.microsoftonline.com", METADATA);
    let manner = Manner { name: "login.microsoftonline.com", ..Manner::default() };
    let metadata = json(&public.send(&manner, request).await.unwrap());
    assert!(metadata["token_endpoint"].as_str().unwrap().starts_with("https://login.microsoftonline.com/"));
}

#[tokio::test]
async fn a_foreign_certificate_is_a_knob() {
    let simulator = Simulator::start();
    simulator.turn(&json!({"bad_certificate": true}));
    let error = simulator.open(&Manner::default()).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    simulator.turn(&json!({"bad_certificate": false}));
    assert!(simulator.metadata().await.is_ok());
}

#[tokio::test]
async fn who_is_asked_for_a_certificate_is_a_knob() {
    let simulator = Simulator::start();
    for (mode, localhost, certauth) in
        [("handshake", true, true), ("certauth_only", false, true), ("never", false, false)]
    {
        simulator.turn(&json!({"client_certificate": mode}));
        for (name, expected) in [("localhost", localhost), ("certauth.localhost", certauth)] {
            let identity = Arc::new(Identity::default());
            let asked: Arc<dyn ResolvesClientCert> = identity.clone();
            // In TLS 1.2 the whole exchange is over when the handshake is, so the question is certain.
            let manner = Manner { name, versions: TLS12, identity: Some(asked), ..Manner::default() };
            simulator.open(&manner).await.unwrap();
            assert_eq!(identity.asked.load(Ordering::Acquire), expected, "{mode} {name}");
        }
    }
}

#[tokio::test]
async fn any_certificate_will_do_but_its_key_must_be_proved() {
    let simulator = Simulator::start();
    simulator.turn(&json!({"client_certificate": "handshake"}));
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    for (signer, good) in [(&key, true), (&other, false)] {
        let identity: Arc<dyn ResolvesClientCert> = Arc::new(Identity::new(&key, signer));
        let manner = Manner { identity: Some(identity), ..Manner::default() };
        let outcome = simulator.send(&manner, get("localhost", METADATA)).await;
        assert_eq!(outcome.is_ok(), good);
        assert_eq!(simulator.ask(&["counters"])["client_certificates"], 1);
    }
}

/// HTTP/2 names the host in the address, HTTP/1.1 in a header.
fn metadata_in(alpn: &[u8]) -> http::Request<bytes::Bytes> {
    if alpn != b"h2" {
        return get("localhost", METADATA);
    }
    http::Request::get(format!("https://localhost{METADATA}")).body(bytes::Bytes::new()).unwrap()
}

/// A client's certificate, and whether it was asked for.
#[derive(Debug, Default)]
struct Identity {
    asked: AtomicBool,
    key: Option<Arc<CertifiedKey>>,
}

impl Identity {
    fn new(certified: &KeyPair, signer: &KeyPair) -> Identity {
        let leaf = CertificateParams::new(Vec::default()).unwrap().self_signed(certified).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signer.serialize_der()));
        let key = CertifiedKey::new(vec![leaf.der().clone()], any_supported_type(&key).unwrap());
        Identity { asked: AtomicBool::new(false), key: Some(Arc::new(key)) }
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Release);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

const TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
