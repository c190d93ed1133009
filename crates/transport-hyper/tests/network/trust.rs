//! Who is trusted, what may leave, and what is read.

use crate::server::{Kind, Manner, Server};
use crate::{options, post, to, transport};
use bytes::Bytes;
use model::Delivery;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use transport::{Call, RequestAuth, Transport, TransportError};
use transport_hyper::{HyperTransport, Options, Roots, RootsError, SetupError};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_handshake_over_http_2_serves_many_requests() {
    let server = Server::start(Kind::default()).await;
    let transport = transport(&server);
    for _ in 0..3 {
        let reply = to(&server, &transport).await.unwrap();
        assert_eq!((reply.status().as_u16(), reply.body().len()), (200, 5));
    }
    let seen = server.seen();
    assert_eq!((seen.connections, seen.handshakes.len(), seen.requests.len()), (1, 1, 3));
    assert!(seen.requests.iter().all(|request| request.http == http::Version::HTTP_2));
    assert!(seen.requests.iter().all(|request| request.body == "body"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_proves_nothing_gets_nothing() {
    let trusted = Server::start(Kind::default()).await;
    let stranger = Server::start(Kind::default()).await;
    let misnamed = Server::start(Kind { name: "elsewhere.example", ..Kind::default() }).await;
    for (server, trusting, what) in
        [(&stranger, &trusted, "UnknownIssuer"), (&misnamed, &misnamed, "not valid for name")]
    {
        let transport = transport(trusting);
        let error = post(&transport, "localhost", server.port, RequestAuth::Nothing).await.unwrap_err();
        assert!(matches!(&error, TransportError::Tls { why, .. } if why.contains(what)), "{error:?}");
        assert_eq!((error.delivery(), server.seen().requests.len()), (Delivery::NotSent, 0));
    }
    for (year, early) in [(2019, false), (3000, true)] {
        let server = Server::start(Kind { valid_in: Some(year), ..Kind::default() }).await;
        let sent = post(&transport(&server), "localhost", server.port, RequestAuth::Nothing).await;
        let error = sent.unwrap_err();
        assert!(matches!(error, TransportError::OutOfDate { not_yet, .. } if not_yet == early), "{error:?}");
        assert_eq!((error.delivery(), server.seen().requests.len()), (Delivery::NotSent, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_goes_to_known_hosts_only() {
    let server = Server::start(Kind::default()).await;
    let transport = transport(&server);
    let bearing = [
        RequestAuth::Credential,
        RequestAuth::Certificate(crate::own_identity()),
        RequestAuth::CertificateAndCredential(crate::own_identity()),
    ];
    for auth in bearing {
        let error = post(&transport, "other.localhost", server.port, auth).await.unwrap_err();
        assert!(matches!(error, TransportError::Forbidden(_)), "{error:?}");
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(!error.to_string().contains("hunter2"));
    }
    assert_eq!(server.seen().connections, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaves_without_tls() {
    let server = Server::start(Kind::default()).await;
    let transport = transport(&server);
    for (auth, what) in
        [(RequestAuth::Nothing, "unsupported scheme"), (RequestAuth::Credential, "refused to send")]
    {
        let uri = format!("http://localhost:{}/", server.port);
        let request = http::Request::get(uri).body(Bytes::new()).unwrap();
        let error = transport.send(Call { request, auth }).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(error.delivery(), Delivery::NotSent);
    }
    assert_eq!(server.seen().connections, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_below_localhost_are_this_machine_without_dns() {
    let server = Server::start(Kind { name: "certauth.localhost", ..Kind::default() }).await;
    let reply = to(&server, &transport(&server)).await.unwrap();
    assert_eq!(reply.status().as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_a_reply_and_nothing_more() {
    let server = Server::start(Kind { manner: Manner::Redirect, ..Kind::default() }).await;
    let reply = to(&server, &transport(&server)).await.unwrap();
    assert_eq!((reply.status().as_u16(), server.seen().requests.len()), (302, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_read_up_to_the_cap_and_not_a_byte_more() {
    for (bytes, read) in [(256 * 1024, true), (256 * 1024 + 1, false)] {
        let server = Server::start(Kind { manner: Manner::Answer(bytes), ..Kind::default() }).await;
        match to(&server, &transport(&server)).await {
            Ok(reply) => assert!(read && reply.body().len() == bytes),
            Err(error) => assert!(!read && matches!(error, TransportError::TooBig { .. }), "{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_names_the_product_unless_it_says_otherwise() {
    let server = Server::start(Kind::default()).await;
    let transport = transport(&server);
    to(&server, &transport).await.unwrap();
    let request = http::Request::get(format!("https://localhost:{}/", server.port));
    let request = request.header("user-agent", "Other/1").body(Bytes::new()).unwrap();
    transport.send(Call { request, auth: RequestAuth::Nothing }).await.unwrap();
    let agents: Vec<String> = server.seen().requests.into_iter().map(|seen| seen.user_agent).collect();
    assert_eq!(agents, ["Firmament/0 (Linux; test 0; x)", "Other/1"]);
}

#[tokio::test]
async fn what_cannot_be_set_up_says_why() {
    let server = Server::start(Kind::default()).await;
    let dir = tempfile::tempdir().unwrap();
    let (none, broken) = (dir.path().join("none.pem"), dir.path().join("broken.pem"));
    std::fs::write(&none, "no certificate here\n").unwrap();
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let missing = dir.path().join("missing.pem");
    for file in [none, broken, missing] {
        let error = Roots::load(Some(&file)).unwrap_err();
        let named = error.to_string().contains(file.to_str().unwrap());
        assert!(matches!(error, RootsError::File { .. }) && named, "{error}");
    }
    let agent = Options { user_agent: "a\nb".to_owned(), ..options(&server) };
    assert!(matches!(HyperTransport::new(agent).err(), Some(SetupError::UserAgent(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_that_somebody_else_could_have_changed_are_not_trusted() {
    let server = Server::start(Kind::default()).await;
    let setup = || Roots::load(Some(&server.ca)).map(drop);
    for (spoilt, mode, mended) in
        [(server.ca.as_path(), 0o666, 0o644), (server.ca.parent().unwrap(), 0o777, 0o700)]
    {
        std::fs::set_permissions(spoilt, Permissions::from_mode(mode)).unwrap();
        let error = setup().unwrap_err().to_string();
        let command = format!("chmod go-w {}", spoilt.display());
        assert!(error.starts_with("ca_file ") && error.ends_with(&command), "{error}");
        std::fs::set_permissions(spoilt, Permissions::from_mode(mended)).unwrap();
        assert!(setup().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_bore_a_credential_is_closed_when_its_errand_is_over() {
    for (auth, connections) in [(RequestAuth::Nothing, [1, 1, 1]), (RequestAuth::Credential, [1, 1, 2])] {
        let server = Server::start(Kind::default()).await;
        let transport = transport(&server);
        let mut seen = Vec::new();
        for pause in [0, 100, 900] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            post(&transport, server.name, server.port, auth.clone()).await.unwrap();
            seen.push(server.seen().connections);
        }
        assert_eq!(seen, connections, "{auth:?}");
    }
    // What is asked without a credential meanwhile keeps nothing open either.
    let server = Server::start(Kind::default()).await;
    let transport = transport(&server);
    for (auth, pause) in
        [(RequestAuth::Credential, 0), (RequestAuth::Nothing, 100), (RequestAuth::Nothing, 900)]
    {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        post(&transport, server.name, server.port, auth).await.unwrap();
    }
    assert_eq!(server.seen().connections, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_cannot_be_used_is_named_by_its_line_and_the_others_are_trusted() {
    let server = Server::start(Kind::default()).await;
    let good = std::fs::read_to_string(&server.ca).unwrap();
    let lines = good.lines().count();
    let begun = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    let other = good.replace("CERTIFICATE", "PRIVATE KEY");
    for (text, line, says) in [
        (
            format!("{good}{}", good.replacen("\nM", "\n%%%% not base64 %%%%\nM", 1)),
            lines + 1,
            "cannot be decoded",
        ),
        (format!("# a comment\n{begun}{good}"), 2, "it has no line -----END CERTIFICATE-----"),
        (format!("{good}{begun}"), lines + 1, "it has no line -----END CERTIFICATE-----"),
        (
            format!("{good}{begun}-----END CERTIFICATE-----\n"),
            lines + 1,
            "it is no certificate of an authority",
        ),
        (format!("{other}{good}"), 1, "it is a PRIVATE KEY, not a CERTIFICATE"),
    ] {
        std::fs::write(&file, text.replace('\n', "\r\n")).unwrap();
        let roots = Roots::load(Some(&file)).unwrap();
        let place = format!("ca_file: {}:{line}: this entry is skipped: ", file.display());
        assert_eq!(roots.notices.len(), 1, "{:?}", roots.notices);
        assert!(
            roots.notices[0].starts_with(&place) && roots.notices[0].contains(says),
            "{:?}",
            roots.notices
        );
        let transport = HyperTransport::new(Options { roots, ..options(&server) }).unwrap();
        to(&server, &transport).await.unwrap();
    }
    for (bytes, says) in [
        (&b"\x30\x82\x03\x09"[..], "openssl x509 -inform der"),
        (b"nothing", "it holds no certificate"),
        (begun.as_bytes(), "line 1: it has no line"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let error = Roots::load(Some(&file)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
