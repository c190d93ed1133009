//! Over real TLS on loopback: who is trusted, what may leave, and how far a request got.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use model::{CertificateDer, CloudProfile, Delivery};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use transport::{Bears, Call, ClientIdentity, Policy, Transport, TransportError};
use transport_hyper::{HyperTransport, IpVersion, Options};

struct Server {
    port: u16,
    ca: PathBuf,
    _dir: tempfile::TempDir,
    handshakes: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    certificates: Arc<AtomicUsize>,
}

/// What the server does with a request.
#[derive(Clone, Copy)]
enum Manner {
    Answer(usize),
    Redirect,
    Silence,
}

/// A server for `name` that asks for a client certificate and takes any.
async fn serve(name: &str, manner: Manner) -> Server {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, ca.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(Arc::new(AnyClient))
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let counters: [Arc<AtomicUsize>; 3] = Default::default();
    let [handshakes, requests, certificates] = counters.clone();
    tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), manner, counters));
    Server { port, ca: path, _dir: dir, handshakes, requests, certificates }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    manner: Manner,
    counters: [Arc<AtomicUsize>; 3],
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, counters) = (acceptor.clone(), counters.clone());
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            counters[0].fetch_add(1, Ordering::SeqCst);
            if stream.get_ref().1.peer_certificates().is_some() {
                counters[2].fetch_add(1, Ordering::SeqCst);
            }
            let service = service_fn(move |_| {
                counters[1].fetch_add(1, Ordering::SeqCst);
                answer(manner)
            });
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(manner: Manner) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let response = http::Response::builder();
    Ok(match manner {
        Manner::Answer(bytes) => response.body(Full::from(vec![b'x'; bytes])).unwrap(),
        Manner::Redirect => {
            response.status(302).header("location", "https://127.0.0.1:1/").body(Full::default()).unwrap()
        }
        Manner::Silence => std::future::pending().await,
    })
}

fn transport(server: &Server, timeout: Duration) -> HyperTransport {
    let host = format!("localhost:{}", server.port).parse().unwrap();
    let profile = CloudProfile { drs: host, ..CloudProfile::public() };
    HyperTransport::new(Options {
        policy: Policy::new(profile),
        user_agent: "Firmament/0 (Linux; test 0; x)".to_owned(),
        ca_file: Some(server.ca.clone()),
        proxy: Some("http://192.0.2.1:9".to_owned()),
        request_timeout: timeout,
        ip_version: IpVersion::Both,
    })
    .unwrap()
}

fn call(host: &str, port: u16, bears: Bears) -> Call {
    let request =
        Request::post(format!("https://{host}:{port}/x")).body(Bytes::from_static(b"body")).unwrap();
    Call { request, bears }
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_handshake_serves_many_requests_and_loopback_needs_no_proxy() {
    let server = serve("localhost", Manner::Answer(5)).await;
    let transport = transport(&server, LONG);
    for _ in 0..3 {
        let reply = transport.send(call("localhost", server.port, Bears::Credential)).await.unwrap();
        assert_eq!((reply.status().as_u16(), reply.body().len()), (200, 5));
    }
    assert_eq!((server.handshakes.load(Ordering::SeqCst), server.requests.load(Ordering::SeqCst)), (1, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_s_certificate_and_a_wrong_name_are_refused_before_anything_is_sent() {
    let (server, other) =
        (serve("localhost", Manner::Answer(1)).await, serve("localhost", Manner::Answer(1)).await);
    let mistrusting =
        transport(&other, LONG).send(call("localhost", server.port, Bears::Nothing)).await.unwrap_err();
    assert!(matches!(mistrusting, TransportError::Tls { .. }), "{mistrusting}");
    let elsewhere = serve("elsewhere.example", Manner::Answer(1)).await;
    let misnamed = transport(&elsewhere, LONG)
        .send(call("localhost", elsewhere.port, Bears::Nothing))
        .await
        .unwrap_err();
    assert!(matches!(misnamed, TransportError::Tls { .. }), "{misnamed}");
    assert_eq!(server.requests.load(Ordering::SeqCst) + elsewhere.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_goes_to_known_hosts_only() {
    let server = serve("localhost", Manner::Answer(1)).await;
    let transport = transport(&server, LONG);
    let other = transport.send(call("other.localhost", server.port, Bears::Credential)).await.unwrap_err();
    assert!(matches!(other, TransportError::Forbidden(_)) && other.delivery() == Delivery::NotSent);
    assert_eq!(server.handshakes.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_a_reply_and_nothing_more() {
    let server = serve("localhost", Manner::Redirect).await;
    let reply =
        transport(&server, LONG).send(call("localhost", server.port, Bears::Credential)).await.unwrap();
    assert_eq!((reply.status().as_u16(), server.requests.load(Ordering::SeqCst)), (302, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_too_big_is_cut_off() {
    let server = serve("localhost", Manner::Answer(256 * 1024 + 1)).await;
    let error =
        transport(&server, LONG).send(call("localhost", server.port, Bears::Nothing)).await.unwrap_err();
    assert!(matches!(error, TransportError::TooBig { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_and_not_answered_is_in_doubt_and_what_was_not_sent_is_not() {
    let server = serve("localhost", Manner::Silence).await;
    let patient = transport(&server, Duration::from_secs(1));
    let error = patient.send(call("localhost", server.port, Bears::Nothing)).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::InDoubt, "{error}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = patient.send(call("localhost", closed, Bears::Nothing)).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_with_a_certificate_has_a_connection_of_its_own() {
    let server = serve("localhost", Manner::Answer(1)).await;
    let transport = transport(&server, LONG);
    transport.send(call("localhost", server.port, Bears::Nothing)).await.unwrap();
    for _ in 0..2 {
        transport
            .send(call("localhost", server.port, Bears::Certificate(Arc::new(Own::new()))))
            .await
            .unwrap();
    }
    transport.send(call("localhost", server.port, Bears::Nothing)).await.unwrap();
    assert_eq!(
        (server.handshakes.load(Ordering::SeqCst), server.certificates.load(Ordering::SeqCst)),
        (3, 2)
    );
}

#[test]
fn what_counts_as_this_machine() {
    for (host, here) in [
        ("localhost", true),
        ("LOCALHOST", true),
        ("certauth.localhost", true),
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("[::1]", true),
        ("::1", true),
        ("localhost.", true),
        ("notlocalhost", false),
        ("localhost.evil.example", false),
        ("10.0.0.1", false),
        ("login.microsoftonline.com", false),
    ] {
        assert_eq!(transport_hyper::is_loopback(host), here, "{host}");
    }
}

/// A self-signed RSA certificate whose key signs outside of the TLS library.
#[derive(Debug)]
struct Own {
    chain: [CertificateDer; 1],
    key: aws_lc_rs::rsa::KeyPair,
}

impl Own {
    fn new() -> Own {
        use aws_lc_rs::encoding::AsDer;
        let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let pkcs8 = PrivatePkcs8KeyDer::from(key.as_der().unwrap().as_ref().to_vec());
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_RSA_SHA256).unwrap();
        let certificate =
            CertificateParams::new(vec!["device".to_owned()]).unwrap().self_signed(&pair).unwrap();
        Own { chain: [CertificateDer(certificate.der().to_vec())], key }
    }
}

impl ClientIdentity for Own {
    fn chain(&self) -> &[CertificateDer] {
        &self.chain
    }

    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, String> {
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

/// Takes any certificate whose key the handshake proves.
#[derive(Debug)]
struct AnyClient;

impl rustls::server::danger::ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
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
