//! The whole life of an identity whose keys are in a TPM (swtpm), and of a copy beside another TPM.

use crate::house::{Cloud, Machine, code, text, wait_for};
use crate::life::{copy_state, live, signs_in};
use it::swtpm::Tpm;

/// A machine that enrols, with keys of this type in this TPM.
pub(crate) fn options(tpm: &Tpm, hsm_type: &str) -> String {
    format!("apply_policy = true\n{}", tpm.options(hsm_type))
}

#[test]
fn with_keys_in_a_tpm() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let mut machine = Machine::configured(&cloud, "contoso.com", &options(&tpm, "tpm"));
    live(&cloud, &mut machine, "tpm", "keys made in the TPM");
}

#[test]
fn a_changed_machine_id_is_accepted_by_root() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let mut machine = Machine::switched_off(&cloud, "contoso.com", &tpm.options("tpm"));
    crate::rebind::is_accepted_by_rebinding(&cloud, &mut machine);
}

#[test]
fn a_tpm_is_taken_if_possible_and_a_copy_beside_another_one_is_of_no_use() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let original = Machine::configured(&cloud, "contoso.com", &options(&tpm, "tpm_if_possible"));
    signs_in(&original);
    assert_eq!(original.domain()["identity"]["keys"][0]["backend"], "tpm");
    let tpm = Tpm::start(other.path());
    let mut copy = Machine::switched_off(&cloud, "contoso.com", &options(&tpm, "tpm_if_possible"));
    copy_state(&original, &copy);
    copy.up();
    let proofs = cloud.requests("token.prt").len();
    signs_in(&copy);
    wait_for("the suspension", || copy.domain()["phase"] == "suspended");
    let domain = copy.domain();
    assert_eq!(domain["identity"]["suspended"], "cloned_machine", "{domain}");
    wait_for("the test of the keys", || {
        copy.domain()["identity"]["changed"] == serde_json::json!(["tpm-srk"])
    });
    let sent = [cloud.requests("join").len(), cloud.requests("token.prt").len(), cloud.devices().len()];
    assert_eq!(sent, [1, proofs, 1]);
    let left = copy.run(&["leave", "--force"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    signs_in(&original);
}

#[test]
fn without_a_tpm_new_keys_are_in_software_and_that_is_said() {
    let cloud = Cloud::start();
    let options = "apply_policy = true\nhsm_type = tpm_if_possible\ntpm_tcti_name = device:/nowhere";
    let mut machine = Machine::configured(&cloud, "contoso.com", options);
    let notice = machine.status()["notices"][0].clone();
    assert!(notice.as_str().unwrap().contains("without a TPM: the key store is absent"), "{notice}");
    live(&cloud, &mut machine, "soft", "software keys");
}
