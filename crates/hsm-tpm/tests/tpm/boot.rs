//! Keys that are bound to how the machine is started (PCR 7), the recovery code, and the file of both.

use crate::harness::{AUTH, Harness, intent};
use crate::proxy::Harm;
use aws_lc_rs::digest;
use hsm::{Hsm, HsmError, SignScheme, binding};
use hsm_tpm::TpmHsm;
use model::{BootPolicy, FailureClass, KeyHandle, KeyPurpose, Secret};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn sign(own: &mut TpmHsm, key: &KeyHandle) -> Result<(), HsmError> {
    own.sign(key, SignScheme::Pkcs1Sha256, b"x").map(drop)
}

fn made(own: &mut TpmHsm) -> KeyHandle {
    own.create(KeyPurpose::Device, intent()).unwrap()
}

fn changed() -> HsmError {
    HsmError::BootState("PCR 7 of the TPM is not as it was".to_owned())
}

/// The machine as it starts with Secure Boot as it is.
fn boot(harness: &Harness) {
    harness.restart();
    harness.extend(7, 7);
}

fn booted() -> Harness {
    let harness = Harness::new();
    harness.extend(7, 7);
    harness
}

#[test]
fn keys_work_while_pcr_7_is_as_it_was_whatever_the_others_are() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let sealed = own.seal("a label", &Secret::new(b"text".to_vec())).unwrap();
    assert!(binding::is_boot_bound(&key));
    drop(own);
    for start in 0..3 {
        boot(&harness);
        for register in (0..16).filter(|register| *register != 7) {
            harness.extend(register, start);
        }
        let mut own = harness.open_bound();
        sign(&mut own, &key).unwrap();
        assert_eq!(own.unseal("a label", &sealed).unwrap().expose(), b"text");
        made(&mut own);
    }
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn another_boot_state_is_named_and_nothing_is_lost() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let sealed = own.seal("a label", &Secret::new(b"text".to_vec())).unwrap();
    let file = fs::read(harness.boot_file()).unwrap();
    harness.extend(7, 1);
    assert_eq!(sign(&mut own, &key), Err(changed()));
    assert_eq!(own.unseal("a label", &sealed).unwrap_err(), changed());
    assert_eq!(own.create(KeyPurpose::Device, intent()).unwrap_err(), changed());
    assert_eq!(own.recovery_code().unwrap_err(), changed());
    assert_eq!(own.reseal(None), Err(changed()));
    assert_eq!(changed().class(), FailureClass::Broken);
    assert_eq!(harness.loaded(), 0);
    assert_eq!(fs::read(harness.boot_file()).unwrap(), file);
    boot(&harness);
    sign(&mut own, &key).unwrap();
    assert_eq!(own.unseal("a label", &sealed).unwrap().expose(), b"text");
}

#[test]
fn the_recovery_code_binds_the_same_keys_to_the_new_boot_state() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let code = own.recovery_code().unwrap();
    drop(own);
    harness.extend(7, 1);
    let mut own = harness.open_bound();
    assert_eq!(sign(&mut own, &key), Err(changed()));
    own.reseal(Some(&code)).unwrap();
    sign(&mut own, &key).unwrap();
    assert_eq!(harness.loaded(), 0);
    // As it was before is another boot state now, and the code still the same.
    boot(&harness);
    assert_eq!(sign(&mut own, &key), Err(changed()));
    own.reseal(Some(&code)).unwrap();
    sign(&mut own, &key).unwrap();
    own.reseal(None).unwrap();
    sign(&mut own, &key).unwrap();
}

