//! What a login costs on a registered machine, beside one of a local user, and what a name costs, beside one of
//! `files`: `cargo xtask bench logins`.
//!
//! Nothing is judged: the figures are printed, and ratios of them, all from one run. A login is the program pamtester from
//! its start to its end; what that costs alone is a figure too.

#![expect(clippy::unwrap_used, reason = "a measurement says where it failed by panicking")]

use it::harness::{Cloud, wait_for};
use it::host::Host;
use std::fmt::Write;
use std::fs;

/// The password of everybody in the stand-in.
const PASSWORD: &str = "Correct-Horse-1";
/// How often each login is measured.
const LOGINS: usize = 1_000;
/// How many come at once.
const AT_ONCE: usize = 20;

fn main() {
    if let Some(why) = Host::impossible() {
        return println!("bench | skipped: {why}");
    }
    let cloud = Cloud::start();
    let mut host = Host::new(&cloud, "");
    host.set_up();
    host.start_daemon();
    let line = format!("useradd -m pat && echo 'pat:{PASSWORD}' | chpasswd");
    host.root(&line);
    host.root("aad-tool auth-test --name alex@contoso.com </dev/null");
    wait_for("the registration", || host.shell("aad-tool status").status.success());
    // The account comes with the first login.
    host.root(&format!("echo {PASSWORD} | pamtester login alex@contoso.com authenticate"));
    logins(&host);
    at_once(&host);
    for accounts in [10, 1_000, 10_000] {
        names(&host, accounts);
    }
}

/// One after the other, in turns, so that what else runs here costs all the same.
fn logins(host: &Host) {
    let kinds = [
        // It asks for a service, and ends.
        ("pamtester alone", "pamtester; true"),
        ("a local user, by pam_unix", "echo PASSWORD | pamtester login pat authenticate acct_mgmt"),
        ("Alex, by password", "echo PASSWORD | pamtester login alex authenticate acct_mgmt"),
        ("Alex, the account phase", "pamtester login alex acct_mgmt"),
    ];
    let mut script = format!("for i in $(seq {LOGINS}); do\n");
    for (number, (_, command)) in kinds.iter().enumerate() {
        let command = command.replace("PASSWORD", PASSWORD);
        writeln!(
            script,
            "a=$EPOCHREALTIME; ({command}) >/dev/null 2>&1 || echo {number} failed; b=$EPOCHREALTIME; \
             echo {number} $((${{b/./}} - ${{a/./}}))"
        )
        .unwrap();
    }
    script.push_str("done\n");
    let lines = bash(host, &script);
    let times = |number: usize| {
        let of = lines.lines().filter_map(|line| line.strip_prefix(&format!("{number} ")));
        let mut times: Vec<f64> = of.filter_map(|time| time.parse().ok()).collect();
        times.sort_by(f64::total_cmp);
        (times[times.len() / 2] / 1_000.0, times[times.len() * 99 / 100] / 1_000.0)
    };
    let failed = lines.lines().filter(|line| line.ends_with("failed")).count();
    println!("bench | {failed} of {} logins failed", LOGINS * kinds.len());
    let (local, local_p99) = times(1);
    for (number, (kind, _)) in kinds.iter().enumerate() {
        let (p50, p99) = times(number);
        println!(
            "bench | {LOGINS} times {kind}: p50 {p50:.1} ms, p99 {p99:.1} ms; {:.2} and {:.2} times the local user's",
            p50 / local,
            p99 / local_p99
        );
    }
}

/// Many at once, and as many one after the other.
fn at_once(host: &Host) {
    let login = format!(
        "echo {PASSWORD} | pamtester login alex authenticate acct_mgmt >/dev/null 2>&1 || echo failed"
    );
    let timed = |lines: &str| -> f64 {
        let script =
            format!("a=$EPOCHREALTIME\n{lines}\nb=$EPOCHREALTIME\necho $((${{b/./}} - ${{a/./}}))\n");
        bash(host, &script).trim().parse().unwrap()
    };
    let each = timed(&format!("for i in $(seq {AT_ONCE}); do {login}; done"));
    let all = timed(&format!("for i in $(seq {AT_ONCE}); do ({login}) & done; wait"));
    println!(
        "bench | {AT_ONCE} logins at once: {:.0} ms for all, {:.2} times as long as one after the other",
        all / 1_000.0,
        all / each
    );
}

/// So many accounts in the file of names, and the same in /etc/passwd; each name is looked up once, in one process.
fn names(host: &Host, accounts: u32) {
    let name = |number: u32| format!("person{number}");
    let snapshot = names::Snapshot {
        accounts: (0..accounts)
            .map(|number| names::Account {
                name: name(number),
                aliases: vec![format!("{}@contoso.com", name(number))],
                uid: 1_900_000_000 + number,
                gid: 1_900_000_000 + number,
                gecos: String::new(),
                home: format!("/home/{}@contoso.com", name(number)),
                shell: "/bin/bash".to_owned(),
                groups: Vec::new(),
                local_groups: Vec::new(),
            })
            .collect(),
        ..names::Snapshot::default()
    };
    fs::write(host.file("var/cache/firmament/names"), names::encode(&snapshot).unwrap()).unwrap();
    let wanted: Vec<u32> = (0..LOOKUPS).map(|at| at * accounts / LOOKUPS).collect();
    let time = |service: &str, prefix: &str| -> f64 {
        let all: Vec<String> = wanted.iter().map(|number| format!("{prefix}{number}")).collect();
        let get = format!("getent -s {service} passwd {}", all.join(" "));
        let script = format!(
            "for i in 1 2 3 4 5 6 7; do a=$EPOCHREALTIME; {get} >/dev/null || echo failed; b=$EPOCHREALTIME; \
             echo $((${{b/./}} - ${{a/./}})); done | sort -n | head -1\n"
        );
        bash(host, &script).trim().parse::<f64>().unwrap() / f64::from(LOOKUPS)
    };
    // Ours looks into /etc/passwd too: it is as long as it is here, and then as long as the file of names.
    fs::copy("/etc/passwd", host.file("etc/passwd")).unwrap();
    let ours = time("firmament", "person");
    let mut passwd = fs::read_to_string("/etc/passwd").unwrap();
    for number in 0..accounts {
        // Numbers of their own: nobody of ours is given one of /etc/passwd.
        let id = 1_000_000 + number;
        writeln!(passwd, "local{number}:x:{id}:{id}::/home/local{number}:/bin/bash").unwrap();
    }
    fs::write(host.file("etc/passwd"), passwd).unwrap();
    let (beside, files) = (time("firmament", "person"), time("files", "local"));
    println!(
        "bench | {accounts} accounts: a name costs {ours:.1} µs, in files {files:.1} µs, {:.2} times as much; {beside:.1} µs where \
         /etc/passwd is as long ({LOOKUPS} names a process, the best of 7)",
        ours / files
    );
}

/// How many names one process looks up.
const LOOKUPS: u32 = 1_000;

fn bash(host: &Host, script: &str) -> String {
    fs::write(host.file("root/measure"), script).unwrap();
    host.root("bash /root/measure")
}
