//! Applications of the seed: confidential and public clients, their APIs, their roles, and what they know a user by.

use crate::client::*;
use serde_json::{Value, json};
use tenant_model::seed::Seed;
use tenant_model::{knobs::AuthorizeRefusal, reading};

const WEB: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const TERMINAL: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const API: &str = "aaaaaaaa-0000-4000-8000-000000000003";
const SECRET: &str = "s:cr&t 1";

fn harness() -> Harness {
    let mut seed = json!(Seed::default());
    seed["tenants"][0]["applications"] = json!([
        {
            "id": WEB, "secret": SECRET, "redirect_uris": ["https://notes.example/in"], "app_roles": ["Editor"],
            "assignments": { ALEX: ["Editor"] },
        },
        { "id": TERMINAL, "redirect_uris": ["http://localhost"] },
        {
            "id": API, "identifier_uris": ["api://notes"], "scopes": ["Read", "Write"], "app_roles": ["Import"],
            "assignments": { WEB: ["Import"], ALEX: ["Import"] },
        },
    ]);
    Harness::of(reading::read(&seed).unwrap())
}

fn token(harness: &mut Harness, tenant: &str, body: &str) -> Reply {
    harness.post(&format!("/{tenant}/oauth2/v2.0/token"), body.to_owned())
}

fn by_password(harness: &mut Harness, client: &str, scope: &str) -> Reply {
    let body =
        format!("grant_type=password&client_id={client}&username={ALEX}&password={PASSWORD}&scope={scope}");
    token(harness, CONTOSO, &body)
}

#[test]
fn a_client_shows_its_secret_in_the_form_or_in_a_header_or_is_refused() {
    let grant = format!("grant_type=password&username={ALEX}&password={PASSWORD}&scope=openid");
    for (client, shown, status, code) in [
        (WEB, Some("s%3Acr%26t%201"), 200, 0),
        (WEB, Some("wrong"), 401, 7_000_215),
        (WEB, Some(""), 401, 7_000_215),
        (WEB, None, 401, 7_000_218),
        (TERMINAL, None, 200, 0),
        (TERMINAL, Some("x"), 401, 700_025),
        (BROKER, Some("x"), 401, 700_025),
        ("bbbbbbbb-0000-4000-8000-000000000001", Some("x"), 400, 700_016),
    ] {
        let mut harness = harness();
        let secret = shown.map(|it| format!("&client_secret={it}")).unwrap_or_default();
        let reply = token(&mut harness, CONTOSO, &format!("client_id={client}&{grant}{secret}"));
        assert_eq!((reply.status, reply.code()), (status, code), "{client} {shown:?}: {reply:?}");
        let Some(shown) = shown else { continue };
        let reply = harness.post_as(&format!("/{CONTOSO}/oauth2/v2.0/token"), &basic(client, shown), &grant);
        assert_eq!((reply.status, reply.code()), (status, code), "header: {client} {shown}: {reply:?}");
    }
    let mut harness = harness();
    let assertion = format!("client_id={WEB}&client_assertion=x&{grant}");
    assert_eq!(token(&mut harness, CONTOSO, &assertion).code(), 50_027);
    let elsewhere =
        format!("client_id={TERMINAL}&grant_type=password&username=sam@fabrikam.com&password={PASSWORD}");
    assert_eq!(token(&mut harness, FABRIKAM, &format!("{elsewhere}&scope=openid")).code(), 700_016);
}

