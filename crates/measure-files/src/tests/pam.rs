//! The stack of several families (compliance.md 5.2).

use super::tree::{Tree, missing};
use facts::{Action, Answer, Fact, Module, PasswordStack, Reason, StackLine};

const MODULES: [&str; 12] = [
    "pam_pwquality",
    "pam_unix",
    "pam_deny",
    "pam_permit",
    "pam_sss",
    "pam_localuser",
    "pam_gnome_keyring",
    "pam_systemd_home",
    "pam_cracklib",
    "pam_passwdqc",
    "pam_pwhistory",
    "pam_other",
];

/// A machine with all modules, where Debian has them.
fn machine(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new();
    for module in MODULES {
        tree.file(&format!("/usr/lib/x86_64-linux-gnu/security/{module}.so"), "");
    }
    for (path, text) in files {
        tree.file(path, text);
    }
    tree
}

fn stack(tree: &Tree) -> PasswordStack {
    tree.facts().passwords.known().unwrap().clone()
}

/// `file:line level module success default present` of each line.
fn shown(tree: &Tree) -> Vec<String> {
    let line = |line: &StackLine| {
        let module = match &line.module {
            Module::Pwquality(_) => "pwquality",
            Module::Cracklib(_) => "cracklib",
            Module::Passwdqc(_) => "passwdqc",
            Module::Unix(_) => "unix",
            Module::Deny => "deny",
            Module::Substack => "substack",
            Module::OwnAccounts => "own",
            Module::ProvesNothing => "nothing",
            Module::Other => "other",
        };
        let (success, refusal) =
            (line.control.action(Answer::Success), line.control.action(Answer::AuthtokErr));
        let name = line.place.file.rsplit('/').next().unwrap();
        let mark = if line.is_present { "" } else { " missing" };
        format!("{name}:{} {} {module} {success:?} {refusal:?}{mark}", line.place.line, line.level)
    };
    stack(tree).lines.iter().map(line).collect()
}

#[test]
fn debian_includes_common_password() {
    let tree = machine(&[
        ("/etc/pam.d/passwd", "#\n# The PAM configuration file\n#\n\n@include common-password\n\n"),
        (
            "/etc/pam.d/common-password",
            "password\trequisite\t\t\tpam_pwquality.so retry=3\n\
             password\t[success=2 default=ignore]\tpam_unix.so obscure use_authtok try_first_pass yescrypt\n\
             password\t[success=1 default=ignore]\tpam_sss.so use_authtok\n\
             # here's the fallback if no module succeeds\n\
             password\trequisite\t\t\tpam_deny.so\n\
             password\trequired\t\t\tpam_permit.so\n\
             password\toptional\tpam_gnome_keyring.so\n",
        ),
    ]);
    let expected = [
        "common-password:1 0 pwquality Ok Die",
        "common-password:2 0 unix Jump(2) Ignore",
        "common-password:3 0 own Jump(1) Ignore",
        "common-password:5 0 deny Ok Die",
        "common-password:6 0 nothing Ok Bad",
        "common-password:7 0 own Ok Ignore",
    ];
    assert_eq!(shown(&tree), expected);
    assert_eq!(stack(&tree).lines[0].place.file, "/etc/pam.d/common-password");
}

