//! Over real TLS on loopback: who is trusted, what may leave, how far a request got, and by which way.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

mod certificate;
mod crowd;
mod delivery;
mod proxy;
mod server;
mod trust;

use bytes::Bytes;
use http::Request;
use model::{CloudProfile, IpVersion};
use server::Server;
use std::sync::Arc;
use std::time::Duration;
use transport::{Call, Policy, Reply, RequestAuth, Transport, TransportError};
use transport_hyper::{HyperTransport, Options, ProxySetting, Roots};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_secs(2);

/// Trusts the server's authority alone, and knows its host as one that may see credentials.
fn options(server: &Server) -> Options {
    let drs = format!("{}:{}", server.name, server.port).parse().unwrap();
    Options {
        policy: Policy::new(CloudProfile { drs, ..CloudProfile::public() }),
        user_agent: "Firmament/0 (Linux; test 0; x)".to_owned(),
        roots: Roots::load(Some(&server.ca)).unwrap(),
        proxy: ProxySetting::default(),
        request_timeout: LONG,
        ip_version: IpVersion::Both,
    }
}

fn transport(server: &Server) -> HyperTransport {
    HyperTransport::new(options(server)).unwrap()
}

fn hasty(server: &Server) -> HyperTransport {
    HyperTransport::new(Options { request_timeout: SHORT, ..options(server) }).unwrap()
}

/// A POST with a body, as the join is.
async fn post(
    transport: &HyperTransport,
    host: &str,
    port: u16,
    auth: RequestAuth,
) -> Result<Reply, TransportError> {
    let request = Request::post(format!("https://{host}:{port}/x"));
    let request = request.header("authorization", "Bearer hunter2").body(Bytes::from_static(b"body"));
    transport.send(Call { request: request.unwrap(), auth }).await
}

async fn to(server: &Server, transport: &HyperTransport) -> Result<Reply, TransportError> {
    post(transport, server.name, server.port, RequestAuth::Credential).await
}

/// A self-signed RSA certificate whose key signs outside of the TLS library.
fn own_identity() -> Arc<certificate::Own> {
    Arc::new(certificate::Own::new())
}
