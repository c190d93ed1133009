//! Enrolment into Intune after the registration: once per machine, never in the way of a sign-in.

use crate::harness::{Cloud, Machine, code, text, wait_for, words};
use serde_json::{Value, json};

const ALEX: &str = "alex@contoso.com";
const ADELE: &str = "adele@contoso.com";
/// Microsoft Intune Company Portal for Linux.
const PORTAL: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";
/// Microsoft Intune Enrollment.
const ENROLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";

fn machine(cloud: &Cloud) -> Machine {
    Machine::configured(cloud, "contoso.com", "apply_policy = true")
}

fn signs_in(machine: &Machine, name: &str) -> String {
    let output = machine.sign_in(name);
    assert_eq!(code(&output), 0, "{name}: {}", text(&output));
    text(&output)
}

/// The one object that Intune has.
fn only_object(cloud: &Cloud) -> Value {
    let objects = cloud.json("intune-devices");
    assert_eq!((objects.len(), cloud.devices().len()), (1, 1), "{objects:?}");
    objects[0].clone()
}

#[test]
fn the_first_sign_in_enrols_once_and_leaving_retires_before_it_deletes() {
    let cloud = Cloud::start();
    let machine = machine(&cloud);
    signs_in(&machine, ALEX);
    let domain = machine.domain();
    assert_eq!(domain["phase"], "intune_enrolled", "{domain}");
    let enrolled = cloud.requests("intune.enroll");
    assert_eq!((enrolled.len(), cloud.requests("intune.details").len()), (1, 1));
    let facts = &enrolled[0]["facts"];
    assert_eq!(facts["device"], domain["identity"]["device_id"]);
    assert_eq!((&facts["appid"], &facts["user"]), (&json!(PORTAL), &json!(ALEX)));
    let intune = &domain["intune"];
    let object = only_object(&cloud);
    assert_eq!((&intune["device_id"], &intune["owner"]), (&object["id"], &json!(ALEX)));
    assert!(intune["inventory_sent_at"].is_string() && intune["compliance"].is_null(), "{intune}");
    let says = "compliance not reported by this version: Intune will show the machine as not evaluated";
    assert!(words(&machine.run(&["status"])).contains(says));

    let unwilling = json!({ "*": { "server_error": 1.0 } });
    cloud.set(&json!({ "intune": { "faults": unwilling } }));
    signs_in(&machine, ALEX);
    cloud.set(&json!({ "intune": { "faults": unwilling }, "auto_approve_as": ADELE }));
    signs_in(&machine, ADELE);
    assert_eq!(machine.domain()["intune"], *intune, "nobody enrols twice");
    assert_eq!((cloud.requests("intune.enroll").len(), cloud.requests("intune.details").len()), (1, 1));

    cloud.set(&json!({}));
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert!(cloud.devices().is_empty() && cloud.json("intune-devices").is_empty());
    let last = |name: &str| cloud.requests(name).last().unwrap()["seq"].as_u64().unwrap();
    assert!(last("intune.retire") < last("leave"));
}

#[test]
fn a_leave_that_nobody_can_retire_says_what_intune_kept() {
    let cloud = Cloud::start();
    let mut machine = machine(&cloud);
    signs_in(&machine, ALEX);
    // Retiring needs the session of the owner, and a session ends with the daemon.
    machine.restart();
    let device = machine.device_id("contoso.com").unwrap();
    let intune = cloud.json("intune-devices")[0]["id"].as_str().unwrap().to_owned();
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert_eq!((cloud.devices().len(), cloud.json("intune-devices").len()), (0, 1));
    let says = words(&machine.run(&["status", "--verbose"]));
    assert!(says.contains("intune_left_behind") && says.contains(&device), "{says}");
    assert!(says.contains(&format!("in Intune {intune}")), "{says}");
}

/// Kills the daemon while the reply to this request is held back, and starts it again.
fn killed_at(cloud: &Cloud, machine: &mut Machine, request: &str) {
    cloud.set(&json!({ "faults": [{ "request": request, "action": "hold" }] }));
    let mut tool = machine.tool(&["auth-test", "--name", ALEX]).spawn().unwrap();
    cloud.admin(&["wait", request, "--held", "1"]);
    machine.kill();
    tool.wait().unwrap();
    cloud.admin(&["release"]);
    machine.up();
}

