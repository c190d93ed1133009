//! The settings of pam_pwquality, pam_cracklib and pam_passwdqc (compliance.md 5.3, 5.4).

use crate::root::Root;
use facts::{Fact, Number, Origin, Passwdqc, Place, Quality, Reason};
use std::path::Path;

/// What pam_pwquality goes by: its drop-ins, its file, the arguments of the line; the later wins.
pub(crate) fn pwquality(root: &Root, arguments: &[String]) -> Result<Quality, Reason> {
    let mut quality = Quality::of_pwquality();
    let names = root.names(FOLDER)?.into_iter().filter(|name| name.ends_with(".conf"));
    let drop_ins = names.map(|name| format!("{FOLDER}/{name}"));
    let main = root.text_if_there(FILE)?;
    let elsewhere = VENDOR.iter().find(|file| main.is_none() && root.is_there(file));
    if let Some(vendor) = elsewhere {
        return Err(Reason::VendorSettings((*vendor).to_owned()));
    }
    // What cannot be read ends the reading of all files, and the module goes on with what it has.
    let mut is_whole = true;
    for file in drop_ins {
        let text = root.text_if_there(&file)?.unwrap_or_default();
        is_whole = is_whole && read(&mut quality, &file, &text);
    }
    if is_whole {
        read(&mut quality, FILE, &main.unwrap_or_default());
    }
    with_arguments(&mut quality, arguments);
    Ok(quality)
}

/// What pam_cracklib goes by: the arguments of the line.
pub(crate) fn cracklib(arguments: &[String]) -> Quality {
    let mut quality = Quality::of_cracklib();
    with_arguments(&mut quality, arguments);
    // It knows no such option.
    quality.is_enforcing = true;
    quality
}

/// An argument that is not known, or is no number, is left out.
fn with_arguments(quality: &mut Quality, arguments: &[String]) {
    for argument in arguments {
        let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
        set(quality, key, value, &Origin::Argument);
    }
}

/// Whether the file was read to its end; what stands before a line that cannot be read holds.
fn read(quality: &mut Quality, file: &str, text: &str) -> bool {
    let origin = Origin::File(file.to_owned());
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.all(|line| {
        let end = line.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(line.len());
        let (key, rest) = line.split_at(end);
        let rest = rest.trim_start();
        let value = rest.strip_prefix('=').unwrap_or(rest).trim();
        line.is_empty() || set(quality, key, value, &origin)
    })
}

/// Whether the module knows the key and can read the value.
fn set(quality: &mut Quality, key: &str, value: &str, origin: &Origin) -> bool {
    let key = key.to_ascii_lowercase();
    if TEXTS.contains(&key.as_str()) || SWITCHES.contains(&key.as_str()) {
        return true;
    }
    let Some(value) = integer(value) else { return false };
    let place = match key.as_str() {
        "minlen" => &mut quality.minlen,
        "dcredit" => &mut quality.dcredit,
        "ucredit" => &mut quality.ucredit,
        "lcredit" => &mut quality.lcredit,
        "ocredit" => &mut quality.ocredit,
        "minclass" => &mut quality.minclass,
        "enforcing" => {
            quality.is_enforcing = value != 0;
            return true;
        }
        other => return NUMBERS.contains(&other),
    };
    *place = Number { value, origin: origin.clone() };
    true
}

/// As C reads an `int`, but its two ends.
fn integer(text: &str) -> Option<i64> {
    let value: i64 = text.parse().ok()?;
    (i64::from(i32::MIN) < value && value < i64::from(i32::MAX)).then_some(value)
}

/// What pam_passwdqc goes by: its file where one is named, then the arguments of the line.
pub(crate) fn passwdqc(root: &Root, place: &Place, arguments: &[String]) -> Fact<Passwdqc> {
    let mut settings = Passwdqc {
        min: [None, Some(24), Some(11), Some(8), Some(7)],
        origin: Origin::Default,
        is_enforcing: true,
    };
    let not_understood = |file: &str, line| Reason::NotUnderstood { file: file.to_owned(), line };
    if let Some(file) = arguments.iter().find_map(|argument| argument.strip_prefix("config=")) {
        let text = match root.text(Path::new(file)) {
            Ok(text) => text,
            Err(reason) => return Fact::Unknown(reason),
        };
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            let is_read = line.starts_with('#') || adapt(&mut settings, line, &Origin::File(file.to_owned()));
            if !is_read {
                return Fact::Unknown(not_understood(file, number));
            }
        }
    }
    match arguments.iter().all(|argument| adapt(&mut settings, argument, &Origin::Argument)) {
        true => Fact::Known(settings),
        false => Fact::Unknown(not_understood(&place.file, place.line)),
    }
}

/// Whether what an option says of lengths can be read; others say nothing of them.
fn adapt(settings: &mut Passwdqc, option: &str, origin: &Origin) -> bool {
    if let Some(enforce) = option.strip_prefix("enforce=") {
        settings.is_enforcing = enforce != "none";
        return ["none", "users", "everyone"].contains(&enforce);
    }
    let Some(lengths) = option.strip_prefix("min=") else { return true };
    let length = |length: &str| match length {
        "disabled" => Some(None),
        number => number.parse().ok().map(Some),
    };
    let lengths: Option<Vec<Option<u64>>> = lengths.split(',').map(length).collect();
    let Some(min) = lengths.and_then(|lengths| lengths.try_into().ok()) else { return false };
    (settings.min, settings.origin) = (min, origin.clone());
    true
}

const FOLDER: &str = "/etc/security/pwquality.conf.d";
const FILE: &str = "/etc/security/pwquality.conf";
/// Where distributions keep their own settings beside `/etc`; which of them their module reads is not known here.
const VENDOR: [&str; 3] = [
    "/usr/etc/security/pwquality.conf",
    "/usr/lib/security/pwquality.conf",
    "/usr/share/security/pwquality.conf",
];
/// The numbers of libpwquality that say nothing of what is counted.
const NUMBERS: [&str; 9] = [
    "difok",
    "maxrepeat",
    "maxclassrepeat",
    "maxsequence",
    "gecoscheck",
    "dictcheck",
    "usercheck",
    "usersubstr",
    "retry",
];
const TEXTS: [&str; 2] = ["badwords", "dictpath"];
const SWITCHES: [&str; 2] = ["enforce_for_root", "local_users_only"];
