//! A TLS server of its own authority, whose manners can be chosen and which remembers what it saw.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// What the server does with a request.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// A reply of so many bytes.
    Answer(usize),
    /// 302 to a host that may not see credentials.
    Redirect,
    /// No reply ever.
    Silence,
    /// Head and half of the body, then nothing.
    Half,
    /// The request is read whole, then the connection ends.
    HangUp,
    /// One reply that promises to keep the connection, which then ends.
    AnswerAndClose,
    /// One request at a time, and the second has no answer until [`Server::close_one`].
    OneByOne,
    /// The connection ends before the handshake.
    NoHandshake,
}

/// What the server thinks of certificates of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// Asks for one and takes any.
    Welcome,
    /// Takes any, and nobody without.
    Demanded,
    /// Takes none: every certificate counts as revoked.
    Refused,
}

/// How a server is built.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) manner: Manner,
    pub(crate) versions: &'static [&'static SupportedProtocolVersion],
    pub(crate) valid_in: Option<i32>,
    pub(crate) client: Client,
    pub(crate) http_2: bool,
}

impl Default for Kind {
    fn default() -> Kind {
        Kind {
            name: "localhost",
            manner: Manner::Answer(5),
            versions: rustls::ALL_VERSIONS,
            valid_in: None,
            client: Client::Welcome,
            http_2: true,
        }
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) http: http::Version,
    pub(crate) user_agent: String,
    pub(crate) body: Bytes,
    pub(crate) certificate: bool,
}

/// What the server saw so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    pub(crate) handshakes: Vec<rustls::ProtocolVersion>,
    pub(crate) requests: Vec<Request>,
    /// Connections that the server ended, and whose end the client has answered.
    pub(crate) closed: usize,
}

pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    pub(crate) ca: PathBuf,
    seen: watch::Receiver<Seen>,
    may_close: Arc<Semaphore>,
    _dir: tempfile::TempDir,
}

impl Server {
    pub(crate) async fn start(kind: Kind) -> Server {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let dir = tempfile::tempdir().unwrap();
        // Two authorities of one name would be told apart by their signatures only.
        params.distinguished_name.push(DnType::CommonName, dir.path().to_str().unwrap());
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, ca.pem()).unwrap();
        let config = config(&kind, &ca);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (memory, seen) = watch::channel(Seen::default());
        let (acceptor, may_close) = (TlsAcceptor::from(Arc::new(config)), Arc::new(Semaphore::new(0)));
        let harness = Harness { acceptor, manner: kind.manner, memory, may_close: may_close.clone() };
        tokio::spawn(harness.open(listener));
        Server { name: kind.name, port, ca: path, seen, may_close, _dir: dir }
    }

    /// Ends one connection, whatever it is about.
    pub(crate) fn close_one(&self) {
        self.may_close.add_permits(1);
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub(crate) async fn until(&self, condition: impl FnMut(&Seen) -> bool) {
        self.seen.clone().wait_for(condition).await.unwrap();
    }
}

fn config(kind: &Kind, ca: &CertifiedIssuer<'_, KeyPair>) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![kind.name.to_owned()]).unwrap();
    if let Some(year) = kind.valid_in {
        params.not_before = rcgen::date_time_ymd(year, 1, 1);
        params.not_after = rcgen::date_time_ymd(year + 1, 1, 1);
    }
    let leaf = params.signed_by(&key, ca).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(crate::certificate::Judge(kind.client));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(kind.versions)
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if matches!(kind.manner, Manner::AnswerAndClose) || !kind.http_2 {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
    }
    config
}

struct Harness {
    acceptor: TlsAcceptor,
    manner: Manner,
    memory: watch::Sender<Seen>,
    may_close: Arc<Semaphore>,
}

