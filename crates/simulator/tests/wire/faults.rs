//! Faults on the wire, each at the request that it names.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::harness::{Failure, METADATA, Manner, Simulator, get};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_reply_is_processed_and_arrives_when_it_is_released() {
    let simulator = Arc::new(Simulator::start());
    simulator.ask(&["hold", NAME]);
    let reply = asked(&simulator);
    simulator.ask(&["wait", NAME, "--held", "1"]);
    assert_eq!(simulator.counter("processed_by_name", NAME), 1);
    assert!(simulator.transcript().contains("\"hold\"") && !reply.is_finished());
    let held = simulator.ask(&["holds"]);
    assert_eq!(held, json!([{"id": 1, "request": NAME, "stage": "after"}]));
    assert_eq!(simulator.ask(&["release", NAME]), held);
    assert_eq!(reply.await.unwrap().unwrap().status(), 200);
    assert!(simulator.metadata().await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_held_before_goes_on_when_it_is_released() {
    let simulator = Arc::new(Simulator::start());
    simulator.ask(&["hold", NAME, "--before"]);
    let reply = asked(&simulator);
    simulator.ask(&["wait", NAME, "--held", "1", "--seen", "1"]);
    assert_eq!(simulator.counter("processed_by_name", NAME), 0);
    simulator.ask(&["release"]);
    assert_eq!(reply.await.unwrap().unwrap().status(), 200);
    assert_eq!(simulator.counter("processed_by_name", NAME), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_held_before_never_reaches_the_tenant_if_its_client_goes() {
    let simulator = Arc::new(Simulator::start());
    simulator.ask(&["hold", NAME, "--before"]);
    let stream = simulator.open(&Manner::default()).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    let carried = tokio::spawn(connection);
    let request = get("localhost", METADATA).map(http_body_util::Full::new);
    let reply = tokio::spawn(async move { sender.send_request(request).await.is_ok() });
    simulator.ask(&["wait", NAME, "--held", "1"]);
    carried.abort();
    assert!(!reply.await.unwrap());
    while simulator.ask(&["holds"]) != json!([]) {}
    assert_eq!(simulator.counter("processed_by_name", NAME), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_can_be_a_reset() {
    let simulator = Arc::new(Simulator::start());
    for before in [true, false] {
        simulator.ask(if before { &["hold", NAME, "--before"] } else { &["hold", NAME] });
        let reply = asked(&simulator);
        simulator.ask(&["wait", NAME, "--held", "1"]);
        simulator.ask(&["release", "--reset"]);
        assert!(reply.await.unwrap().is_err());
    }
    assert_eq!(simulator.counter("processed_by_name", NAME), 1);
}

#[tokio::test]
async fn broken_connections_break_once_and_at_the_right_moment() {
    let simulator = Simulator::start();
    for (request, action, broken, processed) in [
        (NAME, json!("reset_before"), 1, 0),
        (NAME, json!("reset_after"), 1, 1),
        (NAME, json!("truncate"), 1, 1),
        (NAME, json!({"kind": "truncate", "keep": 0}), 1, 1),
        // One request is reset, and so are the connections of the next two.
        (NAME, json!({"kind": "refuse", "connections": 2}), 3, 0),
        ("connect", json!("reset_before"), 1, 0),
    ] {
        let before = simulator.counter("processed_by_name", NAME);
        simulator.turn(&json!({"faults": [{"request": request, "action": action}]}));
        for attempt in 0..broken {
            assert!(simulator.metadata().await.is_err(), "{action} {attempt}");
        }
        assert_eq!(simulator.counter("processed_by_name", NAME) - before, processed, "{action}");
        assert!(simulator.metadata().await.is_ok(), "{action}");
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_on_the_wire() {
    let simulator = Simulator::start();
    simulator.turn(&json!({"faults": [{"request": NAME, "action": "reset_after"}]}));
    let chain = causes(&*simulator.metadata().await.unwrap_err());
    assert!(chain.contains("reset"), "{chain}");
}

#[tokio::test]
async fn replies_are_spoilt_as_asked() {
    let simulator = Simulator::start();
    let good = simulator.metadata().await.unwrap();
    let spoilt = async |action: Value| {
        simulator.turn(&json!({"faults": [{"request": NAME, "action": action}]}));
        simulator.metadata().await.unwrap()
    };
    let odd = spoilt(json!("wrong_content_type")).await;
    assert_eq!((odd.headers()["content-type"].as_bytes(), odd.body()), (&b"text/plain"[..], good.body()));
    let big = spoilt(json!("oversized")).await;
    assert!(big.body().len() == 300 * 1024 && big.body().starts_with(good.body()));
    let odd: Value = serde_json::from_slice(spoilt(json!("bad_types")).await.body()).unwrap();
    assert!(odd["issuer"].is_array() && odd["scopes_supported"].is_string(), "{odd}");
    let slow = spoilt(json!({"kind": "slow_body", "chunk": 64, "every_ms": 1})).await;
    assert_eq!(slow.body(), good.body());
    let html = spoilt(json!({"kind": "html", "status": 503})).await;
    assert!(html.status() == 503 && html.body().starts_with(b"<!DOCTYPE html>"));
    let elsewhere = spoilt(json!({"kind": "redirect", "location": "https://elsewhere.example/x"})).await;
    assert_eq!(
        (elsewhere.status().as_u16(), elsewhere.headers()["location"].as_bytes()),
        (307, &b"https://elsewhere.example/x"[..])
    );
    let own = json!({"kind": "reply", "status": 429, "headers": {"Retry-After": "7"}, "body": "{}"});
    let busy = spoilt(own).await;
    assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].as_bytes()), (429, &b"7"[..]));
    // The tenant saw the good one and the four whose own reply was spoilt.
    assert_eq!(simulator.counter("processed_by_name", NAME), 5);
}

#[tokio::test]
async fn latency_is_by_name() {
    let simulator = Simulator::start();
    simulator.turn(&json!({"latency_ms": {NAME: 40}}));
    let begun = tokio::time::Instant::now();
    simulator.metadata().await.unwrap();
    assert!(begun.elapsed() >= std::time::Duration::from_millis(40));
}

#[test]
fn replacing_the_knobs_ends_the_faults_and_merging_keeps_them() {
    let simulator = Simulator::start();
    simulator.ask(&["hold", NAME]);
    simulator.turn(&json!({"bad_certificate": true}));
    let knobs = simulator.ask(&["knobs"]);
    assert_eq!(
        (knobs["faults"][0]["request"].as_str(), &knobs["bad_certificate"]),
        (Some(NAME), &json!(true))
    );
    let file = simulator.dir.path().join("empty.json");
    std::fs::write(&file, "{}").unwrap();
    let knobs = simulator.ask(&["knobs", "--set", file.to_str().unwrap()]);
    assert_eq!((&knobs["faults"], &knobs["bad_certificate"]), (&json!([]), &json!(false)));
    std::fs::write(&file, r#"{"no_such_knob": 1}"#).unwrap();
    assert!(!simulator.run(&["knobs", "--merge", file.to_str().unwrap()]).status.success());
}

fn asked(simulator: &Arc<Simulator>) -> JoinHandle<Result<Response<Bytes>, Failure>> {
    let simulator = Arc::clone(simulator);
    tokio::spawn(async move { simulator.metadata().await })
}

fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

const NAME: &str = "metadata";
