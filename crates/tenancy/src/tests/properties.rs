//! The named properties. A random life is judged by all laws; each test here fails for one of them.

use super::computer::Computer;
use super::steps::{config, settings, steps};
use proptest::prelude::*;

// One property a law, so that what breaks has a name.
proptest! {
    #![proptest_config(config())]

    #[test]
    fn never_two_identities_in_force(setting in settings(), steps in steps()) {
        Computer::play("one_in_force", setting, &steps);
    }

    #[test]
    fn a_successor_takes_the_place_only_when_proved(setting in settings(), steps in steps()) {
        Computer::play("proved", setting, &steps);
    }

    #[test]
    fn a_succession_is_one_commit(setting in settings(), steps in steps()) {
        Computer::play("one_commit", setting, &steps);
    }

    #[test]
    fn a_prepared_pair_has_at_most_one_owner_ever(setting in settings(), steps in steps()) {
        Computer::play("owner", setting, &steps);
    }

    #[test]
    fn every_token_ends_exactly_once(setting in settings(), steps in steps()) {
        Computer::play("tokens", setting, &steps);
    }

    #[test]
    fn sessions_never_outlive_the_device_they_were_given_for(setting in settings(), steps in steps()) {
        Computer::play("sessions", setting, &steps);
    }

    #[test]
    fn whatever_is_acted_upon_is_durable(setting in settings(), steps in steps()) {
        Computer::play("durable", setting, &steps);
    }

    #[test]
    fn whatever_is_published_is_durable(setting in settings(), steps in steps()) {
        Computer::play("views", setting, &steps);
    }

    #[test]
    fn other_tenants_go_on_while_one_waits(setting in settings(), steps in steps()) {
        Computer::play("others", setting, &steps);
    }

    #[test]
    fn each_caller_is_answered_once(setting in settings(), steps in steps()) {
        Computer::play("callers", setting, &steps);
    }

    #[test]
    fn only_a_leave_ends_an_identity(setting in settings(), steps in steps()) {
        Computer::play("endings", setting, &steps);
    }

    #[test]
    fn pins_go_in_the_commit_that_ends_the_identity(setting in settings(), steps in steps()) {
        Computer::play("pins", setting, &steps);
    }

    #[test]
    fn nothing_is_done_after_a_failed_commit(setting in settings(), steps in steps()) {
        Computer::play("failed", setting, &steps);
    }

    #[test]
    fn tickets_are_issued_in_order_one_a_lane(setting in settings(), steps in steps()) {
        Computer::play("tickets", setting, &steps);
    }

    #[test]
    fn prepared_pairs_never_exceed_the_bound(setting in settings(), steps in steps()) {
        Computer::play("bound", setting, &steps);
    }
}
