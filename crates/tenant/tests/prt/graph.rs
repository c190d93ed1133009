//! Graph: the user, their groups and devices, and the devices of the tenant.

use crate::client::*;
use serde_json::{Value, json};
use tenant_model::reading;
use tenant_model::seed::Seed;

fn harness() -> Harness {
    let mut seed = json!(Seed::default());
    seed["tenants"][0]["groups"] = json!([
        { "id": "cccccccc-0000-4000-8000-000000000001", "name": "editors", "members": [ALEX] },
        { "id": "cccccccc-0000-4000-8000-000000000002", "name": "others", "members": ["adele@contoso.com"] },
    ]);
    Harness::of(reading::read(&seed).unwrap())
}

fn with_scope(harness: &mut Harness, scope: &str) -> String {
    harness.turn(|knobs| knobs.extra_graph_scopes = vec![scope.to_owned()]);
    harness.device_code(GRAPH)["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn groups_are_those_of_the_user_and_named_for_who_may_read_groups() {
    let mut harness = harness();
    for (scope, name) in [("User.Read", Value::Null), ("GroupMember.Read.All", json!("editors"))] {
        let token = with_scope(&mut harness, scope);
        let told = harness.get("/v1.0/me/memberOf", &token).json();
        let list = told["value"].as_array().unwrap();
        assert_eq!(list.len(), 1, "{told}");
        let group = &list[0];
        assert_eq!(group["@odata.type"], "#microsoft.graph.group");
        assert_eq!(
            (&group["id"], &group["displayName"]),
            (&json!("cccccccc-0000-4000-8000-000000000001"), &name)
        );
    }
}

#[test]
fn groups_are_told_where_the_knob_says() {
    let id = json!("cccccccc-0000-4000-8000-000000000001");
    for (word, in_token, elsewhere, status) in [
        ("graph", Value::Null, Value::Null, 200),
        ("token", json!([id]), Value::Null, 403),
        ("too_many", Value::Null, json!({ "groups": "src1" }), 200),
        ("nowhere", Value::Null, Value::Null, 403),
    ] {
        let mut harness = harness();
        harness.turn(|knobs| knobs.groups_told = reading::read(&json!(word)).unwrap());
        let tokens = harness.device_code(GRAPH);
        let claims = claims(&tokens["id_token"]);
        assert_eq!((&claims["groups"], &claims["_claim_names"]), (&in_token, &elsewhere), "{word}");
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(harness.get("/v1.0/me/memberOf", token).status, status, "{word}");
        let consented = with_scope(&mut harness, "GroupMember.Read.All");
        assert_eq!(harness.get("/v1.0/me/memberOf", &consented).status, 200, "{word}");
    }
}

#[test]
fn a_page_of_groups_says_where_the_next_is() {
    let mut seed = json!(Seed::default());
    let group = |n: u8| json!({ "id": format!("cccccccc-0000-4000-8000-0000000000{n:02x}"), "name": "g", "members": [ALEX] });
    seed["tenants"][0]["groups"] = (1..=150).map(group).collect();
    let mut harness = Harness::of(reading::read(&seed).unwrap());
    let token = harness.device_code(GRAPH)["access_token"].as_str().unwrap().to_owned();
    let first = harness.get("/v1.0/me/memberOf?$select=id,displayName", &token).json();
    assert_eq!(first["value"].as_array().unwrap().len(), 100);
    let next = first["@odata.nextLink"].as_str().unwrap();
    assert!(
        next.starts_with("https://graph.microsoft.com/v1.0/me/memberof?$select=id,displayName"),
        "{next}"
    );
    let rest = harness.get(next.trim_start_matches("https://graph.microsoft.com"), &token).json();
    assert_eq!((rest["value"].as_array().unwrap().len(), rest.get("@odata.nextLink")), (50, None));
}

#[test]
fn the_devices_of_the_user_are_theirs_to_see_and_those_of_the_tenant_are_not() {
    let mut harness = harness();
    let id = harness.device.id.clone();
    let token = harness.device_code(GRAPH)["access_token"].as_str().unwrap().to_owned();
    let own = harness.get("/v1.0/me/ownedDevices?$select=deviceId,displayName", &token).json();
    assert_eq!(own["value"], json!([{ "deviceId": id, "displayName": "lap-0042" }]));
    assert_eq!(harness.get("/v1.0/devices", &token).status, 403);
    assert_eq!(harness.get(&format!("/v1.0/devices(deviceId='{id}')"), &token).status, 403);

    let token = with_scope(&mut harness, "Device.Read.All");
    let all = harness.get("/v1.0/devices?$filter=displayName%20eq%20'lap-0042'", &token).json();
    assert_eq!((all["value"].as_array().unwrap().len(), &all["value"][0]["deviceId"]), (1, &json!(id)));
    assert_eq!(all["value"][0]["trustType"], "AzureAd");
    let none = harness.get("/v1.0/devices?$filter=displayName%20eq%20'other'", &token).json();
    assert_eq!(none["value"], json!([]));
    assert_eq!(harness.get("/v1.0/devices?$filter=x", &token).status, 400);
    assert_eq!(harness.get(&format!("/v1.0/devices(deviceId='{id}')"), &token).json()["deviceId"], json!(id));
    harness.cloud.user("adele@contoso.com", tenant_model::views::UserAction::Enable).unwrap();
    harness
        .cloud
        .device(&id, tenant_model::views::DeviceAction::Own("adele@contoso.com".to_owned()))
        .unwrap();
    assert_eq!(harness.get("/v1.0/me/ownedDevices", &token).json()["value"], json!([]));
}

#[test]
fn every_request_of_graph_wants_a_token_for_graph() {
    let mut harness = harness();
    let other = harness.device_code(REGISTRATION)["access_token"].as_str().unwrap().to_owned();
    for path in ["/v1.0/me", "/v1.0/me/memberOf", "/v1.0/me/ownedDevices", "/v1.0/devices", "/oidc/userinfo"]
    {
        for token in ["x", other.as_str()] {
            let reply = harness.get(path, token);
            assert_eq!(
                (reply.status, &reply.json()["error"]["code"]),
                (401, &json!("InvalidAuthenticationToken"))
            );
        }
    }
}