#[test]
fn fedora_has_a_substack_behind_links_of_authselect() {
    let tree = machine(&[
        (
            "/etc/pam.d/passwd",
            "#%PAM-1.0\nauth       include\tsystem-auth\naccount    include      system-auth\n\
             password   substack     system-auth\n-password   optional    pam_gnome_keyring.so use_authtok\n\
             password   substack     postlogin\n",
        ),
        (
            "/etc/authselect/system-auth",
            "auth required pam_env.so\npassword    requisite     pam_pwquality.so local_users_only\n\
             password    sufficient    pam_unix.so yescrypt shadow nullok use_authtok\n\
             password    [success=1 default=ignore]    pam_localuser.so\n\
             password    sufficient    pam_sss.so use_authtok\npassword    required      pam_deny.so\n",
        ),
        ("/etc/authselect/postlogin", "session optional pam_umask.so silent\n"),
    ]);
    tree.link("/etc/pam.d/system-auth", "/etc/authselect/system-auth");
    tree.link("/etc/pam.d/postlogin", "../authselect/postlogin");
    let expected = [
        "passwd:4 0 substack Ok Bad",
        "system-auth:2 1 pwquality Ok Die",
        "system-auth:3 1 unix Done Ignore",
        "system-auth:4 1 other Jump(1) Ignore",
        "system-auth:5 1 own Done Ignore",
        "system-auth:6 1 deny Ok Bad",
        "passwd:5 0 own Ok Ignore",
        "passwd:6 0 substack Ok Bad",
    ];
    assert_eq!(shown(&tree), expected);
}

#[test]
fn suse_keeps_its_own_files_elsewhere() {
    for vendor in ["/usr/lib/pam.d", "/usr/etc/pam.d"] {
        let tree = machine(&[
            (&format!("{vendor}/passwd"), "password include common-password\n"),
            (
                "/etc/pam.d/common-password-pc",
                "password requisite pam_cracklib.so\npassword required pam_unix.so use_authtok\n",
            ),
        ]);
        tree.link("/etc/pam.d/common-password", "common-password-pc");
        assert_eq!(shown(&tree), ["common-password:1 0 cracklib Ok Die", "common-password:2 0 unix Ok Bad"]);
        // What the administrator writes counts instead.
        tree.file("/etc/pam.d/passwd", "password required pam_unix.so\n");
        assert_eq!(shown(&tree), ["passwd:1 0 unix Ok Bad"]);
    }
}

#[test]
fn arch_looks_at_no_password_by_itself() {
    let tree = machine(&[
        (
            "/usr/lib/pam.d/passwd",
            "auth include system-auth\naccount include system-auth\npassword include system-auth\n",
        ),
        (
            "/etc/pam.d/system-auth",
            "-password  [success=1 default=ignore]  pam_systemd_home.so\n\
             password   required                    pam_unix.so          try_first_pass nullok shadow\n\
             password   optional                    pam_permit.so\n",
        ),
    ]);
    let expected = [
        "system-auth:1 0 own Jump(1) Ignore",
        "system-auth:2 0 unix Ok Bad",
        "system-auth:3 0 nothing Ok Ignore",
    ];
    assert_eq!(shown(&tree), expected);
}

#[test]
fn nixos_names_modules_by_their_paths_in_the_store() {
    let tree = Tree::new();
    tree.file("/nix/store/abc-linux-pam/lib/security/pam_unix.so", "");
    tree.file("/nix/store/pam.d/passwd", "password sufficient /nix/store/abc-linux-pam/lib/security/pam_unix.so nullok # unix\npassword required /nix/store/gone/lib/security/pam_deny.so\n");
    tree.link("/etc/pam.d", "/etc/static/pam.d").link("/etc/static", "/nix/store");
    assert_eq!(shown(&tree), ["passwd:1 0 unix Done Ignore", "passwd:2 0 deny Ok Bad missing"]);
}

#[test]
fn a_machine_without_the_service_uses_other() {
    let other = "password required pam_deny.so\n";
    let tree = machine(&[("/usr/lib/pam.d/other", other)]);
    assert_eq!(shown(&tree), ["other:1 0 deny Ok Bad"]);
    tree.file("/etc/pam.d/passwd", "auth required pam_unix.so\n");
    assert_eq!(shown(&tree), ["other:1 0 deny Ok Bad"]);
    tree.file("/usr/lib/pam.d/passwd", "password required pam_unix.so\n");
    assert_eq!(shown(&tree), ["other:1 0 deny Ok Bad"], "the file in /etc hides it");
    let nothing = machine(&[("/etc/pam.d/login", other)]);
    assert_eq!(nothing.facts().passwords, Fact::Unknown(missing("/etc/pam.d/passwd")));
}

