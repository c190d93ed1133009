//! What one run leaves to the next: the objects of its directory.

use serde_json::json;

use crate::device::{Device, REGISTRATION, by_password};
use crate::harness::{Simulator, program, text};
use crate::sign_in::BROKER;

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";

#[tokio::test]
async fn a_device_of_one_run_is_known_to_the_next_and_a_deleted_one_is_not() {
    let first = Simulator::start();
    let token = by_password(&first, ALEX, PASSWORD, REGISTRATION).await;
    let token = token["access_token"].as_str().unwrap();
    let kept = Device::join(&first, token, "kept").await;
    Device::join(&first, token, "gone").await;
    let devices = first.ask(&["devices"]);
    let gone = devices.as_array().unwrap().iter().find(|device| device["name"] == "gone").unwrap();
    first.ask(&["device", gone["id"].as_str().unwrap(), "delete"]);
    let objects = first.ask(&["objects"]);
    assert_eq!(objects["entra"]["gone"], json!([gone["thumbprint"]]));

    let file = first.dir.path().join("objects.json");
    std::fs::write(&file, objects.to_string()).unwrap();
    let second = Simulator::with(&["--objects", file.to_str().unwrap()]);
    assert_eq!((second.ask(&["objects"]), second.ask(&["devices"])), (objects, first.ask(&["devices"])));
    // Its keys are known too: the session key can be unwrapped.
    let claims =
        json!({ "client_id": BROKER, "grant_type": "password", "username": ALEX, "password": PASSWORD });
    assert!(!kept.prt(&second, claims).await.token.is_empty());
    assert!(second.transcript().contains(kept.thumbprint()));
}

#[test]
fn a_file_that_is_no_such_list_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.json");
    std::fs::write(&bad, r#"{"devices": []}"#).unwrap();
    let mut command = program();
    command.args(["serve", "--state"]).arg(dir.path()).arg("--objects").arg(&bad);
    let output = command.output().unwrap();
    assert!(!output.status.success() && text(&output).contains("bad.json"), "{}", text(&output));
}
