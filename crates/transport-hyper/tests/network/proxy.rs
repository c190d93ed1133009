//! By which way a host is reached.

use crate::server::{Kind, Proxy, Server, start_proxy};
use crate::{SHORT, options, to};
use model::Delivery;
use transport::{ProxyFault, TransportError};
use transport_hyper::{HyperTransport, Options, ProxySetting};

const YES: &str = "HTTP/1.1 200 OK\r\n\r\n";

/// A name that no DNS knows, so that only the proxy can lead to it.
async fn beyond() -> Server {
    Server::start(Kind { name: "drs.example", ..Kind::default() }).await
}

fn through(server: &Server, proxy: &str) -> HyperTransport {
    HyperTransport::new(Options { proxy: at(proxy), ..options(server) }).unwrap()
}

fn at(url: &str) -> ProxySetting {
    ProxySetting { origin: "the option proxy", url: url.to_owned(), no_proxy: String::new() }
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
        assert!(matches!(error, TransportError::Proxy { .. }), "{error:?}");
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let taken = error.to_string().contains("does not take this user and password");
        assert_eq!(taken, answer.contains("407"), "{error}");
        assert_eq!(server.seen().connections, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_proxy_says_is_told_with_its_name_and_who_has_to_act() {
    let basic = ProxyFault::Credentials { basic: true };
    for (answer, says, fault) in [
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            "refused drs.example:PORT with '403 Forbidden'",
            ProxyFault::Refused,
        ),
        ("HTTP/1.1 403 Blocked by IT\r\n\r\n", "with '403 Blocked by IT'", ProxyFault::Refused),
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"a, b\"\r\n\
             Proxy-Authenticate: Negotiate, NTLM\r\n\r\n",
            "'407 Proxy Authentication Required': it wants to know who asks, and wants Basic, Negotiate, NTLM",
            basic,
        ),
        (
            "HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n",
            "'407 No': it wants to know who asks, and wants Digest",
            ProxyFault::Credentials { basic: false },
        ),
        ("HTTP/1.1 407 No\r\n\r\n", "names no way", ProxyFault::Credentials { basic: false }),
        (
            "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "answered '502 Bad Gateway': it could not reach drs.example:PORT",
            ProxyFault::Gateway,
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n",
            "its own DNS does not know the host (ERR_DNS_FAIL 0)",
            ProxyFault::Gateway,
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\nProxy-Status: p; error=dns_error\r\n\r\n",
            "its own DNS does not know the host (p; error=dns_error)",
            ProxyFault::Gateway,
        ),
        ("nonsense\r\n\r\n", "does not answer as an HTTP proxy", ProxyFault::Unreachable),
        ("HTTP/1.1 200 OK\r\n\r\nhello", "it speaks before the host", ProxyFault::Unreachable),
    ] {
        let server = beyond().await;
        let proxy = start_proxy(answer, server.port).await;
        let transport = through(&server, &format!("http://127.0.0.1:{}", proxy.port));
        let error = to(&server, &transport).await.unwrap_err();
        let text = error.to_string().replace(&server.port.to_string(), "PORT");
        let named = format!("drs.example:PORT could not be reached: the proxy 127.0.0.1:{} ", proxy.port);
        assert!(text.starts_with(&named) && text.contains(says), "{text}");
        let TransportError::Proxy { fault: told, .. } = error else { panic!("{error:?}") };
        assert_eq!(told, fault, "{answer}");
        assert!(server.seen().requests.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_without_an_address_is_told_by_its_name() {
    let server = beyond().await;
    // No name of the DNS has so long a label, so nobody is asked for it.
    let unknown = format!("{}.invalid", "a".repeat(70));
    let error = to(&server, &through(&server, &format!("http://{unknown}:3128"))).await.unwrap_err();
    let says = format!(
        "the proxy {unknown}:3128 is not known by name: the DNS of this machine has no address of {unknown}"
    );
    assert!(error.to_string().contains(&says), "{error}");
    assert_eq!(error.delivery(), Delivery::NotSent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_is_silent_or_absent_got_nothing_and_is_not_passed_by() {
    let server = beyond().await;
    let silent = start_proxy("", server.port).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for port in [silent.port, closed] {
        let proxy = at(&format!("http://127.0.0.1:{port}"));
        let options = Options { proxy, request_timeout: SHORT, ..options(&server) };
        let error = to(&server, &HyperTransport::new(options).unwrap()).await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::NotSent, "{error:?}");
        assert!(error.to_string().contains(&format!("the proxy 127.0.0.1:{port}")), "{error}");
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
