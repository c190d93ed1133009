//! One simulator process, and a small client that trusts its authority.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Simulator {
    pub(crate) child: Child,
    pub(crate) dir: TempDir,
    pub(crate) listen: String,
    pub(crate) admin: String,
}

/// How a client speaks.
pub(crate) struct Manner {
    pub(crate) name: &'static str,
    pub(crate) alpn: &'static [u8],
    pub(crate) versions: &'static [&'static SupportedProtocolVersion],
    pub(crate) identity: Option<Arc<dyn ResolvesClientCert>>,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner { name: "localhost", alpn: b"http/1.1", versions: rustls::ALL_VERSIONS, identity: None }
    }
}

impl Simulator {
    pub(crate) fn start() -> Simulator {
        Simulator::with(&[])
    }

    pub(crate) fn with(extra: &[&str]) -> Simulator {
        let dir = tempfile::tempdir().unwrap();
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--poll-interval", "0"]);
        command.arg("--state").arg(dir.path()).args(extra);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready "), "{line:?}");
        let field =
            |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name)).unwrap().to_owned();
        Simulator { listen: field("listen="), admin: field("admin="), child, dir }
    }

    /// Runs a command against the admin port.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let (first, rest) = arguments.split_first().unwrap();
        program().args([first, "--admin", &self.admin]).args(rest).output().unwrap()
    }

    /// Runs a command that must succeed, and gives its data.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Merges these members into the knobs in force (`knobs --merge`).
    pub(crate) fn turn(&self, knobs: &Value) {
        let file = self.dir.path().join("knobs.json");
        std::fs::write(&file, knobs.to_string()).unwrap();
        self.ask(&["knobs", "--merge", file.to_str().unwrap()]);
    }

    pub(crate) fn counter(&self, group: &str, name: &str) -> u64 {
        self.ask(&["counters"])[group][name].as_u64().unwrap_or(0)
    }

    pub(crate) fn transcript(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("transcript.jsonl")).unwrap()
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// Opens a connection.
    pub(crate) async fn open(&self, manner: &Manner) -> Result<TlsStream<TcpStream>, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.ca())?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(manner.versions)?
            .with_webpki_verifier(verifier.build()?);
        let mut config = match &manner.identity {
            Some(identity) => builder.with_client_cert_resolver(Arc::clone(identity)),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![manner.alpn.to_vec()];
        let stream = TcpStream::connect(&self.listen).await?;
        let name = ServerName::try_from(manner.name)?;
        Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
    }

    /// One request on a connection of its own.
    pub(crate) async fn send(
        &self,
        manner: &Manner,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Failure> {
        let stream = TokioIo::new(self.open(manner).await?);
        let request = request.map(Full::new);
        let response = if manner.alpn == b"h2" {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        };
        let (parts, body) = response.into_parts();
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }

    /// Reads the OIDC metadata of the built-in tenant.
    pub(crate) async fn metadata(&self) -> Result<Response<Bytes>, Failure> {
        self.send(&Manner::default(), get("localhost", METADATA)).await
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_entra-simulator"))
}

pub(crate) fn get(host: &str, path: &str) -> Request<Bytes> {
    Request::get(path).header("host", host).body(Bytes::new()).unwrap()
}

pub(crate) fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(crate) const METADATA: &str = "/contoso.com/v2.0/.well-known/openid-configuration";