impl Harness {
    async fn open(self, listener: TcpListener) {
        let harness = Arc::new(self);
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(harness.clone().receive(stream));
        }
    }

    async fn receive(self: Arc<Harness>, stream: TcpStream) {
        self.memory.send_modify(|seen| seen.connections += 1);
        if matches!(self.manner, Manner::NoHandshake) {
            return;
        }
        let stream = match self.acceptor.accept(stream).into_fallible().await {
            Ok(stream) => stream,
            // Whoever ends at once may take the alert away from under the client's eyes.
            Err((_, mut stream)) => return drain(&mut stream).await,
        };
        let version = stream.get_ref().1.protocol_version().unwrap();
        self.memory.send_modify(|seen| seen.handshakes.push(version));
        match self.manner {
            Manner::AnswerAndClose => self.answer_and_close(stream).await,
            _ => self.serve(stream).await,
        }
    }

    async fn serve(self: Arc<Harness>, stream: TlsStream<TcpStream>) {
        let certificate = stream.get_ref().1.peer_certificates().is_some();
        let may_close = self.may_close.clone();
        let mut builder = Builder::new(TokioExecutor::new());
        if matches!(self.manner, Manner::OneByOne) {
            builder.http2().max_concurrent_streams(1);
        }
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let harness = self.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
                let agent = head.headers.get("user-agent").map(|value| value.to_str().unwrap().to_owned());
                let request =
                    Request { http: head.version, user_agent: agent.unwrap_or_default(), body, certificate };
                harness.memory.send_modify(|seen| seen.requests.push(request));
                harness.answer().await
            }
        });
        // A client that breaks off, or a connection that is to be broken off, is no fault of the server's.
        tokio::select! {
            served = builder.serve_connection(TokioIo::new(stream), service) => drop(served),
            told = may_close.acquire() => told.unwrap().forget(),
        }
    }

    async fn answer(&self) -> Result<http::Response<Full<Bytes>>, io::Error> {
        let response = http::Response::builder();
        let response = match self.manner {
            Manner::Answer(bytes) => response.body(Full::from(vec![b'x'; bytes])),
            Manner::Redirect => {
                response.status(302).header("location", "https://127.0.0.1:1/").body(Full::default())
            }
            Manner::OneByOne if self.memory.borrow().requests.len() != 2 => response.body(Full::default()),
            Manner::HangUp => return Err(io::Error::other("hung up")),
            _ => std::future::pending().await,
        };
        response.map_err(io::Error::other)
    }

    async fn answer_and_close(self: Arc<Harness>, mut stream: TlsStream<TcpStream>) {
        let mut read = Vec::new();
        while !read.ends_with(b"body") {
            if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return;
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx").await.unwrap();
        stream.shutdown().await.unwrap();
        drain(&mut stream).await;
        self.memory.send_modify(|seen| seen.closed += 1);
    }
}

/// Reads until the other side ends, so that it has seen everything that was sent to it.
async fn drain(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut nothing = [0; 1024];
    while stream.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
}

/// A proxy that takes CONNECT, leads every name to one port of this machine, and remembers all it saw.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
    pub(crate) relayed: Arc<Mutex<Vec<u8>>>,
}

/// What the proxy says to CONNECT; nothing at all where it says nothing.
pub(crate) async fn start_proxy(answer: &'static str, target: u16) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heads, relayed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let proxy = Proxy { port, heads: heads.clone(), relayed: relayed.clone() };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(relay(stream, answer, target, heads.clone(), relayed.clone()));
        }
    });
    proxy
}

async fn relay(
    mut client: TcpStream,
    answer: &'static str,
    target: u16,
    heads: Arc<Mutex<Vec<String>>>,
    relayed: Arc<Mutex<Vec<u8>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    heads.lock().unwrap().push(String::from_utf8(head).unwrap());
    client.write_all(answer.as_bytes()).await.unwrap();
    if !answer.contains(" 200 ") {
        return drain(&mut client).await;
    }
    let server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = from_client.read(&mut piece).await {
        relayed.lock().unwrap().extend_from_slice(&piece[..read]);
        if to_server.write_all(&piece[..read]).await.is_err() {
            return;
        }
    }
}
