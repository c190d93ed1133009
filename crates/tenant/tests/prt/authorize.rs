//! The way over an authorization code (entra.md 7.6, 7.7).

use crate::client::*;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tenant_model::knobs::{AuthorizeRefusal, Refuse};
use tenant_model::views::DeviceAction;

struct Asking {
    path: String,
    headers: Vec<(&'static str, String)>,
}

fn asking(harness: &mut Harness, prt: &Prt) -> Asking {
    let credential = harness.sso(prt).jwt();
    let scope = format!("openid profile {ENROLMENT}/.default").replace(' ', "%20");
    Asking {
        path: format!(
            "/{CONTOSO}/oAuth2/v2.0/authorize?client_id={LINUX_BROKER}&response_type=code\
             &redirect_uri=companyportal%3A%2F%2Fcom.microsoft.CompanyPortal&scope={scope}&state=a%26b"
        ),
        headers: vec![("x-ms-RefreshTokenCredential", credential), ("user-agent", String::new())],
    }
}

impl Harness {
    fn sso(&mut self, prt: &Prt) -> SessionSigned {
        let claims = json!({
            "refresh_token": prt.token, "request_nonce": self.nonce(), "win_ver": "Ubuntu 24.04",
            "ua_client_id": null, "ua_redirect_uri": null, "windows_api_version": "2.0.1",
        });
        SessionSigned { claims, ..self.renewal(prt) }
    }

    fn authorize(&mut self, asking: &Asking) -> Reply {
        let mut request = Request::get(&asking.path);
        for (name, value) in &asking.headers {
            request = request.header(*name, value);
        }
        self.send(request.body(Bytes::new()).unwrap())
    }

    /// The redemption without any escapes.
    fn redeem_code(&mut self, code: &str, change: (&str, &str)) -> Reply {
        let body = format!(
            "client_id={LINUX_BROKER}&grant_type=authorization_code&code={code}&redirect_uri={PORTAL_URI}\
             &scope=openid profile {ENROLMENT}/.default"
        );
        self.post(&format!("/{CONTOSO}/oAuth2/v2.0/token"), body.replace(change.0, change.1))
    }
}

/// The code, read as the two kinds of client do it.
fn code(reply: &Reply) -> String {
    assert_eq!(reply.status, 302, "{reply:?}");
    let location = reply.headers["location"].to_str().unwrap();
    let (_, rest) = reply.text.split_once("<a href=\"").unwrap();
    let link = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    assert_eq!(link, location);
    let query = location.strip_prefix(&format!("{PORTAL_URI}?")).unwrap();
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    fields.find(|(name, _)| name == "code").unwrap().1.into_owned()
}

pub(crate) fn config(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{reply:?}");
    let (_, rest) = reply.text.split_once("$Config=").unwrap();
    serde_json::from_str(&rest[..rest.rfind("//]]>").unwrap() - 2]).unwrap()
}

#[test]
fn a_prt_in_a_header_or_a_cookie_gets_a_code_and_the_code_gets_a_token() {
    for cookie in [false, true] {
        let mut harness = Harness::new();
        let prt = harness.prt();
        let mut asking = asking(&mut harness, &prt);
        if cookie {
            let credential = asking.headers.remove(0).1;
            asking.headers.push(("cookie", format!("a=b; x-ms-RefreshTokenCredential={credential}")));
        }
        let reply = harness.authorize(&asking);
        assert_eq!((reply.entry.request.as_str(), reply.fact("device")), ("authorize", &*harness.device.id));
        assert!(reply.headers["location"].to_str().unwrap().ends_with("&state=a%26b"));
        let reply = harness.redeem_code(&code(&reply), ("", ""));
        assert_eq!((reply.status, reply.entry.request.as_str()), (200, "token.code"), "{reply:?}");
        let told = claims(&reply.json()["access_token"]);
        assert_eq!((&told["aud"], &told["deviceid"]), (&json!(ENROLMENT), &json!(harness.device.id)));
        assert!(told["amr"].as_array().unwrap().contains(&json!("rsa")));
        let refresh_token = reply.json()["refresh_token"].as_str().unwrap().to_owned();
        assert_eq!(harness.redeem(&refresh_token, INTUNE).status, 200);
    }
}

#[test]
fn version_one_takes_the_resource_from_the_first_step() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let mut asking = asking(&mut harness, &prt);
    asking.path = asking.path.replace("oAuth2/v2.0", "oauth2").replace("&scope=", "&x=");
    asking.path.push_str(&format!("&resource={INTUNE}"));
    let code = code(&harness.authorize(&asking));
    let body = format!(
        "client_id={LINUX_BROKER}&grant_type=authorization_code&code={code}&redirect_uri={PORTAL_URI}"
    );
    let reply = harness.post(&format!("/{CONTOSO}/oauth2/token"), body).json();
    assert_eq!((&reply["resource"], &reply["expires_in"]), (&json!(INTUNE), &json!("3599")));
}

