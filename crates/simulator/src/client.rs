//! The client of the admin API.

use std::io;

use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_TYPE, HOST};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::cli::Asking;

/// Why a command had no effect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody said where the simulator is.
    #[error("which simulator? --admin ADDRESS says so; `serve` prints the address")]
    NoAddress,
    /// No TCP connection comes about at the admin address.
    #[error("no simulator answers at {address}: {cause}")]
    Unreachable {
        /// Address of the admin API that was tried.
        address: std::net::SocketAddr,
        /// Why the connection failed, in the system's words.
        cause: io::Error,
    },
    /// The connection broke.
    #[error("the connection to the simulator broke: {0}")]
    Broken(#[from] hyper::Error),
    /// The request cannot be written.
    #[error("the call cannot be written: {0}")]
    Request(#[from] http::Error),
    /// Something else listens there.
    #[error("what listens there is no simulator: {0}")]
    NoSimulator(#[from] serde_json::Error),
    /// The simulator says no.
    #[error("{0}")]
    Refused(String),
}

/// Makes one call and gives its answer.
pub(crate) async fn call(asking: &Asking) -> Result<Value, ClientError> {
    let address = asking.admin.ok_or(ClientError::NoAddress)?;
    let stream =
        TcpStream::connect(address).await.map_err(|cause| ClientError::Unreachable { address, cause })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Its errors are those of the request below.
    let carried = tokio::spawn(connection);
    let body = asking.body.as_ref().map(Value::to_string).unwrap_or_default();
    let request = Request::builder()
        .method(asking.method)
        .uri(&asking.path)
        .header(HOST, address.to_string())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let answer: Value = serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?;
    carried.abort();
    if status.is_success() {
        return Ok(answer);
    }
    Err(ClientError::Refused(answer["error"].as_str().unwrap_or("refused without a reason").to_owned()))
}
