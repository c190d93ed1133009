//! Both ways over directories that stand for `/`, with programs that follow a script.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

use login_setup::{
    Act, Direction, PamWanted, Program, Programs, Refusal, Report, Said, SshWanted, Tree, configure_pam,
    configure_ssh,
};
use pam_stack::Homes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Programs that say what they are told to, and note what they were run with.
#[derive(Default)]
struct Script {
    there: Vec<Program>,
    /// From the end of the arguments to what is said; by default all is well and nothing is said.
    says: Vec<(String, Said)>,
    ran: RefCell<Vec<String>>,
}

impl Programs for Script {
    fn has(&self, program: Program) -> bool {
        self.there.contains(&program)
    }

    fn run(&self, program: Program, arguments: &[&str]) -> Result<Said, Refusal> {
        if !self.has(program) {
            return Err(Refusal::NoProgram(program));
        }
        let arguments = arguments.join(" ");
        let said = self.says.iter().find(|(end, _)| arguments.ends_with(end.as_str()));
        self.ran.borrow_mut().push(arguments.clone());
        Ok(said.map_or(fine(""), |(_, said)| said.clone()))
    }
}

fn fine(output: &str) -> Said {
    Said { is_fine: true, output: output.to_owned(), errors: String::new() }
}

struct Machine(tempfile::TempDir);

impl Machine {
    fn with(files: &[(&str, &str)]) -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        for (path, text) in files {
            machine.put(path, text);
        }
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.at(path)).ok()
    }

    /// Every file with its content.
    fn all(&self) -> BTreeMap<PathBuf, String> {
        let (mut all, mut folders) = (BTreeMap::new(), vec![self.0.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(all.insert(path.clone(), fs::read_to_string(path).unwrap())),
                }
            }
        }
        all
    }

    fn pam(&self, script: &Script, groups: &[&str], direction: Direction, act: Act) -> Report {
        let local_groups = groups.iter().map(|name| (*name).to_owned()).collect();
        let wanted = PamWanted { local_groups, ..PamWanted::default() };
        configure_pam((&Tree::new(self.0.path()), script), &wanted, direction, act)
    }

    /// The same where new homes have what is in /etc/skel.
    fn pam_with_skel(&self, script: &Script, act: Act) -> Report {
        let wanted = PamWanted { homes: Homes::FromSkel, ..PamWanted::default() };
        configure_pam((&Tree::new(self.0.path()), script), &wanted, Direction::SetUp, act)
    }

    fn ssh(&self, script: &Script, wanted: &SshWanted, direction: Direction, act: Act) -> Report {
        configure_ssh((&Tree::new(self.0.path()), script), wanted, direction, act)
    }
}

const FEDORA: &str = include_str!("../../pam-stack/tests/stacks/fedora-system-auth");
const SUSE: &str = include_str!("../../pam-stack/tests/stacks/suse-common");
const ARCH: &str = include_str!("../../pam-stack/tests/stacks/arch-system-auth");
const NSSWITCH: (&str, &str) =
    ("etc/nsswitch.conf", "passwd: files systemd\ngroup: files systemd\nshadow: files\n");
const GROUP: (&str, &str) = ("etc/group", "sudo:x:27:\naudio:x:29:\n");
const MODULE: (&str, &str) = ("usr/lib64/security/pam_firmament.so", "");

fn of(text: &str, phase: &str) -> String {
    let lines = text.lines().filter(|line| line.trim_start_matches('-').starts_with(phase));
    lines.map(|line| format!("{line}\n")).collect()
}

fn fedora() -> Machine {
    let stack = [("etc/pam.d/system-auth", FEDORA), ("etc/pam.d/password-auth", FEDORA)];
    Machine::with(&[&stack[..], &[NSSWITCH, GROUP, MODULE]].concat())
}

fn suse() -> Machine {
    let machine = Machine::with(&[("usr/etc/nsswitch.conf", NSSWITCH.1), GROUP, MODULE]);
    for phase in ["auth", "account", "password", "session"] {
        machine.put(&format!("etc/pam.d/common-{phase}-pc"), &of(SUSE, phase));
        let link = machine.at(&format!("etc/pam.d/common-{phase}"));
        std::os::unix::fs::symlink(format!("common-{phase}-pc"), link).unwrap();
    }
    machine
}

