//! The named properties. A random life checks all laws; each test here fails for one of them or adds its own.

use super::life::{Harness, Step, steps};
use ::machine::Machine as _;
use lifecycle::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;

fn policy() -> impl Strategy<Value = IntuneEnrolment> {
    prop_oneof![2 => Just(IntuneEnrolment::Enabled), 1 => Just(IntuneEnrolment::Disabled)]
}

/// Plays on with good answers and sign-ins until nothing changes any more.
fn fair_end(life: &mut Harness) {
    for round in 0..60 {
        life.step(Step::Succeed);
        // Whoever began something may be the only one to end it.
        if round % 10 == 9 && life.in_flight.is_empty() {
            life.step(Step::OtherSignsIn);
        }
    }
}

proptest! {
    #[test]
    fn no_irreversible_work_before_its_persist(policy in policy(), steps in steps(60)) {
        // The law of announcements is checked at every Run.
        Harness::play(policy, &steps);
    }

    #[test]
    fn a_machine_restored_from_disk_has_the_same_stage(policy in policy(), steps in steps(60)) {
        let mut life = Harness::play(policy, &steps);
        let live = life.disk.clone();
        life.step(Step::Crash);
        let joining = matches!(live.stage, Stage::Joining { .. });
        let dropped = matches!(live.stage, Stage::Intent(_));
        let begun = matches!(&live.stage, Stage::Registered(identity)
            if matches!(identity.intune, Intune::Intent(_) | Intune::Posting { .. }));
        if !joining && !dropped && !begun {
            prop_assert_eq!(&life.disk.stage, &live.stage);
        }
        prop_assert!(life.disk.ledger.len() >= live.ledger.len());
    }

    #[test]
    fn a_second_crash_changes_nothing_more(policy in policy(), steps in steps(60)) {
        let mut life = Harness::play(policy, &steps);
        life.step(Step::Crash);
        let once = (life.disk.clone(), life.device.status().state);
        life.step(Step::Crash);
        prop_assert_eq!((life.disk.clone(), life.device.status().state), once);
    }

    #[test]
    fn every_life_ends_well_once_the_world_is_fair(policy in policy(), steps in steps(60)) {
        let mut life = Harness::play(policy, &steps);
        // A new day: the three joins of the last one do not count any more.
        life.now = life.now.after(std::time::Duration::from_secs(100_000));
        fair_end(&mut life);
        let end = life.device.status().state.as_str();
        let left = ["unregistered", "idle", "intune_enrolled", "suspended"].contains(&end);
        prop_assert!(left || life.disk.posts.len() >= 3, "{}", end);
    }

    #[test]
    fn a_leave_of_a_fair_world_leaves_nothing(policy in policy(), steps in steps(60)) {
        let mut life = Harness::play(policy, &steps);
        life.step(Step::Leave(LeaveKind::Unregister));
        for _ in 0..12 {
            if matches!(life.disk.stage, Stage::Unregistered { retained: None }) { break }
            if life.in_flight.is_empty() && life.wake_at.is_none() { life.step(Step::Leave(LeaveKind::Unregister)) } else { life.step(Step::Succeed) }
        }
        prop_assert_eq!(&life.disk.stage, &Stage::Unregistered { retained: None });
    }

    #[test]
    fn the_same_life_has_the_same_trace(policy in policy(), steps in steps(60)) {
        prop_assert_eq!(Harness::traced(policy, &steps), Harness::traced(policy, &steps));
    }

    #[test]
    fn a_second_restored_changes_nothing(policy in policy(), steps in steps(60)) {
        let mut life = Harness::play(policy, &steps);
        let before = life.device.status();
        let batch = life.device.handle(Event::Restored(Snapshot::absent(before.tenant)), life.now);
        prop_assert_eq!(batch.commands, vec![Command::Ignored(EventKind::Restored)]);
        prop_assert_eq!(life.device.status(), before);
    }

    #[test]
    fn a_wake_before_its_time_changes_nothing(policy in policy(), steps in steps(60)) {
        let mut life = Harness::play(policy, &steps);
        let before = life.device.status();
        if life.wake_at.is_some_and(|due| due > life.now) {
            let batch = life.device.handle(Event::Woke, life.now);
            prop_assert_eq!(batch.commands, vec![Command::Ignored(EventKind::Woke)]);
            prop_assert_eq!(life.device.status(), before);
        }
    }

    #[test]
    fn attempts_stand_once_a_phase_and_in_order(policy in policy(), steps in steps(60)) {
        let life = Harness::play(policy, &steps);
        let phases: Vec<_> = life.disk.attempts.iter().map(|attempt| attempt.phase).collect();
        let ordered: Vec<_> = lifecycle::Phase::ALL.iter().copied().filter(|phase| phases.contains(phase)).collect();
        prop_assert_eq!(phases, ordered);
    }

    #[test]
    fn a_failure_of_intune_never_disturbs_the_registration(steps in steps(60)) {
        let mut life = Harness::play(IntuneEnrolment::Enabled, &[Step::SignIn, Step::Succeed, Step::Succeed, Step::Succeed, Step::Succeed, Step::Succeed]);
        let Stage::Registered(before) = life.disk.stage.clone() else { panic!("not registered") };
        for step in steps.iter().filter(|step| matches!(step, Step::Fail(_) | Step::Wait(_))) {
            life.step(*step);
            let Stage::Registered(now) = &life.disk.stage else { panic!("the registration is gone") };
            prop_assert_eq!((&now.keys, &now.issued, now.verified_at), (&before.keys, &before.issued, before.verified_at));
        }
    }

    #[test]
    fn no_text_of_a_snapshot_names_a_secret(policy in policy(), steps in steps(60)) {
        let life = Harness::play(policy, &steps);
        let shown = format!("{:?}", life.disk);
        prop_assert!(!shown.contains("wrapped"));
    }

    #[test]
    fn a_leave_asked_twice_is_one(policy in policy(), steps in steps(60)) {
        let mut once = Harness::play(policy, &steps);
        let mut twice = Harness::play(policy, &steps);
        once.step(Step::Leave(LeaveKind::Unregister));
        twice.step(Step::Leave(LeaveKind::Unregister));
        if !twice.in_flight.is_empty() {
            twice.step(Step::Leave(LeaveKind::Unregister));
            prop_assert_eq!(&once.disk, &twice.disk);
            prop_assert_eq!(once.in_flight.len(), twice.in_flight.len());
        }
    }
}

