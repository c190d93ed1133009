//! How often somebody may try, whoever asks, and that nobody keeps anybody else out.

use crate::Attempts;
use model::{Attempt, PasswordResult, Requester, Timestamp, Upn};
use proptest::prelude::*;
use std::collections::BTreeMap;

const OWNER: Requester = Requester(1000);
const STRANGER: Requester = Requester(2000);

fn upn(text: &str) -> Upn {
    text.parse().unwrap()
}

/// Attempts by hand, at seconds of one clock.
#[derive(Default)]
struct Desk {
    attempts: Attempts,
    now: i64,
}

impl Desk {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(10_000 + self.now)
    }

    /// Tries for Alex, whom this machine has met; how long to wait, or zero.
    fn tries(&mut self, attempt: Attempt, by: Requester) -> u64 {
        self.tries_as(attempt, "alex@contoso.com", by, true)
    }

    fn password(&mut self, by: Requester) -> u64 {
        self.tries(Attempt::Password, by)
    }

    fn tries_as(&mut self, attempt: Attempt, name: &str, by: Requester, is_seen: bool) -> u64 {
        let told = self.attempts.permit(attempt, &upn(name), (by, is_seen), self.now());
        told.map_or_else(|failure| failure.retry_after.unwrap().as_secs(), |()| 0)
    }

    /// The last password is the right one.
    fn is_right(&mut self, by: Requester) {
        self.attempts.password_tried(&upn("alex@contoso.com"), by, PasswordResult::Accepted);
    }

    fn signs_in(&mut self, by: Requester) {
        self.attempts.signed_in(&upn("alex@contoso.com"), by);
    }

    /// Tries by turns until `count` were permitted, as soon as each may; when.
    fn moments(&mut self, by: Requester, count: usize) -> Vec<i64> {
        let mut moments = Vec::new();
        while moments.len() < count {
            match self.password(by) {
                0 => moments.push(self.now),
                wait => self.now += i64::try_from(wait).unwrap(),
            }
        }
        moments
    }
}

#[test]
fn five_passwords_go_out_in_a_minute_and_then_ever_fewer() {
    let mut desk = Desk::default();
    assert_eq!(desk.moments(STRANGER, 9), [0, 0, 0, 0, 0, 60, 120, 240, 360]);
    // After a quarter of an hour nothing is held against anybody.
    desk.now += 15 * 60;
    let from = desk.now;
    assert_eq!(desk.moments(STRANGER, 6), [from, from, from, from, from, from + 60]);
}

#[test]
fn the_five_are_the_account_s_whoever_asks() {
    let mut desk = Desk::default();
    let told: Vec<u64> = (0..8).map(|uid| desk.password(Requester(uid))).collect();
    assert_eq!(told, [0, 0, 0, 0, 0, 60, 60, 60]);
    desk.now += 59;
    assert_eq!(desk.password(Requester(9)), 1);
    desk.now += 1;
    assert_eq!(desk.password(Requester(9)), 0);
    assert_eq!(desk.tries_as(Attempt::Password, "kim@contoso.com", STRANGER, true), 0, "another account");
}

#[test]
fn sixty_codes_are_asked_for_in_a_minute_and_nothing_is_held_against_anybody() {
    let mut desk = Desk::default();
    for minute in 0..20 {
        desk.now = 60 * minute;
        let told: Vec<u64> = (0..62).map(|_| desk.tries(Attempt::Code, STRANGER)).collect();
        assert_eq!(told, [[0; 60].as_slice(), &[60; 2]].concat(), "{minute}");
    }
    assert_eq!(desk.password(STRANGER), 0, "passwords are counted apart");
}

#[test]
fn two_places_are_the_owner_s_once_somebody_has_signed_in_as_the_account() {
    for (attempt, theirs, owners) in [(Attempt::Password, 3, 2), (Attempt::Code, 40, 20)] {
        let mut desk = Desk::default();
        desk.signs_in(OWNER);
        let strangers = (0..99).filter(|uid| desk.tries(attempt, Requester(*uid)) == 0).count();
        let own = (0..99).filter(|_| desk.tries(attempt, OWNER) == 0).count();
        assert_eq!((strangers, own), (theirs, owners), "{attempt:?}");
        // Whoever is forgotten has no places of their own.
        desk.attempts.forget_owners(&upn("alex@contoso.com"));
        desk.now += 60;
        let all = (0..99).filter(|uid| desk.tries(attempt, Requester(*uid)) == 0).count();
        assert_eq!(all, theirs + owners);
    }
}