fn arch() -> Machine {
    Machine::with(&[("etc/pam.d/system-auth", ARCH), NSSWITCH, GROUP, MODULE])
}

fn done(report: &Report) -> String {
    let lines = report.lines.join("\n");
    match &report.refused {
        None => lines,
        Some(refusal) => panic!("{lines}\n{refusal}"),
    }
}

#[test]
fn a_stack_without_profiles_is_edited_and_comes_back_as_it_was() {
    let script = Script::default();
    for (name, machine) in [("Fedora", fedora()), ("SUSE", suse()), ("Arch", arch())] {
        let before = machine.all();
        let shown = done(&machine.pam(&script, &["sudo"], Direction::SetUp, Act::Show));
        assert!(shown.contains("+auth\t[success=done") && shown.contains("add --really"), "{name}\n{shown}");
        assert_eq!(machine.all(), before, "{name}: nothing is changed by showing");

        let told = done(&machine.pam(&script, &["sudo"], Direction::SetUp, Act::Do));
        assert!(told.contains("Checked: people of the directory come in"), "{name}\n{told}");
        let after = machine.all();
        assert!(machine.text("etc/nsswitch.conf").unwrap().contains("passwd: files systemd firmament\n"));
        assert!(machine.text("etc/firmament/local-groups").unwrap().ends_with("\nsudo\n"));
        let again = done(&machine.pam(&script, &["sudo"], Direction::SetUp, Act::Do));
        assert!(!again.contains("Written"), "{name}\n{again}");
        assert_eq!(machine.all(), after, "{name}: twice is once");

        let told = done(&machine.pam(&script, &[], Direction::TakeOut, Act::Do));
        assert!(told.contains("no file of /etc/pam.d names"), "{name}\n{told}");
        assert_eq!(machine.all(), before, "{name}: there and back is nothing");
    }
}

#[test]
fn the_old_files_are_kept_beside_and_named() {
    let machine = fedora();
    let told = done(&machine.pam(&Script::default(), &[], Direction::SetUp, Act::Do));
    assert!(
        told.contains("Written: /etc/pam.d/system-auth\nThe file before that is /etc/pam.d/system-auth.")
    );
    assert_eq!(machine.text("etc/pam.d/system-auth.before-firmament").unwrap(), FEDORA);
    assert_eq!(machine.text("etc/firmament/local-groups"), None, "no group, no file");
}

#[test]
fn nothing_is_done_where_the_module_is_not_or_the_stack_is_not_known() {
    let script = Script::default();
    let bare = Machine::with(&[("etc/pam.d/system-auth", FEDORA), NSSWITCH]);
    let strange = Machine::with(&[("etc/pam.d/login", "auth required pam_unix.so\n"), NSSWITCH, MODULE]);
    let broken = Machine::with(&[("etc/pam.d/system-auth", "auth maybe pam_unix.so\n"), NSSWITCH, MODULE]);
    for (machine, groups, is_as_expected) in [
        (&bare, &[][..], (|it| matches!(it, Refusal::NoModule)) as fn(&Refusal) -> bool),
        (&strange, &[], |it| matches!(it, Refusal::NoStack)),
        (&broken, &[], |it| matches!(it, Refusal::Stack { .. })),
        (&fedora(), &["shadow"], |it| matches!(it, Refusal::Group(_))),
    ] {
        let before = machine.all();
        let refused = machine.pam(&script, groups, Direction::SetUp, Act::Do).refused.unwrap();
        assert!(is_as_expected(&refused), "{refused}");
        assert!(refused.failure().advice.starts_with("Nothing was changed."), "{refused}");
        assert_eq!(machine.all(), before);
    }
    let shown = done(&bare.pam(&script, &[], Direction::SetUp, Act::Show));
    assert!(shown.contains("pam_firmament.so is not installed"), "{shown}");
}

#[test]
fn local_groups_that_somebody_wrote_by_hand_stay() {
    let machine = fedora();
    machine.put("etc/firmament/local-groups", "audio\n");
    for (direction, groups) in [(Direction::SetUp, &["sudo"][..]), (Direction::TakeOut, &[])] {
        let told = done(&machine.pam(&Script::default(), groups, direction, Act::Do));
        assert!(told.contains("was written by hand"), "{told}");
        assert_eq!(machine.text("etc/firmament/local-groups").unwrap(), "audio\n");
    }
}

