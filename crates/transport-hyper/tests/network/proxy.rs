//! By which way a host is reached.

use crate::server::{Kind, Proxy, Server, start_proxy};
use crate::{SHORT, options, to};
use model::Delivery;
use transport::TransportError;
use transport_hyper::{HyperTransport, Options};

const YES: &str = "HTTP/1.1 200 OK\r\n\r\n";

/// A name that no DNS knows, so that only the proxy can lead to it.
async fn beyond() -> Server {
    Server::start(Kind { name: "drs.example", ..Kind::default() }).await
}

fn through(server: &Server, proxy: &str) -> HyperTransport {
    HyperTransport::new(Options { proxy: Some(proxy.to_owned()), ..options(server) }).unwrap()
}

fn heads(proxy: &Proxy) -> Vec<String> {
    proxy.heads.lock().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_learns_the_host_and_nothing_else() {
    let server = beyond().await;
    let proxy = start_proxy(YES, server.port).await;
    let transport = through(&server, &format!("http://127.0.0.1:{}", proxy.port));
    for _ in 0..2 {
        assert_eq!(to(&server, &transport).await.unwrap().status().as_u16(), 200);
    }
    let host = format!("drs.example:{}", server.port);
    assert_eq!(heads(&proxy), [format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n")]);
    let relayed = proxy.relayed.lock().unwrap().clone();
    let told = |word: &[u8]| relayed.windows(word.len()).any(|window| window == word);
    assert!(told(b"drs.example") && !told(b"hunter2") && !told(b"/x") && !told(b"body"));
    assert_eq!(server.seen().requests.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_checked_behind_a_proxy_too() {
    let (server, stranger) = (beyond().await, beyond().await);
    let proxy = start_proxy(YES, stranger.port).await;
    let transport = through(&server, &format!("http://127.0.0.1:{}", proxy.port));
    let error = to(&server, &transport).await.unwrap_err();
    assert!(matches!(error, TransportError::Tls { .. }), "{error:?}");
    assert_eq!((heads(&proxy).len(), stranger.seen().requests.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_s_user_is_told_to_the_proxy_alone() {
    let server = beyond().await;
    let proxy = start_proxy(YES, server.port).await;
    let transport = through(&server, &format!("http://kim:p%40w@localhost:{}/", proxy.port));
    to(&server, &transport).await.unwrap();
    // kim:p@w
    assert!(
        heads(&proxy)[0].contains("\r\nProxy-Authorization: Basic a2ltOnBAdw==\r\n"),
        "{:?}",
        heads(&proxy)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_refuses_got_nothing_and_its_password_is_not_told() {
    for answer in ["HTTP/1.1 407 No\r\n\r\n", "HTTP/1.1 502 No\r\n\r\n", "nonsense\r\n\r\n"] {
        let server = beyond().await;
        let proxy = start_proxy(answer, server.port).await;
        let transport = through(&server, &format!("http://kim:hunter2@127.0.0.1:{}", proxy.port));
        let error = to(&server, &transport).await.unwrap_err();
        assert!(matches!(error, TransportError::NotSent { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert_eq!(server.seen().connections, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_is_silent_or_absent_got_nothing_and_is_not_passed_by() {
    let server = beyond().await;
    let silent = start_proxy("", server.port).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for port in [silent.port, closed] {
        let proxy = Some(format!("http://127.0.0.1:{port}"));
        let options = Options { proxy, request_timeout: SHORT, ..options(&server) };
        let error = to(&server, &HyperTransport::new(options).unwrap()).await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::NotSent, "{error:?}");
    }
    assert_eq!(server.seen().connections, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_machine_is_reached_without_the_proxy() {
    for name in ["localhost", "certauth.localhost", "127.0.0.1"] {
        let server = Server::start(Kind { name, ..Kind::default() }).await;
        let proxy = start_proxy(YES, server.port).await;
        let transport = through(&server, &format!("http://127.0.0.1:{}", proxy.port));
        assert_eq!(to(&server, &transport).await.unwrap().status().as_u16(), 200);
        assert!(heads(&proxy).is_empty(), "{name}");
    }
}