#[test]
fn the_single_file_counts_only_without_a_directory() {
    let single = "# service\nother password required pam_deny.so\nPASSWD password requisite pam_pwquality.so \\\n minlen=12\nlogin password required pam_unix.so\npasswd auth required pam_unix.so\npasswd password required pam_unix.so\n";
    let tree = machine(&[("/etc/pam.conf", single)]);
    assert_eq!(shown(&tree), ["pam.conf:3 0 pwquality Ok Die", "pam.conf:7 0 unix Ok Bad"]);
    let tree = machine(&[("/etc/pam.conf", "other password required pam_deny.so\n")]);
    assert_eq!(shown(&tree), ["pam.conf:1 0 deny Ok Bad"]);
    let tree = machine(&[("/etc/pam.conf", single)]);
    tree.folder("/usr/lib/pam.d");
    assert_eq!(tree.facts().passwords, Fact::Unknown(missing("/etc/pam.d/passwd")));
    assert_eq!(machine(&[]).facts().passwords, Fact::Unknown(missing("/etc/pam.conf")));
}

#[test]
fn a_line_is_read_as_the_manual_says() {
    for (text, expected) in [
        ("-PassWord Required pam_unix.so", "passwd:1 0 unix Ok Bad"),
        ("\n# x\npassword \\\n required \\\n pam_unix.so # end", "passwd:3 0 unix Ok Bad"),
        ("password [ success = done  default = die ] pam_unix.so", "passwd:1 0 unix Done Die"),
        ("password [success=ok authtok_err=die default=ignore] pam_unix.so", "passwd:1 0 unix Ok Die"),
        ("password [success=ok] pam_unix.so", "passwd:1 0 unix Ok Bad"),
        ("password [default=0 success=3]\tpam_unix.so", "passwd:1 0 unix Jump(3) Ignore"),
        ("password [default=reset] pam_other.so", "passwd:1 0 other Reset Reset"),
        ("password required pam_nowhere.so", "passwd:1 0 other Ok Bad missing"),
        // As seen on Arch: without its ending no module is found.
        ("password required pam_pwquality retry=2", "passwd:1 0 other Ok Bad missing"),
        ("-password requisite pam_gone.so", "passwd:1 0 other Ok Die missing"),
        ("password required /usr/lib/x86_64-linux-gnu/security/pam_unix.so", "passwd:1 0 unix Ok Bad"),
        ("password required /usr/lib/x86_64-linux-gnu/$ISA/security/pam_unix.so", "passwd:1 0 unix Ok Bad"),
    ] {
        assert_eq!(shown(&machine(&[("/etc/pam.d/passwd", text)])), [expected], "{text}");
    }
    let options = |text: &str| match stack(&machine(&[("/etc/pam.d/passwd", text)])).lines.remove(0).module {
        Module::Unix(options) => options,
        other => panic!("{other:?}"),
    };
    let minlen = |text: &str| options(text).minlen;
    assert!(options("password required pam_unix.so sha512 use_authtok").takes_given);
    assert!(!options("password required pam_unix.so try_first_pass").takes_given);
    assert_eq!(minlen("password required pam_unix.so minlen=9 [minlen=12] sha512"), Some(12));
    assert_eq!(minlen("password required pam_unix.so [a minlen=12]"), None);
    assert_eq!(minlen("password required pam_unix.so [a\\] minlen=12] minlen=7"), Some(7));
}

#[test]
fn what_cannot_be_understood_is_named_with_its_line() {
    for text in [
        "\npasword required pam_unix.so",
        "\npassword maybe pam_unix.so",
        "\npassword [success=ok pam_unix.so",
        "\npassword [success] pam_unix.so",
        "\npassword [succeeds=ok] pam_unix.so",
        "\npassword [success=fine] pam_unix.so",
        "\npassword [success=-1] pam_unix.so",
        "\npassword [success=99999999999] pam_unix.so",
        "\npassword [] pam_unix.so",
        "\npassword required",
        "\npassword",
        "\n@include",
    ] {
        let tree = machine(&[("/etc/pam.d/passwd", text)]);
        let reason = Reason::NotUnderstood { file: "/etc/pam.d/passwd".to_owned(), line: 2 };
        assert_eq!(tree.facts().passwords, Fact::Unknown(reason), "{text}");
    }
}

