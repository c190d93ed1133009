//! What a tenant's rules and the knobs do to a PRT and what comes from it.

use crate::client::*;
use serde_json::{Value, json};
use tenant_model::knobs::{DeviceCodeBlock, Refuse};
use tenant_model::views::DeviceAction;

#[test]
fn a_rule_for_compliant_devices_wants_the_proof_of_one() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let exchange = harness.exchange(&prt);
    let tokens = prt.open(&harness.ask_signed(&exchange));
    let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    harness.turn(|knobs| knobs.compliant_device_required = true);
    let password = harness.by_password();
    for compliant in [false, true, false] {
        harness.cloud.set_device_management(&harness.device.id, true, compliant).unwrap();
        let codes = [
            harness.ask(&password).code(),
            harness.ask_signed(&exchange).code(),
            harness.redeem(&refresh_token, INTUNE).code(),
        ];
        assert_eq!(codes, if compliant { [0; 3] } else { [53_000; 3] });
        let plain = harness.device_code_refusal();
        assert_eq!(plain, 53_000, "a code proves no device");
    }
}

impl Harness {
    fn device_code_refusal(&mut self) -> u64 {
        self.device_code(REGISTRATION)["error_codes"][0].as_u64().unwrap_or_default()
    }
}

#[test]
fn enrolment_is_excluded_from_that_rule_unless_the_knob_says_otherwise() {
    for (excluded, refusal) in [(true, 0), (false, 53_000)] {
        let mut harness = Harness::new();
        let prt = harness.prt();
        harness.turn(|knobs| {
            knobs.compliant_device_required = true;
            knobs.enrolment_excluded = excluded;
        });
        let mut request = harness.exchange(&prt);
        request.claims["resource"] = json!(ENROLMENT);
        assert_eq!(harness.ask_signed(&request).code(), refusal);
    }
}

#[test]
fn whether_the_rules_look_at_prts_is_a_knob() {
    let mut harness = Harness::new();
    harness.turn(|knobs| {
        knobs.compliant_device_required = true;
        knobs.conditional_access_on_prt = false;
    });
    let prt = harness.prt();
    let (renewal, exchange) = (harness.renewal(&prt), harness.exchange(&prt));
    assert_eq!([harness.ask_signed(&renewal).code(), harness.ask_signed(&exchange).code()], [0, 53_000]);
    harness.turn(|knobs| knobs.conditional_access_on_prt = true);
    assert_eq!(harness.ask_signed(&renewal).code(), 53_000);
}

#[test]
fn the_mark_of_the_device_code_stays_on_what_comes_from_it() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    harness.turn(|knobs| {
        knobs.device_code_blocked = DeviceCodeBlock::ProtocolTracking;
        knobs.conditional_access_on_prt = false;
    });
    let request = harness.exchange(&prt);
    assert_eq!(harness.ask_signed(&request).code(), 530_036);
    let request = harness.by_password();
    let reply = harness.ask(&request).json();
    let prt = harness.unwrap(&reply);
    let request = harness.exchange(&prt);
    assert_eq!(harness.ask_signed(&request).code(), 0, "a password has no mark");
}

/// Each way of the plan for Intune can be refused alone.
#[test]
fn the_refusals_of_the_knob_reach_every_means() {
    for (grant, resource, refused) in [
        ("prt", Some(GRAPH), "exchange"),
        ("prt", Some(ENROLMENT), ""),
        ("refresh_token", Some(ENROLMENT), "redemption"),
        ("refresh_token", Some(INTUNE), ""),
        ("prt_renew", None, "renewal"),
        ("prt_refresh_token", None, "by refresh token"),
        ("prt_password", None, "by password"),
    ] {
        let mut harness = Harness::new();
        let prt = harness.prt();
        let exchange = harness.exchange(&prt);
        let tokens = prt.open(&harness.ask_signed(&exchange));
        harness.turn(|knobs| {
            knobs.refuse.push(Refuse {
                resource: resource.map(str::to_owned),
                grant: Some(grant.to_owned()),
                endpoint: Some("token".to_owned()),
                code: 65_001,
                ..Refuse::default()
            });
        });
        let (renewal, token) = (harness.renewal(&prt), harness.by_refresh_token());
        let password = harness.by_password();
        let replies = [
            ("exchange", harness.ask_signed(&exchange)),
            ("redemption", harness.redeem(tokens["refresh_token"].as_str().unwrap(), ENROLMENT)),
            ("renewal", harness.ask_signed(&renewal)),
            ("by refresh token", harness.ask(&token)),
            ("by password", harness.ask(&password)),
        ];
        let hit: Vec<_> = replies.iter().filter(|(_, reply)| reply.code() == 65_001).collect();
        let names: Vec<_> = hit.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, if refused.is_empty() { vec![] } else { vec![refused] }, "{grant} {resource:?}");
    }
}

#[test]
fn a_refresh_token_that_names_a_device_falls_with_it() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let exchange = harness.exchange(&prt);
    let tokens = prt.open(&harness.ask_signed(&exchange));
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    harness.device_action(DeviceAction::Disable);
    assert_eq!(harness.redeem(refresh_token, INTUNE).code(), 135_011);
    harness.device_action(DeviceAction::Enable);
    assert_eq!(harness.redeem(refresh_token, INTUNE).code(), 0);
    harness.device_action(DeviceAction::Delete);
    assert_eq!(harness.redeem(refresh_token, INTUNE).code(), 50_155);
}

#[test]
fn what_intune_found_out_stands_on_the_object() {
    let mut harness = Harness::new();
    let id = harness.device.id.clone();
    let seen = |harness: &Harness| harness.cloud.devices().first().map(|it| (it.managed, it.compliant));
    assert_eq!(seen(&harness), Some((false, false)));
    harness.cloud.set_device_management(&id, true, true).unwrap();
    assert_eq!(seen(&harness), Some((true, true)));
    harness.device_action(DeviceAction::Fail);
    assert_eq!(seen(&harness), Some((true, false)));
    harness.device_action(DeviceAction::Comply);
    assert_eq!(seen(&harness), Some((true, true)));
    for unknown in ["x", CONTOSO] {
        assert!(harness.cloud.set_device_management(unknown, true, true).is_err());
    }
}

#[test]
fn graph_shows_devices_to_nobody_without_the_scope() {
    let mut harness = Harness::new();
    let path = format!("/v1.0/devices(deviceId='{}')", harness.device.id);
    let graph =
        |harness: &mut Harness| harness.device_code(GRAPH)["access_token"].as_str().unwrap().to_owned();
    let token = graph(&mut harness);
    assert_eq!(harness.get(&path, &token).status, 403);
    assert_eq!(harness.get(&path, "x").status, 401);
    harness.turn(|knobs| knobs.extra_graph_scopes = vec!["Device.Read.All".to_owned()]);
    let token = graph(&mut harness);
    let reply = harness.get(&path, &token);
    let members =
        ["accountEnabled", "isManaged", "isCompliant", "trustType"].map(|it| reply.json()[it].clone());
    assert_eq!(members, [json!(true), json!(false), json!(false), json!("AzureAd")]);
    harness.device_action(DeviceAction::Delete);
    assert_eq!((harness.get(&path, &token).status, reply.entry.request.as_str()), (404, "device"));
}

#[test]
fn the_twist_of_id_tokens_reaches_that_of_a_prt() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.id_token_twist.extend([("oid".to_owned(), Value::Null)]));
    let request = harness.by_refresh_token();
    assert_eq!(claims(&harness.ask(&request).json()["id_token"])["oid"], Value::Null);
}
