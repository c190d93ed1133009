//! Which refusal leads to the next way, and how a code is found.

use crate::common::reply;
use bytes::Bytes;
use http::Response;
use model::FailureClass;
use oauth::OauthError;
use oauth::client::COMPANY_PORTAL;
use proptest::prelude::*;
use prt::code::{Target, read, read_tokens};
use prt::{JweFault, PrtError, TokenRoute, next_route};
use reply::ServerError;

const TARGET: Target<'_> = Target { client: COMPANY_PORTAL, resource: "b8066b99" };
const CODE: &str = "0.AX_code-1";

fn refused(status: u16, error: &str, codes: &[u32]) -> PrtError {
    let error = ServerError { codes: codes.to_vec(), ..ServerError::new(status, error, "") };
    PrtError::Service(OauthError::Refused(Box::new(error)))
}

#[test]
fn ways_follow_each_other_and_end() {
    let error = refused(400, "invalid_grant", &[65_002]);
    assert_eq!(next_route(TokenRoute::Redeem, &error), Some(TokenRoute::PerResource));
    assert_eq!(next_route(TokenRoute::PerResource, &error), Some(TokenRoute::Code));
    assert_eq!(next_route(TokenRoute::Code, &error), None);
}

#[test]
fn only_what_says_that_the_request_was_of_the_wrong_kind_leads_on() {
    for (error, codes) in [
        ("invalid_grant", vec![50_011]),
        ("invalid_grant", vec![65_001]),
        ("invalid_grant", vec![65_002]),
        ("invalid_scope", vec![70_011]),
        ("invalid_grant", vec![50_132]),
        ("invalid_resource", vec![500_011]),
        ("invalid_client", vec![7_000_218]),
        ("invalid_client", vec![70_011, 70_002]),
        ("invalid_request", vec![]),
        ("invalid_request", vec![90_014]),
        ("invalid_scope", vec![]),
        ("invalid_resource", vec![]),
    ] {
        assert_eq!(
            next_route(TokenRoute::Redeem, &refused(400, error, &codes)),
            Some(TokenRoute::PerResource),
            "{error} {codes:?}"
        );
    }
}

#[test]
fn version_3_is_closed_where_the_request_is_of_the_wrong_kind_and_nowhere_else() {
    for (error, wanted) in [
        (refused(400, "unsupported_grant_type", &[70_003]), true),
        (refused(400, "invalid_request", &[]), true),
        (refused(400, "invalid_grant", &[70_000]), true),
        (refused(400, "invalid_grant", &[70_008]), true),
        (refused(400, "invalid_grant", &[65_002]), true),
        (PrtError::Missing("id_token"), true),
        (PrtError::Sealed(JweFault::Unopened), true),
        (refused(400, "invalid_grant", &[140_000]), false),
        (refused(400, "invalid_grant", &[53_003]), false),
        (refused(400, "interaction_required", &[50_076]), false),
        (refused(400, "invalid_grant", &[50_155]), false),
        (refused(400, "invalid_grant", &[50_057]), false),
        (refused(503, "temporarily_unavailable", &[90_055]), false),
        (PrtError::AnotherAccount("oid"), false),
    ] {
        assert_eq!(prt::third::is_closed(&error), wanted, "{error:?}");
    }
}

#[test]
fn rules_people_devices_and_networks_lead_nowhere() {
    for (status, error, codes) in [
        // Conditional Access
        (400, "invalid_grant", vec![53_003]),
        (400, "interaction_required", vec![53_000]),
        (400, "invalid_request", vec![530_003]),
        (400, "invalid_request", vec![65_001, 53_003]),
        // a second factor
        (400, "invalid_grant", vec![50_076]),
        (400, "invalid_request", vec![50_079]),
        // the device and the session
        (400, "invalid_grant", vec![50_155]),
        (400, "invalid_request", vec![135_011]),
        (400, "invalid_grant", vec![140_000]),
        (400, "invalid_grant", vec![140_001]),
        (400, "invalid_grant", vec![50_173]),
        (400, "invalid_client", vec![70_002]),
        // the service itself
        (503, "invalid_request", vec![]),
        (429, "invalid_request", vec![]),
        (400, "temporarily_unavailable", vec![90_055]),
        (400, "server_error", vec![]),
        (400, "access_denied", vec![]),
    ] {
        assert_eq!(
            next_route(TokenRoute::Redeem, &refused(status, error, &codes)),
            None,
            "{error} {codes:?}"
        );
    }
    let challenge =
        ServerError { claims: Some("{}".to_owned()), ..ServerError::new(400, "invalid_request", "") };
    let network = OauthError::Reply(reply::ReplyError::of_page(&reply(502, "<html>"), oauth::SERVICE));
    for error in [
        PrtError::Service(OauthError::Refused(Box::new(challenge))),
        PrtError::Service(network),
        PrtError::SignInPage,
        PrtError::Missing("id_token"),
        PrtError::AnotherAccount("oid"),
        PrtError::Sealed(JweFault::Unopened),
    ] {
        assert_eq!(next_route(TokenRoute::Redeem, &error), None, "{error}");
    }
}

