//! Calls that present a certificate, and the two sides of it.

use crate::server::{Client, Kind, Manner, Server};
use crate::{own_identity, post, to, transport};
use model::{CertificateDer, Delivery};
use rcgen::{CertificateParams, KeyPair};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_rustls::rustls;
use tokio_rustls::rustls::ProtocolVersion;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use transport::{ClientIdentity, RequestAuth, TransportError};

const TLS12: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];
const TLS13: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_presented_in_both_versions_of_tls_by_a_key_outside() {
    for (versions, version) in [(TLS12, ProtocolVersion::TLSv1_2), (TLS13, ProtocolVersion::TLSv1_3)] {
        let server = Server::start(Kind { versions, client: Client::Demanded, ..Kind::default() }).await;
        let own = own_identity();
        let auth = RequestAuth::CertificateAndCredential(own.clone());
        let reply = post(&transport(&server), server.name, server.port, auth).await.unwrap();
        let seen = server.seen();
        assert_eq!((reply.status().as_u16(), seen.handshakes), (200, vec![version]));
        assert!(seen.requests[0].certificate && seen.requests[0].http == http::Version::HTTP_11);
        // rsa_pss_rsae_sha256, the one that both versions know.
        assert_eq!(*own.schemes.lock().unwrap(), [0x0804]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_demands_a_certificate_and_gets_none_reads_nothing() {
    for versions in [TLS12, TLS13] {
        let server = Server::start(Kind { versions, client: Client::Demanded, ..Kind::default() }).await;
        let error = to(&server, &transport(&server)).await.unwrap_err();
        // In TLS 1.3 the alert comes late, and HTTP/2 keeps only its text: in doubt is then the careful word.
        assert!(versions == TLS13 || matches!(error, TransportError::Tls { .. }), "{error:?}");
        assert_eq!(server.seen().requests.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_the_server_refuses_is_known_to_have_had_no_effect() {
    for versions in [TLS12, TLS13] {
        let server = Server::start(Kind { versions, client: Client::Refused, ..Kind::default() }).await;
        let auth = RequestAuth::Certificate(own_identity());
        let error = post(&transport(&server), server.name, server.port, auth).await.unwrap_err();
        // In TLS 1.3 the alert may also overtake the request, which is then never begun.
        assert!(versions == TLS13 || matches!(error, TransportError::Tls { .. }), "{error:?}");
        assert_eq!((error.delivery(), server.seen().requests.len()), (Delivery::NotSent, 0), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_will_not_sign_ends_the_call_unsent_with_its_words() {
    let server = Server::start(Kind { client: Client::Demanded, ..Kind::default() }).await;
    let mut own = Own::new();
    own.refusal = Some("the key store is locked");
    let auth = RequestAuth::Certificate(Arc::new(own));
    let error = post(&transport(&server), server.name, server.port, auth).await.unwrap_err();
    assert!(error.to_string().contains("the key store is locked"), "{error}");
    assert_eq!((error.delivery(), server.seen().requests.len()), (Delivery::NotSent, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_with_a_certificate_has_a_connection_of_its_own() {
    let server = Server::start(Kind { manner: Manner::Answer(1), ..Kind::default() }).await;
    let transport = transport(&server);
    to(&server, &transport).await.unwrap();
    for _ in 0..2 {
        let auth = RequestAuth::Certificate(own_identity());
        post(&transport, server.name, server.port, auth).await.unwrap();
    }
    to(&server, &transport).await.unwrap();
    let seen = server.seen();
    let certificates: Vec<bool> = seen.requests.iter().map(|request| request.certificate).collect();
    assert_eq!(certificates, [false, true, true, false]);
    // One each for the two, and one for the others, or two where the machine was so slow that it was quiet for long.
    assert!((3..=4).contains(&seen.handshakes.len()), "{}", seen.handshakes.len());
}

/// Signs when its gate is open, as a key store that was stopped and goes on.
#[derive(Debug)]
struct Gated {
    own: Arc<Own>,
    begun: AtomicUsize,
    open: AtomicBool,
}

impl ClientIdentity for Gated {
    fn chain(&self) -> &[CertificateDer] {
        self.own.chain()
    }

    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, String> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let begun = Instant::now();
        while !self.open.load(Ordering::SeqCst) && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.own.sign(scheme, message)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_handshakes_that_wait_for_the_key_leave_the_runtime_to_others() {
    let server = Server::start(Kind { client: Client::Demanded, ..Kind::default() }).await;
    let (begun, open) = (AtomicUsize::new(0), AtomicBool::new(false));
    let gated = Arc::new(Gated { own: own_identity(), begun, open });
    let transport = Arc::new(transport(&server));
    let (name, port) = (server.name, server.port);
    let call = || {
        let (transport, auth) = (transport.clone(), RequestAuth::Certificate(gated.clone()));
        tokio::spawn(async move { post(&transport, name, port, auth).await })
    };
    let calls: Vec<_> = (0..8).map(|_| call()).collect();
    let all_wait = async {
        while gated.begun.load(Ordering::SeqCst) < 8 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all_wait).await.unwrap();
    let other = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
    tokio::time::timeout(Duration::from_secs(1), other).await.unwrap().unwrap();
    gated.open.store(true, Ordering::SeqCst);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().status().as_u16(), 200);
    }
}

/// A self-signed RSA certificate whose key signs outside of the TLS library.
#[derive(Debug)]
pub(crate) struct Own {
    chain: [CertificateDer; 1],
    key: aws_lc_rs::rsa::KeyPair,
    schemes: Mutex<Vec<u16>>,
    refusal: Option<&'static str>,
}

impl Own {
    pub(crate) fn new() -> Own {
        use aws_lc_rs::encoding::AsDer;
        let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let pkcs8 = PrivatePkcs8KeyDer::from(key.as_der().unwrap().as_ref().to_vec());
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_RSA_SHA256).unwrap();
        let params = CertificateParams::new(vec!["device".to_owned()]).unwrap();
        let certificate = params.self_signed(&pair).unwrap();
        let chain = [CertificateDer(certificate.der().to_vec())];
        Own { chain, key, schemes: Mutex::default(), refusal: None }
    }
}

impl ClientIdentity for Own {
    fn chain(&self) -> &[CertificateDer] {
        &self.chain
    }

    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, String> {
        if let Some(refusal) = self.refusal {
            return Err(refusal.to_owned());
        }
        self.schemes.lock().unwrap().push(scheme);
        let encoding: &'static dyn aws_lc_rs::signature::RsaEncoding = match scheme {
            0x0804 => &aws_lc_rs::signature::RSA_PSS_SHA256,
            _ => &aws_lc_rs::signature::RSA_PKCS1_SHA256,
        };
        let mut signature = vec![0; 256];
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.key.sign(encoding, &random, message, &mut signature).map_err(|error| error.to_string())?;
        Ok(signature)
    }
}

/// Judges certificates of clients; the handshake proves their keys.
#[derive(Debug)]
pub(crate) struct Judge(pub(crate) Client);

impl rustls::server::danger::ClientCertVerifier for Judge {
    fn client_auth_mandatory(&self) -> bool {
        self.0 != Client::Welcome
    }

    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::server::danger::ClientCertVerified, rustls::Error> {
        if self.0 == Client::Refused {
            return Err(rustls::CertificateError::Revoked.into());
        }
        Ok(rustls::server::danger::ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let schemes = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, &schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let schemes = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, &schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
