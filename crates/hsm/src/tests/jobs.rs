//! Deadlines by a clock of the test: a key store that works refuses nobody, and one that hangs is noticed in time.

use super::*;
use crate::{HsmInfo, KeysFuture, Reply};
use model::{Backend, Guid, KeyHandle, KeyPurpose, RsaPublicKey};
use proptest::prelude::*;
use std::task::{Context, Poll, Waker};

const DEADLINES: Deadlines = Deadlines {
    ready: Duration::from_secs(3),
    create: Duration::from_secs(60),
    usual: Duration::from_secs(10),
    longest: Duration::from_secs(3600),
    rest_after: Duration::from_secs(60),
};

fn key(identity: u8) -> KeyHandle {
    KeyHandle {
        backend: Backend::Soft,
        purpose: KeyPurpose::Device,
        intent: intent(identity),
        public: RsaPublicKey { modulus: vec![], exponent: vec![] },
        wrapped: vec![],
    }
}

fn intent(identity: u8) -> IntentId {
    IntentId::new(Guid::from_bytes([identity; 16]))
}

/// What is waited for.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Test,
    Create,
    Ready,
}

/// An answer to come, whatever it says.
enum Answer {
    Test(KeysFuture<()>),
    Create(KeysFuture<KeyHandle>),
    Ready(KeysFuture<HsmInfo>),
}

impl Answer {
    /// The refusal, if it has come.
    fn refused(&mut self) -> Option<HsmError> {
        fn error<T>(answer: &mut KeysFuture<T>) -> Option<HsmError> {
            match std::pin::Pin::new(answer).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => answer.err(),
                Poll::Pending => None,
            }
        }
        match self {
            Answer::Test(answer) => error(answer),
            Answer::Create(answer) => error(answer),
            Answer::Ready(answer) => error(answer),
        }
    }
}

/// Jobs by hand, at seconds of one clock.
struct Desk {
    jobs: Jobs,
    zero: Instant,
    in_hand: Option<Job>,
    /// Whoever waits, by the number of their job.
    open: Vec<(usize, Answer)>,
    came: usize,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            jobs: Jobs::new(DEADLINES, 1_000),
            zero: Instant::now(),
            in_hand: None,
            open: Vec::new(),
            came: 0,
        }
    }

    fn at(&self, second: u64) -> Instant {
        self.zero + Duration::from_secs(second)
    }

    fn comes(&mut self, kind: Kind, identity: u8, second: u64) {
        let (job, answer) = match kind {
            Kind::Test => {
                let (reply, answer) = Reply::new();
                (Job::SelfTest(key(identity), reply), Answer::Test(answer))
            }
            Kind::Create => {
                let (reply, answer) = Reply::new();
                let job = Job::Create(Backend::Soft, KeyPurpose::Device, intent(identity), reply);
                (job, Answer::Create(answer))
            }
            Kind::Ready => {
                let (reply, answer) = Reply::new();
                (Job::Ready(Backend::Soft, reply), Answer::Ready(answer))
            }
        };
        self.open.push((self.came, answer));
        self.came += 1;
        assert!(self.jobs.add(job, self.at(second)).is_none());
    }

    fn begins(&mut self, second: u64) -> bool {
        let (job, late) = self.jobs.begin(self.at(second));
        late.refuse();
        self.in_hand = job;
        self.in_hand.is_some()
    }

    fn ends(&mut self, second: u64) {
        // Dropped with its answer, as a job is that panics.
        self.in_hand = None;
        self.jobs.ended(self.at(second));
    }

    /// Those who are told that the store is busy by this second.
    fn refused(&mut self, second: u64) -> Vec<usize> {
        self.jobs.late(self.at(second)).refuse();
        let mut refused = Vec::new();
        self.open.retain_mut(|(number, answer)| match answer.refused() {
            Some(HsmError::Busy) => {
                refused.push(*number);
                false
            }
            Some(_) => false,
            None => true,
        });
        refused
    }

    fn next_deadline(&self) -> Option<u64> {
        self.jobs.next_deadline().map(|at| (at - self.zero).as_secs())
    }
}

#[test]
fn a_store_that_hangs_is_told_to_everybody_by_their_own_deadlines() {
    let mut desk = Desk::new();
    desk.comes(Kind::Test, 1, 0);
    assert!(desk.begins(0));
    desk.comes(Kind::Ready, 0, 1);
    desk.comes(Kind::Create, 2, 2);
    desk.comes(Kind::Test, 2, 5);
    for (second, refused, next) in [
        (3, vec![], Some(4)),
        (4, vec![1], Some(10)),
        (9, vec![], Some(10)),
        (10, vec![0], Some(15)),
        (15, vec![3], Some(62)),
        (61, vec![], Some(62)),
        (62, vec![2], None),
        (3_000, vec![], None),
    ] {
        assert_eq!(desk.refused(second), refused, "at {second}");
        assert_eq!(desk.next_deadline(), next, "at {second}");
    }
    desk.ends(3_001);
    assert!(!desk.begins(3_001), "none of them is begun");
}