fn moved(location: Option<&str>, body: &str) -> Response<Bytes> {
    let mut reply = reply(302, body);
    if let Some(location) = location {
        reply.headers_mut().insert("location", location.parse().unwrap());
    }
    reply
}

#[test]
fn a_code_is_found_wherever_the_service_puts_it() {
    let link = format!("companyportal://com.microsoft.CompanyPortal?code={CODE}&session_state=1");
    let folded = format!("companyportal://com.microsoft.companyportal/?session_state=1&code={CODE}#x");
    let object_moved =
        |link: &str| format!("<html><h2>Object moved to <a href=\"{}\">here</a>", link.replace('&', "&amp;"));
    let script = format!("<script>document.location.replace(\"{}\");</script>", link.replace('&', "\\u0026"));
    for reply in [
        moved(None, &object_moved(&link)),
        moved(None, &object_moved(&folded)),
        moved(Some(&link), ""),
        moved(Some(&folded), &object_moved("https://other/?code=1")),
        moved(
            None,
            &format!(
                "{}{}",
                object_moved("https://login.microsoftonline.com/error?code=50011"),
                object_moved(&link)
            ),
        ),
        reply(200, &script),
    ] {
        let (status, body) = (reply.status(), reply.body().clone());
        assert_eq!(read(reply, &TARGET).unwrap().expose(), CODE, "{status} {body:?}");
    }
}

#[test]
fn a_refusal_is_read_from_a_link_a_redirect_or_a_page() {
    let query = "error=invalid_request&error_description=AADSTS50011%3a+No.%0d%0aTrace+ID%3a+t-1&error_uri=x";
    let link = format!("companyportal://com.microsoft.CompanyPortal?{query}");
    let page = |members: &str| format!("<script>$Config={{\"urlPost\":\"/x\",{members}}};\n//]]></script>");
    let json = r#"{"error":"invalid_request","error_description":"AADSTS50011: No.","error_codes":[50011]}"#;
    for reply in [
        moved(Some(&link), ""),
        moved(None, &format!("<a href=\"{}\">here</a>", link.replace('&', "&amp;"))),
        reply(200, &page(r#""sErrorCode":"50011","strServiceExceptionMessage":"AADSTS50011: No.""#)),
        reply(400, &page(r#""iErrorCode":50011,"sErrTxt":null"#)),
        reply(400, json),
    ] {
        let (status, body) = (reply.status(), reply.body().clone());
        let error = read(reply, &TARGET).unwrap_err();
        assert_eq!(error.failure().code, "AADSTS50011", "{status} {body:?}");
        assert_eq!(next_route(TokenRoute::PerResource, &error), Some(TokenRoute::Code), "{status} {body:?}");
    }
    let error = read(moved(Some(&link), ""), &TARGET).unwrap_err();
    assert_eq!(error.failure().trace.request_id.as_deref(), Some("t-1"));
}

#[test]
fn a_page_for_a_person_is_no_code_and_no_reason_to_try_on() {
    for reply in [
        reply(200, "<script>$Config={\"sFT\":\"x\",\"sErrorCode\":\"\"};\n//]]></script>"),
        reply(200, "<script>$Config={\"iErrorCode\":0};\n//]]></script>"),
        reply(200, "$Config={"),
        reply(200, ""),
        moved(Some("https://login.microsoftonline.com/login?x=1"), ""),
        moved(
            Some("https://evil.example/?code=1"),
            "<a href=\"https://login.microsoftonline.com/error?code=50011\">",
        ),
        moved(Some("companyportal://com.microsoft.CompanyPortal?code="), ""),
    ] {
        let error = read(reply, &TARGET).unwrap_err();
        assert_eq!(error, PrtError::SignInPage);
        assert_eq!(
            (error.failure().class, next_route(TokenRoute::Redeem, &error)),
            (FailureClass::NeedsUser, None)
        );
    }
}

#[test]
fn what_answers_in_the_service_s_place_is_named_so() {
    for (status, code) in [(403, "NotJson"), (502, "ServiceBusy")] {
        let failure = read(reply(status, "<html>Portal</html>"), &TARGET).unwrap_err().failure();
        assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Transient, code));
    }
}

#[test]
fn tokens_for_a_code_come_plain() {
    let tokens = read_tokens(reply(200, r#"{"access_token":"AT","expires_in":3599}"#)).unwrap();
    assert_eq!(tokens.access_token.expose(), "AT");
}

proptest! {
    #[test]
    fn no_page_makes_the_reader_panic(
        status in 200u16..600, start in "(<a href=\"|\\$Config=|document.location.replace\\(\"|)", body in ".{0,200}",
    ) {
        let _ = read(reply(status, &format!("{start}{body}")), &TARGET);
    }
}