#[test]
fn a_right_password_takes_no_place_and_ends_the_refusals_of_its_requester() {
    let mut desk = Desk::default();
    let before: Vec<u64> = (0..3).flat_map(|_| [OWNER, STRANGER].map(|by| desk.password(by))).collect();
    assert_eq!(before, [0, 0, 0, 0, 0, 60], "the stranger's third is one too many");
    desk.is_right(OWNER);
    desk.signs_in(OWNER);
    assert_eq!((desk.password(OWNER), desk.password(OWNER)), (0, 60), "what was wrong before still counts");
    // Five refusals of the stranger, and none of the owner's.
    desk.now += 60;
    assert_eq!(desk.moments(STRANGER, 4), [60, 60, 60, 120]);
    assert_eq!(desk.moments(OWNER, 2), [120, 120]);
    // Sign-ins that succeed are not held up, however many they are.
    let mut desk = Desk::default();
    for _ in 0..100 {
        assert_eq!((desk.password(OWNER), desk.tries(Attempt::Code, OWNER)), (0, 0));
        desk.is_right(OWNER);
        desk.signs_in(OWNER);
    }
}

#[test]
fn a_password_that_did_not_go_out_is_no_refusal() {
    let mut desk = Desk::default();
    for minute in 0..30 {
        desk.now = 60 * minute;
        for _ in 0..5 {
            assert_eq!(desk.password(OWNER), 0, "{minute}");
            desk.attempts.password_tried(&upn("alex@contoso.com"), OWNER, PasswordResult::NotSent);
        }
        assert_eq!(desk.password(OWNER), 60, "they count as traffic all the same");
    }
}

#[test]
fn names_that_nobody_has_signed_in_under_share_their_places() {
    for (attempt, of_one, of_all) in [(Attempt::Password, 20, 60), (Attempt::Code, 120, 600)] {
        let mut desk = Desk::default();
        let mut names = (0..).map(|n| format!("nobody{n}@contoso.com"));
        let mut sprays = |desk: &mut Desk, by| {
            let tries = (0..of_all + 1)
                .filter(|_| desk.tries_as(attempt, &names.next().unwrap(), Requester(by), false) == 0);
            tries.count()
        };
        let permitted: Vec<usize> = (0..6).map(|by| sprays(&mut desk, by)).collect();
        let turns = of_all / of_one;
        let expected: Vec<usize> = (0..6).map(|by| if by < turns { of_one } else { 0 }).collect();
        assert_eq!(permitted, expected, "{attempt:?}");
        assert_eq!(desk.tries(attempt, STRANGER), 0, "people whom this machine has met are not held up");
        assert_eq!(desk.attempts.len(), of_all + 1);
        // A newcomer who succeeds gives the place back.
        desk.is_right(Requester(0));
        desk.signs_in(Requester(0));
        assert_eq!(desk.tries_as(attempt, "new@contoso.com", Requester(0), false), 0);
        assert_eq!(desk.tries_as(attempt, "newer@contoso.com", Requester(0), false), 60);
    }
}

#[test]
fn what_is_over_takes_no_place() {
    let mut desk = Desk::default();
    for n in 0..1_000 {
        desk.now = n * 60;
        let name = format!("nobody{n}@contoso.com");
        assert_eq!(desk.tries_as(Attempt::Password, &name, STRANGER, false), 0);
        assert_eq!(desk.tries_as(Attempt::Code, &name, STRANGER, false), 0);
        assert!(desk.attempts.len() <= 15, "{n}");
    }
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let mut desk = Desk { now: 1_000_000, ..Desk::default() };
    assert_eq!(desk.moments(STRANGER, 8).len(), 8);
    assert!(desk.password(STRANGER) > 0);
    desk.now = 0;
    assert_eq!(desk.password(STRANGER), 0);
}

/// Somebody tries: who, which account, what, after how many seconds, and whether they succeed.
type Step = (u8, u8, bool, u8, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0_u8..8, 0_u8..3, any::<bool>(), 0_u8..4, 0_u8..40), 1..600)
}

