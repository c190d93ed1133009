//! Answers in pages: each fits into a frame whoever reads it, and together they are the answer.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use ipc::{
    AccountEntry, DomainStatus, HEADER, LeftReport, MAX_FRAME, Message, PAGE, Peer, Piece, Reader,
    SessionReport, StatusDocument, account_pages, encode, status_pages,
};
use proptest::prelude::*;

/// One that lacks nothing.
const DOCUMENT: &str = include_str!("../../aad-tool/tests/golden/full.json");

fn full() -> StatusDocument {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn many(domains: usize, people: usize) -> StatusDocument {
    let mut document = full();
    let (domain, left) = (document.domains[0].clone(), document.left[0].clone());
    let session = SessionReport { user: Some("alex@contoso.com".into()), ..domain.sessions[0].clone() };
    let named = |n| DomainStatus { domain: format!("{n}.example"), ..domain.clone() };
    document.domains = (0..domains).map(named).collect();
    document.domains[0].sessions = vec![session; people];
    document.left = (0..domains).map(|n| LeftReport { tenant: n.to_string(), ..left.clone() }).collect();
    document
}

fn in_pages(document: &StatusDocument, limit: usize) -> Vec<(StatusDocument, bool)> {
    let StatusDocument { notices, domains, left, .. } = document.clone();
    let head = StatusDocument { notices: vec![], domains: vec![], left: vec![], ..document.clone() };
    let pieces = notices.into_iter().map(Piece::Notice);
    let pieces = pieces.chain(domains.into_iter().map(|it| Piece::Domain(Box::new(it))));
    status_pages(head, pieces.chain(left.into_iter().map(Piece::Left)), limit).collect()
}

fn put_together(pages: Vec<(StatusDocument, bool)>) -> StatusDocument {
    let mut pages = pages.into_iter().map(|(page, _)| page);
    let mut whole = pages.next().unwrap();
    pages.for_each(|page| whole.append(page));
    whole
}

/// The longest payload of them for root, and for somebody who is shown no names.
fn longest(pages: &[(StatusDocument, bool)]) -> usize {
    let length = |(page, more): &(StatusDocument, bool)| {
        let page = Message::Status { document: Box::new(page.clone()), more: *more };
        let read = [Reader::Root, Reader::of(Peer::of(1000, 0))].map(|reader| reader.shown(&page).unwrap());
        read.iter().map(|page| encode(page).unwrap().len() - HEADER).max().unwrap()
    };
    pages.iter().map(length).max().unwrap()
}

#[test]
fn five_hundred_domains_and_ten_thousand_sessions_come_in_pages_that_fit() {
    for (domains, people) in [(1, 1), (24, 1), (500, 20), (1, 10_000)] {
        let document = many(domains, people);
        let pages = in_pages(&document, PAGE);
        assert!(longest(&pages) <= PAGE + 300, "{domains} {people}: {}", longest(&pages));
        let length = serde_json::to_string(&document).unwrap().len();
        assert!(pages.len() <= 2 + 2 * length / PAGE, "{domains} {people}: {} pages", pages.len());
        let more: Vec<bool> = pages.iter().map(|(_, more)| *more).collect();
        assert!(more.iter().rev().skip(1).all(|more| *more) && !more.ends_with(&[true]), "{more:?}");
        assert_eq!(put_together(pages), document);
    }
}

#[test]
fn what_is_short_is_one_page_and_nothing_is_one_too() {
    let document = full();
    assert_eq!(in_pages(&document, PAGE), [(document, false)]);
    let empty = StatusDocument { version: "1".into(), ..StatusDocument::default() };
    assert_eq!(in_pages(&empty, PAGE), [(empty, false)]);
    assert_eq!(account_pages(std::iter::empty(), PAGE).collect::<Vec<_>>(), [(vec![], false)]);
}

#[test]
fn ten_thousand_accounts_come_in_pages_that_fit() {
    let account = |uid| AccountEntry {
        name: format!("person{uid}"),
        upn: format!("person{uid}@contoso.com"),
        uid,
        home: format!("/home/person{uid}"),
        ..AccountEntry::default()
    };
    let pages: Vec<_> = account_pages((0..10_000).map(account), PAGE).collect();
    assert!((100..400).contains(&pages.len()), "{}", pages.len());
    for (accounts, more) in pages.clone() {
        assert!(encode(&Message::Accounts { accounts, more }).unwrap().len() < PAGE + 100);
    }
    let told: Vec<u32> = pages.iter().flat_map(|(page, _)| page.iter().map(|it| it.uid)).collect();
    assert_eq!(told, (0..10_000).collect::<Vec<_>>());
    assert!(pages.iter().rev().skip(1).all(|(_, more)| *more) && !pages.last().unwrap().1);
}

/// What hiding names makes longest, in the last part of a page.
#[test]
fn a_page_full_of_names_fits_when_they_are_hidden() {
    for text in ["a\\b ", "a@b ", "'x' ", "CN=a,"] {
        let notice = |_| Piece::Notice(text.repeat(200));
        let pages: Vec<_> = status_pages(StatusDocument::default(), (0..500).map(notice), PAGE).collect();
        assert!(longest(&pages) <= MAX_FRAME, "{text}: {}", longest(&pages));
    }
}

proptest! {
    #[test]
    fn pages_of_any_size_make_the_same_document(
        lengths in proptest::collection::vec((0_usize..12, 0_usize..12, 0_usize..12), 0..6),
        limit in 1_usize..6000,
    ) {
        let mut document = full();
        let (domain, left) = (document.domains[0].clone(), document.left[0].clone());
        document.domains = lengths.iter().enumerate().map(|(n, (sessions, attempts, ledger))| {
            let mut domain = DomainStatus { domain: n.to_string(), ..domain.clone() };
            domain.sessions = vec![domain.sessions[0].clone(); *sessions];
            domain.attempts = vec![domain.attempts[0].clone(); *attempts];
            domain.ledger = vec![domain.ledger[0].clone(); *ledger];
            let verdict = domain.intune.as_mut().and_then(|it| it.compliance.as_mut()).unwrap();
            verdict.rules = vec![verdict.rules[0].clone(); *sessions];
            domain
        }).collect();
        document.left = vec![LeftReport { ledger: vec![left.ledger[0].clone(); lengths.len() + 1], ..left }];
        let pages = in_pages(&document, limit);
        prop_assert!(limit < 5000 || longest(&pages) < 2 * limit);
        prop_assert_eq!(put_together(pages), document);
    }
}
