//! Who comes in by a group (login.md 2): members of those that are listed, and nobody whose groups are not known.

use super::*;
use admission::Groups;
use proptest::prelude::*;

pub(super) const ADMINS: &str = "cccccccc-0000-0000-0000-000000000001";
pub(super) const STAFF: &str = "cccccccc-0000-0000-0000-000000000002";

/// A group of this id, named as if it were the administrators'.
pub(super) fn of(id: &str) -> Vec<DirectoryGroup> {
    vec![DirectoryGroup { object: object(id), name: Some("admins".to_owned()) }]
}

fn admit(ids: &[&str]) -> GroupUse {
    GroupUse::Admit(ids.iter().map(|id| object(id)).collect())
}

/// Alex approved and is known; the token says these groups.
fn identified(groups: GroupUse, of_token: Option<&[&str]>) -> Harness {
    identified_by(facts("alex@contoso.com"), groups, of_token)
}

fn identified_by(facts: Facts, groups: GroupUse, of_token: Option<&[&str]>) -> Harness {
    let mut harness = Harness::open(Facts { groups, ..facts }).with_code();
    harness.approve(7);
    let told = of_token.map(|ids| ids.iter().map(|id| object(id)).collect());
    let came = TokenSubject { groups: told, ..subject("alex@contoso.com", ALEX) };
    harness.answer(is_identify, Ok(Reply::Identified(came)));
    harness
}

fn lists(harness: &Harness) -> usize {
    harness.all.iter().filter(|it| matches!(it, Command::Run(_, work) if is_groups(work))).count()
}

fn groups(harness: &Harness) -> &Groups {
    match harness.outcome() {
        Some(Outcome::SignedIn { groups, .. }) => groups,
        other => panic!("{other:?}"),
    }
}

/// What the groups are for, what the token says, what Graph says, how it ends, and how often Graph was asked.
type Row<'a> = (GroupUse, Option<&'a [&'a str]>, Option<Result<&'a [&'a str], Failure>>, &'a str, usize);

#[test]
fn the_table_of_groups() {
    let denied = || Some(Err(refused("GraphRefused", FailureClass::Denied)));
    let away = || Some(Err(refused("Unreachable", FailureClass::Transient)));
    let gone = || Some(Err(refused("SignInExpired", FailureClass::Gone)));
    let wants = || Some(Err(refused("AADSTS50126", FailureClass::NeedsUser)));
    let rows: Vec<Row<'_>> = vec![
        (GroupUse::Nothing, None, None, "in", 0),
        (GroupUse::Nothing, Some(&[STAFF]), None, "in", 0),
        (GroupUse::Tell, Some(&[]), None, "in", 0),
        (GroupUse::Tell, None, Some(Ok(&[STAFF])), "in", 1),
        (GroupUse::Tell, None, denied(), "in", 1),
        (GroupUse::Tell, None, away(), "in", 1),
        (admit(&[ADMINS]), Some(&[STAFF, ADMINS]), None, "in", 0),
        (admit(&[STAFF, ADMINS]), Some(&[ADMINS]), None, "in", 0),
        (admit(&[ADMINS]), Some(&[STAFF]), None, "SignInNotAllowed", 0),
        (admit(&[ADMINS]), Some(&[]), None, "SignInNotAllowed", 0),
        (admit(&[]), Some(&[ADMINS]), None, "SignInNotAllowed", 0),
        (admit(&[ADMINS]), None, Some(Ok(&[ADMINS])), "in", 1),
        (admit(&[ADMINS]), None, Some(Ok(&[STAFF])), "SignInNotAllowed", 1),
        (admit(&[ADMINS]), None, Some(Ok(&[])), "SignInNotAllowed", 1),
        (admit(&[ADMINS]), None, denied(), "GroupsNotReadable", 1),
        (admit(&[ADMINS]), None, gone(), "GroupsNotReadable", 1),
        (admit(&[ADMINS]), None, away(), "Unreachable", 1),
        (admit(&[ADMINS]), None, wants(), "AADSTS50126", 1),
    ];
    for (what, of_token, of_graph, end, asked) in rows {
        let mut harness = identified(what.clone(), of_token);
        if let Some(said) = &of_graph {
            assert_eq!((harness.session.state(), harness.outcome()), ("listing_groups", None));
            let reply = said.clone().map(|ids| Reply::Groups(ids.iter().flat_map(|id| of(id)).collect()));
            harness.answer(is_groups, reply);
        }
        assert_eq!(
            (harness.end().as_str(), lists(&harness)),
            (end, asked),
            "{what:?} {of_token:?} {of_graph:?}"
        );
        assert_eq!(harness.forgotten(7), usize::from(end != "in"), "tokens are handed out or ended");
        let learnt = harness.all.iter().any(|command| matches!(command, Command::Remember(_)));
        assert_eq!(learnt, end == "in", "nothing is remembered of somebody who is kept out");
    }
}

#[test]
fn whose_groups_cannot_be_read_is_told_who_can_change_that() {
    let mut harness = identified(admit(&[ADMINS]), None);
    harness.answer(is_groups, Err(refused("GraphRefused", FailureClass::Denied)));
    let failure = harness.failure();
    assert_eq!((failure.class, failure.who), (FailureClass::Denied, Who::TenantAdmin));
    let advice = &failure.advice;
    assert!(advice.contains("consent") && advice.contains("GroupMember.Read.All"), "{advice}");
    let mut other = identified(admit(&[ADMINS]), None);
    other.answer(is_groups, Ok(Reply::Groups(of(STAFF))));
    assert_eq!((other.failure().class, other.failure().who), (FailureClass::Denied, Who::MachineAdmin));
}

