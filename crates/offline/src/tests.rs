use crate::{
    Answer, Book, Change, Check, Cost, Found, Key, Moment, Obstacle, PERIOD, Person, Request, Verifier,
    ended_by,
};
use model::{
    Backend, Cause, Failure, FailureClass, Guid, Id, IntentId, KeyHandle, KeyPurpose, RsaPublicKey,
    Timestamp, Who,
};
use proptest::prelude::*;
use std::time::Duration;

const TTL: Duration = Duration::from_secs(7_200);
const NOON: i64 = 1_800_000_000;

fn at(now: i64, running: u64) -> Moment {
    Moment { now: Timestamp::from_secs(NOON + now), running: Duration::from_secs(running) }
}

fn person(n: u8) -> Person {
    (Id::new(Guid::from_bytes([1; 16])), Id::new(Guid::from_bytes([n; 16])))
}

fn check() -> Check {
    Check { salt: [1; 16], mac: [2; 32], cost: Cost::USUAL }
}

fn proved() -> Verifier {
    Verifier::proved(person(1), check(), at(0, 0))
}

fn name(n: u8) -> IntentId {
    Id::new(Guid::from_bytes([n; 16]))
}

fn key(n: u8, backend: Backend) -> Box<KeyHandle> {
    let public = RsaPublicKey { modulus: vec![1], exponent: vec![3] };
    let (purpose, wrapped) = (KeyPurpose::Offline, vec![n]);
    Box::new(KeyHandle { backend, purpose, intent: name(n), public, wrapped })
}

/// A book with a key and one verifier.
fn book() -> Book {
    let key = Some(Key::Made(key(1, Backend::Tpm)));
    let mut book = Book::found(Found { key, verifiers: Vec::new() }).0;
    book.decide(Request::Proved(Box::new(proved())), Some(TTL)).unwrap();
    book
}

fn asks(book: &mut Book, request: Request) -> Result<(Vec<Change>, Answer), Failure> {
    book.decide(request, Some(TTL))
}

#[test]
fn a_password_is_checked_here_within_every_limit_and_not_beyond_one() {
    let hours = |now: i64| at(now * 3600, 0);
    let with = |change: fn(&mut Verifier)| {
        let mut it = proved();
        change(&mut it);
        it
    };
    for (verifier, moment, expected) in [
        (proved(), at(60, 60), Ok(7_200)),
        (proved(), at(7_199, 60), Ok(7_200)),
        (proved(), at(7_200, 60), Err(Obstacle::Expired)),
        (proved(), hours(48), Err(Obstacle::Expired)),
        // The clock stands still, and the machine runs.
        (proved(), at(0, 7_199), Ok(1)),
        (proved(), at(0, 7_200), Err(Obstacle::Expired)),
        (with(|it| it.used = TTL), at(0, 0), Err(Obstacle::Expired)),
        (with(|it| it.logins = 49), at(60, 60), Ok(7_200)),
        (with(|it| it.logins = 50), at(60, 60), Err(Obstacle::UsedUp)),
        (with(|it| it.failures = 9), at(60, 60), Ok(7_200)),
        (with(|it| it.failures = 10), at(60, 60), Err(Obstacle::Blocked)),
        // The clock goes back by more than five minutes of what it has been.
        (with(|it| it.highest_clock = Timestamp::from_secs(NOON + 360)), at(60, 60), Ok(7_200)),
        (
            with(|it| it.highest_clock = Timestamp::from_secs(NOON + 361)),
            at(60, 60),
            Err(Obstacle::ClockWentBack),
        ),
        (proved(), at(-301, 60), Err(Obstacle::ClockWentBack)),
    ] {
        let until = expected.map(|secs| Timestamp::from_secs(NOON + secs));
        assert_eq!(verifier.may_be_tried(moment, TTL), until, "{verifier:?} {moment:?}");
    }
}

#[test]
fn it_is_over_where_no_clock_can_make_it_good_again() {
    for (change, over) in [
        ((|_| {}) as fn(&mut Verifier), false),
        (|it| it.used = TTL, true),
        (|it| it.logins = 50, true),
        (|it| it.failures = 10, true),
        (|it| it.highest_clock = Timestamp::from_secs(NOON + 7_200), false),
        (|it| it.highest_clock = Timestamp::from_secs(NOON + 7_500), true),
    ] {
        let mut it = proved();
        change(&mut it);
        assert_eq!(it.is_over(TTL), over, "{it:?}");
        let clocks = [-400, 0, 7_199, 7_201].map(|now| it.may_be_tried(at(now, 0), TTL));
        assert!(!over || clocks.iter().all(Result::is_err), "{it:?}");
    }
}

