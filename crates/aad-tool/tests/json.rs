//! With `--json` every command prints one JSON object, whatever happens; without it problems go to standard error.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod daemon;

use daemon::{Daemon, say};
use ipc::{Ending, FailureReport, Message, Request, StatusDocument};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_aad-tool"));
    tool.args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// The one object on standard output, and nothing beside it.
fn object(output: &Output) -> Value {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let object: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert!(object.is_object(), "{text}");
    object
}

const COMMANDS: &[&[&str]] = &[
    &["auth-test", "--name", "alex@contoso.com"],
    &["status"],
    &["tpm"],
    &["tpm", "recovery-code"],
    &["tpm", "reseal"],
    &["leave"],
    &["leave", "--force", "--yes"],
    &["rekey", "--to", "soft", "--name", "alex@contoso.com"],
    &["rekey", "--cancel"],
    &["rebind"],
    &["forget-account", "alex@contoso.com"],
    &["watch"],
];

#[test]
fn without_a_daemon_each_command_prints_one_object_with_its_exit_code() {
    let socket = "/nowhere/firmament/socket";
    for command in COMMANDS {
        let output = run(&[*command, &["--json", "--socket", socket]].concat());
        let object = object(&output);
        assert_eq!(output.status.code(), Some(7), "{output:?}");
        assert_eq!((&object["exit_code"], &object["outcome"]), (&7.into(), &"unreachable".into()));
        assert_eq!(object["failure"]["code"], "NoDaemon", "{object}");
        let name = object["command"].as_str().unwrap().to_owned();
        assert!(command.join(" ").starts_with(&name) && !name.is_empty(), "{name}");
        assert!(output.stderr.is_empty(), "{output:?}");
        // For people the same is a problem.
        let output = run(&[*command, &["--socket", socket]].concat());
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn a_command_line_that_cannot_be_meant_is_an_object_too() {
    for arguments in [
        &["--json"][..],
        &["--json", "no-such-command"],
        &["auth-test", "--json"],
        &["status", "--json", "--no-such-option"],
        &["rekey", "--json", "--to", "floppy", "--name", "alex@contoso.com"],
        &["leave", "--json", "--domain"],
    ] {
        let output = run(arguments);
        let object = object(&output);
        assert_eq!((output.status.code(), &object["exit_code"]), (Some(2), &2.into()), "{arguments:?}");
        assert_eq!(object["failure"]["code"], "Usage", "{arguments:?}");
        assert!(!object["failure"]["message"].as_str().unwrap().is_empty(), "{object}");
        let plain: Vec<&str> = arguments.iter().copied().filter(|it| *it != "--json").collect();
        let output = run(&plain);
        assert!(output.stdout.is_empty() && output.status.code() == Some(2), "{output:?}");
    }
    for wanted in ["--help", "--version"] {
        let output = run(&["--json", wanted]);
        assert_eq!((output.status.code(), &object(&output)["exit_code"]), (Some(0), &0.into()));
        assert!(object(&output)["text"].as_str().unwrap().contains("aad-tool"));
    }
}

#[test]
fn what_needs_no_daemon_prints_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("himmelblau.conf");
    std::fs::write(&conf, "[global]\ndomain = contoso.com\n").unwrap();
    let conf = conf.to_str().unwrap();
    let object_of = |arguments: &[&str]| object(&run(&[arguments, &["--json", "--config", conf]].concat()));
    let config = object_of(&["config"]);
    let settings = config["settings"].as_array().unwrap();
    assert!(settings.iter().any(|it| it["option"] == "hsm_type" && it["origin"] == "default"), "{config}");
    assert!(config["notes"].is_array() && config["failure"].is_null());
    let version = object_of(&["version"]);
    assert_eq!((&version["version"], &version["protocol"]), (&env!("CARGO_PKG_VERSION").into(), &3.into()));
    std::fs::write(folder.path().join("himmelblau.conf"), "[global]\nhsm_type = floppy\n").unwrap();
    let output = run(&["config", "--json", "--config", conf]);
    assert_eq!(
        (output.status.code(), &object(&output)["failure"]["code"]),
        (Some(2), &"Configuration".into())
    );
    let state = folder.path().to_str().unwrap();
    let arguments = ["prepare-image", "--yes", "--root", state, "--state-dir", state];
    std::fs::write(folder.path().join("himmelblau.conf"), "[global]\ndomain = contoso.com\n").unwrap();
    std::fs::write(folder.path().join("records.slots"), [0, 0, 1]).unwrap();
    let refused = object_of(&arguments);
    assert_eq!((&refused["exit_code"], refused["lines"].is_array()), (&1.into(), true), "{refused}");
    assert!(!refused["failure"]["code"].as_str().unwrap().is_empty(), "{refused}");
}

/// Says this to each caller, then how it ends.
fn against(arguments: &[&str], callers: usize, said: Vec<Message>, ending: Ending) -> Output {
    let daemon = Daemon::new();
    let serving = daemon.serves(callers, move |stream, request| {
        let said = if request == (Request::Status { domain: None }) && callers > 1 { &[] } else { &said[..] };
        said.iter().for_each(|message| say(stream, message));
        say(stream, &Message::End { ending });
    });
    let output = at(&daemon.socket(), arguments);
    serving.join().unwrap();
    output
}

fn at(socket: &Path, arguments: &[&str]) -> Output {
    run(&[arguments, &["--socket", socket.to_str().unwrap()]].concat())
}

fn failed(code: &str) -> Message {
    let failure =
        FailureReport { code: code.to_owned(), message: "it\u{9b} failed".to_owned(), ..Default::default() };
    Message::Failed { failure: Box::new(failure) }
}

#[test]
fn what_the_daemon_says_is_in_the_object_and_problems_are_on_standard_error() {
    let notice = Message::Notice { text: "a\u{202e}b".to_owned() };
    let said = || vec![notice.clone(), failed("Forbidden")];
    let output = against(&["rebind", "--json"], 1, said(), Ending::Denied);
    let object = object(&output);
    assert_eq!((output.status.code(), &object["outcome"]), (Some(5), &"denied".into()));
    assert_eq!(object["messages"][0]["text"], "a\u{202e}b");
    assert_eq!(object["failure"]["code"], "Forbidden");
    let text = std::str::from_utf8(&output.stdout).unwrap();
    assert!(
        text.contains("a\\u202eb") && text.contains("it\\u009b failed"),
        "nothing steers a terminal: {text}"
    );
    assert!(std::str::from_utf8(&output.stderr).unwrap().contains("Note: ab"), "{output:?}");
    let output = against(&["rebind"], 1, said(), Ending::Denied);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((out.as_str(), err.contains("Problem: it failed [Forbidden]")), ("Note: ab\n", true), "{err}");
}

#[test]
fn a_status_is_the_document_unless_it_failed() {
    let document: StatusDocument = serde_json::from_str(include_str!("golden/full.json")).unwrap();
    let status = || Message::Status { document: Box::new(document.clone()), more: false };
    for (command, code) in [("status", 4), ("tpm", 1)] {
        let output = against(&[command, "--json"], 1, vec![status()], Ending::NeedsSignIn);
        assert_eq!(std::str::from_utf8(&output.stdout).unwrap(), include_str!("golden/full.json"));
        assert_eq!(output.status.code(), Some(code), "{command}");
    }
    let output = against(&["status", "--json"], 1, vec![failed("UnknownDomain")], Ending::Denied);
    assert_eq!(object(&output)["failure"]["code"], "UnknownDomain");
    let output = against(&["status"], 1, vec![status()], Ending::Done);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// As a daemon of before pages says nothing where its answer is longer than a frame.
#[test]
fn an_answer_that_does_not_come_is_no_success() {
    for arguments in [&["status", "--json"][..], &["tpm", "--json"], &["account", "list", "--json"]] {
        for ending in [Ending::Done, Ending::NotRegistered] {
            let output = against(arguments, 1, vec![], ending);
            let object = object(&output);
            assert_eq!(
                (output.status.code(), &object["failure"]["code"]),
                (Some(1), &"AnswerTooLong".into())
            );
        }
    }
}

#[test]
fn a_status_of_five_hundred_domains_comes_in_pages_and_is_one_document() {
    let full: StatusDocument = serde_json::from_str(include_str!("golden/full.json")).unwrap();
    let domain = &full.domains[0];
    let named = |n: usize| ipc::DomainStatus { domain: format!("{n}.example"), ..domain.clone() };
    let page =
        |n: usize| StatusDocument { domains: vec![named(n)], notices: vec![], left: vec![], ..full.clone() };
    let pages = (0..500).map(|n| Message::Status { document: Box::new(page(n)), more: n < 499 });
    let output = against(&["status", "--json"], 1, pages.collect(), Ending::Done);
    let object = object(&output);
    assert_eq!((object["domains"].as_array().unwrap().len(), output.status.code()), (500, Some(0)));
}

#[test]
fn a_watch_prints_an_object_a_line() {
    let text = String::new;
    let change =
        || Message::Progress { at: text(), tenant: text(), phase: text(), state: text(), text: text() };
    let output = against(&["watch", "--json"], 1, vec![change(), change()], Ending::Done);
    let lines: Vec<Value> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (lines.len(), &lines[0]["message"], &lines[2]["outcome"]),
        (3, &"progress".into(), &"done".into())
    );
}

#[test]
fn a_leave_names_what_it_will_do_and_asks_nobody_who_is_no_terminal() {
    let document: StatusDocument = serde_json::from_str(include_str!("golden/full.json")).unwrap();
    for arguments in [&["leave"][..], &["leave", "--yes"], &["leave", "--json"]] {
        let daemon = Daemon::new();
        let document = document.clone();
        let serving = daemon.serves(2, move |stream, request| {
            if let Request::Status { .. } = request {
                say(stream, &Message::Status { document: Box::new(document.clone()), more: false });
            }
            say(stream, &Message::End { ending: Ending::Done });
        });
        let output = at(&daemon.socket(), arguments);
        serving.join().unwrap();
        assert!(output.status.success(), "{output:?}");
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let plan = "the device object 00aa11bb-2222-4333-8444-555566667777";
        let json = arguments.contains(&"--json");
        assert_eq!((out.contains(plan), err.contains(plan)), (!json, json), "{out}{err}");
    }
}

#[test]
fn what_takes_long_says_what_it_waits_for() {
    let daemon = Daemon::new();
    let serving = daemon.serves(1, |stream, _| {
        let text = "Microsoft Entra ID to name the tenant".to_owned();
        say(stream, &Message::Waiting { text, until: None });
        std::thread::sleep(std::time::Duration::from_millis(2500));
        say(stream, &Message::End { ending: Ending::Done });
    });
    let output = at(&daemon.socket(), &["auth-test", "--name", "alex@contoso.com"]);
    serving.join().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(err, "Waiting for Microsoft Entra ID to name the tenant.\n");
    assert!(output.stdout.is_empty());
}
