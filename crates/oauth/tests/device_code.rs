//! What of a device code people may see: nothing that sends them elsewhere or reads otherwise than it is.

use bytes::Bytes;
use http::Response;
use model::{CloudProfile, Delivery, FailureClass, Who};
use oauth::OauthError;
use oauth::device_code::{DeviceCode, read};
use proptest::prelude::*;
use reply::Moment;
use serde_json::{Value, json};

fn reply(code: &str, address: &str) -> Value {
    json!({
        "device_code": "secret", "user_code": code, "verification_uri": address, "expires_in": 900, "interval": 5,
        "message": "Go to \u{202e}moc.live and type \u{1b}[31m ABCD",
    })
}

fn judged(body: &Value, cloud: &CloudProfile) -> Result<DeviceCode, OauthError> {
    read(Response::new(Bytes::from(body.to_string())), cloud)
}

const PAGE: &str = "https://microsoft.com/devicelogin";

#[test]
fn people_are_sent_to_hosts_of_the_cloud_alone() {
    let (public, gov, china) = (CloudProfile::public(), CloudProfile::us_gov(), CloudProfile::china());
    let authority = "login.example:8443".parse().unwrap();
    let custom = CloudProfile { cloud: model::Cloud::Custom, authority, ..CloudProfile::public() };
    for (cloud, address, good) in [
        (&public, PAGE, true),
        (&public, "https://www.microsoft.com/link", true),
        (&public, "https://login.microsoft.com/device", true),
        (&public, "https://aka.ms/devicelogin", true),
        (&public, "https://login.microsoftonline.com/common/oauth2/deviceauth?x=1#y", true),
        (&public, "https://login.microsoftonline.com:443/x", true),
        (&public, "HTTPS://MICROSOFT.com/devicelogin", true),
        (&gov, "https://microsoft.com/deviceloginus", true),
        (&gov, "https://login.microsoftonline.us/x", true),
        (&gov, "https://login.microsoftonline.com/x", false),
        (&china, "https://microsoft.com/deviceloginchina", true),
        (&china, "https://login.partner.microsoftonline.cn/x", true),
        (&custom, "https://login.example:8443/device", true),
        (&custom, "https://login.example/device", false),
        (&public, "http://microsoft.com/devicelogin", false),
        (&public, "https://microsoft.com:8443/devicelogin", false),
        (&public, "https://evil.example/devicelogin", false),
        (&public, "https://microsoft.com.evil.example/devicelogin", false),
        (&public, "https://evil-microsoft.com/", false),
        (&public, "https://sub.microsoft.com/", false),
        (&public, "https://microsoft.com./devicelogin", false),
        (&public, "https://microsoft.com@evil.example/", false),
        (&public, "https://evil.example\\@microsoft.com/", false),
        (&public, "https://someone@microsoft.com/", false),
        (&public, "https://:secret@microsoft.com/", false),
        (&public, "https:microsoft.com", true),
        (&public, "https://micros\u{43e}ft.com/", false),
        (&public, "https://\u{ff4d}icrosoft.com/", false),
        (&public, "javascript://microsoft.com/%0aalert(1)", false),
        (&public, "microsoft.com/devicelogin", false),
        (&public, "", false),
    ] {
        match judged(&reply("ABCD-1234", address), cloud) {
            Ok(code) => assert!(good && code.verification_uri == address, "{address}"),
            Err(OauthError::Reply(_)) if address.is_empty() => {}
            Err(error) => assert!(!good && matches!(error, OauthError::Prompt(_)), "{address}: {error}"),
        }
    }
}

#[test]
fn nothing_that_people_see_steers_a_terminal_or_reads_otherwise() {
    for hidden in
        ["\u{1b}[2J", "\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}", "\u{200e}", "\u{200f}", "\n", "\t", " "]
    {
        for (code, address) in [
            (format!("ABCD{hidden}"), PAGE.to_owned()),
            ("ABCD".to_owned(), format!("{PAGE}{hidden}")),
            ("ABCD".to_owned(), format!("{hidden}{PAGE}")),
            ("ABCD".to_owned(), format!("https://micro{hidden}soft.com/devicelogin")),
        ] {
            let error = judged(&reply(&code, &address), &CloudProfile::public()).unwrap_err();
            assert!(matches!(error, OauthError::Prompt(_)), "{hidden:?}: {error}");
            assert!(error.to_string().chars().all(model::is_printable), "{error:?}");
        }
    }
    for code in ["", "ABCDEFGHIJKLMNOPQRSTU", "AB.CD", "\u{410}BCD"] {
        assert!(judged(&reply(code, PAGE), &CloudProfile::public()).is_err(), "{code}");
    }
    let long = format!("{PAGE}?{}", "x".repeat(200));
    assert!(judged(&reply("ABCD", &long), &CloudProfile::public()).is_err());
}

#[test]
fn a_prompt_that_is_not_shown_has_a_failure_of_its_own() {
    let error = judged(&reply("ABCD", "https://evil.example/\u{7f}"), &CloudProfile::public()).unwrap_err();
    let other = judged(&reply("ABCD", "https://evil.example/x"), &CloudProfile::public()).unwrap_err();
    assert!(other.to_string().contains("on evil.example"), "{other}");
    for failure in [error, other].map(|error| error.failure(Moment::BeforeRegistration)) {
        assert_eq!((failure.code.as_str(), failure.class), ("UnusablePrompt", FailureClass::Denied));
        assert_eq!(failure.delivery, Delivery::Answered);
        assert!(failure.advice.starts_with("Type no code anywhere."));
    }
}

#[test]
fn a_reply_without_its_code_is_the_service_s() {
    let error = judged(&json!({ "user_code": "ABCD" }), &CloudProfile::public()).unwrap_err();
    let failure = error.failure(Moment::BeforeRegistration);
    assert_eq!((failure.code.as_str(), failure.who), ("UnusableReply", Who::Nobody));
    assert!(failure.message.contains("verification_uri"), "{}", failure.message);
    let old = json!({ "device_code": "s", "user_code": "ABCD", "verification_url": PAGE });
    let code = judged(&old, &CloudProfile::public()).unwrap();
    assert_eq!((code.expires_in.as_secs(), code.interval.as_secs()), (900, 5));
}

proptest! {
    #[test]
    fn whatever_is_shown_is_on_a_host_that_two_readers_agree_on(address in "(https|http)://[a-z@:/\\\\.?#%0-9-]{0,12}(microsoft\\.com|evil\\.example)?[a-z@:/\\\\.?#%0-9-]{0,12}") {
        if let Ok(code) = judged(&reply("ABCD", &address), &CloudProfile::public()) {
            // As a reader would that only looks for the end of the host.
            let rest = code.verification_uri.strip_prefix("https://").unwrap();
            let host = rest.split(['/', '?', '#', ':']).next().unwrap();
            prop_assert!(CloudProfile::public().has_sign_in_pages(host, 443), "{}", address);
        }
    }
}