const COMMON_AUTH: &str = include_str!("../../pam-stack/tests/stacks/debian-common-auth");
const COMMON_PASSWORD: &str = include_str!("../../pam-stack/tests/stacks/debian-common-password");

fn debian() -> Machine {
    let account = COMMON_AUTH.replace("auth\t", "account\t").replace(" nullok", " ");
    let account = account.replace("account\toptional\t\t\tpam_cap.so \n", "");
    let session = "session required pam_permit.so\n";
    Machine::with(&[
        ("etc/pam.d/common-auth", COMMON_AUTH),
        ("etc/pam.d/common-account", &account),
        ("etc/pam.d/common-password", COMMON_PASSWORD),
        ("etc/pam.d/common-session", &format!("{MARKS}{session}{END}")),
        ("etc/pam.d/common-session-noninteractive", &format!("{MARKS}{session}{END}")),
        ("usr/share/pam-configs/unix", include_str!("../../pam-stack/tests/stacks/debian-profile-unix")),
        (
            "usr/share/pam-configs/capability",
            "Name: x\nPriority: 0\nAuth-Type: Additional\nAuth:\n\toptional\t\t\tpam_cap.so\n",
        ),
        (
            "var/lib/pam/auth",
            "Module: unix\n[success=end default=ignore]\tpam_unix.so nullok\nModule: capability\n\
             optional\t\t\tpam_cap.so\n",
        ),
        ("var/lib/pam/account", "Module: unix\n[success=end default=ignore]\tpam_unix.so\n"),
        (
            "var/lib/pam/password",
            "Module: unix\n[success=end default=ignore]\tpam_unix.so obscure yescrypt\n",
        ),
        ("var/lib/pam/session", "Module: null\nrequired pam_permit.so\n"),
        ("var/lib/pam/session-noninteractive", "Module: null\nrequired pam_permit.so\n"),
        NSSWITCH,
        GROUP,
        MODULE,
    ])
}

const MARKS: &str = "# here are the per-package modules (the \"Primary\" block)\n";
const END: &str = "# here's the fallback if no module succeeds\n\
    # and here are more per-package modules (the \"Additional\" block)\n# end of pam-auth-update config\n";

fn update() -> Script {
    Script { there: vec![Program::PamAuthUpdate], ..Script::default() }
}

#[test]
fn pam_auth_update_is_told_and_what_it_would_make_is_shown() {
    let (machine, script) = (debian(), update());
    let before = machine.all();
    let shown = done(&machine.pam(&script, &[], Direction::SetUp, Act::Show));
    for line in [
        "+auth\t[success=2 ignore=ignore default=die]\tpam_firmament.so ",
        "-auth\t[success=1 default=ignore]\tpam_unix.so nullok",
        "+auth\t[success=1 default=ignore]\tpam_unix.so nullok try_first_pass",
        "+password\t[success=2 default=ignore]\tpam_unix.so obscure yescrypt",
        "+Name: Microsoft Entra ID sign-in (Firmament)",
        "pam-auth-update --package --enable firmament firmament-password makes the difference in common-*.",
    ] {
        assert!(shown.lines().any(|it| it == line), "{line}\n{shown}");
    }
    assert!(script.ran.borrow().is_empty());
    assert_eq!(machine.all(), before);

    // This one does nothing, and the check says so.
    let report = machine.pam(&script, &[], Direction::SetUp, Act::Do);
    let root = machine.0.path().display();
    let ran = format!("--root {root} --package --enable firmament firmament-password");
    assert_eq!(*script.ran.borrow(), [ran]);
    assert!(matches!(&report.refused, Some(Refusal::StackWrong(found)) if found.len() == 3), "{report:?}");
    assert!(machine.at("usr/share/pam-configs/firmament-password").exists());
}

#[test]
fn a_profile_of_a_package_is_switched_off_and_another_removed() {
    for (packaged, verb) in [(true, "--disable"), (false, "--remove")] {
        let (machine, script) = (debian(), update());
        for name in ["firmament", "firmament-password"] {
            machine.put(&format!("usr/share/pam-configs/{name}"), "Name: x\n");
        }
        if packaged {
            machine.put("var/lib/dpkg/info/firmament.list", "/.\n/usr/share/pam-configs/firmament\n");
        }
        let with = format!("auth [success=done ignore=ignore default=die] pam_firmament.so\n{COMMON_AUTH}");
        machine.put("etc/pam.d/sudo", &with);
        let report = machine.pam(&script, &[], Direction::TakeOut, Act::Do);
        assert!(
            matches!(&report.refused, Some(Refusal::StillThere(files)) if files.len() == 1),
            "{report:?}"
        );
        assert!(script.ran.borrow()[0].ends_with(&format!("--package {verb} firmament firmament-password")));
        assert_eq!(machine.at("usr/share/pam-configs/firmament").exists(), packaged);
    }
}