#[test]
fn only_the_last_code_of_this_machine_counts() {
    let (harness, other) = (booted(), booted());
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let slip = Secret::new("0000-0000-0000-0000-0000-0000-0001".to_owned());
    assert_eq!(own.reseal(Some(&slip)), Err(HsmError::RecoveryCode("a letter is wrong or missing")));
    let foreign = other.open_bound().recovery_code().unwrap();
    assert_eq!(own.reseal(Some(&foreign)), Err(HsmError::RecoveryCode("none was made for this machine")));
    let first = own.recovery_code().unwrap();
    let second = own.recovery_code().unwrap();
    let file = fs::read(harness.boot_file()).unwrap();
    harness.extend(7, 1);
    // More often than the dictionary-attack logic would allow.
    for code in [&first, &foreign, &first, &foreign, &first] {
        let refused = HsmError::RecoveryCode("it is not the last one that was made");
        assert_eq!(own.reseal(Some(code)), Err(refused));
    }
    assert_eq!(fs::read(harness.boot_file()).unwrap(), file);
    assert_eq!(sign(&mut own, &key), Err(changed()));
    own.reseal(Some(&second)).unwrap();
    sign(&mut own, &key).unwrap();
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn a_code_is_of_no_use_under_another_auth_value() {
    let harness = booted();
    let code = harness.open_bound().recovery_code().unwrap();
    let other = harness.open_as("another auth value!!", "a").unwrap();
    let mut other = other.with_boot_secret(harness.boot_file(), BootPolicy::Pcr7);
    assert!(matches!(other.reseal(Some(&code)), Err(HsmError::RecoveryCode(_))));
    assert_eq!(other.reseal(None), Err(HsmError::Integrity("boot secret")));
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn each_key_keeps_to_what_it_was_made_with_whatever_is_wanted_of_new_ones() {
    let harness = booted();
    let before = made(&mut harness.open());
    let mut own = harness.open_bound();
    sign(&mut own, &before).unwrap();
    let bound = made(&mut own);
    drop(own);
    let mut off = harness.open().with_boot_secret(harness.boot_file(), BootPolicy::Nothing);
    sign(&mut off, &bound).unwrap();
    let after = made(&mut off);
    let told = [&before, &bound, &after].map(binding::is_boot_bound);
    assert_eq!(told, [false, true, false]);
    harness.extend(7, 1);
    assert_eq!(sign(&mut off, &bound), Err(changed()));
    for free in [&before, &after] {
        sign(&mut off, free).unwrap();
    }
}

/// Whoever provisions the machine may do it after the first key.
#[test]
fn a_storage_key_that_comes_later_changes_nothing_for_bound_keys() {
    let harness = booted();
    let mut own = harness.open_bound();
    let below_ours = made(&mut own);
    crate::moves::provision(&harness);
    sign(&mut own, &below_ours).unwrap();
    let below_theirs = made(&mut own);
    let sealed = own.seal("a label", &Secret::new(b"text".to_vec())).unwrap();
    for key in [&below_ours, &below_theirs] {
        sign(&mut own, key).unwrap();
        sign(&mut own, &own_rebound(&harness, key)).unwrap();
    }
    assert_eq!(own.unseal("a label", &sealed).unwrap().expose(), b"text");
    harness.extend(7, 1);
    assert_eq!(sign(&mut own, &below_theirs), Err(changed()));
    assert_eq!(harness.loaded(), 0);
}

fn own_rebound(harness: &Harness, key: &KeyHandle) -> KeyHandle {
    harness.open_bound().rebind(key).unwrap()
}

#[test]
fn a_key_that_hides_what_it_is_bound_to_is_refused() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let (header, rest) = binding::split(1, &key.wrapped).unwrap();
    let mut machine = binding::read(header).unwrap();
    machine.components.retain(|(name, _)| name != binding::BOOT_STATE);
    let stripped = KeyHandle { wrapped: [&binding::write(1, &machine), rest].concat(), ..key };
    assert_eq!(sign(&mut own, &stripped), Err(HsmError::Integrity("key")));
}

#[test]
fn every_flipped_byte_of_a_bound_handle_is_refused() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let (header, _) = binding::split(1, &key.wrapped).unwrap();
    let length = header.len();
    for at in 0..length + 40 {
        let mut bent = key.clone();
        bent.wrapped[at] ^= 1;
        let refused = sign(&mut own, &bent).unwrap_err();
        let in_header =
            matches!(refused, HsmError::KeyGone(_) | HsmError::OtherMachine(_) | HsmError::BootFile(_));
        assert!(refused == HsmError::Integrity("key") || at < length && in_header, "{at}: {refused:?}");
    }
    sign(&mut own, &key).unwrap();
}

#[test]
fn a_missing_file_is_named_and_no_other_takes_its_place() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let code = own.recovery_code().unwrap();
    let file = fs::read(harness.boot_file()).unwrap();
    fs::remove_file(harness.boot_file()).unwrap();
    let missing = HsmError::BootFile(format!("{}: it is not there", harness.boot_file().display()));
    assert_eq!(sign(&mut own, &key), Err(missing.clone()));
    assert_eq!(own.create(KeyPurpose::Device, intent()).unwrap_err(), missing);
    assert_eq!(own.recovery_code().unwrap_err(), missing);
    assert_eq!(own.reseal(Some(&code)), Err(missing.clone()));
    assert_eq!(missing.class(), FailureClass::Broken);
    assert!(!harness.boot_file().exists());
    fs::write(harness.boot_file(), file).unwrap();
    sign(&mut own, &key).unwrap();
}