#[test]
fn a_comparison_is_a_wrong_one_until_it_is_known_to_be_none() {
    let counted = proved().counted(at(60, 60));
    assert_eq!((counted.failures, counted.logins), (1, 0));
    assert_eq!(counted.highest_clock, Timestamp::from_secs(NOON + 60));
    assert_eq!((counted.used, counted.mark), (Duration::from_secs(60), Duration::from_secs(60)));
    let right = counted.counted(at(70, 70)).was_right(at(71, 71));
    assert_eq!((right.failures, right.logins, right.used.as_secs()), (0, 1, 71));
}

#[test]
fn a_run_of_before_may_have_gone_on_after_its_last_mark() {
    let before = proved().marked(at(60, 60)).of_before();
    assert_eq!((before.used, before.mark), (PERIOD + Duration::from_secs(60), Duration::ZERO));
    let (_, written) = Book::found(Found { key: None, verifiers: vec![proved()] });
    assert_eq!(written, [Change::Verifier(Box::new(proved().of_before()))]);
}

#[test]
fn the_book_counts_before_it_gives_what_is_compared() {
    let mut book = book();
    let (changes, answer) = asks(&mut book, Request::Try(person(1), at(60, 60))).unwrap();
    let counted = Box::new(proved().counted(at(60, 60)));
    assert_eq!(changes, [Change::Verifier(counted.clone())]);
    assert_eq!(answer, Answer::Counted(counted, key(1, Backend::Tpm)));
    let (changes, _) = asks(&mut book, Request::Right(person(1), at(61, 61))).unwrap();
    let Change::Verifier(right) = &changes[0] else { panic!("{changes:?}") };
    assert_eq!((right.failures, right.logins), (0, 1));
}

#[test]
fn ten_wrong_ones_block_until_the_service_says_who_it_is() {
    let mut book = book();
    for n in 0..10 {
        assert!(asks(&mut book, Request::Try(person(1), at(n, 1))).is_ok(), "{n}");
    }
    let refused = asks(&mut book, Request::Try(person(1), at(11, 1))).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.class), ("OfflineBlocked", FailureClass::Transient));
    asks(&mut book, Request::Proved(Box::new(proved()))).unwrap();
    assert!(asks(&mut book, Request::Try(person(1), at(12, 1))).is_ok());
}

#[test]
fn nobody_else_is_tried_and_nothing_where_it_is_not_wanted() {
    let mut book = book();
    assert_eq!(asks(&mut book, Request::Try(person(2), at(0, 0))).unwrap_err().code, "OfflineEnded");
    let off = book.decide(Request::Try(person(1), at(0, 0)), None);
    assert_eq!(off.unwrap_err().code, "OfflineEnded");
    let (changes, _) = book.decide(Request::Proved(Box::new(proved())), None).unwrap();
    assert!(changes.is_empty());
    let mut keyless = Book::default();
    let (changes, _) = asks(&mut keyless, Request::Proved(Box::new(proved()))).unwrap();
    assert!(changes.is_empty(), "without a key nothing was made of it");
}

#[test]
fn what_ended_while_it_was_compared_lets_nobody_in() {
    let mut book = book();
    asks(&mut book, Request::Try(person(1), at(0, 0))).unwrap();
    let (changes, _) = asks(&mut book, Request::Ended(person(1))).unwrap();
    assert_eq!(changes, [Change::NoVerifier(person(1))]);
    assert_eq!(asks(&mut book, Request::Right(person(1), at(0, 0))).unwrap_err().code, "OfflineEnded");
    assert!(asks(&mut book, Request::Ended(person(1))).unwrap().0.is_empty());
}

#[test]
fn the_key_is_decided_on_before_it_is_made_and_there_is_one() {
    let mut book = Book::default();
    let wanted = Key::Wanted(name(1), Backend::Tpm);
    let (changes, answer) = asks(&mut book, Request::Key(name(1), Backend::Tpm)).unwrap();
    assert_eq!((changes, answer), (vec![Change::Key(wanted.clone())], Answer::Key(Some(wanted.clone()))));
    let (changes, answer) = asks(&mut book, Request::Key(name(2), Backend::Tpm)).unwrap();
    assert_eq!((changes, answer), (vec![], Answer::Key(Some(wanted))), "after a crash it has the same name");
    let stranger = asks(&mut book, Request::KeyMade(key(2, Backend::Tpm)));
    assert_eq!(stranger.unwrap_err().code, "OfflineKeyEnded");
    let made = Key::Made(key(1, Backend::Tpm));
    let (changes, answer) = asks(&mut book, Request::KeyMade(key(1, Backend::Tpm))).unwrap();
    assert_eq!((changes, answer), (vec![Change::Key(made.clone())], Answer::Key(Some(made.clone()))));
    let (changes, answer) = asks(&mut book, Request::KeyAsItIs).unwrap();
    assert_eq!((changes, answer), (vec![], Answer::Key(Some(made))));
}

