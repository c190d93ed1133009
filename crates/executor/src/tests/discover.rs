//! Where to join: what was fetched before, what the service says, and the documented endpoints.

use super::harness::{ENTROPY, HOUR, Harness, NOW, finish, id};
use super::ports::{Scripted, in_doubt, not_sent, says, says_at};
use lifecycle::{EndpointSource, Endpoints, Reply, Work};
use model::{Failure, Timestamp, TokenRef};
use serde_json::json;
use std::time::Duration;

const DISCOVER: &str = "GET enterpriseregistration.windows.net/01010101-0101-0101-0101-010101010101/Discover";
const MINUTE: Duration = Duration::from_secs(60);

fn document() -> Scripted {
    let join = "https://enterpriseregistration.windows.net/somewhere";
    says(200, json!({ "DeviceJoinService": { "JoinEndpoint": join, "ServiceVersion": "1.9" } }))
}

fn discover_at(harness: &Harness, token: TokenRef, now: Timestamp) -> Result<Endpoints, Failure> {
    let end = finish(harness.executor.perform(Work::Discover { tenant: id(1), token }, now, ENTROPY));
    end.map(|reply| match reply {
        Reply::Discovered(endpoints) | Reply::Documented(endpoints, _) => endpoints,
        other => panic!("{other:?}"),
    })
}

fn prefetch(harness: &Harness) {
    finish(harness.executor.prefetch_endpoints(id(1), NOW, ENTROPY));
}

#[test]
fn the_document_is_asked_for_without_a_token_and_then_known_for_a_quarter_of_an_hour() {
    let harness = Harness::new();
    let token = harness.tokens(true);
    harness.net.will([document()]);
    let found = discover_at(&harness, token, NOW).unwrap();
    assert_eq!(found.join, "https://enterpriseregistration.windows.net/somewhere/");
    assert_eq!((found.join_version.as_str(), found.source), ("1.9", EndpointSource::Discovered));
    assert_eq!(harness.net.sent()[0].auth, "nothing");
    assert_eq!(
        discover_at(&harness, token, NOW.after(15 * MINUTE - Duration::from_millis(1))).unwrap(),
        found
    );
    assert_eq!(harness.net.lines(), [DISCOVER]);
    harness.net.will([document()]);
    assert_eq!(discover_at(&harness, token, NOW.after(15 * MINUTE)).unwrap(), found);
    assert_eq!(harness.net.lines(), [DISCOVER, DISCOVER]);
}

#[test]
fn what_was_fetched_while_the_person_typed_serves_the_join_of_that_tenant_alone() {
    let harness = Harness::new();
    harness.net.will([document()]);
    prefetch(&harness);
    let token = harness.tokens(true);
    assert_eq!(discover_at(&harness, token, NOW).unwrap().source, EndpointSource::Discovered);
    assert_eq!(harness.net.lines(), [DISCOVER]);
    harness.net.will([not_sent()]);
    let other =
        finish(harness.executor.perform(Work::Discover { tenant: id(7), token }, NOW, ENTROPY)).unwrap();
    let Reply::Documented(endpoints, why) = other else { panic!("{other:?}") };
    assert_eq!((endpoints.source, why.code.as_str()), (EndpointSource::Documented, "Unreachable"));
    assert!(why.message.contains("documented endpoints"), "{}", why.message);
}

#[test]
fn a_prefetch_that_fails_costs_nothing() {
    for reply in [not_sent(), says(401, "{}"), says(200, "<html>")] {
        let harness = Harness::new();
        harness.net.will([reply]);
        prefetch(&harness);
        assert_eq!(harness.net.lines(), [DISCOVER], "no token is redeemed for it");
        let token = harness.tokens(true);
        harness.net.will([document()]);
        assert_eq!(discover_at(&harness, token, NOW).unwrap().source, EndpointSource::Discovered);
    }
}

#[test]
fn a_service_that_wants_a_token_gets_one_for_registration() {
    let redeemed = || says(200, json!({ "access_token": "at-2" }));
    for (status, for_registration, replies, asked) in [
        (401, true, vec![document()], vec![("", "nothing"), ("at", "credential")]),
        (403, true, vec![document()], vec![("", "nothing"), ("at", "credential")]),
        (
            401,
            false,
            vec![redeemed(), document()],
            vec![("", "nothing"), ("", "credential"), ("at-2", "credential")],
        ),
    ] {
        let harness = Harness::new();
        let token = harness.tokens(for_registration);
        harness.net.will([says(status, "{}")]);
        harness.net.will(replies);
        assert_eq!(discover_at(&harness, token, NOW).unwrap().source, EndpointSource::Discovered);
        let sent = harness.net.sent();
        let seen: Vec<_> =
            sent.iter().map(|sent| (sent.token.as_deref().unwrap_or_default(), sent.auth)).collect();
        assert_eq!(seen, asked, "{status}");
    }
}

#[test]
fn when_the_service_does_not_say_the_documented_endpoints_serve_and_are_not_remembered() {
    for replies in [
        vec![not_sent()],
        vec![in_doubt()],
        vec![says(500, "{}")],
        vec![says(200, "<html>")],
        vec![says(200, json!({ "DeviceJoinService": { "JoinEndpoint": "https://evil.example/" } }))],
        vec![says(401, "{}"), says(401, "{}")],
        vec![says(401, "{}"), not_sent()],
    ] {
        let harness = Harness::new();
        let token = harness.tokens(true);
        let told = format!("{replies:?}");
        harness.net.will(replies);
        let found = discover_at(&harness, token, NOW).unwrap();
        assert_eq!(
            (found.join.as_str(), found.join_version.as_str(), found.source),
            (
                "https://enterpriseregistration.windows.net/EnrollmentServer/device/",
                "2.0",
                EndpointSource::Documented
            ),
            "{told}"
        );
        harness.net.will([document()]);
        assert_eq!(discover_at(&harness, token, NOW).unwrap().source, EndpointSource::Discovered, "{told}");
    }
}

#[test]
fn a_wrong_clock_and_a_sign_in_that_is_over_are_not_covered_up() {
    let harness = Harness::new();
    let token = harness.tokens(true);
    harness.net.will([says_at("Fri, 15 Jan 2027 07:30:00 GMT", 200, "{}")]);
    assert_eq!(discover_at(&harness, token, NOW).unwrap_err().code, "ClockSkew");

    let harness = Harness::new();
    let token = harness.tokens(true);
    harness.net.will([says(401, "{}")]);
    assert_eq!(discover_at(&harness, token, NOW.after(HOUR)).unwrap_err().code, "SignInExpired");
}

#[test]
fn what_was_fetched_is_not_fetched_beside_it_again() {
    let harness = Harness::new();
    harness.net.will([document()]);
    prefetch(&harness);
    prefetch(&harness);
    assert_eq!(harness.net.lines(), [DISCOVER]);
}