#[test]
fn an_application_alone_gets_its_roles_and_nothing_else() {
    let grant = format!("grant_type=client_credentials&client_id={WEB}&client_secret=s%3Acr%26t%201");
    let mut harness = harness();
    let reply = token(&mut harness, CONTOSO, &format!("{grant}&scope=api://notes/.default"));
    let told = reply.json();
    let mut members: Vec<&String> = told.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["access_token", "expires_in", "ext_expires_in", "token_type"]);
    let token_claims = claims(&told["access_token"]);
    let wanted =
        json!({ "aud": "api://notes", "appid": WEB, "roles": ["Import"], "idtyp": "app", "tid": CONTOSO });
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(token_claims[name], *value, "{name}");
    }
    assert_eq!(token_claims["oid"], token_claims["sub"]);
    let graph =
        token(&mut harness, CONTOSO, &format!("{grant}&scope=https://graph.microsoft.com/.default")).json();
    assert!(claims(&graph["access_token"]).get("roles").is_none());
    assert_eq!(harness.get("/v1.0/devices", graph["access_token"].as_str().unwrap()).status, 403);
    harness.turn(|knobs| knobs.extra_graph_scopes = vec!["Device.Read.All".to_owned()]);
    let graph =
        token(&mut harness, CONTOSO, &format!("{grant}&scope=https://graph.microsoft.com/.default")).json();
    assert_eq!(harness.get("/v1.0/devices", graph["access_token"].as_str().unwrap()).status, 200);

    for (tenant, body, code) in [
        (CONTOSO, format!("{grant}&scope=api://notes/Read"), 1_002_012),
        (CONTOSO, format!("{grant}&scope=openid api://notes/.default"), 1_002_012),
        (CONTOSO, grant.clone(), 1_002_012),
        (CONTOSO, format!("{grant}&scope=api://nowhere/.default"), 500_011),
        ("common", format!("{grant}&scope=api://notes/.default"), 50_059),
        (FABRIKAM, format!("{grant}&scope=api://notes/.default"), 700_016),
        (
            CONTOSO,
            format!("grant_type=client_credentials&client_id={TERMINAL}&scope=api://notes/.default"),
            7_000_218,
        ),
    ] {
        assert_eq!(token(&mut harness, tenant, &body).code(), code, "{tenant} {body}");
    }
}

#[test]
fn a_user_s_token_for_an_api_has_what_was_asked_for_or_all_of_it() {
    for (scope, scp) in [
        ("api://notes/Read", "Read"),
        ("api://notes/Read api://notes/Write offline_access", "Read Write"),
        ("api://notes/.default", "Read Write"),
        ("aaaaaaaa-0000-4000-8000-000000000003/Write", "Write"),
    ] {
        let told = by_password(&mut harness(), TERMINAL, scope).json();
        let token = claims(&told["access_token"]);
        assert_eq!((&token["scp"], &token["roles"]), (&json!(scp), &json!(["Import"])), "{scope}");
        assert_eq!(
            token["aud"],
            scope.rsplit_once('/').map(|it| it.0.split(' ').next_back().unwrap()).unwrap()
        );
    }
    for (scope, code) in [("api://notes/Delete", 650_053), ("api://nowhere/Read", 500_011)] {
        let reply = by_password(&mut harness(), TERMINAL, scope);
        assert_eq!((reply.status, reply.code()), (400, code), "{scope}: {reply:?}");
    }
}

#[test]
fn a_user_has_another_subject_at_every_application_and_userinfo_says_the_same() {
    let mut harness = harness();
    let mut subjects = Vec::new();
    for client in [TERMINAL, BROKER] {
        let told = by_password(&mut harness, client, "openid profile email").json();
        let (id, access) = (claims(&told["id_token"]), told["access_token"].as_str().unwrap());
        assert_eq!((&id["oid"], &id["email"]), (&json!(ALEX_OID), &json!(ALEX)));
        for path in ["/oidc/userinfo", "/common/openid/userinfo"] {
            let about = harness.get(path, access).json();
            assert_eq!(about, json!({ "sub": id["sub"], "name": ALEX, "email": ALEX }), "{path}");
        }
        subjects.push(id["sub"].as_str().unwrap().to_owned());
    }
    assert!(subjects[0] != subjects[1] && !subjects.contains(&ALEX_OID.to_owned()), "{subjects:?}");
    let bare = by_password(&mut harness, TERMINAL, "User.Read").json();
    assert_eq!(harness.get("/oidc/userinfo", bare["access_token"].as_str().unwrap()).status, 403);
    assert_eq!(harness.get("/oidc/userinfo", "x").status, 401);
}

#[test]
fn a_refresh_that_names_nothing_is_for_what_the_token_was_for() {
    let mut harness = harness();
    let told = by_password(&mut harness, TERMINAL, "api://notes/Read offline_access").json();
    let refresh = |told: &Value| told["refresh_token"].as_str().unwrap().to_owned();
    let grant = |token: &str| format!("grant_type=refresh_token&client_id={TERMINAL}&refresh_token={token}");
    let again = token(&mut harness, CONTOSO, &grant(&refresh(&told))).json();
    assert_eq!(claims(&again["access_token"])["scp"], "Read");
    assert_eq!(again["scope"], "api://notes/Read offline_access");
    let other = token(&mut harness, CONTOSO, &format!("{}&scope=User.Read", grant(&refresh(&again)))).json();
    assert_eq!(claims(&other["access_token"])["aud"], GRAPH);
    let after = token(&mut harness, CONTOSO, &grant(&refresh(&other))).json();
    assert_eq!(claims(&after["access_token"])["aud"], GRAPH);
}