#[test]
fn what_is_of_no_use_ends_with_its_key() {
    let ended = || vec![Change::NoVerifier(person(1))];
    let made = || Answer::Key(Some(Key::Made(key(1, Backend::Tpm))));
    for (ttl, place, expected) in [
        (Some(TTL), Backend::Tpm, (vec![], Answer::Done)),
        (None, Backend::Tpm, (ended(), made())),
        (Some(TTL), Backend::Soft, (ended(), made())),
    ] {
        assert_eq!(book().decide(Request::Tidy(place), ttl), Ok(expected), "{ttl:?} {place}");
    }
    let mut book = book();
    assert_eq!(asks(&mut book, Request::EndAll), Ok((ended(), made())));
    assert_eq!(asks(&mut book, Request::Tidy(Backend::Tpm)), Ok((vec![], made())), "nobody needs the key");
    assert_eq!(asks(&mut book, Request::KeyGone), Ok((vec![Change::NoKey], Answer::Done)));
    assert_eq!(asks(&mut book, Request::Tidy(Backend::Tpm)), Ok((vec![], Answer::Key(None))));
}

#[test]
fn time_that_passes_is_marked_for_everybody_and_a_tenant_ends_alone() {
    let mut book = book();
    let other = Verifier { tenant: Id::new(Guid::from_bytes([9; 16])), ..proved() };
    asks(&mut book, Request::Proved(Box::new(other))).unwrap();
    let (changes, _) = asks(&mut book, Request::Passed(at(240, 240))).unwrap();
    let marked = changes.iter().filter(|change| match change {
        Change::Verifier(it) => it.used.as_secs() == 240,
        _ => false,
    });
    assert_eq!(marked.count(), 2);
    // What is over for good is written once more, and then no more.
    let over = at(7_500, 300);
    assert_eq!(asks(&mut book, Request::Passed(over)).unwrap().0.len(), 2);
    assert_eq!(asks(&mut book, Request::Passed(over)).unwrap().0.len(), 0);
    assert_eq!(book.end_tenant(person(1).0), [Change::NoVerifier(person(1))]);
    assert_eq!(book.verifiers().count(), 1);
}

#[test]
fn an_online_word_about_the_person_ends_it_and_no_other_does() {
    for code in ["50055", "50057", "50034", "50173", "50133", "70043", "invalid_grant"] {
        assert!(ended_by(&refused(code)), "{code}");
    }
    // Anybody can type a wrong password, and lock the account; a device or a second factor is no word about it.
    for code in ["50126", "50053", "50076", "50079", "135011", "53000", "90055", "70019"] {
        assert!(!ended_by(&refused(code)), "{code}");
    }
    let silence = Failure::local(FailureClass::Transient, Who::Nobody, "x", String::new(), "");
    assert!(!ended_by(&silence.clone()) && !ended_by(&silence.because(Cause::Unreachable)));
}

fn refused(code: &str) -> Failure {
    let line = model::refusal(code).unwrap();
    Failure::local(line.class, line.who, code, String::new(), "").classified(Some(line))
}

#[test]
fn a_record_cannot_ask_for_the_memory_of_the_machine() {
    for (memory, passes, bearable) in
        [(65_536, 3, true), (7, 3, false), (u32::MAX, 1, false), (64, 0, false), (64, 65, false)]
    {
        assert_eq!(Cost { memory, passes }.is_bearable(), bearable, "{memory} {passes}");
    }
    assert!(Cost::USUAL.is_bearable());
}

/// What somebody who holds the machine can do, who cannot write its disk.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// The service runs on for so many seconds, up to what is marked by itself.
    Run(u64),
    /// The same, and the clock stands still meanwhile.
    Still(u64),
    /// The clock is set.
    Set(i64),
    /// The power is cut, and the service starts again.
    Restart,
    /// The right password is tried; where `cut`, the power goes between count and comparison.
    Right { cut: bool },
    /// A wrong one is.
    Wrong { cut: bool },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..=PERIOD.as_secs()).prop_map(Act::Run),
        (0..=PERIOD.as_secs()).prop_map(Act::Still),
        (-400i64..400).prop_map(Act::Set),
        Just(Act::Restart),
        any::<bool>().prop_map(|cut| Act::Right { cut }),
        any::<bool>().prop_map(|cut| Act::Wrong { cut }),
    ]
}