#[test]
fn a_code_serves_once_its_own_client_and_place() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let asking = asking(&mut harness, &prt);
    let code = code(&harness.authorize(&asking));
    for (change, refusal) in [
        ((LINUX_BROKER, BROKER), 70_000),
        ((PORTAL_URI, "companyportal://elsewhere"), 500_112),
        (("&code=0", "&code=1"), 70_008),
    ] {
        assert_eq!(harness.redeem_code(&code, change).code(), refusal, "{change:?}");
    }
    assert_eq!(harness.redeem_code(&code, ("", "")).status, 200);
    assert_eq!(harness.redeem_code(&code, ("", "")).code(), 54_005);
    let late = self::code(&harness.authorize(&asking));
    harness.now += 600_000;
    assert_eq!(harness.redeem_code(&late, ("", "")).code(), 70_008);
}

#[test]
fn how_long_a_code_serves_is_a_knob() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.authorization_code_lives_s = 5);
    let prt = harness.prt();
    let asking = asking(&mut harness, &prt);
    for (later, refusal) in [(4_999, 0), (5_000, 70_008)] {
        let code = code(&harness.authorize(&asking));
        harness.now += later;
        assert_eq!(harness.redeem_code(&code, ("", "")).code(), refusal, "{later}");
    }
}

#[test]
fn credentials_that_are_not_valid_are_ignored_and_the_person_is_asked() {
    type Change = fn(&mut Harness, &mut SessionSigned);
    let changes: &[(&str, &str, Change)] = &[
        ("another key", "AADSTS140001", |_, sso| sso.key[0] ^= 1),
        ("an old nonce", "AADSTS140000", |harness, _| harness.now += 600_001),
        ("no nonce", "AADSTS140000", |_, sso| sso.claims["request_nonce"] = json!(null)),
        ("an unknown PRT", "AADSTS70008", |_, sso| sso.claims["refresh_token"] = json!("0.x")),
    ];
    for (what, ignored, change) in changes {
        let mut harness = Harness::new();
        let prt = harness.prt();
        let mut asking = asking(&mut harness, &prt);
        let mut sso = harness.sso(&prt);
        change(&mut harness, &mut sso);
        asking.headers[0].1 = sso.jwt();
        let reply = harness.authorize(&asking);
        let page = config(&reply);
        assert_eq!((reply.fact("ignored"), &page["pgid"]), (*ignored, &json!("ConvergedSignIn")), "{what}");
        let mut sso = harness.sso(&prt);
        sso.claims["request_nonce"] = page["bsso"]["nonce"].clone();
        asking.headers[0].1 = sso.jwt();
        assert_eq!(harness.authorize(&asking).status, 302, "the page offers a nonce");
    }
}

#[test]
fn a_device_credential_signs_nobody_in_and_disturbs_nothing() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    let claims = json!({
        "grant_type": "device_auth", "iss": "aad:brokerplugin", "request_nonce": harness.nonce(),
    });
    let body = harness.device_signed(claims).body();
    let credential = body.split_once("request=").unwrap().1.to_owned();
    let mut asking = asking(&mut harness, &prt);
    asking.headers.push(("x-ms-DeviceCredential", credential));
    assert_eq!(harness.authorize(&asking).status, 302);
    asking.headers.remove(0);
    let reply = harness.authorize(&asking);
    assert_eq!((reply.fact("ignored"), reply.status), ("device only", 200));
    asking.headers.clear();
    assert_eq!(harness.authorize(&asking).fact("ignored"), "none");
}

#[test]
fn nothing_is_sent_to_a_redirect_uri_that_is_not_registered() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.authorize_refusal = AuthorizeRefusal::Redirect);
    let prt = harness.prt();
    for (from, to, refusal) in [
        ("com.microsoft.CompanyPortal", "elsewhere.example", "50011"),
        ("client_id=", "client=", "900144"),
        ("response_type=code", "response_type=token", "700054"),
        (CONTOSO, "nowhere.example", "90002"),
    ] {
        let mut asking = asking(&mut harness, &prt);
        asking.path = asking.path.replace(from, to);
        let reply = harness.authorize(&asking);
        assert_eq!(config(&reply)["sErrorCode"], refusal);
        assert_eq!(reply.entry.rule, Some(format!("AADSTS{refusal}")));
    }
}

#[test]
fn a_refusal_is_on_the_page_or_in_the_redirect() {
    type Change = fn(&mut Harness);
    let refusals: [(u64, Change); 3] = [
        (50_155, |harness| harness.device_action(DeviceAction::Delete)),
        (135_011, |harness| harness.device_action(DeviceAction::Disable)),
        (65_001, |harness| {
            let endpoint = Some("authorize".to_owned());
            let line = Refuse { endpoint, code: 65_001, ..Refuse::default() };
            harness.turn(|knobs| knobs.refuse.push(line));
        }),
    ];
    for (refusal, change) in refusals {
        let mut harness = Harness::new();
        let prt = harness.prt();
        change(&mut harness);
        let asking = asking(&mut harness, &prt);
        assert_eq!(config(&harness.authorize(&asking))["sErrorCode"], refusal.to_string());
        harness.turn(|knobs| knobs.authorize_refusal = AuthorizeRefusal::Redirect);
        let reply = harness.authorize(&asking);
        let location = reply.headers["location"].to_str().unwrap();
        assert!(location.starts_with(&format!("{PORTAL_URI}?error=invalid_grant")), "{location}");
        assert!(location.contains(&format!("error_description=AADSTS{refusal}")), "{location}");
    }
}
