//! A client that keeps its connections.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Failure;
use crate::server::{PASSWORD, Server, upn};

/// Connections that are kept at the same time.
const CONNECTIONS: usize = 8;

pub(crate) struct Client {
    tls: TlsConnector,
    address: std::net::SocketAddr,
}

impl Client {
    pub(crate) fn new(server: &Server) -> Result<Client, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(server.ca())?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_webpki_verifier(verifier.build()?)
            .with_no_client_auth();
        Ok(Client { tls: TlsConnector::from(Arc::new(config)), address: server.listen })
    }

    /// Sends all of them over kept connections; each must have a reply of this status.
    pub(crate) async fn all(&self, requests: Vec<Request<Bytes>>, status: StatusCode) -> Result<(), Failure> {
        self.replies(requests, status).await.map(drop)
    }

    /// A token for registration for each user.
    pub(crate) async fn tokens(&self, users: usize) -> Result<Vec<String>, Failure> {
        let requests = (0..users).map(|number| form(TOKEN, &by_password(number))).collect();
        let replies = self.replies(requests, StatusCode::OK).await?;
        replies.iter().map(|reply| word(reply, "access_token")).collect()
    }

    /// So many device codes, each as the request that polls it.
    pub(crate) async fn codes(&self, count: usize) -> Result<Vec<Request<Bytes>>, Failure> {
        let requests = (0..count).map(|_| form(DEVICE_CODE, CODE_REQUEST)).collect();
        let replies = self.replies(requests, StatusCode::OK).await?;
        replies.iter().map(|reply| Ok(form(TOKEN, &poll_of(&word(reply, "device_code")?)))).collect()
    }

    async fn replies(
        &self,
        requests: Vec<Request<Bytes>>,
        status: StatusCode,
    ) -> Result<Vec<Bytes>, Failure> {
        let queue = Arc::new(Mutex::new(requests));
        let mut tasks = Vec::new();
        for _ in 0..CONNECTIONS {
            let sender = self.open().await?;
            tasks.push(tokio::spawn(drain(sender, Arc::clone(&queue), status)));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        Ok(all)
    }

    async fn open(&self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream = self.tls.connect(ServerName::try_from("localhost")?, stream).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its errors are those of the requests on it.
        tokio::spawn(connection);
        Ok(sender)
    }
}

async fn drain(
    mut sender: SendRequest<Full<Bytes>>,
    queue: Arc<Mutex<Vec<Request<Bytes>>>>,
    status: StatusCode,
) -> Result<Vec<Bytes>, Failure> {
    let mut replies = Vec::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(request) = next else { return Ok(replies) };
        let reply = sender.send_request(request.map(Full::new)).await?;
        let (is, body) = (reply.status(), reply.into_body().collect().await?.to_bytes());
        if is != status {
            return Err(format!("{is} in place of {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        replies.push(body);
    }
}

/// A join as the user of this token.
pub(crate) fn join(token: &str, body: &Bytes) -> Request<Bytes> {
    let mut request = Request::new(body.clone());
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static("/EnrollmentServer/device/?api-version=2.0");
    let headers = request.headers_mut();
    headers.insert("host", http::HeaderValue::from_static("localhost"));
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    if let Ok(bearer) = http::HeaderValue::try_from(format!("Bearer {token}")) {
        headers.insert("authorization", bearer);
    }
    request
}

pub(crate) fn form(path: &'static str, fields: &str) -> Request<Bytes> {
    let mut request = Request::new(Bytes::copy_from_slice(fields.as_bytes()));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static(path);
    let headers = request.headers_mut();
    headers.insert("host", http::HeaderValue::from_static("localhost"));
    let kind = http::HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert("content-type", kind);
    request
}

pub(crate) fn by_password(number: usize) -> String {
    let user = upn(number);
    format!("client_id={BROKER}&grant_type=password&username={user}&password={PASSWORD}&scope={SCOPE}")
}

pub(crate) fn poll_of(device_code: &str) -> String {
    let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
    format!("client_id={BROKER}&grant_type={grant}&device_code={device_code}")
}

pub(crate) fn word(reply: &[u8], name: &str) -> Result<String, Failure> {
    let reply: Value = serde_json::from_slice(reply)?;
    Ok(reply[name].as_str().ok_or_else(|| format!("no {name} in {reply}"))?.to_owned())
}

const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const SCOPE: &str = "openid%20offline_access%2001cb2876-7ebd-4aa4-9cc9-d28bd4d359a9%2F.default";
/// The path of the token endpoint.
pub(crate) const TOKEN: &str = "/contoso.com/oauth2/v2.0/token";
/// The path of the device code endpoint.
pub(crate) const DEVICE_CODE: &str = "/contoso.com/oauth2/v2.0/devicecode";
/// The form of a request for a device code.
pub(crate) const CODE_REQUEST: &str =
    "client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&scope=01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9%2F.default";