/// How long it may be used in these lives, so that many see the end of it.
const SHORT: Duration = Duration::from_secs(1_800);

/// The book, its disk, and what really happened.
struct Life {
    book: Book,
    disk: Verifier,
    clock: i64,
    running: u64,
    /// Whether something ran since the last mark.
    since_mark: u64,
    /// For how long the service has really run since the proof.
    really: u64,
    logins: u32,
    /// Comparisons since the last right one.
    compared: u32,
    most_compared: u32,
}

impl Life {
    fn new() -> Life {
        Life {
            book: book(),
            disk: proved(),
            clock: 0,
            running: 0,
            since_mark: 0,
            really: 0,
            logins: 0,
            compared: 0,
            most_compared: 0,
        }
    }

    fn moment(&self) -> Moment {
        at(self.clock, self.running)
    }

    fn asks(&mut self, request: Request) -> Result<(Vec<Change>, Answer), Failure> {
        self.book.decide(request, Some(SHORT))
    }

    fn write(&mut self, changes: Vec<Change>) {
        for change in changes {
            if let Change::Verifier(verifier) = change {
                self.disk = *verifier;
            }
        }
    }

    fn restart(&mut self) {
        let key = Some(Key::Made(key(1, Backend::Tpm)));
        let verifiers = vec![self.disk.clone()];
        let (book, changes) = Book::found(Found { key, verifiers });
        (self.book, self.running, self.since_mark) = (book, 0, 0);
        self.write(changes);
    }

    fn run(&mut self, secs: u64) {
        // The driver marks in time.
        if self.since_mark + secs > PERIOD.as_secs() {
            let moment = self.moment();
            let (changes, _) = self.asks(Request::Passed(moment)).unwrap();
            self.write(changes);
            self.since_mark = 0;
        }
        (self.running, self.since_mark) = (self.running + secs, self.since_mark + secs);
        (self.clock, self.really) = (self.clock + i64::try_from(secs).unwrap(), self.really + secs);
    }

    fn tries(&mut self, right: bool, cut: bool) {
        let moment = self.moment();
        let Ok((changes, _)) = self.asks(Request::Try(person(1), moment)) else { return };
        self.write(changes);
        if cut {
            return self.restart();
        }
        self.compared += 1;
        self.most_compared = self.most_compared.max(self.compared);
        if right {
            let (changes, _) = self.asks(Request::Right(person(1), moment)).unwrap();
            self.write(changes);
            (self.logins, self.compared) = (self.logins + 1, 0);
            assert!(self.really < SHORT.as_secs(), "let in after {} s", self.really);
        }
    }
}

proptest! {
    /// No sequence of clock settings, power cuts and tries gives more than the time, 50 logins, or 10 wrong guesses.
    #[test]
    fn whoever_holds_the_machine_gains_nothing(acts in prop::collection::vec(act(), 0..120)) {
        let mut life = Life::new();
        for act in acts {
            match act {
                Act::Run(secs) => life.run(secs),
                Act::Still(secs) => {
                    life.run(secs);
                    life.clock -= i64::try_from(secs).unwrap();
                }
                Act::Set(by) => life.clock += by,
                Act::Restart => life.restart(),
                Act::Right { cut } => life.tries(true, cut),
                Act::Wrong { cut } => life.tries(false, cut),
            }
            prop_assert!(life.logins <= 50 && life.most_compared <= 10);
            let used = life.disk.used.as_secs() + PERIOD.as_secs();
            prop_assert!(life.really <= used || life.disk.is_over(SHORT), "{} s, and {} s counted", life.really, used);
        }
    }

    /// A cut between the count and the comparison costs a try in the place of winning one.
    #[test]
    fn killing_the_service_wins_no_try(cuts in prop::collection::vec(any::<bool>(), 0..40)) {
        let mut life = Life::new();
        let mut begun = 0;
        for cut in cuts {
            let before = life.disk.failures;
            life.tries(false, cut);
            begun += u32::from(life.disk.failures > before);
            prop_assert_eq!(life.disk.failures, begun);
        }
        prop_assert!(begun <= 10);
    }
}