#[test]
fn the_file_of_another_boot_secret_is_named() {
    let harness = booted();
    let key = made(&mut harness.open_bound());
    fs::remove_file(harness.boot_file()).unwrap();
    let mut own = harness.open_bound();
    let second = made(&mut own);
    sign(&mut own, &second).unwrap();
    let refused = sign(&mut own, &key).unwrap_err();
    assert!(matches!(&refused, HsmError::BootFile(why) if why.contains("another boot secret")), "{refused}");
}

#[test]
fn every_flipped_byte_of_the_file_is_refused() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let code = own.recovery_code().unwrap();
    let file = fs::read(harness.boot_file()).unwrap();
    let damaged = HsmError::BootFile(format!("{}: it is damaged", harness.boot_file().display()));
    for at in 0..file.len() {
        let mut bent = file.clone();
        bent[at] ^= 1;
        fs::write(harness.boot_file(), &bent).unwrap();
        assert_eq!(sign(&mut own, &key), Err(damaged.clone()), "byte {at}");
        assert_eq!(own.reseal(Some(&code)), Err(damaged.clone()), "byte {at}");
        assert_eq!(fs::read(harness.boot_file()).unwrap(), bent, "byte {at}");
    }
    for cut in [0, 1, 31, 32, file.len() - 1] {
        fs::write(harness.boot_file(), &file[..cut]).unwrap();
        assert_eq!(sign(&mut own, &key), Err(damaged.clone()), "cut to {cut}");
    }
    fs::write(harness.boot_file(), file).unwrap();
    sign(&mut own, &key).unwrap();
}

fn boot_notice(file: &Path) -> Option<String> {
    let sha256 = |bytes: &[u8]| digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap();
    hsm::boot_file::notice(file, sha256)
}

