//! What real use brought, as data: `tests/cases` (its README says what each is), and what is right for each.

use crate::harness::{Cloud, Machine, binary, code, rest, text, wait_for};
use serde_json::Value;
use std::fs;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Output};

/// What a sign-in under knobs of a file ends with, says, and never says.
struct Reply {
    file: &'static str,
    exit: i32,
    says: &'static [&'static str],
}

/// A configuration: what `firmamentd --check` exits with, and what it says of it.
struct Conf {
    file: &'static str,
    exit: i32,
    says: &'static [&'static str],
}

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases").join(name)
}

fn knobs(file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(case(&format!("replies/{file}.json"))).unwrap()).unwrap()
}

/// A cloud under the knobs of a file, and a machine whose sign-ins wait for the registration.
fn under(file: &str) -> (Cloud, Machine) {
    let cloud = Cloud::start();
    cloud.set(&knobs(file));
    let machine = Machine::configured(&cloud, "contoso.com", "registration = required");
    (cloud, machine)
}

/// No refusal by others is ours, and nobody who cannot mend it is blamed.
const NEVER: [&str; 2] = ["report it", "Report it"];

fn check(case: &Reply, output: &Output) {
    let told = text(output);
    assert_eq!(code(output), case.exit, "{}: {told}", case.file);
    for words in case.says {
        assert!(told.contains(words), "{}: no '{words}' in {told}", case.file);
    }
    for words in NEVER {
        assert!(!told.contains(words), "{}: '{words}' in {told}", case.file);
    }
}

#[test]
fn what_the_service_refuses_is_read_by_number_or_by_word() {
    std::thread::scope(|scope| {
        for case in REFUSED {
            scope.spawn(move || {
                let (cloud, machine) = under(case.file);
                check(case, &machine.sign_in("alex@contoso.com"));
                assert!(cloud.devices().is_empty(), "{}", case.file);
            });
        }
    });
}

#[test]
fn polls_without_an_answer_say_so_and_name_the_last_failure() {
    std::thread::scope(|scope| {
        for case in POLLED {
            scope.spawn(move || {
                let (_cloud, machine) = under(case.file);
                check(case, &machine.sign_in("alex@contoso.com"));
            });
        }
    });
}

#[test]
fn a_dead_grant_after_the_join_asks_for_the_person_again() {
    for file in ["prt-grant-dead-70000", "prt-grant-dead-unknown-number"] {
        let (cloud, machine) = under(file);
        let output = machine.sign_in("alex@contoso.com");
        for words in NEVER {
            assert!(!text(&output).contains(words), "{file}: {}", text(&output));
        }
        cloud.set(&serde_json::json!({}));
        let again = machine.sign_in("alex@contoso.com");
        assert_eq!(code(&again), 0, "{file}: {}", text(&again));
        assert_eq!(cloud.devices().len(), 1, "{file}");
    }
}

#[test]
fn a_front_door_without_service_is_waited_for_and_one_sign_in_is_enough() {
    let (cloud, machine) = under("join-without-service");
    let mut tool = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
    let out = BufReader::new(tool.stdout.take().unwrap());
    wait_for("two refused joins", || cloud.requests("join").len() > 1);
    cloud.set(&serde_json::json!({}));
    let told = rest(out);
    let output = tool.wait_with_output().unwrap();
    assert!(output.status.success(), "{told}{}", text(&output));
    assert_eq!(machine.domain()["phase"], "registered");
    assert_eq!(cloud.requests("devicecode").len(), 1);
}

fn judged(conf: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("himmelblau.conf");
    fs::copy(case(&format!("conf/{conf}.conf")), &file).unwrap();
    let mut daemon = Command::new(binary("firmamentd"));
    daemon.arg("--check").arg("--config").arg(&file).arg("--state-dir").arg(dir.path().join("state"));
    daemon.output().unwrap()
}

#[test]
fn configurations_of_the_field_are_read_as_their_author_meant() {
    for case in CONFIGURATIONS {
        let output = judged(case.file);
        let told = text(&output);
        assert_eq!(code(&output), case.exit, "{}: {told}", case.file);
        for words in case.says {
            assert!(told.contains(words), "{}: no '{words}' in {told}", case.file);
        }
    }
}

#[test]
fn every_case_is_tried() {
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(case(folder)).unwrap().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let mut replies: Vec<&str> = REFUSED.iter().chain(POLLED).map(|case| case.file).collect();
    replies.extend(["prt-grant-dead-70000", "prt-grant-dead-unknown-number", "join-without-service"]);
    replies.sort_unstable();
    assert_eq!(names("replies"), replies);
    let mut configurations: Vec<&str> = CONFIGURATIONS.iter().map(|case| case.file).collect();
    configurations.sort_unstable();
    assert_eq!(names("conf"), configurations);
}