#[test]
fn a_sign_in_that_registers_takes_a_member_of_the_group_that_may() {
    let rows: [(GroupUse, Option<&[&str]>, &str); 6] = [
        (GroupUse::Tell, Some(&[ADMINS]), "in"),
        (GroupUse::Tell, Some(&[STAFF]), "RegistrationNotAllowed"),
        (GroupUse::Tell, Some(&[]), "RegistrationNotAllowed"),
        (admit(&[STAFF]), Some(&[STAFF, ADMINS]), "in"),
        (admit(&[STAFF]), Some(&[STAFF]), "RegistrationNotAllowed"),
        (admit(&[STAFF]), Some(&[ADMINS]), "SignInNotAllowed"),
    ];
    for (groups, of_token, end) in rows {
        let facts = Facts { registrars: Some(object(ADMINS)), ..facts("alex@contoso.com") };
        assert_eq!(identified_by(facts, groups.clone(), of_token).end(), end, "{groups:?} {of_token:?}");
    }
    let facts = Facts { registrars: Some(object(ADMINS)), ..facts("alex@contoso.com") };
    let mut unknown = identified_by(facts, GroupUse::Tell, None);
    unknown.answer(is_groups, Err(refused("GraphRefused", FailureClass::Denied)));
    assert_eq!(unknown.end(), "GroupsNotReadable", "nobody registers whose groups are not known");
}

#[test]
fn the_groups_are_told_with_the_success() {
    assert_eq!(*groups(&identified(GroupUse::Nothing, Some(&[STAFF]))), Groups::NotAsked);
    let by_token = vec![DirectoryGroup { object: object(STAFF), name: None }];
    assert_eq!(*groups(&identified(GroupUse::Tell, Some(&[STAFF]))), Groups::Known(by_token));
    let mut by_graph = identified(admit(&[ADMINS]), None);
    by_graph.answer(is_groups, Ok(Reply::Groups(of(ADMINS))));
    assert_eq!(*groups(&by_graph), Groups::Known(of(ADMINS)));
    let mut unknown = identified(GroupUse::Tell, None);
    let failure = refused("GraphRefused", FailureClass::Denied);
    unknown.answer(is_groups, Err(failure.clone()));
    assert_eq!(*groups(&unknown), Groups::Unknown(Box::new(failure)));
}

#[test]
fn groups_come_before_the_tokens_of_registration_and_after_the_name() {
    let mut harness = Harness::open(Facts { groups: admit(&[ADMINS]), ..facts("alex@contoso.com") });
    harness.resolve();
    harness.answer(is_request, Err(refused("AADSTS65002", FailureClass::Broken)));
    harness.give_code(2);
    harness.approve(7);
    harness.answer(is_identify, Ok(Reply::Identified(subject("lex@contoso.com", ALEX))));
    assert_eq!(lists(&harness), 0, "of somebody else nothing more is asked");
    let me = Reply::Me { object: object(ALEX), upn: "alex@contoso.com".to_owned() };
    harness.answer(is_me, Ok(me));
    harness.answer(is_groups, Ok(Reply::Groups(of(ADMINS))));
    assert_eq!(harness.session.state(), "redeeming");
    harness.answer(is_redeem, Ok(Reply::Redeemed));
    assert_eq!(harness.end(), "in");
}

#[test]
fn a_second_factor_that_graph_wants_is_asked_for_once_where_the_groups_decide() {
    let more = || Err(refused("AADSTS50076", FailureClass::NeedsUser));
    let mut harness = identified(admit(&[ADMINS]), None);
    harness.answer(is_groups, more());
    assert_eq!((harness.forgotten(7), harness.requests().len()), (1, 2));
    harness.give_code(8);
    harness.approve(9);
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    harness.answer(is_groups, more());
    assert_eq!((harness.end().as_str(), harness.forgotten(9)), ("AADSTS50076", 1));
    let mut told = identified(GroupUse::Tell, None);
    told.answer(is_groups, more());
    assert_eq!((told.end().as_str(), told.requests().len()), ("in", 1));
}

#[test]
fn whoever_hangs_up_while_groups_are_read_leaves_nothing() {
    let mut harness = identified(admit(&[ADMINS]), None);
    let op = harness.op(is_groups);
    harness.feed(Event::HungUp);
    assert!(harness.batch.commands.contains(&Command::Cancel(op)) && harness.session.is_over());
    assert_eq!((harness.forgotten(7), harness.outcome()), (1, None));
}

proptest! {
    #[test]
    fn only_a_common_id_lets_in(admitted in prop::collection::vec(0u8..6, 0..5), own in prop::collection::vec(0u8..6, 0..5)) {
        let id = |n: &u8| format!("cccccccc-0000-0000-0000-00000000000{n}");
        let ids = |all: &[u8]| all.iter().map(id).collect::<Vec<_>>();
        let (listed, own_ids) = (ids(&admitted), ids(&own));
        let borrowed = |all: &[String]| all.iter().flat_map(|id| of(id)).collect::<Vec<_>>();
        let mut harness = identified(
            GroupUse::Admit(listed.iter().map(|id| object(id)).collect()), None,
        );
        harness.answer(is_groups, Ok(Reply::Groups(borrowed(&own_ids))));
        let common = admitted.iter().any(|n| own.contains(n));
        prop_assert_eq!(harness.end(), if common { "in" } else { "SignInNotAllowed" });
    }
}
