use super::talk::{beginnings, play, steps, talk};
use super::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

proptest! {
    #[test]
    fn every_secret_is_ended_once_or_handed_out(facts in beginnings(), steps in steps()) {
        let (_, watcher) = play(facts, &steps);
        let mut accounted = watcher.ended.clone();
        accounted.extend(watcher.handed_out);
        prop_assert_eq!(accounted.len(), watcher.ended.len() + usize::from(watcher.handed_out.is_some()));
        prop_assert_eq!(accounted, watcher.made);
    }

    #[test]
    fn only_the_person_asked_for_comes_in(facts in beginnings(), steps in steps()) {
        let (harness, _) = play(facts, &steps);
        if let Some(Outcome::SignedIn { account, .. }) = harness.outcome() {
            let proved = harness.all.iter().any(|c| matches!(c, Command::Run(_, Work::LookUpMe { .. })));
            prop_assert!(account.upn.as_str() == "alex@contoso.com" || proved);
        }
    }

    #[test]
    fn a_stale_answer_changes_nothing(facts in beginnings(), steps in steps()) {
        let (mut harness, _) = talk(facts, &steps);
        let before = harness.batch.wake_at;
        harness.feed(Event::Done(OpId(9_999), Ok(Reply::Pending)));
        prop_assert_eq!(&harness.batch.commands, &vec![Command::Ignored("done")]);
        prop_assert_eq!(harness.batch.wake_at, before);
    }

    #[test]
    fn every_session_ends_by_itself(facts in beginnings(), steps in steps()) {
        let (mut harness, mut watcher) = talk(facts, &steps);
        for _ in 0..200 {
            if harness.session.is_over() { break }
            let event = watcher.next_of_a_patient_world(&mut harness);
            watcher.feed(&mut harness, event);
        }
        prop_assert!(harness.session.is_over() && watcher.in_flight.is_empty());
    }

    #[test]
    fn a_device_code_alone_never_meets_a_password(steps in steps()) {
        let (harness, watcher) = play(facts("alex@contoso.com"), &steps);
        prop_assert_eq!(watcher.questions, 0);
        let spoken = harness.all.iter().any(|c| matches!(c, Command::Run(_, Work::AskRealm { .. } | Work::Password { .. })));
        prop_assert!(!spoken);
    }
}

/// A generator that never gets to the password, or never past it, proves nothing of it.
#[test]
fn conversations_visit_every_work_and_every_end() {
    let mut runner = TestRunner::deterministic();
    let mut visits = BTreeMap::<String, usize>::new();
    for _ in 0..4_000 {
        let tree = (beginnings(), steps()).new_tree(&mut runner).unwrap();
        let (facts, steps) = tree.current();
        let (harness, _) = talk(facts, &steps);
        let works = harness.all.iter().filter_map(|command| match command {
            Command::Run(_, work) => format!("{work:?}").split(' ').next().map(str::to_owned),
            _ => None,
        });
        works.chain([harness.end()]).for_each(|visit| *visits.entry(visit).or_default() += 1);
    }
    let wanted = "Resolve FetchKeys AskRealm Nonce Password Exchange RequestCode Poll Identify Redeem LookUpMe ListGroups in \
        PasswordTimeout AADSTS50126 AADSTS53003 AADSTS50057 AADSTS70019 WrongAccount SignInNotAllowed GroupsNotReadable";
    for name in wanted.split_whitespace() {
        assert!(visits.get(name).is_some_and(|count| *count >= 10), "{name} in {visits:?}");
    }
}
