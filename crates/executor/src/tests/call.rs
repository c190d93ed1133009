//! What all calls have in common: ids, the rule of the four minutes, and how far a request got.

use super::harness::{ENTROPY, Harness, NOW, finish, id, join_order};
use super::ports::{says, says_at};
use crate::call::Caller;
use lifecycle::Work;
use model::{Delivery, FailureClass};
use std::collections::BTreeSet;
use transport::{ProxyFault, TransportError};

fn caller<'a>(harness: &'a Harness, entropy: [u8; 32]) -> Caller<'a> {
    Caller { executor: &harness.executor, now: NOW, entropy }
}

#[test]
fn every_call_of_a_work_has_an_id_of_its_own_and_every_signature_its_own_context() {
    let harness = Harness::new();
    let (one, other) = (caller(&harness, [1; 32]), caller(&harness, [2; 32]));
    let ids: BTreeSet<_> =
        (0..=u8::MAX).flat_map(|nth| [one.request_id(nth), other.request_id(nth)]).collect();
    assert_eq!(ids.len(), 512);
    assert!(ids.iter().all(|id| id.to_string().as_bytes()[14] == b'4'), "version 4");
    let contexts: BTreeSet<_> =
        (0..=u8::MAX).flat_map(|nth| [one.context(nth), other.context(nth)]).collect();
    assert_eq!(contexts.len(), 512);
}

#[test]
fn the_server_s_time_is_ours_only_where_it_gives_none() {
    let harness = Harness::new();
    let call = caller(&harness, ENTROPY);
    assert_eq!(call.server_time(&says(200, "").unwrap()), NOW);
    let reply = says_at("Fri, 15 Jan 2027 08:01:00 GMT", 200, "").unwrap();
    assert_eq!(call.server_time(&reply).since(NOW).as_secs(), 60);
}

#[test]
fn a_failure_of_the_network_says_how_far_the_request_got_and_when() {
    let (host, why) = (|| "host.example".to_owned(), || "it".to_owned());
    for (error, code, class, delivery) in [
        (
            TransportError::NotSent { host: host(), why: why() },
            "Unreachable",
            FailureClass::Transient,
            Delivery::NotSent,
        ),
        (
            TransportError::Proxy { host: host(), why: why(), fault: ProxyFault::Unreachable },
            "ProxyUnreachable",
            FailureClass::Transient,
            Delivery::NotSent,
        ),
        (
            TransportError::Proxy {
                host: host(),
                why: why(),
                fault: ProxyFault::Credentials { basic: false },
            },
            "ProxyRefused",
            FailureClass::Transient,
            Delivery::NotSent,
        ),
        (
            TransportError::OutOfDate { host: host(), not_yet: true, why: why() },
            "ClockSkew",
            FailureClass::Transient,
            Delivery::NotSent,
        ),
        (TransportError::Tls { host: host(), why: why() }, "Tls", FailureClass::Transient, Delivery::NotSent),
        (
            TransportError::InDoubt { host: host(), why: why() },
            "NoAnswer",
            FailureClass::Transient,
            Delivery::InDoubt,
        ),
        (
            TransportError::TooBig { host: host(), limit: 9 },
            "ReplyTooBig",
            FailureClass::Transient,
            Delivery::InDoubt,
        ),
        (
            TransportError::Forbidden(transport::Forbidden { host: host() }),
            "ForbiddenHost",
            FailureClass::Broken,
            Delivery::NotSent,
        ),
    ] {
        let harness = Harness::new();
        let order = join_order(harness.tokens(true));
        harness.net.will([Err(error)]);
        let failure = harness.perform(Work::Join(Box::new(order))).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.class, failure.delivery), (code, class, delivery));
        assert_eq!(failure.at, Some(NOW), "{code}");
        assert!(failure.message.contains("host.example"), "{}", failure.message);
    }
}

#[test]
fn works_of_every_kind_stamp_their_failures() {
    let harness = Harness::new();
    let gone = model::TokenRef(99);
    let work = signin::Work::Poll { tenant: id(1), code: gone };
    let failure = finish(harness.executor.perform_sign_in(work, None, NOW, ENTROPY)).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.at), ("SignInExpired", Some(NOW)));
    let work = signin::UserWork::Renew { token: gone };
    let identity = super::harness::identity();
    let failure = finish(harness.executor.perform_user(work, &identity, NOW, ENTROPY)).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.at), ("SignInExpired", Some(NOW)));
}
