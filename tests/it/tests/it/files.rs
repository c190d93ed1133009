//! What somebody else could have changed stops the start of the daemon, and the command that the log names mends it.

use crate::harness::{Cloud, Machine, code, text};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const STRANGER: u32 = 12_345;

/// What somebody does to a path.
type Spoil = fn(&Path);

fn writable(path: &Path) {
    let mode = fs::metadata(path).unwrap().permissions().mode();
    fs::set_permissions(path, Permissions::from_mode(mode | 0o022)).unwrap();
}

fn foreign(path: &Path) {
    chown(path, Some(STRANGER), None).unwrap();
}

/// Runs what stands behind the last "run " of the log, as an operator who follows it does.
fn mend(log: &str) {
    let command = log.rsplit_once("run ").unwrap().1.lines().next().unwrap();
    let command = command.split_once(" if nobody").map_or(command, |(command, _)| command);
    assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
}

#[test]
fn each_place_is_refused_with_the_command_that_mends_it() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    machine.stop();
    let (own, drop_ins) = (machine.dir.path().to_owned(), machine.path("himmelblau.conf.d"));
    fs::create_dir(&drop_ins).unwrap();
    fs::write(drop_ins.join("10.conf"), "[global]\nrequest_timeout = 20\n").unwrap();
    let places: [PathBuf; 8] = [
        machine.path("himmelblau.conf"),
        drop_ins.join("10.conf"),
        drop_ins,
        cloud.ca(),
        cloud.dir.path().to_owned(),
        machine.path("hsm-pin"),
        machine.path("state"),
        own,
    ];
    let spoils: &[(Spoil, &str)] = match rustix::process::geteuid().is_root() {
        true => &[(writable, "can be written by others"), (foreign, "is owned by the user 12345")],
        false => &[(writable, "can be written by others")],
    };
    for (place, (spoil, why)) in
        places.iter().flat_map(|place| spoils.iter().map(move |spoil| (place, spoil)))
    {
        spoil(place);
        machine.forget_log();
        let mut daemon = machine.firmamentd();
        machine.boot(&mut daemon);
        assert!(!machine.ended().success(), "{}: {}", place.display(), machine.log());
        let named = format!("{} {why}", place.display());
        assert!(machine.log().contains(&named), "no '{named}' in {}", machine.log());
        mend(&machine.log());
        machine.up();
        machine.stop();
    }
    machine.up();
    assert!(machine.device_id("contoso.com").is_some());
}

#[test]
fn no_link_is_followed_to_the_auth_value_or_written_through() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let victim = machine.path("victim");
    fs::write(&victim, "precious").unwrap();
    for name in ["hsm-pin", "hsm-pin.new"] {
        symlink(&victim, machine.path(name)).unwrap();
    }
    let mut daemon = machine.firmamentd();
    machine.boot(&mut daemon);
    assert!(!machine.ended().success());
    assert!(machine.log().contains("hsm-pin is a link"), "{}", machine.log());
    fs::remove_file(machine.path("hsm-pin")).unwrap();
    machine.up();
    let output = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}
