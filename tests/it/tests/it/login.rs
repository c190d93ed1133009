//! People log in to a computer on which Firmament is installed: by sshd and su as they are.

use crate::harness::{Cloud, text, wait_for};
use it::host::{Host, Ssh};
use it::terminal::Terminal;

pub(crate) const ALEX: &str = "alex@contoso.com";
pub(crate) const ADELE: &str = "adele@contoso.com";
pub(crate) const PASSWORD: &str = "Correct-Horse-1";

/// A computer whose PAM and sshd are as they were.
fn bare(cloud: &Cloud, extra: &str) -> Option<Host> {
    match Host::impossible() {
        Some(why) => {
            println!("skipped: {why}");
            None
        }
        None => Some(Host::new(cloud, extra)),
    }
}

/// A computer that is set up as the installation chapter says; its daemon has never run.
pub(crate) fn installed(cloud: &Cloud, extra: &str) -> Option<Host> {
    let mut host = bare(cloud, extra)?;
    host.set_up();
    host.start_sshd();
    Some(host)
}

/// The code that the person is shown, who approves it elsewhere.
pub(crate) fn approves(cloud: &Cloud, terminal: &mut Terminal, name: &str) {
    terminal.reads("enter the code ");
    let code = terminal.reads(".");
    cloud.admin(&["approve", code.trim_end_matches('.'), "--user", name]);
    terminal.reads("Press Enter");
    terminal.types("");
}

/// The person is in, and their command has run well; what was shown.
#[track_caller]
pub(crate) fn is_in(host: &Host, mut terminal: Terminal) -> String {
    let status = terminal.ends();
    assert!(status.success(), "{}\n{}", terminal.shown(), host.logs());
    terminal.shown()
}

/// The person logs in with the password.
#[track_caller]
pub(crate) fn by_password(host: &Host, name: &str, command: &str) -> String {
    let mut ssh = host.ssh(Ssh::Questions, name, command);
    ssh.reads("password: ");
    ssh.types(PASSWORD);
    is_in(host, ssh)
}

#[test]
fn the_first_login_by_ssh_registers_the_machine_and_gives_a_shell() {
    let cloud = Cloud::with(&[]);
    let Some(mut host) = installed(&cloud, "") else { return };
    host.start_daemon();
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id; pwd; ls -ld .");
    approves(&cloud, &mut ssh, ALEX);
    let shown = is_in(&host, ssh);
    assert!(shown.contains("uid=1285143078(alex) gid=1285143078(alex)"), "{shown}");
    assert!(shown.contains("/home/alex@contoso.com"), "{shown}");
    wait_for("the registration", || cloud.devices().len() == 1);
    // The second one takes the password; at a terminal the short name will do.
    assert!(by_password(&host, ALEX, "id -un").contains("alex"));
    let mut su =
        host.terminal("setpriv", &["--reuid=65534", "--clear-groups", "su", "-", "alex", "-c", "id -u"]);
    su.reads("password: ");
    su.types(PASSWORD);
    let shown = is_in(&host, su);
    assert!(shown.contains("1285143078"), "{shown}");
    assert_eq!(cloud.devices().len(), 1);
    let whose = host.shell("getent passwd alex@contoso.com");
    assert_eq!(text(&whose), "alex:x:1285143078:1285143078::/home/alex@contoso.com:/bin/bash\n");
    assert_eq!(text(&host.shell("su - alex -c 'id -u'")), "1285143078\n");
    sessions_are_counted(&host);
    lockers(&cloud, &host);
    keys_and_denials(&cloud, &host);
    root_changes_accounts(&host);
}

/// Whoever is logged in is counted until they go.
fn sessions_are_counted(host: &Host) {
    let shows = |wanted: Option<&str>| {
        let shown = host.root("aad-tool account show alex@contoso.com");
        wanted.map_or(!shown.contains("Sessions"), |wanted| shown.contains(wanted))
    };
    wait_for("the end of the sessions before", || shows(None));
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "echo here; read _");
    ssh.reads("password: ");
    ssh.types(PASSWORD);
    ssh.reads("here");
    wait_for("one session", || shows(Some("1 open")));
    ssh.types("");
    is_in(host, ssh);
    wait_for("no session", || shows(None));
}