/// Certificates of the field: what is broken in a `ca_file` is named by its line, what is good counts.
#[test]
fn a_broken_entry_of_a_ca_file_is_named_and_the_others_count() {
    for broken in ["not-base64", "without-end", "cut-short"] {
        for first in [true, false] {
            let cloud = Cloud::start();
            let bad = fs::read_to_string(case(&format!("ca/{broken}.pem"))).unwrap();
            let good = fs::read_to_string(cloud.ca()).unwrap();
            let line = 1 + if first { 0 } else { good.lines().count() };
            let machine = Machine::switched_off(&cloud, "contoso.com", "");
            let file = machine.path("ca.pem");
            fs::write(&file, if first { bad + &good } else { good + &bad }).unwrap();
            let conf = machine.path("himmelblau.conf");
            let own = format!("\nca_file = {}\n", file.display());
            fs::write(&conf, fs::read_to_string(&conf).unwrap() + &own).unwrap();
            let mut machine = machine;
            machine.up();
            assert!(machine.log().contains(&format!("ca.pem:{line}")), "{broken}: {}", machine.log());
            let output = machine.sign_in("alex@contoso.com");
            assert_eq!(code(&output), 0, "{broken}: {}", text(&output));
        }
    }
}

const ADMINISTRATOR: &str = "administrator";

const REFUSED: &[Reply] = &[
    Reply { file: "code-expired-70020", exit: 4, says: &["expired", "sign in again"] },
    Reply { file: "code-expired-unknown-number", exit: 4, says: &["expired", "AADSTS799991"] },
    Reply { file: "declined-unknown-number", exit: 4, says: &["declined", "AADSTS799992"] },
    Reply { file: "interaction-unknown-number", exit: 4, says: &["AADSTS799993"] },
    Reply { file: "grant-dead-unknown-number", exit: 4, says: &["AADSTS799994"] },
    Reply { file: "consent-90095", exit: 5, says: &[ADMINISTRATOR, "consent"] },
    Reply { file: "consent-word-unknown-number", exit: 5, says: &[ADMINISTRATOR, "consent"] },
    Reply { file: "application-700016", exit: 5, says: &[ADMINISTRATOR, "application"] },
    Reply { file: "application-650057", exit: 5, says: &[ADMINISTRATOR, "application"] },
    Reply { file: "method-53010", exit: 5, says: &[ADMINISTRATOR] },
    Reply { file: "instance-50049", exit: 5, says: &["cloud", "authority_host"] },
    Reply {
        file: "device-code-of-other-types",
        exit: 1,
        says: &["the sign-in service sent", "'verification_uri'"],
    },
    Reply { file: "metadata-of-other-types", exit: 1, says: &["the sign-in service sent", "UnusableReply"] },
    Reply { file: "numbers-as-text", exit: 4, says: &["AADSTS50126", "password"] },
    Reply { file: "join-refused-by-a-proxy", exit: 5, says: &["403", "proxy"] },
];

const POLLED: &[Reply] = &[
    Reply { file: "polls-answered-by-a-portal", exit: 4, says: &["Note: ", "captive portal"] },
    Reply { file: "polls-refused-by-a-proxy", exit: 4, says: &["Note: ", "403", "proxy"] },
    Reply { file: "polls-without-service", exit: 4, says: &["Note: ", "503"] },
    Reply { file: "polls-answered-with-a-list", exit: 1, says: &["a list as", "UnusableReply"] },
];

const CONFIGURATIONS: &[Conf] = &[
    Conf { file: "tenant-in-global", exit: 0, says: &[] },
    Conf { file: "tenant-and-groups-by-word", exit: 1, says: &["pam_allow_groups", "contoso.digital"] },
    Conf { file: "oidc", exit: 1, says: &["oidc_issuer_url"] },
    Conf { file: "container", exit: 0, says: &[] },
    Conf { file: "booleans", exit: 0, says: &["true", "false"] },
    Conf { file: "quoted", exit: 0, says: &["quotes"] },
    Conf { file: "continued-list", exit: 0, says: &[] },
    Conf { file: "national-hosts", exit: 0, says: &[] },
    Conf {
        file: "hosts-of-two-clouds",
        exit: 1,
        says: &["login.microsoftonline.us", "microsoftgraph.chinacloudapi.cn"],
    },
    Conf { file: "alias-and-domain", exit: 0, says: &[] },
    Conf { file: "person-as-domain", exit: 1, says: &["contoso.com"] },
    Conf { file: "letters-of-the-world", exit: 0, says: &["xn--kse-qla.example"] },
    Conf { file: "misspelt", exit: 0, says: &["did you mean", "domain", "join_type"] },
    Conf {
        file: "several-errors",
        exit: 1,
        says: &["join_type", "apply_policy", "himmelblau.conf:3", "himmelblau.conf:4"],
    },
];
