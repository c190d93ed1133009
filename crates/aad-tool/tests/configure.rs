//! `aad-tool configure-pam` and `configure-ssh` with the real pam-auth-update and the real sshd, in a layer over this
//! machine of which nothing stays.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use std::path::Path;
use std::process::{Command, Output};

/// Lays a layer over this machine and runs the commands of `$1` in it; `$PWD` is where it is mounted.
const LAYER: &str = r#"set -e
mount -t tmpfs tmpfs . && cd "$PWD" && mkdir -p up work root
mkdir up/etc up/etc/himmelblau up/run up/run/sshd up/usr up/usr/lib up/usr/lib/firmament-test
printf '[global]\ndomain = contoso.com\n' > up/etc/himmelblau/himmelblau.conf
cp "$TOOL" up/usr/lib/firmament-test/aad-tool
mkdir up/usr/lib/security && touch up/usr/lib/security/pam_firmament.so
mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/up,workdir=$PWD/work" root
mount --rbind /dev root/dev && mount -t proc proc root/proc
exec chroot root sh -c "PATH=/usr/lib/firmament-test:/usr/sbin:/usr/bin:/sbin:/bin; $1"
"#;

/// What the commands print; none where there can be no such layer or a program is not here.
fn in_a_layer(needed: &str, package: &str, commands: &str) -> Option<Output> {
    let possible = rustix::process::geteuid().is_root() && Path::new(needed).exists();
    let run = |commands: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-c", LAYER, "sh", commands]);
        command.env("TOOL", env!("CARGO_BIN_EXE_aad-tool")).current_dir(folder.path()).output()
    };
    if !possible || !run("true").is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: it takes root, a mount namespace with an overlay, and {needed} (package {package})"
        );
        return None;
    }
    Some(run(commands).unwrap())
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn pam_auth_update_makes_what_was_shown_and_takes_it_back() {
    let commands = r#"
        state() { cat /etc/pam.d/common-* /var/lib/pam/[a-p]* /var/lib/pam/session* /etc/nsswitch.conf; ls /etc/pam.d; }
        state > /tmp/before
        aad-tool configure-pam > /tmp/shown || echo FAILED show
        state | cmp - /tmp/before || echo FAILED nothing is changed by showing
        aad-tool configure-pam --really || echo FAILED really
        # What is left to show is what was not foreseen.
        aad-tool configure-pam
        aad-tool configure-pam --really | grep Written && echo FAILED twice is once
        aad-tool configure-pam --undo --really || echo FAILED undo
        state | diff /tmp/before - || echo FAILED there and back is nothing
        ls /usr/share/pam-configs
    "#;
    let Some(output) = in_a_layer("/usr/sbin/pam-auth-update", "libpam-runtime", commands) else { return };
    let told = text(&output);
    assert!(!told.contains("FAILED") && output.status.success(), "{told}");
    for line in [
        "Run: pam-auth-update --package --enable firmament firmament-password",
        "There is nothing to change.",
        "Run: pam-auth-update --package --remove firmament firmament-password",
        "Checked: no file of /etc/pam.d names pam_firmament.so.",
    ] {
        assert!(told.lines().any(|it| it == line), "{line}\n{told}");
    }
    assert!(!told.lines().any(|line| line == "firmament"), "{told}");
}

#[test]
fn a_stack_that_was_edited_by_hand_is_left_alone() {
    let commands = r#"
        sed -i '/fallback if no module/i auth sufficient pam_permit.so' /etc/pam.d/common-auth
        cat /etc/pam.d/* /etc/nsswitch.conf > /tmp/before
        aad-tool configure-pam --really; echo "rc $?"
        cat /etc/pam.d/* /etc/nsswitch.conf | cmp - /tmp/before || echo FAILED
    "#;
    let Some(output) = in_a_layer("/usr/sbin/pam-auth-update", "libpam-runtime", commands) else { return };
    let told = text(&output);
    assert!(
        told.contains("rc 1") && told.contains("edited by hand (\"auth sufficient pam_permit.so\")"),
        "{told}"
    );
    assert!(!told.contains("FAILED"), "{told}");
}

#[test]
fn sshd_itself_says_that_only_people_of_the_domain_are_asked() {
    let commands = r#"
        asked() { sshd -T -C user=$1,host=localhost,addr=127.0.0.1 | grep -E 'kbdinteractive|logingrace'; }
        asked x@contoso.com; asked root
        aad-tool configure-ssh --really || echo FAILED really
        echo now; asked x@contoso.com; asked root; asked x@contoso.com@y
        aad-tool configure-ssh --undo --really || echo FAILED undo
        # Something that is read before it decides.
        printf 'LoginGraceTime 60\n' > /etc/ssh/sshd_config.d/10-x.conf
        aad-tool configure-ssh --really; echo "rc $?"
        test -e /etc/ssh/sshd_config.d/30-firmament.conf && echo FAILED the old state is back
    "#;
    let Some(output) = in_a_layer("/usr/sbin/sshd", "openssh-server", commands) else { return };
    let told = text(&output);
    assert!(!told.contains("FAILED"), "{told}");
    let answers: Vec<&str> =
        told.lines().filter(|line| line.starts_with("kbd") || line.starts_with("login")).collect();
    let (long, short) = ("logingracetime 300", "logingracetime 120");
    let (yes, no) = ("kbdinteractiveauthentication yes", "kbdinteractiveauthentication no");
    assert_eq!(answers, [short, no, short, no, long, yes, long, no, long, no], "{told}");
    assert!(told.contains("LoginGraceTime is still 60 seconds") && told.contains("rc 1"), "{told}");
}