#[test]
fn every_answer_in_time_gives_those_who_wait_their_whole_time_again() {
    let mut desk = Desk::new();
    (0..5).for_each(|_| desk.comes(Kind::Test, 1, 0));
    for (begun, ended) in [(0, 9), (9, 18), (18, 27)] {
        assert!(desk.begins(begun));
        desk.ends(ended);
        assert_eq!(desk.refused(ended), [], "at {ended}");
    }
    assert_eq!(desk.next_deadline(), Some(37));
    assert!(desk.begins(27));
    assert_eq!(desk.refused(36), []);
    assert_eq!(desk.refused(37), [3, 4], "the one in hand, and the one behind it");
}

#[test]
fn an_answer_that_took_too_long_is_no_sign_of_life() {
    // How long the first job takes, and the deadline of one that came in its third second.
    for (takes, deadline) in [(9, 19), (10, 13), (12, 13)] {
        let mut desk = Desk::new();
        desk.comes(Kind::Test, 1, 0);
        assert!(desk.begins(0));
        desk.comes(Kind::Test, 1, 3);
        desk.ends(takes);
        assert_eq!(desk.next_deadline(), Some(deadline), "{takes} s");
        assert_eq!(desk.begins(18), takes == 9, "what is late is passed over");
    }
}

#[test]
fn a_store_that_has_come_back_is_known_by_its_next_answer() {
    let mut desk = Desk::new();
    desk.comes(Kind::Test, 1, 0);
    assert!(desk.begins(0));
    (11..=13).for_each(|second| desk.comes(Kind::Test, 1, second));
    assert_eq!(desk.refused(20), [0]);
    desk.ends(20);
    assert!(desk.begins(20));
    assert_eq!(desk.refused(21), [1], "it was begun a second before its deadline");
    desk.ends(21);
    assert_eq!((desk.refused(30), desk.next_deadline()), (vec![], Some(31)));
}

#[test]
fn nobody_waits_longer_than_a_full_queue_takes() {
    let mut desk = Desk::new();
    desk.comes(Kind::Test, 1, 0);
    (0..400).for_each(|_| desk.comes(Kind::Test, 2, 0));
    for round in 0..400 {
        let second = round * 9;
        assert!(desk.begins(second));
        desk.ends(second + 9);
        assert_eq!(desk.refused(second + 9).is_empty(), second + 9 < 3600, "at {second}");
        if desk.jobs.is_empty() {
            return;
        }
    }
    panic!("the hour does not end");
}

#[test]
fn identities_are_served_in_turn_and_the_store_s_own_jobs_are_one_more() {
    let mut desk = Desk::new();
    for (kind, identity) in [
        (Kind::Test, 1),
        (Kind::Create, 1),
        (Kind::Test, 1),
        (Kind::Test, 2),
        (Kind::Ready, 0),
        (Kind::Ready, 0),
    ] {
        desk.comes(kind, identity, 0);
    }
    let mut served = Vec::new();
    while desk.begins(1) {
        served.push(desk.in_hand.as_ref().unwrap().intent());
        desk.ends(1);
    }
    assert_eq!(served, [Some(intent(1)), Some(intent(2)), None, Some(intent(1)), None, Some(intent(1))]);
    assert!(desk.jobs.is_empty() && desk.jobs.drain().is_empty());
}

proptest! {
    /// A store that answers each job in time refuses nobody, however many there are; the next deadline is never past.
    #[test]
    fn a_store_that_works_refuses_nobody(
        moments in prop::collection::vec((0_u8..4, 0_u64..60), 1..200),
        each in 0_u64..3,
    ) {
        let (mut desk, mut free_at, mut done) = (Desk::new(), None, 0);
        for second in 0..600 {
            for (identity, _) in moments.iter().filter(|(_, at)| *at == second) {
                desk.comes(if *identity == 0 { Kind::Ready } else { Kind::Test }, *identity, second);
            }
            loop {
                match free_at {
                    Some(at) if at <= second => {
                        desk.ends(second);
                        done += 1;
                        free_at = None;
                    }
                    Some(_) => break,
                    None if desk.begins(second) => free_at = Some(second + each),
                    None => break,
                }
            }
            prop_assert_eq!(desk.refused(second), Vec::<usize>::new());
            prop_assert!(desk.next_deadline().is_none_or(|at| at > second));
        }
        prop_assert_eq!(done, moments.len());
    }

    /// Whoever waits for a store that hangs is told by their own deadline, counted from the last sign of life.
    #[test]
    fn a_store_that_hangs_is_noticed_in_time(
        before in 0_usize..20,
        after in prop::collection::vec(0_u64..20, 1..50),
    ) {
        let mut desk = Desk::new();
        (0..=before).for_each(|_| desk.comes(Kind::Test, 1, 0));
        for _ in 0..before {
            assert!(desk.begins(0));
            desk.ends(0);
        }
        assert!(desk.begins(0));
        drop(desk.refused(0));
        let mut moments: Vec<u64> = after.clone();
        moments.sort_unstable();
        let mut expected = vec![10];
        let mut told = 0;
        for second in 0..40 {
            for _ in moments.iter().filter(|at| **at == second) {
                desk.comes(Kind::Test, 2, second);
                expected.push(second + 10);
            }
            told += desk.refused(second).len();
            prop_assert_eq!(told, expected.iter().filter(|at| **at <= second).count(), "at {}", second);
        }
    }
}