#[test]
fn only_the_family_is_told_to_be_one_and_serves_its_members() {
    const CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
    let mut harness = harness();
    for (client, family) in [(BROKER, true), (CLI, true), (LINUX_BROKER, false), (TERMINAL, false)] {
        let told = by_password(&mut harness, client, "User.Read offline_access").json();
        assert_eq!(told.get("foci"), family.then_some(&json!("1")), "{client}");
        let refresh = told["refresh_token"].as_str().unwrap();
        let body =
            format!("grant_type=refresh_token&client_id={CLI}&refresh_token={refresh}&scope=User.Read");
        let reply = token(&mut harness, CONTOSO, &body);
        assert_eq!(
            (reply.status == 200, reply.code()),
            (family, if family { 0 } else { 70_000 }),
            "{client}"
        );
        if family {
            assert_eq!(claims(&reply.json()["access_token"])["appid"], CLI);
        }
    }
}

#[test]
fn a_code_goes_to_a_registered_address_and_its_token_repeats_the_scope() {
    let mut harness = harness();
    harness.turn(|knobs| knobs.authorize_refusal = AuthorizeRefusal::Page);
    let authorize = |uri: &str| {
        format!("/{CONTOSO}/oauth2/v2.0/authorize?client_id={WEB}&response_type=code&redirect_uri={uri}&scope=openid profile")
            .replace(' ', "%20")
    };
    let refused = harness.page(&authorize("https://elsewhere.example/in"));
    assert!(refused.text.contains("AADSTS50011"), "{}", refused.text);
    let code = harness.signed_in_code(&authorize("https://notes.example/in"));
    let body = format!(
        "grant_type=authorization_code&client_id={WEB}&code={code}&redirect_uri=https://notes.example/in"
    );
    assert_eq!(token(&mut harness, CONTOSO, &body).code(), 7_000_218, "the secret is wanted here too");
    let told = token(&mut harness, CONTOSO, &format!("{body}&client_secret=s%3Acr%26t%201")).json();
    assert_eq!(told["scope"], "openid profile", "{told}");
    assert_eq!(claims(&told["id_token"])["roles"], json!(["Editor"]));
}

#[test]
fn a_device_code_keeps_its_scope_and_openid_alone_is_one() {
    let mut harness = harness();
    for scope in ["openid profile offline_access", "User.Read openid", "api://notes/Read"] {
        let path = format!("/{CONTOSO}/oauth2/v2.0/devicecode");
        let code = harness.post(&path, format!("client_id={TERMINAL}&scope={scope}"));
        assert_eq!(code.status, 200, "{scope}: {code:?}");
        let code = code.json();
        harness.cloud.approve(code["user_code"].as_str().unwrap(), ALEX, harness.now).unwrap();
        let secret = code["device_code"].as_str().unwrap();
        let body = format!(
            "client_id={TERMINAL}&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code={secret}"
        );
        assert_eq!(token(&mut harness, CONTOSO, &body).json()["scope"], scope);
    }
    let nothing =
        harness.post(&format!("/{CONTOSO}/oauth2/v2.0/devicecode"), format!("client_id={TERMINAL}"));
    assert_eq!(nothing.code(), 900_144);
}

#[test]
fn what_is_not_served_says_so() {
    let mut harness = harness();
    for (path, says) in [
        ("/common/oauth2/v2.0/logout", "It leaves out sign-out."),
        ("/contoso.com/saml2", "It leaves out SAML"),
        ("/no/such/path", "does not serve GET /no/such/path. docs/simulator.md"),
    ] {
        let reply = harness.page(path);
        assert_eq!((reply.status, &reply.json()["error"]), (404, &json!("not_served")), "{path}");
        let text = reply.json()["error_description"].as_str().unwrap().to_owned();
        assert!(text.contains(says) && text.contains("What is not served"), "{path}: {text}");
    }
    let graph = harness.get("/v1.0/users", "x").json();
    assert!(
        graph["error"]["message"].as_str().unwrap().contains("does not serve GET /v1.0/users"),
        "{graph}"
    );
    for (body, code) in [
        ("client_id=x", 900_144),
        ("grant_type=urn:ietf:params:oauth:grant-type:token-exchange", 70_003),
        ("grant_type=magic", 70_003),
    ] {
        assert_eq!(token(&mut harness, CONTOSO, body).code(), code, "{body}");
    }
}
