//! Several tenants in one simulator: knobs of their own, and national clouds under their own host names.

use serde_json::{Value, json};

use crate::harness::{Manner, Simulator, get, json, text};

async fn discover(simulator: &Simulator, domain: &str) -> u16 {
    let request = get("localhost", &format!("/{domain}/Discover?api-version=1.9"));
    simulator.send(&Manner::default(), request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_tenant_has_knobs_of_its_own() {
    let simulator = Simulator::start();
    simulator.turn(&json!({ "tenants": { "fabrikam.net": { "discover_needs_token": true } } }));
    assert_eq!(discover(&simulator, "contoso.com").await, 200);
    assert_eq!(
        discover(&simulator, "fabrikam.com").await,
        401,
        "the tenant is meant, whichever domain named it"
    );

    simulator.turn(&json!({ "discover_needs_token": true, "tenants": { "fabrikam.net": { "quota": 1 } } }));
    let shown = simulator.ask(&["knobs"]);
    assert_eq!(shown["tenants"]["fabrikam.net"], json!({ "discover_needs_token": true, "quota": 1 }));
    assert_eq!(discover(&simulator, "contoso.com").await, 401);

    simulator.turn(&json!({ "discover_needs_token": false, "tenants": { "fabrikam.net": null } }));
    assert_eq!(discover(&simulator, "fabrikam.com").await, 200);
}

#[tokio::test]
async fn knobs_of_a_tenant_that_is_not_there_change_nothing() {
    let simulator = Simulator::start();
    let before = simulator.ask(&["knobs"]);
    for (knobs, says) in [
        (
            json!({ "quota": 1, "tenants": { "nobody.example": {} } }),
            "there is no tenant with this id or domain",
        ),
        (
            json!({ "federated": { "nobody.example": true } }),
            "`federated`: there is no tenant with the domain",
        ),
        (json!({ "auto_approve_as": "nobody@contoso.com" }), "`auto_approve_as`: there is no user"),
        (
            json!({ "tenants": { "contoso.com": { "auto_approve_as": "sam@fabrikam.com" } } }),
            "`tenants.contoso.com.auto_approve_as`: there is no user",
        ),
        (
            json!({ "tenants": { "contoso.com": { "latency_ms": {} } } }),
            "`tenants.contoso.com.latency_ms`: it is for all tenants",
        ),
        (
            json!({ "tenants": { "contoso.com": { "quotas": 1 } } }),
            "`tenants.contoso.com`: there is no `quotas`; did you mean `quota`?",
        ),
    ] {
        let file = simulator.dir.path().join("bad.json");
        std::fs::write(&file, knobs.to_string()).unwrap();
        let output = simulator.run(&["knobs", "--merge", file.to_str().unwrap()]);
        assert!(!output.status.success() && text(&output).contains(says), "{knobs}: {}", text(&output));
        assert_eq!(simulator.ask(&["knobs"]), before, "{knobs}");
    }
}

#[tokio::test]
async fn a_national_cloud_answers_under_its_own_names() {
    let seed = tempfile::NamedTempFile::new().unwrap();
    let tenant = |id: &str, domain: &str, cloud: &str| {
        let user = json!({ "upn": format!("sam@{domain}"), "password": "Correct-Horse-1" });
        json!({ "id": id, "domains": [domain], "cloud": cloud, "users": [user] })
    };
    let tenants = json!({ "tenants": [
        tenant("11111111-2222-3333-4444-555555555555", "contoso.com", "public"),
        tenant("77777777-2222-3333-4444-555555555555", "contoso.us", "us_gov"),
    ] });
    std::fs::write(seed.path(), tenants.to_string()).unwrap();
    let simulator = Simulator::with(&["--public-hosts", "--seed", seed.path().to_str().unwrap()]);
    let ask = async |host: &'static str, path: &str| -> Value {
        let manner = Manner { name: host, ..Manner::default() };
        json(&simulator.send(&manner, get(host, path)).await.unwrap())
    };

    let (public, gov) = ("login.microsoftonline.com", "login.microsoftonline.us");
    let found = ask("odc.officeapps.live.com", "/odc/v2.1/federationprovider?domain=contoso.us").await;
    assert_eq!(
        (&found["authority_host"], &found["graph"]),
        (&json!(gov), &json!("https://graph.microsoft.us"))
    );
    let metadata = ask(gov, "/contoso.us/v2.0/.well-known/openid-configuration").await;
    let issuer = "https://login.microsoftonline.us/77777777-2222-3333-4444-555555555555/v2.0";
    assert_eq!(metadata["issuer"], issuer);
    assert_eq!(metadata["tenant_region_sub_scope"], "DODCON");
    let elsewhere = ask(public, "/contoso.us/v2.0/.well-known/openid-configuration").await;
    assert_eq!(
        (&elsewhere["error"], &elsewhere["error_codes"][0]),
        (&json!("invalid_instance"), &json!(50_049))
    );
    let discover =
        ask("enterpriseregistration.microsoftonline.us", "/contoso.us/Discover?api-version=1.9").await;
    let resource = "urn:ms-drs:enterpriseregistration.microsoftonline.us";
    assert_eq!(discover["DeviceJoinService"]["JoinResourceId"], resource);

    let path = "/contoso.us/oauth2/v2.0/devicecode";
    for (host, code) in [(public, Some(90_038)), (gov, None)] {
        let body = "client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&scope=openid";
        let request = http::Request::post(path).header("host", host).body(body.into()).unwrap();
        let manner = Manner { name: host, ..Manner::default() };
        let reply = json(&simulator.send(&manner, request).await.unwrap());
        assert_eq!(reply["error_codes"][0].as_u64().filter(|code| *code != 900_144), code, "{host}: {reply}");
    }
}

#[tokio::test]
async fn users_are_changed_from_the_command_line() {
    let simulator = Simulator::start();
    let alex = |simulator: &Simulator| {
        let users = simulator.ask(&["users"]);
        users.as_array().unwrap().iter().find(|user| user["upn"] == "alex@contoso.com").cloned().unwrap()
    };
    for (action, member, value) in [
        ("unlicense", "intune", false),
        ("license", "intune", true),
        ("disable", "enabled", false),
        ("enable", "enabled", true),
        ("sign-out", "enabled", true),
    ] {
        simulator.ask(&["user", "alex@contoso.com", action]);
        assert_eq!(alex(&simulator)[member], value, "{action}");
    }
}

#[tokio::test]
async fn a_second_factor_is_given_from_the_command_line_where_one_waits() {
    let simulator = Simulator::start();
    assert_eq!(simulator.ask(&["factors"]), json!([]));
    for action in ["approve-factor", "deny-factor"] {
        let output = simulator.run(&["user", "alex@contoso.com", action]);
        assert!(!output.status.success(), "nothing waits: {}", text(&output));
        let output = simulator.run(&["user", "nobody@contoso.com", action]);
        assert!(text(&output).contains("there is no 'nobody@contoso.com' here"), "{}", text(&output));
    }
}
