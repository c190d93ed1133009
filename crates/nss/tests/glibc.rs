//! The library as glibc loads it: getent(1) and id(1) in a mount namespace with a file of names, a group file and an
//! nsswitch.conf of their own.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use names::{Account, Domain, Group, HomeName, IdRange, Parameters, Snapshot, encode};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Files that lie in the places of the system's in a namespace, and the library.
struct Namespace {
    dir: TempDir,
}

impl Namespace {
    fn new(snapshot: &Snapshot) -> Namespace {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("lib")).unwrap();
        fs::copy(library(), at("lib/libnss_firmament.so.2")).unwrap();
        fs::write(at("names"), encode(snapshot).unwrap()).unwrap();
        fs::write(
            at("nsswitch"),
            "passwd: files firmament\ngroup: files firmament\nshadow: files firmament\n",
        )
        .unwrap();
        Namespace { dir }
    }

    /// Runs a line of shell there, as root of the namespace.
    fn run(&self, line: &str) -> Output {
        let script = format!(
            "mount -t tmpfs tmpfs /var/cache && mkdir /var/cache/firmament && cp names /var/cache/firmament/names && \
             chmod 755 /var/cache /var/cache/firmament && chmod 644 /var/cache/firmament/names && \
             mount --bind nsswitch /etc/nsswitch.conf && export LD_LIBRARY_PATH=\"$PWD/lib\" && {line}"
        );
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        command.args(["--mount", "sh", "-c", &script]).current_dir(self.dir.path()).output().unwrap()
    }

    /// What a line of shell says, where it succeeds.
    fn says(&self, line: &str) -> Option<String> {
        let output = self.run(line);
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }
}

/// Beside the test's own program, where cargo has put it.
fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [folder.join("libnss_firmament.so"), folder.join("../libnss_firmament.so")];
    places.into_iter().find(|place| place.exists()).unwrap()
}

fn snapshot(people: u32) -> Snapshot {
    let account = |number: u32| Account {
        name: format!("p{number}@contoso.com"),
        aliases: Vec::new(),
        uid: 700_000 + number,
        gid: 700_000 + number,
        gecos: "A Person".to_owned(),
        home: format!("/home/p{number}@contoso.com"),
        shell: "/bin/bash".to_owned(),
        groups: vec![900_000],
        local_groups: Vec::new(),
    };
    let domain = Domain {
        name: "contoso.com".to_owned(),
        range: Some(IdRange::DEFAULT),
        home_prefix: "/home/".to_owned(),
        home_name: HomeName::Upn,
        shell: "/bin/sh".to_owned(),
        allowed: None,
    };
    let members = (0..people).map(|number| format!("p{number}@contoso.com")).collect();
    Snapshot {
        parameters: Parameters { domains: vec![domain], short_names: false },
        accounts: (0..people).map(account).collect(),
        groups: vec![Group { name: "linux-admins".to_owned(), gid: 900_000, members }],
    }
}

/// Whether a namespace can be made; if not, the reason is printed.
fn possible(namespace: &Namespace) -> bool {
    let output = namespace.run("true");
    if !output.status.success() {
        eprintln!("skipped: no mount namespace can be made: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}

#[test]
fn names_and_numbers_lead_to_each_other() {
    let namespace = Namespace::new(&snapshot(200));
    if !possible(&namespace) {
        return;
    }
    for (line, expected) in [
        (
            "getent passwd p7@contoso.com",
            Some("p7@contoso.com:x:700007:700007:A Person:/home/p7@contoso.com:/bin/bash"),
        ),
        (
            "getent passwd P7@Contoso.com",
            Some("p7@contoso.com:x:700007:700007:A Person:/home/p7@contoso.com:/bin/bash"),
        ),
        ("getent passwd 700008 | cut -d: -f1", Some("p8@contoso.com")),
        ("getent group p7@contoso.com", Some("p7@contoso.com:x:700007:")),
        ("getent group 900000 | cut -c1-40", Some("linux-admins:x:900000:p0@contoso.com,p1@")),
        ("id -nG p9@contoso.com", Some("p9@contoso.com linux-admins")),
        ("getent shadow p7@contoso.com", Some("p7@contoso.com:*:::::::")),
        (
            "getent passwd alex@contoso.com",
            Some("alex@contoso.com:x:1285143078:1285143078::/home/alex@contoso.com:/bin/sh"),
        ),
        ("getent passwd alex@contoso.org", None),
        ("getent passwd nosuch", None),
        ("getent passwd root", Some("root:x:0:0:root:/root:/bin/bash")),
        ("getent passwd | grep -c contoso", None),
    ] {
        assert_eq!(namespace.says(line).as_deref(), expected, "{line}");
    }
}

#[test]
fn without_a_file_or_with_a_bad_one_local_people_are_as_before() {
    let namespace = Namespace::new(&snapshot(3));
    if !possible(&namespace) {
        return;
    }
    let file = "/var/cache/firmament/names";
    for change in [
        format!("rm {file}"),
        format!("echo rubbish > {file}"),
        format!("chmod 666 {file}"),
        format!("rm {file} && mkfifo {file}"),
    ] {
        let line = format!("{change}; getent passwd p1@contoso.com; getent passwd root && id -u root");
        assert_eq!(namespace.says(&line).as_deref(), Some("root:x:0:0:root:/root:/bin/bash\n0"), "{change}");
    }
}