// One property a law, so that what breaks has a name.
proptest! {
    #[test]
    fn every_token_is_ended_exactly_once(policy in policy(), steps in steps(60)) {
        Harness::under("tokens", policy, &steps);
    }

    #[test]
    fn every_step_is_on_disk_in_its_order(policy in policy(), steps in steps(60)) {
        Harness::under("order", policy, &steps);
    }

    #[test]
    fn a_good_answer_is_on_disk_before_anything_else(policy in policy(), steps in steps(60)) {
        Harness::under("answers", policy, &steps);
    }

    #[test]
    fn a_suspended_identity_stays_so_until_it_is_lifted(policy in policy(), steps in steps(60)) {
        Harness::under("quarantine", policy, &steps);
    }

    #[test]
    fn every_work_has_an_id_of_its_own(policy in policy(), steps in steps(60)) {
        Harness::under("ids", policy, &steps);
    }

    #[test]
    fn every_work_is_announced_on_disk(policy in policy(), steps in steps(60)) {
        Harness::under("announcements", policy, &steps);
    }

    #[test]
    fn the_same_keys_serve_every_attempt_and_only_a_leave_erases_them(policy in policy(), steps in steps(60)) {
        Harness::under("keys", policy, &steps);
    }

    #[test]
    fn intune_is_enrolled_once(policy in policy(), steps in steps(60)) {
        Harness::under("Intune", policy, &steps);
    }

    #[test]
    fn at_most_three_joins_a_day(policy in policy(), steps in steps(60)) {
        Harness::under("three", policy, &steps);
    }

    #[test]
    fn the_ledger_keeps_every_doubt_once(policy in policy(), steps in steps(60)) {
        Harness::under("ledger", policy, &steps);
    }

    #[test]
    fn only_a_leave_ends_an_identity(policy in policy(), steps in steps(60)) {
        Harness::under("identities", policy, &steps);
    }

    #[test]
    fn only_the_listed_failures_suspend(policy in policy(), steps in steps(60)) {
        Harness::under("suspensions", policy, &steps);
    }

    #[test]
    fn one_work_at_a_time(policy in policy(), steps in steps(60)) {
        Harness::under("one", policy, &steps);
    }

    #[test]
    fn nothing_stalls(policy in policy(), steps in steps(60)) {
        Harness::under("progress", policy, &steps);
    }

    #[test]
    fn nobody_is_waited_for_while_something_is_done(policy in policy(), steps in steps(60)) {
        Harness::under("words", policy, &steps);
    }
}

/// How often each state and each transition was visited; a generator that misses one proves nothing of it.
#[test]
fn every_state_and_every_transition_is_visited() {
    let visits: Mutex<BTreeMap<(&str, &str), u64>> = Mutex::default();
    let cases = 15_000;
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let played = runner.run(&(policy(), steps(125)), |(policy, steps)| {
        let life = Harness::play(policy, &steps);
        let mut visits = visits.lock().unwrap();
        for pair in life.states.windows(2) {
            *visits.entry((pair[0], pair[1])).or_default() += 1;
        }
        Ok(())
    });
    played.unwrap();
    let visits = visits.into_inner().unwrap();
    let mut states = BTreeMap::<&str, u64>::new();
    visits.iter().for_each(|((_, to), count)| *states.entry(to).or_default() += count);
    for ((from, to), count) in &visits {
        println!("{count:>8}  {from} -> {to}");
    }
    assert_eq!(states.len(), 20, "{states:?}");
    for (state, count) in &states {
        assert!(*count >= 100, "{state} was visited {count} times");
    }
    for (from, to) in states::device::transitions() {
        let count = visits.get(&(from, to)).copied().unwrap_or(0);
        assert!(count >= 100, "{from} -> {to} was visited {count} times");
    }
}
