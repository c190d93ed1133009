//! How far a request got when it failed.

use crate::server::{Kind, Manner, Server};
use crate::{hasty, to, transport};
use model::Delivery;
use tokio::net::TcpListener;
use transport::{RequestAuth, TransportError};

async fn server(manner: Manner) -> Server {
    Server::start(Kind { manner, ..Kind::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_and_not_answered_is_in_doubt() {
    let server = server(Manner::Silence).await;
    let error = to(&server, &hasty(&server)).await.unwrap_err();
    assert!(
        matches!(&error, TransportError::InDoubt { why, .. } if why.contains("time is over")),
        "{error:?}"
    );
    assert_eq!(server.seen().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_before_the_connection_ended_is_in_doubt() {
    let server = server(Manner::HangUp).await;
    let error = to(&server, &transport(&server)).await.unwrap_err();
    assert_eq!((error.delivery(), server.seen().requests.len()), (Delivery::InDoubt, 1), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_reply_is_none() {
    let server = server(Manner::Half).await;
    let error = to(&server, &hasty(&server)).await.unwrap_err();
    assert!(matches!(error, TransportError::InDoubt { .. }), "{error:?}");
    assert_eq!(server.seen().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_port_got_nothing() {
    let server = server(Manner::Answer(1)).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error =
        crate::post(&transport(&server), "localhost", closed, RequestAuth::Nothing).await.unwrap_err();
    assert!(matches!(error, TransportError::NotSent { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_before_the_handshake_got_nothing() {
    let server = server(Manner::NoHandshake).await;
    let error = to(&server, &transport(&server)).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent, "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_shakes_hands_got_nothing() {
    let reference = server(Manner::Answer(1)).await;
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = deaf.local_addr().unwrap().port();
    let transport = hasty(&reference);
    let error = crate::post(&transport, "localhost", port, RequestAuth::Nothing).await.unwrap_err();
    assert!(
        matches!(&error, TransportError::NotSent { why, .. } if why.contains("time is over")),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ended_while_it_was_idle_is_replaced() {
    let server = server(Manner::AnswerAndClose).await;
    let transport = transport(&server);
    for calls in 1..=3 {
        assert_eq!(to(&server, &transport).await.unwrap().body().as_ref(), b"x");
        server.until(|seen| seen.closed == calls).await;
    }
    assert_eq!(server.seen().handshakes.len(), 3);
}
