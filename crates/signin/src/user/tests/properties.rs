use super::life::{Harness, Step, steps};
use super::{HOUR, refused};
use crate::{SessionState, UserCommand, UserWork};
use model::FailureClass;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

proptest! {
    /// All laws of a life are checked at each of its events.
    #[test]
    fn every_token_is_ended_exactly_once_and_never_used_after(steps in steps()) {
        let mut life = Harness::play(&steps);
        life.end();
        prop_assert_eq!(&life.given, &life.ended);
        prop_assert!(life.in_flight.is_empty());
    }

    #[test]
    fn a_life_ends_well_once_the_world_is_fair(steps in steps()) {
        let mut life = Harness::play(&steps);
        for _ in 0..4 {
            life.step(Step::Succeed);
        }
        prop_assert!([SessionState::Holding, SessionState::Renewing].contains(&life.session.status().state));
    }

    #[test]
    fn the_same_life_has_the_same_trace(steps in steps()) {
        let (mut one, mut other) = (Harness::new(3), Harness::new(3));
        for step in steps {
            one.step(step);
            other.step(step);
            prop_assert_eq!((&one.last, one.wake_at), (&other.last, other.wake_at));
        }
    }

    #[test]
    fn renewals_lie_about_four_hours_apart_in_a_fair_world(seed: u64) {
        let mut life = Harness::new(seed);
        life.give();
        for _ in 0..60 {
            life.succeed();
        }
        let renewals = life.works.iter().filter(|(_, work)| matches!(work, UserWork::Renew { .. })).count();
        prop_assert!(renewals >= 29, "{} renewals", renewals);
        for pair in life.works.windows(2) {
            let hours = pair[1].0.since(pair[0].0).as_secs_f64() / 3600.0;
            prop_assert!((3.6..=4.4).contains(&hours), "{} h", hours);
        }
    }

    #[test]
    fn what_somebody_else_has_to_mend_is_tried_every_hour_with_the_same_tokens(seed: u64, broken: bool) {
        let class = if broken { FailureClass::Broken } else { FailureClass::Denied };
        let mut life = Harness::new(seed);
        life.give();
        life.succeed();
        life.wait(0);
        for _ in 0..20 {
            life.fail(refused("Strange", class));
            prop_assert_eq!(life.wake_at, Some(life.now.after(HOUR)));
            prop_assert!(!life.last.iter().any(|command| matches!(command, UserCommand::Forget(_))));
            life.wait(0);
        }
    }
}

proptest! {
    // Each of these outages lasts for thousands of tries.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn an_outage_is_sat_out_as_long_as_the_tokens_live_and_then_ends(seed: u64, obtained: bool) {
        let mut life = Harness::new(seed);
        life.give();
        if obtained {
            life.succeed();
        }
        let began = life.now;
        let expires_at = life.session.status().expires_at.unwrap_or(began.after(24 * HOUR));
        let tries = (0..100_000).take_while(|_| {
            life.fail(refused("Unreachable", FailureClass::Transient));
            life.session.status().state != SessionState::Lost
        }).count();
        prop_assert!(tries > 10);
        prop_assert!(life.now >= expires_at, "lost too early");
        prop_assert!(life.now.since(expires_at).as_secs() <= 300, "lost too late");
    }
}

/// How often each state and each step between two was visited; what is not visited is not tried.
#[test]
fn every_state_and_every_transition_is_visited() {
    let mut runner = TestRunner::deterministic();
    let mut visits = BTreeMap::<(&str, &str), usize>::new();
    for _ in 0..2_000 {
        let life = Harness::play(&steps().new_tree(&mut runner).unwrap().current());
        life.states.windows(2).for_each(|pair| *visits.entry((pair[0], pair[1])).or_default() += 1);
    }
    let wanted = "empty>obtaining obtaining>holding obtaining>obtaining obtaining>lost obtaining>empty \
        holding>renewing holding>obtaining holding>empty renewing>holding renewing>renewing renewing>lost \
        renewing>obtaining renewing>empty lost>obtaining lost>empty";
    for (from, to) in wanted.split_whitespace().filter_map(|pair| pair.split_once('>')) {
        let count = visits.get(&(from, to)).copied().unwrap_or(0);
        assert!(count >= 20, "{from} > {to} was visited {count} times");
    }
}