/// What root changes of an account every process sees at once.
fn root_changes_accounts(host: &Host) {
    let listed = "1285143078  alex  alex@contoso.com\n";
    assert_eq!(host.root("aad-tool account list"), listed);
    let shown = host.root("aad-tool account show alex@contoso.com");
    assert!(shown.contains("/home/alex@contoso.com") && shown.contains("may be used"), "{shown}");
    host.root("aad-tool account rename alex lex");
    assert_eq!(host.root("id -un 1285143078"), "lex\n");
    let taken = host.shell("aad-tool account set-uid lex 0");
    assert_eq!(taken.status.code(), Some(5), "{}", text(&taken));
    assert!(text(&taken).contains("0 to 999 belong to the system"), "{}", text(&taken));
    host.root("aad-tool account set-uid lex 70001");
    assert_eq!(host.root("id -u alex@contoso.com"), "70001\n");
    let unknown = host.shell("aad-tool account rename nobody-here x");
    assert!(text(&unknown).contains("[UnknownAccount]"), "{}", text(&unknown));
    assert_eq!(host.shell("aad-tool account show nobody-here").status.code(), Some(2));
    host.root("aad-tool account forget alex@contoso.com");
    assert!(!host.shell("su nobody -s /bin/sh -c 'id lex'").status.success());
    assert!(host.root("aad-tool account list").contains("given up on this machine"));
}

/// A screen locker runs as the person, and has room for one answer.
fn lockers(cloud: &Cloud, host: &Host) {
    let unlocks = |uid: u32, name: &str, password: &str| {
        let line = format!(
            "echo '{password}' | setpriv --reuid={uid} --clear-groups pamtester login {name} authenticate 2>&1"
        );
        host.shell(&line).status.success()
    };
    let codes = || cloud.requests("devicecode").len();
    let before = codes();
    assert!(unlocks(1_285_143_078, "alex", PASSWORD), "{}", host.logs());
    assert!(!unlocks(1_285_143_078, "alex", "Wrong-Horse-2"));
    assert!(!unlocks(1_285_143_078, ADELE, PASSWORD), "the account of somebody else");
    // Who is signed in here is not asked for a second factor that nobody could answer.
    cloud.set(&serde_json::json!({ "mfa_required_sign_in": true }));
    assert!(unlocks(1_285_143_078, "alex", PASSWORD), "{}", host.logs());
    assert!(!unlocks(1_285_143_078, "alex", "Wrong-Horse-2"));
    cloud.set(&serde_json::json!({ "mfa_required_sign_in": false }));
    assert_eq!(codes(), before, "no code is begun");
}

/// Alex gets a key; the command that logs in with it and says who they are.
pub(crate) fn makes_key(host: &Host) -> String {
    host.root(
        "ssh-keygen -q -t ed25519 -N '' -f /root/key && d=/home/alex@contoso.com/.ssh && install -d -m 700 $d && \
         cp /root/key.pub $d/authorized_keys && chown -R alex: $d",
    );
    format!(
        "ssh -F/dev/null -oStrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -oLogLevel=ERROR -oBatchMode=yes \
         -i /root/key -p{} alex@127.0.0.1 id -un",
        host.ssh[0]
    )
}

/// A key lets in who may come, whether the daemon lives or not, and nobody else.
fn keys_and_denials(cloud: &Cloud, host: &Host) {
    let ssh = makes_key(host);
    assert_eq!(text(&host.shell(&ssh)), "alex\n");
    host.signal("STOP", "firmamentd");
    assert_eq!(text(&host.shell(&ssh)), "alex\n", "the daemon is stopped");
    assert!(text(&host.shell("timeout 2 id alex")).contains("uid=1285143078(alex)"));
    assert!(!host.shell("timeout 2 id nosuch@contoso.net").status.success());
    let mut login = host.ssh(Ssh::Questions, ALEX, "id");
    login.reads("not available");
    login.types("");
    host.signal("CONT", "firmamentd");
    // The directory says no at a sign-in: the key is of no use from then on.
    cloud.admin(&["user", ALEX, "disable"]);
    let mut login = host.ssh(Ssh::Questions, ALEX, "id");
    login.reads("password: ");
    login.types(PASSWORD);
    login.reads("disabled");
    drop(login);
    wait_for("the verdict", || !host.shell(&ssh).status.success());
    cloud.admin(&["user", ALEX, "enable"]);
    assert!(by_password(host, ALEX, "id -un").contains("alex"));
    assert_eq!(text(&host.shell(&ssh)), "alex\n");
}

