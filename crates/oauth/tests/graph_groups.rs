//! The pages of groups: what is a group, where the next page may be, and what a refusal says.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use bytes::Bytes;
use http::{Response, header};
use model::{FailureClass, HostPort, RequestId, Secret, Who};
use oauth::OauthError;
use oauth::graph_groups::{GroupPage, read, request};
use reply::Moment;
use serde_json::{Value, json};

const ADMINS: &str = "cccccccc-0000-0000-0000-000000000001";
const NEXT: &str = "https://graph.microsoft.com/v1.0/me/memberOf?$select=id,displayName&$skiptoken=x";

fn graph() -> HostPort {
    "graph.microsoft.com".parse().unwrap()
}

fn reads(status: u16, body: &str) -> Result<GroupPage, OauthError> {
    let reply = Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap();
    read(reply, &graph())
}

fn page(value: &Value) -> Result<Vec<(String, Option<String>)>, String> {
    let read = reads(200, &json!({ "value": value }).to_string()).map_err(|error| error.to_string())?;
    Ok(read.groups.into_iter().map(|group| (group.object.to_string(), group.name)).collect())
}

#[test]
fn the_first_page_is_asked_for_with_the_token_and_so_is_the_next() {
    let (token, id) =
        (Secret::new("at".to_owned()), "11111111-2222-3333-4444-555555555555".parse::<RequestId>());
    let first = request(&graph(), &token, None, id.clone().unwrap());
    let uri = first.uri().to_string();
    assert_eq!(uri, "https://graph.microsoft.com/v1.0/me/memberOf?$select=id,displayName");
    let bearer = &first.headers()[header::AUTHORIZATION];
    assert!(bearer == "Bearer at" && bearer.is_sensitive());
    let next = reads(200, &json!({ "value": [], "@odata.nextLink": NEXT }).to_string()).unwrap().next;
    assert!(next.is_some());
    let second = request(&graph(), &token, next, id.unwrap());
    assert_eq!((second.uri().to_string().as_str(), second.method().as_str()), (NEXT, "GET"));
}

#[test]
fn groups_are_told_from_whatever_else_somebody_is_in() {
    let of = |kind: &str| json!({ "@odata.type": kind, "id": ADMINS, "displayName": "admins" });
    let one = || Ok(vec![(ADMINS.to_owned(), Some("admins".to_owned()))]);
    for (value, groups) in [
        (json!([of("#microsoft.graph.group")]), one()),
        (json!([of("#Microsoft.Graph.Group")]), one()),
        (json!([{ "id": ADMINS, "displayName": "admins" }]), one()),
        (json!([{ "id": ADMINS, "displayName": null }]), Ok(vec![(ADMINS.to_owned(), None)])),
        (
            json!([of("#microsoft.graph.directoryRole"), of("#microsoft.graph.administrativeUnit")]),
            Ok(vec![]),
        ),
        (json!([]), Ok(vec![])),
        (json!([{ "displayName": "admins" }]), Err("value.id")),
        (json!([{ "id": "admins" }]), Err("value.id")),
        (json!({}), Err("'value'")),
        (json!(null), Err("'value'")),
    ] {
        match (page(&value), groups) {
            (Ok(read), Ok(wanted)) => assert_eq!(read, wanted, "{value}"),
            (Err(error), Err(says)) => assert!(error.contains(says), "{value}: {error}"),
            (read, _) => assert_eq!(format!("{read:?}"), "", "{value}"),
        }
    }
}

#[test]
fn the_token_goes_to_no_other_host() {
    for (link, good) in [
        (NEXT, true),
        ("https://GRAPH.microsoft.com:443/v1.0/users/x/memberOf?$skiptoken=1", true),
        ("http://graph.microsoft.com/v1.0/me/memberOf?x", false),
        ("https://graph.microsoft.com.evil.example/v1.0/me/memberOf?x", false),
        ("https://graph.microsoft.com@evil.example/v1.0/me/memberOf?x", false),
        ("https://graph.microsoft.com:8443/v1.0/me/memberOf?x", false),
        ("https://graph.microsoft.com/beta/me/memberOf?x", false),
        ("/v1.0/me/memberOf?x", false),
        ("", false),
        (" ", false),
    ] {
        let read = reads(200, &json!({ "value": [], "@odata.nextLink": link }).to_string());
        assert_eq!(read.is_ok_and(|page| page.next.is_some()), good, "{link}");
    }
    assert_eq!(reads(200, r#"{"value": []}"#).unwrap().next, None);
}

#[test]
fn a_refusal_of_graph_is_somebody_else_s_to_change() {
    let refused =
        r#"{"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}"#;
    for (status, body, class, code) in [
        (403, refused, FailureClass::Denied, "GraphRefused"),
        (401, refused, FailureClass::Denied, "GraphRefused"),
        (404, refused, FailureClass::Denied, "GraphRefused"),
        (429, refused, FailureClass::Transient, "ServiceBusy"),
        (503, refused, FailureClass::Transient, "ServiceBusy"),
        (502, "<html>", FailureClass::Transient, "ServiceBusy"),
    ] {
        let failure = reads(status, body).unwrap_err().failure(Moment::BeforeRegistration);
        assert_eq!((failure.class, failure.code.as_str()), (class, code), "{status} {body}");
    }
    let failure = reads(403, refused).unwrap_err().failure(Moment::BeforeRegistration);
    assert!(failure.message.contains("Authorization_RequestDenied") && failure.who == Who::TenantAdmin);
    for body in ["<html>", "[]", r#"{"error": "x"}"#, "{}", ""] {
        let failure = reads(403, body).unwrap_err().failure(Moment::BeforeRegistration);
        assert_ne!(failure.code, "GraphRefused", "{body}");
    }
}
