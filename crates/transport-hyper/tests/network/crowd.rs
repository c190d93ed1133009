//! Many requests of one host at once.

use crate::server::{Kind, Manner, Server};
use crate::{options, to, transport};
use model::Delivery;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::task::JoinSet;
use transport::{Reply, TransportError};
use transport_hyper::{HyperTransport, Options};

/// Sends so many requests at once.
async fn crowd(
    server: &Arc<Server>,
    transport: &Arc<HyperTransport>,
    count: usize,
) -> Vec<Result<Reply, TransportError>> {
    let mut requests = JoinSet::new();
    for _ in 0..count {
        let (server, transport) = (server.clone(), transport.clone());
        requests.spawn(async move { to(&server, &transport).await });
    }
    requests.join_all().await
}

async fn server(kind: Kind) -> (Arc<Server>, Arc<HyperTransport>) {
    let server = Arc::new(Server::start(kind).await);
    let transport = Arc::new(transport(&server));
    (server, transport)
}

// With one thread all have begun before any connection is there.
#[tokio::test]
async fn a_crowd_shares_one_connection_where_it_speaks_http_2() {
    let (server, transport) = server(Kind::default()).await;
    for round in 1..=3 {
        let replies = crowd(&server, &transport, 200).await;
        assert!(replies.iter().all(|reply| reply.as_ref().is_ok_and(|reply| reply.body().len() == 5)));
        let seen = server.seen();
        assert_eq!((seen.connections, seen.handshakes.len(), seen.requests.len()), (1, 1, round * 200));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_has_some_connections_where_each_serves_one_request_at_a_time() {
    let (server, transport) = server(Kind { http_2: false, ..Kind::default() }).await;
    let replies = crowd(&server, &transport, 200).await;
    assert!(replies.iter().all(|reply| reply.as_ref().is_ok_and(|reply| reply.body().len() == 5)));
    let seen = server.seen();
    assert_eq!(seen.requests.len(), 200);
    assert!((2..=32).contains(&seen.connections), "{}", seen.connections);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_hears_of_one_failure_together() {
    let (server, transport) = server(Kind { manner: Manner::NoHandshake, ..Kind::default() }).await;
    let replies = crowd(&server, &transport, 200).await;
    assert!(replies.iter().all(|reply| matches!(reply, Err(TransportError::NotSent { .. }))));
    // Whoever comes after a failure tries again.
    let connections = server.seen().connections;
    assert!(connections <= 40, "{connections}");
    assert!(to(&server, &transport).await.is_err());
    assert!(server.seen().connections > connections);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_a_connection_did_not_take_before_it_ended_has_another_one() {
    let (server, transport) = server(Kind { manner: Manner::OneByOne, ..Kind::default() }).await;
    to(&server, &transport).await.unwrap();
    let mut sent: Vec<_> = (0..3).map(|_| Box::pin(to(&server, &transport))).collect();
    for (waiting, request) in sent.iter_mut().enumerate() {
        assert!(request.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        if waiting == 0 {
            server.until(|seen| seen.requests.len() == 2).await;
        }
    }
    server.close_one();
    let mut ends = Vec::new();
    for request in sent {
        ends.push(request.await.map_err(|error| error.delivery()));
    }
    // The second was next: where it had begun on the connection, HTTP does not give it back.
    assert!(matches!(ends[..], [Err(Delivery::InDoubt), Err(Delivery::NotSent) | Ok(_), Ok(_)]), "{ends:?}");
    assert_eq!(server.seen().handshakes.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_without_an_answer_is_not_used_again() {
    let server = Server::start(Kind { manner: Manner::Silence, ..Kind::default() }).await;
    let request_timeout = Duration::from_millis(500);
    let transport = HyperTransport::new(Options { request_timeout, ..options(&server) }).unwrap();
    for connections in 1..=2 {
        let error = to(&server, &transport).await.unwrap_err();
        assert_eq!((error.delivery(), server.seen().connections), (Delivery::InDoubt, connections));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_an_answer_to_somebody_else() {
    for (http_2, count, connections) in [(true, 40, 1), (false, 16, 16)] {
        let (server, transport) = server(Kind { manner: Manner::Silence, http_2, ..Kind::default() }).await;
        let mut requests = JoinSet::new();
        for _ in 0..count {
            let (server, transport) = (server.clone(), transport.clone());
            requests.spawn(async move { to(&server, &transport).await });
        }
        let all_came = server.until(|seen| seen.requests.len() == count);
        tokio::time::timeout(Duration::from_secs(20), all_came).await.unwrap();
        assert_eq!(server.seen().connections, connections);
    }
}
