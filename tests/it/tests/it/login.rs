//! People log in to a computer on which Firmament is installed: by sshd, login, su and sudo as they are.

use crate::harness::{Cloud, text, wait_for};
use it::host::{Host, Ssh};
use it::terminal::Terminal;

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";

/// A computer that is set up as the installation chapter says; its daemon has never run.
fn installed(cloud: &Cloud, extra: &str) -> Option<Host> {
    if let Some(why) = Host::impossible() {
        println!("skipped: {why}");
        return None;
    }
    let mut host = Host::new(cloud, extra);
    host.root("firmamentd --write-names");
    host.root("aad-tool configure-pam --really");
    host.root("aad-tool configure-ssh --really");
    host.start_sshd();
    Some(host)
}

/// The code that the person is shown, who approves it elsewhere.
fn approves(cloud: &Cloud, terminal: &mut Terminal, name: &str) {
    terminal.reads("enter the code ");
    let code = terminal.reads(".");
    cloud.admin(&["approve", code.trim_end_matches('.'), "--user", name]);
    terminal.reads("Press Enter");
    terminal.types("");
}

#[test]
fn the_first_login_by_ssh_registers_the_machine_and_gives_a_shell() {
    let cloud = Cloud::with(&[]);
    let Some(mut host) = installed(&cloud, "") else { return };
    host.start_daemon();
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id; pwd; ls -ld .");
    approves(&cloud, &mut ssh, ALEX);
    let status = ssh.ends();
    let shown = ssh.shown();
    assert!(status.success(), "{shown}\n{}", host.logs());
    assert!(shown.contains("uid=1285143078(alex) gid=1285143078(alex)"), "{shown}");
    assert!(shown.contains("/home/alex@contoso.com"), "{shown}");
    wait_for("the registration", || cloud.devices().len() == 1);
    // The second one takes the password.
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id -un");
    ssh.reads("password: ");
    ssh.types(PASSWORD);
    assert!(ssh.ends().success(), "{}\n{}", ssh.shown(), host.logs());
    assert!(ssh.shown().contains("alex"), "{}", ssh.shown());
    assert_eq!(cloud.devices().len(), 1);
    let whose = host.shell("getent passwd alex@contoso.com");
    assert_eq!(text(&whose), "alex:x:1285143078:1285143078::/home/alex@contoso.com:/bin/bash\n");
}
