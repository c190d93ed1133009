//! A tenant of one national cloud is served at the hosts of that cloud only (entra.md 6.5, 10.5).

use crate::client::*;
use bytes::Bytes;
use http::Request;
use serde_json::json;
use tenant_model::reading;
use tenant_model::seed::Seed;
use tenant_model::setup::Peer;

const GOV: &str = "77777777-2222-3333-4444-555555555555";
const LOGIN: [&str; 4] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
];

fn harness() -> Harness {
    let mut seed = json!(Seed::default());
    let tenants = seed["tenants"].as_array_mut().unwrap();
    for (id, domain, cloud) in
        [(GOV, "contoso.us", "us_gov"), ("88888888-2222-3333-4444-555555555555", "contoso.cn", "china")]
    {
        let user = json!({ "upn": format!("sam@{domain}"), "password": PASSWORD });
        tenants.push(json!({ "id": id, "domains": [domain], "cloud": cloud, "users": [user] }));
    }
    Harness::of(reading::read(&seed).unwrap())
}

fn at(harness: &mut Harness, host: &str, request: http::request::Builder, body: &str) -> Reply {
    let peer = Peer { host: host.to_owned(), client_certificate: None };
    harness.send_as(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap(), &peer)
}

/// The hosts of each tenant's cloud among those of [`LOGIN`].
const OWN: [(&str, &[usize]); 3] = [("contoso.com", &[0]), ("contoso.us", &[1]), ("contoso.cn", &[2, 3])];

#[test]
fn sign_in_is_refused_at_the_hosts_of_every_other_cloud() {
    let mut harness = harness();
    for (domain, own) in OWN {
        for (index, host) in LOGIN.into_iter().enumerate() {
            let here = own.contains(&index);
            let path = format!("/{domain}/v2.0/.well-known/openid-configuration");
            let metadata = at(&mut harness, host, Request::get(path), "");
            assert_eq!(metadata.code(), if here { 0 } else { 50_049 }, "{domain} at {host}");
            if !here {
                assert_eq!((metadata.status, &metadata.json()["error"]), (400, &json!("invalid_instance")));
            }
            let password = format!("grant_type=password&client_id={BROKER}&scope=openid&password={PASSWORD}");
            let name = if domain == "contoso.com" { ALEX.to_owned() } else { format!("sam@{domain}") };
            for (path, body) in [
                (format!("/{domain}/oauth2/v2.0/devicecode"), format!("client_id={BROKER}&scope=openid")),
                (format!("/{domain}/oauth2/v2.0/token"), format!("{password}&username={name}")),
                ("/common/oauth2/v2.0/token".to_owned(), format!("{password}&username={name}")),
            ] {
                let reply = at(&mut harness, host, Request::post(&path), &body);
                assert_eq!(reply.code(), if here { 0 } else { 90_038 }, "{path} at {host}: {reply:?}");
            }
        }
    }
}

#[test]
fn registration_and_graph_of_a_cloud_know_no_tenant_of_another() {
    let mut harness = harness();
    let password =
        format!("grant_type=password&client_id={BROKER}&username=sam@contoso.us&password={PASSWORD}");
    let path = format!("/{GOV}/oauth2/v2.0/token");
    let mut token = |scope: &str| {
        let body = format!("{password}&scope={scope}");
        let reply = at(&mut harness, "login.microsoftonline.us", Request::post(&path), &body);
        format!("Bearer {}", reply.json()["access_token"].as_str().unwrap())
    };
    let (graph, drs) =
        (token("openid https://graph.microsoft.us/.default"), token(&format!("{REGISTRATION}/.default")));
    for (host, here) in [("graph.microsoft.us", true), ("graph.microsoft.com", false)] {
        for path in ["/v1.0/me", "/v1.0/me/memberOf", "/oidc/userinfo"] {
            let reply = at(&mut harness, host, Request::get(path).header("authorization", &graph), "");
            assert_eq!(reply.status, if here { 200 } else { 401 }, "{path} at {host}: {reply:?}");
        }
    }
    for (host, here) in
        [("enterpriseregistration.microsoftonline.us", true), ("enterpriseregistration.windows.net", false)]
    {
        let discover = at(&mut harness, host, Request::get("/contoso.us/Discover?api-version=1.9"), "");
        assert_eq!(discover.status, if here { 200 } else { 400 }, "{host}");
        let join = Request::post("/EnrollmentServer/device/?api-version=2.0").header("authorization", &drs);
        let reply = at(&mut harness, host, join, "{}");
        assert_eq!(reply.text.contains("AADSTS90038"), !here, "{host}: {reply:?}");
    }
}

#[test]
fn whose_sign_in_it_is_and_in_which_cloud_is_told_everywhere() {
    let mut harness = harness();
    let found = at(
        &mut harness,
        "odc.officeapps.live.com",
        Request::get("/odc/v2.1/federationProvider?domain=contoso.us"),
        "",
    );
    assert_eq!(found.json()["authority_host"], "login.microsoftonline.us");
    for host in LOGIN {
        let realm =
            at(&mut harness, host, Request::get("/common/userrealm/sam@contoso.us?api-version=1.0"), "");
        assert_eq!(realm.json()["cloud_instance_name"], "microsoftonline.us", "{host}");
    }
}
