//! Start, stop, and what the command line refuses.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{METADATA, Manner, Simulator, get, program, text};

#[test]
fn it_never_listens_beyond_loopback() {
    let dir = tempfile::tempdir().unwrap();
    for (listen, admin) in
        [("0.0.0.0:0", "127.0.0.1:0"), ("127.0.0.1:0", "0.0.0.0:0"), ("[::]:0", "127.0.0.1:0")]
    {
        let mut command = program();
        command.args(["serve", "--listen", listen, "--admin", admin, "--state"]).arg(dir.path());
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{listen} {admin}");
        assert!(text(&output).contains("not a loopback address"), "{}", text(&output));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_it_cleanly_even_while_a_reply_is_held() {
    let mut simulator = Simulator::start();
    simulator.ask(&["hold", "*"]);
    let held = tokio::spawn({
        let stream = simulator.open(&Manner::default()).await.unwrap();
        async move {
            let io = hyper_util::rt::TokioIo::new(stream);
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            let request = get("localhost", METADATA).map(http_body_util::Full::new);
            sender.send_request(request).await.is_err()
        }
    });
    simulator.ask(&["wait", "--held", "1"]);
    let pid = Pid::from_child(&simulator.child);
    kill_process(pid, Signal::TERM).unwrap();
    let status = simulator.child.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(held.await.unwrap());
}

#[test]
fn bad_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.json");
    std::fs::write(&bad, r#"{"no_such_knob": 1}"#).unwrap();
    for option in ["--seed", "--knobs"] {
        let mut command = program();
        command.args(["serve", "--state"]).arg(dir.path()).arg(option).arg(&bad);
        let output = command.output().unwrap();
        assert!(
            !output.status.success() && text(&output).contains("bad.json"),
            "{option}: {}",
            text(&output)
        );
    }
}

#[test]
fn commands_fail_when_nobody_answers_or_the_simulator_says_no() {
    let simulator = Simulator::start();
    let output = simulator.run(&["approve", "NOSUCHCODE", "--user", "alex@contoso.com"]);
    assert!(!output.status.success(), "{}", text(&output));
    let output = simulator.run(&["device", "99999999-0000-0000-0000-000000000000", "disable"]);
    assert!(!output.status.success(), "{}", text(&output));
    let output = simulator.run(&["device", "99999999-0000-0000-0000-000000000000", "comply"]);
    assert!(!output.status.success() && text(&output).contains("99999999"), "{}", text(&output));
    let output = simulator.run(&["wait", "join", "--held", "1", "--timeout-ms", "1"]);
    assert!(!output.status.success() && text(&output).contains("in time"), "{}", text(&output));
    let output = program().args(["devices", "--admin", "127.0.0.1:9"]).output().unwrap();
    assert!(!output.status.success() && text(&output).contains("no simulator answers"), "{}", text(&output));
}

#[test]
fn knobs_for_prts_are_taken_and_shown() {
    let simulator = Simulator::start();
    let knobs = serde_json::json!({
        "nonce_lifetime_s": 300, "prt_lifetime_s": 60, "prt_overlap_s": 5, "deleted_device_code": 700_003,
        "conditional_access_on_prt": false, "enrolment_excluded": false, "authorize_refusal": "redirect",
        "federated": {"contoso.com": true}, "extra_graph_scopes": ["Device.Read.All"],
        "refuse": [{"grant": "prt", "endpoint": "token", "code": 65_001}],
    });
    simulator.turn(&knobs);
    let shown = simulator.ask(&["knobs"]);
    for (name, value) in knobs.as_object().unwrap().iter().filter(|(name, _)| *name != "refuse") {
        assert_eq!(shown[name], *value, "{name}");
    }
    assert_eq!(shown["refuse"][0]["endpoint"], "token");
}

#[test]
fn the_page_shows_the_users_and_only_loopback_names_get_it() {
    let simulator = Simulator::start();
    let page = plain(&simulator.admin, &simulator.admin);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("alex@contoso.com"), "{page}");
    assert!(!page.contains("<script"));
    let refused = plain(&simulator.admin, "rebound.example");
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
}

#[test]
fn the_host_lines_lead_to_loopback() {
    let output = program().arg("hosts").output().unwrap();
    let lines = text(&output);
    assert!(lines.lines().all(|line| line.starts_with("127.0.0.1 ")));
    assert!(lines.contains(" certauth.enterpriseregistration.windows.net\n"), "{lines}");
}

fn plain(address: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}
