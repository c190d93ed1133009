//! Who may be whom, how often anybody may try, and what people are shown.

use crate::harness::{Cloud, Machine, code, text};
use serde_json::json;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Output, Stdio};

const ALEX: &str = "alex@contoso.com";
const ADELE: &str = "adele@contoso.com";
const RENAMED: &str = "sandra@contoso.com";
/// A user id that nobody has.
const STRANGER: u32 = 43_210;
const PASSWORD: &str = "Correct-Horse-1";

#[test]
fn a_name_that_was_given_away_stays_taken_until_root_forgets_it() {
    let cloud = Cloud::with(&[]);
    let mut machine = Machine::start(&cloud, "contoso.com");
    let (first, told) = machine.approved_by(&cloud, ALEX, ALEX);
    assert_eq!(first, Some(0), "{told}");
    assert!(told.contains(&format!("Signed in: {ALEX} ")), "{told}");
    cloud.admin(&["user", ALEX, "rename", RENAMED]);
    let (renamed, told) = machine.approved_by(&cloud, RENAMED, RENAMED);
    assert_eq!(renamed, Some(0), "{told}");
    // The name is given to somebody else, whom this machine has never met.
    cloud.admin(&["user", ADELE, "rename", ALEX]);
    for restart in [false, true] {
        if restart {
            machine.restart();
        }
        let (taken, told) = machine.approved_by(&cloud, ALEX, ALEX);
        assert_eq!(taken, Some(5), "{told}");
        assert!(told.contains("[FormerName]") && told.contains("aad-tool forget-account"), "{told}");
        assert!(!told.contains(RENAMED), "whoever has the old name does not learn the new one: {told}");
    }
    let forgotten = machine.run(&["forget-account", ALEX]);
    assert_eq!(code(&forgotten), 0, "{}", text(&forgotten));
    assert!(text(&forgotten).contains("is forgotten"), "{}", text(&forgotten));
    let (theirs, told) = machine.approved_by(&cloud, ALEX, ALEX);
    assert_eq!(theirs, Some(0), "{told}");
    let (renamed, told) = machine.approved_by(&cloud, RENAMED, RENAMED);
    assert_eq!(renamed, Some(0), "{told}");
}

#[test]
fn five_passwords_go_out_in_a_minute_and_a_code_lets_the_owner_in() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in(ALEX)), 0);
    let passwords =
        || cloud.requests("token.prt").iter().filter(|it| it["facts"]["grant"] == "password").count();
    let tries: Vec<Output> = (0..8).map(|_| machine.sign_in_with_password(ALEX, "Wrong-Horse-2")).collect();
    assert!(tries.iter().all(|it| code(it) == 4), "{}", text(&tries[0]));
    let too_many = tries.iter().filter(|it| text(it).contains("[TooManyAttempts]")).count();
    assert_eq!((passwords(), too_many), (5, 3), "{}", text(&tries[7]));
    assert!(text(&tries[7]).contains("What to do: Wait "), "{}", text(&tries[7]));
    // The right password has to wait as well, and a code does not.
    assert!(text(&machine.sign_in_with_password(ALEX, PASSWORD)).contains("[TooManyAttempts]"));
    let by_code = machine.sign_in(ALEX);
    assert_eq!((code(&by_code), passwords()), (0, 5), "{}", text(&by_code));
    assert_eq!(code(&machine.sign_in_with_password(ADELE, PASSWORD)), 0, "another account");
    assert_eq!(machine.domain()["phase"], "registered");
}

/// Runs aad-tool as somebody else, with a line of input.
fn as_stranger(machine: &Machine, arguments: &[&str], line: &str) -> Output {
    let mut tool = machine.tool(arguments);
    let mut tool = tool.uid(STRANGER).gid(STRANGER).stdin(Stdio::piped()).spawn().unwrap();
    // A tool that asks for nothing may have ended already.
    let _ = writeln!(tool.stdin.take().unwrap(), "{line}");
    tool.wait_with_output().unwrap()
}

#[test]
fn a_stranger_keeps_nobody_out_and_fills_no_log() {
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: only root can be somebody else");
    }
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    fs::set_permissions(machine.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(code(&machine.sign_in(ALEX)), 0, "the owner, through root");
    let tries: Vec<Output> =
        (0..6).map(|_| as_stranger(&machine, &["auth-test", "--name", ALEX], "Wrong-Horse-2")).collect();
    let wrong = tries.iter().filter(|it| text(it).contains("[AADSTS50126]")).count();
    let too_many = tries.iter().filter(|it| text(it).contains("[TooManyAttempts]")).count();
    assert_eq!((wrong, too_many), (3, 3), "{}", text(&tries[5]));
    let owner = machine.sign_in_with_password(ALEX, PASSWORD);
    assert_eq!(code(&owner), 0, "{}", text(&owner));

    for _ in 0..14 {
        let refused = as_stranger(&machine, &["leave"], "");
        assert_eq!(code(&refused), 5, "{}", text(&refused));
    }
    let log = machine.log();
    assert_eq!(log.lines().filter(|line| line.contains("Request refused")).count(), 10, "{log}");
    assert_eq!(machine.domain()["phase"], "registered");
}

#[test]
fn people_are_sent_nowhere_else_and_the_log_is_not_filled() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let reply = json!({
        "device_code": "d", "user_code": "ABCD", "expires_in": 900, "interval": 5,
        "verification_uri": "https://microsoft.com.evil.example/\u{202e}nigolecived",
    });
    let headers = json!({ "content-type": "application/json" });
    let action = json!({ "kind": "reply", "status": 200, "headers": headers, "body": reply.to_string() });
    cloud.set(&json!({ "faults": [{ "request": "devicecode", "times": 0, "action": action }] }));
    for _ in 0..15 {
        let output = machine.sign_in(ALEX);
        assert_eq!(code(&output), 5, "{}", text(&output));
        assert!(text(&output).contains("[UnusablePrompt]"), "{}", text(&output));
        assert!(
            !text(&output).contains("Code: ") && !text(&output).contains('\u{202e}'),
            "{}",
            text(&output)
        );
    }
    let log = machine.log();
    let lines = log.lines().filter(|line| line.contains("INFO") && line.contains("Sign-in failed")).count();
    assert_eq!(lines, 10, "{log}");
}