#[test]
fn who_may_not_come_is_refused_before_a_request_leaves_and_a_blind_program_shows_no_code() {
    let cloud = Cloud::with(&[]);
    let Some(mut host) = installed(&cloud, "pam_allow_groups = adele@contoso.com") else { return };
    host.root("useradd -m pat && echo pat:adele@contoso.com >/etc/himmelblau/user-map");
    host.start_daemon();
    let asked = || cloud.requests("devicecode").len();
    for name in ["stranger@elsewhere.org", ALEX] {
        let mut ssh = host.ssh(Ssh::Questions, name, "id");
        if name == ALEX {
            ssh.reads("may not sign in on this machine. Sign in with");
            ssh.types("");
        }
        assert!(!ssh.ends().success(), "{}", ssh.shown());
        assert_eq!(asked(), 0, "{name}: {}", ssh.shown());
    }
    // sshd answers what is asked with the password by itself: nobody would read the code.
    let mut ssh = host.ssh(Ssh::Password, ADELE, "id");
    ssh.reads("password: ");
    ssh.types(PASSWORD);
    assert!(!ssh.ends().success(), "{}", ssh.shown());
    assert_eq!(cloud.devices().len(), 0);
    let mut ssh = host.ssh(Ssh::Questions, ADELE, "id -un");
    approves(&cloud, &mut ssh, ADELE);
    assert!(is_in(&host, ssh).contains("adele"));
    // A local user whom the map calls Adele has her password, and stays who they are.
    let mut su = host.terminal("setpriv", &["--reuid=65534", "--clear-groups", "su", "pat", "-c", "id -un"]);
    su.reads("Entra ID password: ");
    su.types(PASSWORD);
    assert!(is_in(&host, su).ends_with("pat\n"));
}

/// What PAM answers to each local user in each phase, a line for each.
const PHASES: &str = "for user in $(cut -d: -f1 /etc/passwd); do (for phase in authenticate acct_mgmt \
    'setcred(PAM_ESTABLISH_CRED)' open_session; do echo \"$user $phase $(echo x | pamtester login $user \"$phase\" 2>&1 \
    | tail -1)\"; done) & done; wait";

#[test]
fn local_people_do_not_notice_whatever_becomes_of_the_daemon() {
    let cloud = Cloud::with(&[]);
    let Some(mut host) = bare(&cloud, "") else { return };
    let phases = |host: &Host| {
        let mut lines: Vec<String> = host.root(PHASES).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    // In nanoseconds, the shortest of 20: what else runs here says nothing of the module.
    let times = |host: &Host| -> u64 {
        let line = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do a=$(date +%s%N); \
                    pamtester login daemon acct_mgmt >/dev/null 2>&1; echo $(($(date +%s%N) - a)); done | sort -n";
        host.root(line).lines().next().unwrap().parse().unwrap()
    };
    let (before, quick) = (phases(&host), times(&host));
    host.set_up();
    for state in ["never started", "alive", "stopped", "dead"] {
        match state {
            "alive" => host.start_daemon(),
            "stopped" => host.signal("STOP", "firmamentd"),
            "dead" => host.signal("KILL", "firmamentd"),
            _ => {}
        }
        assert_eq!(phases(&host), before, "{state}");
        // A thread, a process or a handler of signals would be the host's to bear.
        let calls = "strace -f -qq -e trace=clone,clone3,fork,vfork,rt_sigaction -o /tmp/calls pamtester login \
                     alex@contoso.com acct_mgmt >/dev/null 2>&1; grep -vc SIGPIPE /tmp/calls";
        assert_eq!(text(&host.shell(calls)), "0\n", "{state}: {}", host.root("cat /tmp/calls"));
        let slower = times(&host).saturating_sub(quick);
        assert!(slower < 20_000_000, "{state}: {slower} ns slower");
    }
}

#[test]
fn where_only_a_sign_in_tells_the_number_root_sets_it_aside_and_ssh_lets_in() {
    let cloud = Cloud::with(&[]);
    let Some(mut host) = installed(&cloud, "id_attr_map = uuid\n") else { return };
    host.start_daemon();
    assert!(!host.shell("getent passwd alex@contoso.com").status.success(), "nothing can be computed");
    let computed = host.shell("aad-tool account add alex@contoso.com");
    assert!(
        text(&computed).contains("[NoUserId]") && text(&computed).contains("--uid"),
        "{}",
        text(&computed)
    );
    host.root("aad-tool account add alex@contoso.com --uid 70001");
    assert!(host.root("getent passwd alex@contoso.com").starts_with("alex:x:70001:70001:"));
    assert!(host.root("su nobody -s /bin/sh -c 'id -u alex'").contains("70001"), "everybody knows the name");
    // Nobody is let in by it alone.
    assert!(!host.shell("pamtester sshd alex acct_mgmt 2>&1").status.success());
    // In one write: the end of a terminal may come before what was written last.
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "echo \"$(id; stat -c '%F %a' ~; ls -A ~)\"");
    approves(&cloud, &mut ssh, ALEX);
    let shown = is_in(&host, ssh);
    assert!(shown.contains("uid=70001(alex) gid=70001(alex)"), "{shown}");
    assert!(shown.contains("directory 700") && !shown.contains(".bashrc"), "{shown}");
    assert!(!host.root("aad-tool account list").contains("reserved"));
}