proptest! {
    #[test]
    fn no_minute_has_more_than_its_share(steps in steps()) {
        let mut desk = Desk::default();
        let mut sent: BTreeMap<(u8, bool), Vec<i64>> = BTreeMap::new();
        for (who, account, is_code, pause, luck) in steps {
            desk.now += i64::from(pause);
            let attempt = if is_code { Attempt::Code } else { Attempt::Password };
            let (name, by) = (format!("user{account}@contoso.com"), Requester(who.into()));
            if desk.tries_as(attempt, &name, by, account > 0) > 0 {
                continue;
            }
            // A success is as if it had never been.
            if luck == 0 {
                match attempt {
                    Attempt::Code => desk.attempts.signed_in(&upn(&name), by),
                    Attempt::Password => {
                        desk.attempts.password_tried(&upn(&name), by, PasswordResult::Accepted);
                    }
                }
            } else {
                sent.entry((account, is_code)).or_default().push(desk.now);
            }
        }
        for ((_, is_code), moments) in sent {
            let most = if is_code { 60 } else { 5 };
            for window in moments.windows(most + 1) {
                prop_assert!(window[most] - window[0] >= 60, "{window:?}");
            }
        }
    }

    /// However many strangers try under however many names, an owner who comes once gets in at once.
    #[test]
    fn strangers_never_keep_an_owner_waiting(steps in steps(), after in 0_usize..300) {
        let mut desk = Desk::default();
        desk.signs_in(OWNER);
        for (who, account, is_code, pause, _) in steps.into_iter().take(after) {
            desk.now += i64::from(pause);
            let attempt = if is_code { Attempt::Code } else { Attempt::Password };
            desk.tries_as(attempt, &format!("nobody{who}@contoso.com"), Requester(account.into()), false);
            desk.tries(attempt, Requester(who.into()));
        }
        prop_assert_eq!((desk.password(OWNER), desk.tries(Attempt::Code, OWNER)), (0, 0));
    }

    /// Nobody waits longer than the refusal says, and it never says more than two minutes.
    #[test]
    fn what_the_refusal_says_is_enough(steps in steps()) {
        let mut desk = Desk::default();
        for (who, account, is_code, pause, _) in steps {
            desk.now += i64::from(pause);
            let attempt = if is_code { Attempt::Code } else { Attempt::Password };
            let (name, by) = (format!("user{account}@contoso.com"), Requester(who.into()));
            let wait = desk.tries_as(attempt, &name, by, true);
            prop_assert!(wait <= 120, "{wait}");
            if wait > 0 {
                desk.now += i64::try_from(wait).unwrap();
                prop_assert_eq!(desk.tries_as(attempt, &name, by, true), 0);
            }
        }
    }
}

#[test]
fn who_comes_with_many_others_waits_for_their_answers_and_right_ones_take_no_place() {
    let (mut desk, alex) = (Desk::default(), upn("alex@contoso.com"));
    let mut permitted = 0;
    for _ in 0..20 {
        // Five are under way; each answer makes room for the next.
        if desk.password(OWNER) > 0 {
            assert!(desk.attempts.may_change(Attempt::Password, &alex));
            desk.is_right(OWNER);
            assert_eq!(desk.password(OWNER), 0);
        }
        permitted += 1;
    }
    assert_eq!(permitted, 20);
    let mut desk = Desk::default();
    (0..5).for_each(|_| assert_eq!(desk.password(STRANGER), 0));
    for left in (0..5).rev() {
        assert!(desk.password(STRANGER) > 0 && desk.attempts.may_change(Attempt::Password, &alex));
        desk.attempts.password_tried(&alex, STRANGER, PasswordResult::Refused);
        assert_eq!(desk.attempts.may_change(Attempt::Password, &alex), left > 0);
    }
    assert!(desk.password(STRANGER) > 0, "five guesses were made");
    let mut desk = Desk::default();
    (0..5).for_each(|_| assert_eq!(desk.password(STRANGER), 0));
    desk.now += 30;
    assert!(desk.password(STRANGER) > 0, "whoever hung up has had their guess");
    assert!(!desk.attempts.may_change(Attempt::Password, &alex), "and nobody waits for what never comes");
    assert!(!desk.attempts.may_change(Attempt::Code, &alex));
}
