//! What people are told at a sign-in is in their language; what a script or an operator reads is not.

use crate::harness::{Cloud, Machine, code, line_with, rest, text};
use it::host::{Host, Ssh};
use serde_json::Value;
use std::fs;
use std::io::{BufReader, Write};
use std::process::{Output, Stdio};

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";
const GERMAN: &str = "de_DE.UTF-8";

/// Signs in with one line of input at a terminal of this locale.
fn types(machine: &Machine, locale: &str, arguments: &[&str], password: &str) -> Output {
    let mut tool = machine.tool(arguments);
    let mut tool = tool.env("LC_ALL", locale).stdin(Stdio::piped()).spawn().unwrap();
    // A tool that asks for nothing may have ended already.
    let _ = writeln!(tool.stdin.take().unwrap(), "{password}");
    tool.wait_with_output().unwrap()
}

#[test]
fn auth_test_speaks_the_language_of_its_terminal_and_json_is_for_scripts() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let mut tool = machine.tool(&["auth-test", "--name", ALEX]).env("LC_ALL", GERMAN).spawn().unwrap();
    let mut out = BufReader::new(tool.stdout.take().unwrap());
    line_with(&mut out, "Die Seite zeigt die App");
    line_with(&mut out, "Öffnen Sie: ");
    let told = rest(out);
    assert_eq!(tool.wait().unwrap().code(), Some(0), "{told}");
    assert!(told.contains("Der Code gilt bis ") && told.contains("Angemeldet: alex@contoso.com"), "{told}");
    assert!(told.contains("Dieser Rechner ist registriert."), "{told}");
    let auth_test = ["auth-test", "--name", ALEX];
    let wrong = types(&machine, GERMAN, &auth_test, "Wrong-Horse-2");
    let told = text(&wrong);
    assert!(told.contains("Melden Sie sich als alex@contoso.com an."), "{told}");
    let says = "Problem: Der Benutzername oder das Kennwort ist falsch; der Dienst meldet: ";
    assert!(told.contains(says) && told.contains("[AADSTS50126]"), "{told}");
    assert!(told.contains("Wer helfen kann: Sie\nWas zu tun ist: Melden Sie sich erneut"), "{told}");
    assert!(told.contains("Correlation id: "), "{told}");
    // A terminal that cannot show it, and a script.
    let plain = types(&machine, "de_DE", &auth_test, "Wrong-Horse-2");
    assert!(text(&plain).contains("Problem: the user name or password is wrong"), "{}", text(&plain));
    assert_eq!(code(&plain), code(&wrong));
    let script = types(&machine, GERMAN, &["auth-test", "--name", ALEX, "--json"], "Wrong-Horse-2");
    let object: Value = serde_json::from_slice(&script.stdout).unwrap();
    assert_eq!(object["failure"]["who"], "you", "{object}");
    let status = machine.tool(&["status"]).env("LC_ALL", GERMAN).output().unwrap();
    assert!(text(&status).contains("Registered"), "{}", text(&status));
}

#[test]
fn a_log_in_speaks_the_language_of_the_machine_and_ssh_only_where_it_is_set() {
    let cloud = Cloud::with(&[]);
    if let Some(why) = Host::impossible() {
        println!("skipped: {why}");
        return;
    }
    let mut host = Host::new(&cloud, "");
    fs::write(host.file("etc/locale.conf"), "LANG=de_DE.UTF-8\n").unwrap();
    for command in
        ["firmamentd --write-names", "aad-tool configure-pam --really", "aad-tool configure-ssh --really"]
    {
        host.root(command);
    }
    assert_eq!(host.root("cat /var/cache/firmament/language"), "de\n");
    let away = host.shell("pamtester login alex@contoso.com authenticate");
    assert!(text(&away).contains("firmamentd antwortet nicht"), "{}", text(&away));
    host.start_sshd();
    host.start_daemon();
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id -un");
    ssh.reads("enter the code ");
    let user_code = ssh.reads(".");
    cloud.admin(&["approve", user_code.trim_end_matches('.'), "--user", ALEX]);
    ssh.reads("minutes for it; ssh may close the connection sooner.");
    ssh.reads("Press Enter");
    ssh.types("");
    assert!(ssh.ends().success(), "{}\n{}", ssh.shown(), host.logs());
    assert!(ssh.shown().is_ascii(), "{}", ssh.shown());
    let su = ["--reuid=65534", "--clear-groups", "su", ALEX, "-c", "id -u"];
    let mut terminal = host.terminal("setpriv", &su);
    terminal.reads("Entra-ID-Kennwort: ");
    terminal.types("Wrong-Horse-2");
    terminal.reads("Der Benutzername oder das Kennwort ist falsch");
    assert!(!terminal.ends().success());
    let mut terminal = host.terminal("setpriv", &su);
    terminal.reads("Kennwort: ");
    terminal.types(PASSWORD);
    assert!(terminal.ends().success(), "{}\n{}", terminal.shown(), host.logs());
}