#[test]
fn the_file_is_ours_alone_and_a_draft_of_a_crash_is_no_obstacle() {
    let harness = booted();
    let draft = harness.boot_file().with_extension("new");
    fs::write(&draft, "half").unwrap();
    let mut own = harness.open_bound();
    assert_eq!(boot_notice(&harness.boot_file()), None, "no key is bound yet");
    let key = made(&mut own);
    let notice = boot_notice(&harness.boot_file()).unwrap();
    assert!(notice.contains("aad-tool tpm recovery-code"), "{notice}");
    own.recovery_code().unwrap();
    assert_eq!(boot_notice(&harness.boot_file()), None);
    assert_eq!(fs::metadata(harness.boot_file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!draft.exists());
    sign(&mut own, &key).unwrap();
    fs::write(harness.boot_file(), "x").unwrap();
    assert!(boot_notice(&harness.boot_file()).unwrap().contains("it is damaged"));
}

#[test]
fn another_tpm_a_clear_and_a_wrong_auth_value_are_still_told_apart() {
    let (harness, other) = (booted(), booted());
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let file = fs::read(harness.boot_file()).unwrap();
    fs::write(other.boot_file(), &file).unwrap();
    assert_eq!(sign(&mut other.open_bound(), &key), Err(HsmError::OtherMachine("tpm-srk".to_owned())));
    let wrong = harness.open_as("another auth value!!", "a").unwrap();
    let mut wrong = wrong.with_boot_secret(harness.boot_file(), BootPolicy::Pcr7);
    assert_eq!(sign(&mut wrong, &key), Err(HsmError::Integrity("boot secret")));
    drop(wrong);
    let moved = harness.open_as(AUTH, "b").unwrap();
    let mut moved = moved.with_boot_secret(harness.boot_file(), BootPolicy::Pcr7);
    assert_eq!(sign(&mut moved, &key), Err(HsmError::OtherMachine("machine-id".to_owned())));
    drop(moved);
    harness.clear();
    assert!(matches!(sign(&mut own, &key), Err(HsmError::KeyGone(_))));
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn a_tpm_that_was_cleared_or_changed_takes_new_keys_and_the_old_file_is_kept() {
    let (harness, other) = (booted(), booted());
    let mut own = harness.open_bound();
    let mut files = Vec::new();
    for harm in ["clear", "another TPM"] {
        made(&mut own);
        files.push(fs::read(harness.boot_file()).unwrap());
        match harm {
            "clear" => harness.clear(),
            _ => {
                drop(other.open());
                harness.become_another(&other);
            }
        }
        let key = made(&mut own);
        sign(&mut own, &key).unwrap();
        assert_eq!(own.reseal(None), Ok(()), "{harm}");
    }
    let old = |number| fs::read(harness.boot_file().with_extension(format!("old.{number}"))).unwrap();
    assert_eq!([old(0), old(1)].as_slice(), files);
}

#[test]
fn without_the_option_there_is_nothing_to_recover() {
    let harness = Harness::new();
    let mut plain = harness.open();
    assert_eq!(plain.recovery_code().unwrap_err(), HsmError::NotBootBound);
    assert_eq!(plain.reseal(None), Err(HsmError::NotBootBound));
    let mut off = harness.open().with_boot_secret(harness.boot_file(), BootPolicy::Nothing);
    assert_eq!(off.recovery_code().unwrap_err(), HsmError::NotBootBound);
    assert_eq!(off.reseal(None), Err(HsmError::NotBootBound));
    assert!(!harness.boot_file().exists());
}

#[test]
fn the_description_says_what_new_keys_are_bound_to() {
    let harness = Harness::new();
    let said = || harness.open_bound().info().description;
    assert!(said().ends_with("; new ones are bound to PCR 7, which is zero: this firmware does not measure how the machine is started"));
    harness.extend(7, 7);
    assert!(said().ends_with("; new ones are bound to the boot state (PCR 7)"));
    let off = harness.open().with_boot_secret(harness.boot_file(), BootPolicy::Nothing);
    assert!(off.info().description.ends_with("; a test"));
}

/// Every command of a use, of a new code and of a recovery fails once; nothing is left loaded, and the file is
/// always a good one.
#[test]
fn faults_at_every_command_leave_a_good_file_and_nothing_loaded() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let mut code = own.recovery_code().unwrap();
    for job in ["sign", "reseal", "recovery code"] {
        let mut run = |own: &mut TpmHsm| match job {
            "sign" => sign(own, &key),
            "reseal" => own.reseal(Some(&code)),
            _ => own.recovery_code().map(|made| code = made),
        };
        harness.proxy.harm(Harm::None);
        run(&mut own).unwrap();
        let commands = harness.proxy.wire().commands;
        assert!(commands > 12, "{job}: {commands}");
        for harm in (1..=commands).flat_map(|at| [Harm::CutAfter(at), Harm::Answer(at, 0x9a2)]) {
            harness.proxy.harm(harm);
            let told = run(&mut own);
            assert_eq!(harness.loaded(), 0, "{job} with {harm:?}: {told:?}");
            assert!(told.is_ok() || matches!(harm, Harm::Answer(..)), "{job} with {harm:?}: {told:?}");
            harness.proxy.harm(Harm::None);
            assert_eq!(run(&mut own), Ok(()), "{job} after {harm:?}");
        }
    }
    own.reseal(Some(&code)).unwrap();
    sign(&mut own, &key).unwrap();
}

#[test]
fn a_pcr_that_is_extended_meanwhile_does_not_stop_a_use() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    sign(&mut own, &key).unwrap();
    harness.proxy.harm(Harm::None);
    sign(&mut own, &key).unwrap();
    let commands = harness.proxy.wire().commands;
    let spoiled = (1..=commands).filter(|at| {
        // That is how the one command which the policy guards is answered then.
        harness.proxy.harm(Harm::Answer(*at, 0x128));
        let told = sign(&mut own, &key);
        harness.proxy.harm(Harm::None);
        sign(&mut own, &key).unwrap();
        told.is_ok()
    });
    assert_eq!(spoiled.count(), 1);
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn a_file_that_somebody_else_could_have_put_there_is_named_and_no_link_is_followed() {
    let harness = booted();
    let mut own = harness.open_bound();
    let key = made(&mut own);
    let path = harness.boot_file();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
    let refused = sign(&mut own, &key).unwrap_err().to_string();
    assert!(refused.contains("tpm-boot can be written by others") && refused.contains("chmod"), "{refused}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    sign(&mut own, &key).unwrap();
    let real = path.with_file_name("elsewhere");
    fs::rename(&path, &real).unwrap();
    symlink(&real, &path).unwrap();
    let refused = sign(&mut own, &key).unwrap_err().to_string();
    assert!(refused.contains("tpm-boot is a link"), "{refused}");
    // A draft that somebody planted is neither followed nor filled.
    fs::remove_file(&path).unwrap();
    fs::rename(&real, &path).unwrap();
    let victim = path.with_file_name("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, path.with_extension("new")).unwrap();
    own.recovery_code().unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    sign(&mut own, &key).unwrap();
}