#[test]
fn the_profile_that_fills_homes_is_in_force_with_the_option_alone() {
    let (machine, script) = (debian(), update());
    let skel = "usr/share/pam-configs/firmament-skel";
    drop(machine.pam_with_skel(&script, Act::Do));
    let all = "--package --enable firmament firmament-password firmament-skel";
    assert!(script.ran.borrow()[0].ends_with(all), "{:?}", script.ran.borrow());
    assert!(machine.text(skel).unwrap().contains("skel=/etc/skel"));
    // As pam-auth-update notes it; then the option is false again.
    let note = "Module: firmament-skel\noptional pam_mkhomedir.so\nModule: null\nrequired pam_permit.so\n";
    machine.put("var/lib/pam/session", note);
    for (packaged, verb) in [(true, "--disable"), (false, "--remove")] {
        let list = if packaged { "/usr/share/pam-configs/firmament\n" } else { "" };
        machine.put("var/lib/dpkg/info/firmament.list", list);
        script.ran.borrow_mut().clear();
        drop(machine.pam(&script, &[], Direction::SetUp, Act::Do));
        let ran = script.ran.borrow();
        assert!(ran[0].ends_with("--package --enable firmament firmament-password"), "{ran:?}");
        assert!(ran[1].ends_with(&format!("--package {verb} firmament-skel")), "{ran:?}");
        assert_eq!(machine.text(skel).is_some(), packaged, "the file is the package's to remove");
    }
}

#[test]
fn files_that_were_edited_by_hand_are_named_and_nothing_is_changed() {
    let (machine, script) = (debian(), update());
    let edited = COMMON_AUTH.replace("# here's", "auth sufficient pam_x.so\n# here's");
    machine.put("etc/pam.d/common-auth", &edited);
    let before = machine.all();
    for act in [Act::Show, Act::Do] {
        let report = machine.pam(&script, &[], Direction::SetUp, act);
        let Some(refused @ Refusal::EditedByHand { .. }) = report.refused else { panic!("{report:?}") };
        assert!(refused.to_string().contains("(\"auth sufficient pam_x.so\")"), "{refused}");
        assert_eq!(machine.all(), before);
    }
}

#[test]
fn lines_that_were_put_in_by_hand_count() {
    let (machine, script) = (debian(), update());
    for phase in ["auth", "account", "password"] {
        let path = format!("etc/pam.d/common-{phase}");
        let ours = format!("{phase} [success=done ignore=ignore default=die] pam_firmament.so\n");
        machine.put(&path, &(ours + &machine.text(&path).unwrap()));
    }
    machine.put("var/lib/pam/auth", "Module: unix\n");
    done(&machine.pam(&script, &[], Direction::SetUp, Act::Do));
    assert!(script.ran.borrow().is_empty());
}

fn wanted(everybody: bool) -> SshWanted {
    SshWanted { domains: vec!["contoso.com".parse().unwrap()], short_names: true, everybody }
}

fn in_force(keyboard: &str, grace: u32) -> Said {
    fine(&format!(
        "usepam yes\nkbdinteractiveauthentication {keyboard}\npasswordauthentication no\nlogingracetime {grace}\n"
    ))
}

fn with_sshd(person: Said, local: Said) -> Script {
    let person = ("user=x@contoso.com,host=localhost,addr=127.0.0.1".to_owned(), person);
    let says = vec![person, ("user=root,host=localhost,addr=127.0.0.1".to_owned(), local)];
    Script { there: vec![Program::Sshd], says, ..Script::default() }
}

/// A machine whose sshd reads drop-ins.
fn server() -> Machine {
    let machine = Machine::with(&[("etc/ssh/sshd_config.d/keep", "")]);
    let folder = machine.at("etc/ssh/sshd_config.d");
    machine.put("etc/ssh/sshd_config", &format!("Include {}/*.conf\nUsePAM yes\n", folder.display()));
    machine
}

