//! One request and its whole reply, on a connection that others use as well or on one of its own.

use crate::body::{Taken, Watched};
use crate::connect::Connector;
use crate::failure::{chain, failed, find};
use crate::pool::Lent;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::{Client, Error};
use std::pin::pin;
use transport::{Reply, TransportError};

/// A client that keeps its connections.
pub(crate) type Keeping = Client<HttpsConnector<Connector>, Watched>;

/// An exchange on a connection of its own.
pub(crate) async fn alone(
    client: &Keeping,
    request: Request<Bytes>,
    (host, taken): (&str, &Taken),
) -> Result<Reply, TransportError> {
    let response = client.request(watched(request, taken)).await;
    read(response.map_err(|error| failed(host, taken, &error))?, host).await
}

/// An exchange on a connection that others use as well. A connection that ended while it was idle is replaced.
pub(crate) async fn shared(
    lent: &Lent<Keeping>,
    request: &Request<Bytes>,
    (host, taken): (&str, &Taken),
) -> Result<Reply, TransportError> {
    for _ in 1..TRIES {
        match begin(lent, request.clone(), (host, taken)).await? {
            Err(error) if never_left(&error, taken) => {}
            result => return result.map_err(|error| failed(host, taken, &error)),
        }
    }
    let last = begin(lent, request.clone(), (host, taken)).await?;
    last.map_err(|error| failed(host, taken, &error))
}

/// Waits for the turn, asks for a connection, and lets the next one ask as soon as there is one.
async fn begin(
    lent: &Lent<Keeping>,
    request: Request<Bytes>,
    (host, taken): (&str, &Taken),
) -> Result<Result<Reply, Error>, TransportError> {
    let turn = lent.gate().turn().await?;
    let mut request = watched(request, taken);
    let mut connection = capture_connection(&mut request);
    let mut exchange = pin!(lent.client().request(request));
    let ended = tokio::select! {
        biased;
        ended = &mut exchange => Some(ended),
        () = async { drop(connection.wait_for_connection_metadata().await) } => None,
    };
    let speaks_http_2 = connection.connection_metadata().as_ref().map(|found| found.is_negotiated_h2());
    if let (None, Some(Err(error))) = (speaks_http_2, &ended) {
        lent.gate().failed(&failed(host, taken, error));
    }
    let _turn = if speaks_http_2 == Some(false) {
        // The connection serves nobody else until this exchange has ended.
        lent.gate().widen();
        Some(turn)
    } else {
        drop(turn);
        None
    };
    let response = match ended {
        Some(ended) => ended,
        None => exchange.await,
    };
    match response {
        Ok(response) => read(response, host).await.map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

/// Whether the connection ended before it took the request, so that another one may have it.
fn never_left(error: &Error, taken: &Taken) -> bool {
    !taken.is_set() && find::<hyper::Error>(error).is_some_and(hyper::Error::is_canceled)
}

fn watched(request: Request<Bytes>, taken: &Taken) -> Request<Watched> {
    request.map(|bytes| Watched::new(bytes, taken.clone()))
}

async fn read(response: Response<Incoming>, host: &str) -> Result<Reply, TransportError> {
    let (head, body) = response.into_parts();
    match Limited::new(body, LARGEST).collect().await {
        Ok(whole) => Ok(Response::from_parts(head, whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(TransportError::TooBig { host: host.to_owned(), limit: LARGEST })
        }
        Err(error) => Err(TransportError::InDoubt { host: host.to_owned(), why: chain(error.as_ref()) }),
    }
}

/// How often a request that never left is tried on another connection.
const TRIES: usize = 3;
/// The largest reply that is read.
const LARGEST: usize = 256 * 1024;