#[test]
fn what_is_included_must_be_there_and_come_to_an_end() {
    for line in ["@include gone", "password include gone", "password substack gone"] {
        let tree = machine(&[("/etc/pam.d/passwd", line)]);
        assert_eq!(tree.facts().passwords, Fact::Unknown(missing("/etc/pam.d/gone")), "{line}");
        let found = machine(&[
            ("/etc/pam.d/passwd", line),
            ("/usr/etc/pam.d/gone", "password required pam_unix.so\n"),
        ]);
        assert!(shown(&found).last().unwrap().starts_with("gone:1"));
    }
    let too_deep = |file: &str, line| Fact::Unknown(Reason::TooDeep { file: file.to_owned(), line });
    let tree = machine(&[
        ("/etc/pam.d/passwd", "@include a\n"),
        ("/etc/pam.d/a", "auth x y\npassword include passwd\n"),
    ]);
    assert_eq!(tree.facts().passwords, too_deep("/etc/pam.d/a", 2));
    // Twice beside each other is no circle.
    let tree = machine(&[
        ("/etc/pam.d/passwd", "@include a\npassword substack a\n"),
        ("/etc/pam.d/a", "password required pam_unix.so\n"),
    ]);
    assert_eq!(shown(&tree).len(), 3);
    let chain = |length: usize| {
        let tree = machine(&[("/etc/pam.d/passwd", "@include f1\n")]);
        for at in 1..length {
            tree.file(&format!("/etc/pam.d/f{at}"), format!("@include f{}\n", at + 1));
        }
        tree.file(&format!("/etc/pam.d/f{length}"), "password required pam_unix.so\n");
        tree.facts().passwords
    };
    assert!(chain(10).known().is_ok());
    assert_eq!(chain(11), too_deep("/etc/pam.d/f10", 1));
    // Two levels of fifty inclusions each: few files, and each is read two thousand times.
    let fifty = |file: &str| format!("@include {file}\n").repeat(50);
    let broad = machine(&[
        ("/etc/pam.d/passwd", &fifty("f1")),
        ("/etc/pam.d/f1", &fifty("f2")),
        ("/etc/pam.d/f2", "password required pam_unix.so\n"),
    ]);
    assert!(matches!(broad.facts().passwords, Fact::Unknown(Reason::TooDeep { .. })));
}

#[test]
fn modules_are_looked_for_where_they_are_kept() {
    for folder in
        ["/lib/security", "/lib64/security", "/usr/lib64/security", "/lib/aarch64-linux-gnu/security"]
    {
        let tree = Tree::new();
        tree.file("/etc/pam.d/passwd", "password required pam_unix.so\n")
            .file(&format!("{folder}/pam_unix.so"), "");
        assert_eq!(shown(&tree), ["passwd:1 0 unix Ok Bad"], "{folder}");
    }
    let merged = Tree::new();
    merged.link("/lib", "usr/lib").file("/usr/lib/security/pam_unix.so", "");
    merged.file("/etc/pam.d/passwd", "password required pam_unix.so\n");
    assert_eq!(shown(&merged), ["passwd:1 0 unix Ok Bad"]);
    let nowhere = Tree::new();
    nowhere.file("/etc/pam.d/passwd", "password required pam_unix.so\n");
    assert_eq!(nowhere.facts().passwords, Fact::Unknown(missing("/usr/lib/security")));
}

#[test]
fn an_answer_without_an_action_counts_as_a_failure() {
    let tree = machine(&[("/etc/pam.d/passwd", "password [success=ok maxtries=ignore] pam_unix.so\n")]);
    let control = stack(&tree).lines.remove(0).control;
    assert_eq!(control.action(Answer::Maxtries), Action::Ignore);
    assert_eq!(control.action(Answer::AuthtokErr), Action::Bad);
}
