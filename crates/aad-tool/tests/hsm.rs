//! `aad-tool hsm init` on a tree of the test's own, with a script in the place of systemd-creds.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A machine before the first start of its daemon.
struct Tree(TempDir);

impl Tree {
    fn new() -> Tree {
        let tree = Tree(tempfile::tempdir().unwrap());
        let pin = tree.path("state/hsm-pin");
        fs::write(tree.path("conf"), format!("domain = contoso.com\nhsm_pin_path = {}\n", pin.display()))
            .unwrap();
        tree
    }

    fn with_systemd_creds() -> Tree {
        let tree = Tree::new();
        fs::create_dir_all(tree.path("usr/bin")).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-in/systemd-creds");
        // Not a copy: a file that was just written cannot always be run while other tests start programs.
        symlink(script, tree.path("usr/bin/systemd-creds")).unwrap();
        tree
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Tree {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn init(&self, extra: &[&str]) -> Output {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_aad-tool"));
        tool.arg("--config").arg(self.path("conf")).args(["hsm", "init", "--state-dir"]);
        tool.arg(self.path("state")).arg("--root").arg(self.0.path()).args(extra);
        // What systemd-creds would obey, and must not see.
        tool.env("SYSTEMD_CREDENTIAL_SECRET", "elsewhere").stdin(Stdio::null()).output().unwrap()
    }

    /// The value of the credential that is in force.
    fn credential(&self) -> String {
        let opened = Command::new("base64").arg("-d").arg(self.path(CREDENTIAL)).output().unwrap();
        String::from_utf8(opened.stdout).unwrap()
    }

    /// Every file below the root, save what the stand-in writes down.
    fn files(&self) -> Vec<String> {
        let found = Command::new("find").arg(self.0.path()).args(["-type", "f", "-printf", "%P\n"]).output();
        let text = String::from_utf8(found.unwrap().stdout).unwrap();
        let mut names: Vec<String> = text.lines().map(str::to_owned).collect();
        names.retain(|name| !["calls", "environment", "stdin", "conf"].contains(&name.as_str()));
        names.sort();
        names
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn is_fresh(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[test]
fn with_a_tpm_the_credential_is_bound_to_it_and_to_no_pcr() {
    let tree = Tree::with_systemd_creds().with("dev/tpmrm0", "");
    let output = tree.init(&[]);
    assert!(output.status.success(), "{}", text(&output));
    let draft = tree.path("etc/credstore.encrypted/hsm-pin.new");
    let calls = format!(
        "encrypt|--name=hsm-pin|--with-key=host+tpm2|--tpm2-pcrs=|-|-|\n\
         decrypt|--name=hsm-pin|{}|-|\n",
        draft.display()
    );
    assert_eq!(tree.read("calls"), calls);
    assert_eq!(tree.files(), ["dev/tpmrm0", CREDENTIAL]);
    let value = tree.read("stdin");
    assert!(is_fresh(&value), "{value}");
    assert_eq!(tree.credential(), value);
    assert_eq!(fs::metadata(tree.path(CREDENTIAL)).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(tree.path("etc/credstore.encrypted")).unwrap().mode() & 0o777, 0o700);
    assert!(text(&output).contains("the TPM, whatever the PCRs are"), "{}", text(&output));
}

#[test]
fn the_value_is_told_on_standard_input_alone() {
    let tree = Tree::with_systemd_creds();
    let output = tree.init(&[]);
    let value = tree.read("stdin");
    assert!(is_fresh(&value), "{}", text(&output));
    for (place, said) in [
        ("arguments", tree.read("calls")),
        ("environment", tree.read("environment")),
        ("output", text(&output)),
    ] {
        assert!(!said.is_empty() && !said.contains(&value), "{place}: {said}");
    }
    assert!(!tree.read("environment").contains("SYSTEMD_CREDENTIAL_SECRET"));
}

#[test]
fn two_machines_have_two_values() {
    let value = || {
        let tree = Tree::with_systemd_creds();
        tree.init(&[]);
        tree.credential()
    };
    assert_ne!(value(), value());
}

#[test]
fn without_a_tpm_or_against_it_only_file_permissions_protect() {
    for (tree, extra) in [
        (Tree::with_systemd_creds(), [].as_slice()),
        (Tree::with_systemd_creds().with("dev/tpmrm0", ""), &["--without-tpm"]),
    ] {
        let output = tree.init(extra);
        assert!(output.status.success(), "{}", text(&output));
        assert!(tree.read("calls").starts_with("encrypt|--name=hsm-pin|--with-key=host|-|-|\n"));
        assert!(text(&output).contains("Protected by file permissions only"), "{}", text(&output));
        assert!(is_fresh(&tree.credential()));
    }
}

#[test]
fn without_systemd_creds_the_value_is_a_file_of_the_owner_of_the_directory() {
    let tree = Tree::new();
    let output = tree.init(&[]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(tree.files(), ["state/hsm-pin"]);
    assert!(is_fresh(&tree.read("state/hsm-pin")));
    let (file, dir) =
        (fs::metadata(tree.path("state/hsm-pin")).unwrap(), fs::metadata(tree.path("state")).unwrap());
    assert_eq!((file.mode() & 0o777, dir.mode() & 0o777), (0o600, 0o700));
    assert!(text(&output).contains("Protected by file permissions only"), "{}", text(&output));
}

/// Only root can give a directory away.
#[test]
fn the_file_belongs_to_whom_the_state_directory_belongs_to() {
    let tree = Tree::new();
    fs::create_dir(tree.path("state")).unwrap();
    if std::os::unix::fs::chown(tree.path("state"), Some(4242), Some(4243)).is_err() {
        return;
    }
    tree.init(&[]);
    let file = fs::metadata(tree.path("state/hsm-pin")).unwrap();
    assert_eq!((file.uid(), file.gid(), file.mode() & 0o777), (4242, 4243, 0o600));
}

#[test]
fn an_auth_value_that_is_there_is_never_replaced() {
    let fresh: &[&str] = &[];
    let moved: &[&str] = &["--from-file"];
    let dangling = Tree::with_systemd_creds();
    fs::create_dir_all(dangling.path("etc/credstore.encrypted")).unwrap();
    symlink("nowhere", dangling.path(CREDENTIAL)).unwrap();
    let in_run = "run/credstore.encrypted/hsm-pin";
    for (tree, extra, names) in [
        (Tree::with_systemd_creds().with("state/hsm-pin", VALUE), fresh, "hsm-pin"),
        (Tree::new().with("state/hsm-pin", VALUE), fresh, "--from-file"),
        (Tree::with_systemd_creds().with(CREDENTIAL, "old"), fresh, CREDENTIAL),
        (Tree::with_systemd_creds().with(in_run, "old"), fresh, in_run),
        (Tree::new().with(CREDENTIAL, "old"), fresh, CREDENTIAL),
        (dangling, fresh, CREDENTIAL),
        (Tree::with_systemd_creds().with(CREDENTIAL, "old").with("state/hsm-pin", VALUE), moved, CREDENTIAL),
    ] {
        let before = tree.files();
        let output = tree.init(extra);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("[AuthValueExists]"), "{}", text(&output));
        assert!(text(&output).contains(names), "{names}: {}", text(&output));
        assert_eq!((tree.files(), tree.read("calls")), (before, String::new()));
    }
}

#[test]
fn records_without_their_auth_value_are_not_orphaned() {
    let tree = Tree::with_systemd_creds().with("state/records.slots", [0, 0, 1]);
    let output = tree.init(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("[IdentityExists]") && text(&output).contains("backup"), "{output:?}");
    assert_eq!(tree.files(), ["state/records.slots"]);
    let never_written = Tree::with_systemd_creds().with("state/records.slots", [0; 100]);
    assert!(never_written.init(&[]).status.success());
}

#[test]
fn a_daemon_that_holds_the_state_directory_gets_no_other_value() {
    let tree = Tree::with_systemd_creds();
    fs::create_dir(tree.path("state")).unwrap();
    let held = File::open(tree.path("state")).unwrap();
    held.lock().unwrap();
    let output = tree.init(&[]);
    assert_eq!((output.status.code(), tree.files()), (Some(1), Vec::new()));
    assert!(text(&output).contains("[ServiceRunning]"), "{}", text(&output));
}

#[test]
fn the_value_of_the_file_moves_and_the_file_stays_until_somebody_deletes_it() {
    // As it is in a machine that runs: with records, and a daemon that holds them.
    let tree = Tree::with_systemd_creds()
        .with("state/hsm-pin", format!("{VALUE}\n"))
        .with("state/records.slots", "records");
    let held = File::open(tree.path("state")).unwrap();
    held.lock().unwrap();
    let output = tree.init(&["--from-file"]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(tree.credential(), VALUE);
    assert_eq!(tree.read("state/hsm-pin"), format!("{VALUE}\n"));
    for piece in ["systemctl restart firmamentd.service", "aad-tool status", "delete the file"] {
        assert!(text(&output).contains(piece), "{piece}: {}", text(&output));
    }
    assert!(!text(&output).contains(VALUE));
}

#[test]
fn a_file_that_the_daemon_would_not_take_is_not_moved() {
    for (content, mode, code, why) in [
        (String::new(), 0o600, "[AuthValueUnusable]", "it is empty"),
        (" \n".to_owned(), 0o600, "[AuthValueUnusable]", "it is empty"),
        ("short".to_owned(), 0o600, "[AuthValueUnusable]", "shorter than 16"),
        ("x".repeat(5000), 0o600, "[AuthValueUnusable]", "longer than 4096"),
        (VALUE.to_owned(), 0o644, "[FileUntrusted]", "can be read by others than its owner: run chmod 0600"),
        (VALUE.to_owned(), 0o620, "[FileUntrusted]", "can be written by others than its owner: run chmod"),
    ] {
        let tree = Tree::with_systemd_creds().with("state/hsm-pin", &content);
        fs::set_permissions(tree.path("state/hsm-pin"), fs::Permissions::from_mode(mode)).unwrap();
        let output = tree.init(&["--from-file"]);
        assert!(text(&output).contains(code), "{}", text(&output));
        assert!(text(&output).contains(why), "{}", text(&output));
        assert_eq!((output.status.code(), tree.files()), (Some(1), vec!["state/hsm-pin".to_owned()]));
    }
}

#[test]
fn no_link_is_followed_to_a_value_nor_to_write_one() {
    let tree = Tree::with_systemd_creds().with("elsewhere", VALUE).with("state/notes", "");
    symlink(tree.path("elsewhere"), tree.path("state/hsm-pin")).unwrap();
    let output = tree.init(&["--from-file"]);
    assert!(text(&output).contains("state/hsm-pin is a link"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(1));
    // Planted where the draft goes, by whoever is the user of the service.
    let tree = Tree::new().with("elsewhere", "precious").with("state/notes", "");
    symlink(tree.path("elsewhere"), tree.path("state/hsm-pin.new")).unwrap();
    assert!(tree.init(&[]).status.success());
    assert_eq!(tree.read("elsewhere"), "precious");
    assert!(is_fresh(&tree.read("state/hsm-pin")) && !tree.path("state/hsm-pin").is_symlink());
}

#[test]
fn a_directory_that_somebody_else_can_change_is_refused_with_the_command_that_mends_it() {
    for place in ["state", "etc"] {
        let tree = Tree::with_systemd_creds().with("state/notes", "").with("etc/notes", "");
        fs::set_permissions(tree.path(place), fs::Permissions::from_mode(0o777)).unwrap();
        let output = tree.init(&[]);
        let command = format!("chmod go-w {}", tree.path(place).display());
        assert!(
            text(&output).contains("[FileUntrusted]") && text(&output).contains(&command),
            "{}",
            text(&output)
        );
        assert_eq!(tree.files(), ["etc/notes", "state/notes"]);
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn there_is_nothing_to_move_to_or_nothing_to_move() {
    let nowhere = Tree::new().with("state/hsm-pin", VALUE);
    let output = nowhere.init(&["--from-file"]);
    assert!(text(&output).contains("[NoSystemdCreds]"), "{}", text(&output));
    assert_eq!((output.status.code(), nowhere.files()), (Some(1), vec!["state/hsm-pin".to_owned()]));
    let nothing = Tree::with_systemd_creds();
    let output = nothing.init(&["--from-file"]);
    assert!(text(&output).contains("[FileFailed]") && text(&output).contains("state/hsm-pin"), "{output:?}");
    assert_eq!((output.status.code(), nothing.files()), (Some(1), Vec::new()));
}

#[test]
fn a_credential_that_was_not_opened_again_is_not_there() {
    for (fault, code, says) in [
        ("no-encrypt", "[CredentialFailed]", "systemd-creds encrypt ended with exit status: 3"),
        ("no-tpm", "[CredentialFailed]", "--without-tpm"),
        ("no-decrypt", "[CredentialFailed]", "systemd-creds decrypt ended with exit status: 5"),
        ("other-value", "[CredentialNotVerified]", "did not give back"),
    ] {
        let tree = Tree::with_systemd_creds().with("dev/tpmrm0", "").with(fault, "");
        let before = tree.files();
        let output = tree.init(&[]);
        assert_eq!((output.status.code(), tree.files()), (Some(1), before), "{fault}");
        assert!(text(&output).contains(code) && text(&output).contains(says), "{fault}: {}", text(&output));
    }
}

#[test]
fn a_draft_that_a_crash_left_is_in_nobodys_way() {
    let tree = Tree::with_systemd_creds().with("etc/credstore.encrypted/hsm-pin.new", "half");
    assert!(tree.init(&[]).status.success());
    assert_eq!(tree.files(), [CREDENTIAL]);
    assert!(is_fresh(&tree.credential()));
}

/// Run as somebody else where the test is root, and as itself otherwise; nothing of the machine is touched.
#[test]
fn whoever_is_not_root_is_refused_before_anything_is_looked_at() {
    let tree = Tree::new();
    let program = tree.path("aad-tool");
    // By another process, so that no program that this one starts holds it open for writing.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_aad-tool")).arg(&program).status();
    assert!(copied.unwrap().success());
    fs::set_permissions(tree.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for arguments in [["hsm", "init", "--state-dir"].as_slice(), &["prepare-image", "--yes", "--state-dir"]] {
        let mut tool = Command::new(&program);
        tool.arg("--config").arg(tree.path("conf")).args(arguments).arg(tree.path("state"));
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            tool.uid(65_534).gid(65_534);
        }
        let output = tool.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{}", text(&output));
        assert!(text(&output).contains("[Forbidden]"), "{}", text(&output));
    }
}

const CREDENTIAL: &str = "etc/credstore.encrypted/hsm-pin";
const VALUE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