#[test]
fn killed_while_it_enrols_it_waits_for_the_owner_and_has_one_object_in_the_end() {
    for (request, sent) in [("intune.enroll", 1), ("intune.endpoints", 0)] {
        let cloud = Cloud::start();
        let mut machine = machine(&cloud);
        killed_at(&cloud, &mut machine, request);
        let domain = machine.domain();
        assert_eq!(
            (&domain["phase"], &domain["waits_for"]),
            (&json!("registered"), &json!("sign_in_for_intune"))
        );
        assert_eq!(domain["summary"], "Registered; Intune: waiting for a sign-in.", "{request}");
        let intune = &domain["intune"];
        assert_eq!((&intune["state"], &intune["owner"]), (&json!("waiting_for_sign_in"), &json!(ALEX)));
        assert_eq!(domain["ledger"][0]["kind"], "intune_in_doubt", "{request}: {domain}");

        cloud.set(&json!({ "auto_approve_as": ADELE }));
        signs_in(&machine, ADELE);
        assert_eq!(cloud.requests("intune.enroll").len(), sent, "{request}: only the owner may end a doubt");
        cloud.set(&json!({}));
        let finished = machine.sign_in_with_password(ALEX, "Correct-Horse-1");
        assert_eq!(code(&finished), 0, "{request}: {}", text(&finished));
        let domain = machine.domain();
        assert_eq!(domain["phase"], "intune_enrolled", "{request}: {domain}");
        assert_eq!(domain["intune"]["device_id"], only_object(&cloud)["id"], "{request}");
        assert_eq!(cloud.requests("intune.enroll").len(), sent + 1, "{request}");
        assert_eq!(domain["ledger"].as_array().unwrap().len(), 1, "{request}: {domain}");
    }
}

#[test]
fn each_way_to_a_token_is_taken_when_the_one_before_it_is_closed() {
    let closed = |grant: &str| json!({ "client": PORTAL, "grant": grant, "code": 65_002 });
    // The enrolment needs two tokens, the inventory one more: redemptions, signed requests and codes that were tried.
    for (refuse, taken) in [
        (json!([]), [2, 1, 0]),
        (json!([closed("refresh_token")]), [1, 3, 0]),
        (json!([closed("refresh_token"), closed("prt")]), [0, 2, 3]),
    ] {
        let cloud = Cloud::start();
        cloud.set(&json!({ "refuse": refuse }));
        let machine = machine(&cloud);
        signs_in(&machine, ALEX);
        assert_eq!(machine.domain()["phase"], "intune_enrolled", "{refuse}");
        let enrolled = cloud.requests("intune.enroll").pop().unwrap()["facts"].clone();
        assert_eq!(
            (&enrolled["appid"], enrolled["device"].as_str()),
            (&json!(PORTAL), machine.device_id("contoso.com").as_deref())
        );
        let tried =
            ["token.refresh", "token.prt_exchange", "token.code"].map(|name| cloud.requests(name).len());
        assert_eq!(tried, taken, "{refuse}");
    }
}

#[test]
fn a_rule_of_the_organisation_is_not_gone_around() {
    let cloud = Cloud::start();
    cloud.set(&json!({ "refuse": [{ "resource": ENROLMENT, "code": 53_000 }] }));
    let machine = machine(&cloud);
    let told = signs_in(&machine, ALEX);
    assert!(told.contains("AADSTS53000") && told.contains("Microsoft Intune Enrollment"), "{told}");
    let domain = machine.domain();
    assert_eq!(
        (&domain["phase"], &domain["waits_for"]),
        (&json!("registered"), &json!("sign_in_for_intune"))
    );
    let tried = ["token.refresh", "token.prt_exchange", "authorize"].map(|name| cloud.requests(name).len());
    assert_eq!(tried, [1, 1, 0], "one way, once");
    assert!(cloud.requests("intune.enroll").is_empty());
    cloud.set(&json!({}));
    signs_in(&machine, ALEX);
    assert_eq!(machine.domain()["phase"], "intune_enrolled");
}

#[test]
fn whatever_intune_answers_the_sign_in_is_good_and_the_machine_stays_registered() {
    let fails = |request: &str, chance: &str| json!({ "intune": { "faults": { request: { chance: 1.0 } } } });
    for (knobs, says) in [
        (json!({ "intune": { "endpoints_missing": ["LinuxEnrollmentService"] } }), "LinuxEnrollmentService"),
        (json!({ "intune": { "clients": [] } }), "HTTP status: 400"),
        (fails("intune.enroll", "not_found"), "HTTP status: 404"),
        (fails("intune.endpoints", "server_error"), "HTTP status: 500"),
    ] {
        let cloud = Cloud::start();
        cloud.set(&knobs);
        let machine = machine(&cloud);
        let told = signs_in(&machine, ALEX);
        assert!(told.contains(says), "{knobs}: no '{says}' in {told}");
        let domain = machine.domain();
        assert_eq!((&domain["phase"], &domain["intune"]["device_id"]), (&json!("registered"), &Value::Null));
        assert!(domain["identity"]["verified_at"].is_string(), "{knobs}: {domain}");
        assert!(cloud.json("intune-devices").is_empty());
    }
}

#[test]
fn a_passing_fault_of_intune_is_tried_again_by_itself() {
    let cloud = Cloud::start();
    let busy = json!({ "kind": "reply", "status": 503, "headers": { "retry-after": "1" } });
    cloud.set(&json!({ "faults": [
        { "request": "intune.enroll", "action": busy }, { "request": "intune.details", "action": "reset_after" },
    ] }));
    let machine = machine(&cloud);
    signs_in(&machine, ALEX);
    wait_for("the inventory", || machine.domain()["intune"]["inventory_sent_at"].is_string());
    let (enrolled, sent) = (cloud.requests("intune.enroll").len(), cloud.requests("intune.details").len());
    assert_eq!((enrolled, sent), (2, 2));
    only_object(&cloud);
    assert_eq!(machine.domain()["ledger"], json!([]), "a service that is busy did nothing");
}