const DROP_IN: &str = "etc/ssh/sshd_config.d/30-firmament.conf";

#[test]
fn a_drop_in_is_written_checked_and_taken_out_again() {
    let (machine, script) = (server(), with_sshd(in_force("yes", 300), in_force("no", 300)));
    let before = machine.all();
    let shown = done(&machine.ssh(&script, &wanted(false), Direction::SetUp, Act::Show));
    assert!(
        shown.contains("+Match User *@contoso.com\n") && shown.contains("no pattern of sshd fits"),
        "{shown}"
    );
    assert_eq!(machine.all(), before);
    let told = done(&machine.ssh(&script, &wanted(false), Direction::SetUp, Act::Do));
    assert!(told.contains("nothing has changed for local people"), "{told}");
    let after = machine.all();
    done(&machine.ssh(&script, &wanted(false), Direction::SetUp, Act::Do));
    assert_eq!(machine.all(), after, "twice is once");
    done(&machine.ssh(&script, &wanted(false), Direction::TakeOut, Act::Do));
    assert_eq!(machine.all(), before, "there and back is nothing");
}

#[test]
fn everybody_is_asked_only_where_that_is_wanted() {
    let (machine, script) = (server(), with_sshd(in_force("yes", 300), in_force("no", 300)));
    let told = done(&machine.ssh(&script, &wanted(true), Direction::SetUp, Act::Do));
    assert!(told.contains("even where PasswordAuthentication is no"), "{told}");
    assert!(!machine.text(DROP_IN).unwrap().contains("Match"));
}

#[test]
fn what_the_check_finds_brings_the_old_state_back() {
    let refuses = Said { is_fine: false, output: String::new(), errors: "a\nline 3: Bad\n".to_owned() };
    for old in [None, Some("# old\n")] {
        for (person, local, finding) in [
            (in_force("no", 300), in_force("no", 300), "still no for x@contoso.com"),
            (in_force("yes", 120), in_force("no", 120), "still 120 seconds"),
            (refuses.clone(), in_force("no", 120), "does not say what is in force for x@contoso.com"),
            (in_force("yes", 300), refuses.clone(), "does not say what is in force for root"),
        ] {
            let (machine, script) = (server(), with_sshd(person, local));
            old.iter().for_each(|old| machine.put(DROP_IN, old));
            let before = machine.all();
            let refused = machine.ssh(&script, &wanted(false), Direction::SetUp, Act::Do).refused.unwrap();
            assert!(refused.to_string().contains(finding), "{refused}");
            assert!(refused.to_string().ends_with("the old state is back"), "{refused}");
            assert_eq!(machine.all(), before, "{finding}");
        }
    }
}

#[test]
fn nothing_is_done_where_sshd_cannot_have_it() {
    let broken = Said { is_fine: false, errors: "line 1: Bad option\n".to_owned(), ..Said::default() };
    let no_drop_ins = Machine::with(&[("etc/ssh/sshd_config", "UsePAM yes\n")]);
    let fine = with_sshd(in_force("yes", 300), in_force("no", 300));
    let says = vec![("-t".to_owned(), broken)];
    let unhappy = Script { there: vec![Program::Sshd], says, ..Script::default() };
    let nobody = SshWanted { domains: Vec::new(), ..wanted(false) };
    for (machine, script, wanted, is_as_expected) in [
        (
            &no_drop_ins,
            &fine,
            wanted(false),
            (|it| matches!(it, Refusal::SshdReadsNone)) as fn(&Refusal) -> bool,
        ),
        (&server(), &unhappy, wanted(false), |it| matches!(it, Refusal::SshdBroken(_))),
        (&server(), &Script::default(), wanted(false), |it| matches!(it, Refusal::NoProgram(_))),
        (&server(), &fine, nobody, |it| matches!(it, Refusal::NoDomain)),
    ] {
        let before = machine.all();
        let refused = machine.ssh(script, &wanted, Direction::SetUp, Act::Do).refused.unwrap();
        assert!(is_as_expected(&refused), "{refused}");
        assert!(refused.failure().advice.starts_with("Nothing was changed."), "{refused}");
        assert_eq!(machine.all(), before);
    }
    let shown = done(&no_drop_ins.ssh(&fine, &wanted(false), Direction::SetUp, Act::Show));
    assert!(shown.contains("its first line"), "{shown}");
}
