//! What a tenant's rules and the knobs do to a PRT and what comes from it.

use crate::client::*;
use serde_json::{Value, json};
use tenant_model::knobs::{DeviceCodeBlock, Refuse};
use tenant_model::views::DeviceAction;

#[test]
fn a_rule_for_compliant_devices_wants_the_proof_of_one() {
    let mut house = House::new();
    let prt = house.prt();
    let exchange = house.exchange(&prt);
    let tokens = prt.open(&house.ask_signed(&exchange));
    let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    house.turn(|knobs| knobs.compliant_device_required = true);
    let password = house.by_password();
    for compliant in [false, true, false] {
        house.cloud.set_device_management(&house.device.id, true, compliant).unwrap();
        let codes = [
            house.ask(&password).code(),
            house.ask_signed(&exchange).code(),
            house.redeem(&refresh_token, INTUNE).code(),
        ];
        assert_eq!(codes, if compliant { [0; 3] } else { [53_000; 3] });
        let plain = house.device_code_refusal();
        assert_eq!(plain, 53_000, "a code proves no device");
    }
}

impl House {
    fn device_code_refusal(&mut self) -> u64 {
        self.device_code(REGISTRATION)["error_codes"][0].as_u64().unwrap_or_default()
    }
}

#[test]
fn enrolment_is_excluded_from_that_rule_unless_the_knob_says_otherwise() {
    for (excluded, refusal) in [(true, 0), (false, 53_000)] {
        let mut house = House::new();
        let prt = house.prt();
        house.turn(|knobs| {
            knobs.compliant_device_required = true;
            knobs.enrolment_excluded = excluded;
        });
        let mut request = house.exchange(&prt);
        request.claims["resource"] = json!(ENROLMENT);
        assert_eq!(house.ask_signed(&request).code(), refusal);
    }
}

#[test]
fn whether_the_rules_look_at_prts_is_a_knob() {
    let mut house = House::new();
    house.turn(|knobs| {
        knobs.compliant_device_required = true;
        knobs.conditional_access_on_prt = false;
    });
    let prt = house.prt();
    let (renewal, exchange) = (house.renewal(&prt), house.exchange(&prt));
    assert_eq!([house.ask_signed(&renewal).code(), house.ask_signed(&exchange).code()], [0, 53_000]);
    house.turn(|knobs| knobs.conditional_access_on_prt = true);
    assert_eq!(house.ask_signed(&renewal).code(), 53_000);
}

#[test]
fn the_mark_of_the_device_code_stays_on_what_comes_from_it() {
    let mut house = House::new();
    let prt = house.prt();
    house.turn(|knobs| {
        knobs.device_code_blocked = DeviceCodeBlock::ProtocolTracking;
        knobs.conditional_access_on_prt = false;
    });
    let request = house.exchange(&prt);
    assert_eq!(house.ask_signed(&request).code(), 530_036);
    let request = house.by_password();
    let reply = house.ask(&request).json();
    let prt = house.unwrap(&reply);
    let request = house.exchange(&prt);
    assert_eq!(house.ask_signed(&request).code(), 0, "a password has no mark");
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
        let mut house = House::new();
        let prt = house.prt();
        let exchange = house.exchange(&prt);
        let tokens = prt.open(&house.ask_signed(&exchange));
        house.turn(|knobs| {
            knobs.refuse.push(Refuse {
                resource: resource.map(str::to_owned),
                grant: Some(grant.to_owned()),
                endpoint: Some("token".to_owned()),
                code: 65_001,
                ..Refuse::default()
            });
        });
        let (renewal, token) = (house.renewal(&prt), house.by_refresh_token());
        let password = house.by_password();
        let replies = [
            ("exchange", house.ask_signed(&exchange)),
            ("redemption", house.redeem(tokens["refresh_token"].as_str().unwrap(), ENROLMENT)),
            ("renewal", house.ask_signed(&renewal)),
            ("by refresh token", house.ask(&token)),
            ("by password", house.ask(&password)),
        ];
        let hit: Vec<_> = replies.iter().filter(|(_, reply)| reply.code() == 65_001).collect();
        let names: Vec<_> = hit.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, if refused.is_empty() { vec![] } else { vec![refused] }, "{grant} {resource:?}");
    }
}

#[test]
fn a_refresh_token_that_names_a_device_falls_with_it() {
    let mut house = House::new();
    let prt = house.prt();
    let exchange = house.exchange(&prt);
    let tokens = prt.open(&house.ask_signed(&exchange));
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    house.device_action(DeviceAction::Disable);
    assert_eq!(house.redeem(refresh_token, INTUNE).code(), 135_011);
    house.device_action(DeviceAction::Enable);
    assert_eq!(house.redeem(refresh_token, INTUNE).code(), 0);
    house.device_action(DeviceAction::Delete);
    assert_eq!(house.redeem(refresh_token, INTUNE).code(), 50_155);
}

#[test]
fn what_intune_found_out_stands_on_the_object() {
    let mut house = House::new();
    let id = house.device.id.clone();
    let seen = |house: &House| house.cloud.devices().first().map(|it| (it.managed, it.compliant));
    assert_eq!(seen(&house), Some((false, false)));
    house.cloud.set_device_management(&id, true, true).unwrap();
    assert_eq!(seen(&house), Some((true, true)));
    house.device_action(DeviceAction::Fail);
    assert_eq!(seen(&house), Some((true, false)));
    house.device_action(DeviceAction::Comply);
    assert_eq!(seen(&house), Some((true, true)));
    for unknown in ["x", CONTOSO] {
        assert!(house.cloud.set_device_management(unknown, true, true).is_err());
    }
}

#[test]
fn graph_shows_devices_to_nobody_without_the_scope() {
    let mut house = House::new();
    let path = format!("/v1.0/devices(deviceId='{}')", house.device.id);
    let graph = |house: &mut House| house.device_code(GRAPH)["access_token"].as_str().unwrap().to_owned();
    let token = graph(&mut house);
    assert_eq!(house.get(&path, &token).status, 403);
    assert_eq!(house.get(&path, "x").status, 401);
    house.turn(|knobs| knobs.extra_graph_scopes = vec!["Device.Read.All".to_owned()]);
    let token = graph(&mut house);
    let reply = house.get(&path, &token);
    let members =
        ["accountEnabled", "isManaged", "isCompliant", "trustType"].map(|it| reply.json()[it].clone());
    assert_eq!(members, [json!(true), json!(false), json!(false), json!("AzureAd")]);
    house.device_action(DeviceAction::Delete);
    assert_eq!((house.get(&path, &token).status, reply.entry.request.as_str()), (404, "device"));
}

#[test]
fn the_twist_of_id_tokens_reaches_that_of_a_prt() {
    let mut house = House::new();
    house.turn(|knobs| knobs.id_token_twist.extend([("oid".to_owned(), Value::Null)]));
    let request = house.by_refresh_token();
    assert_eq!(claims(&house.ask(&request).json()["id_token"])["oid"], Value::Null);
}
