//! Random lives of a computer: rows of steps that the generator chooses.

use super::computer::{Computer, Wish};
use super::samples::{Person, Setting, disabled, suspected, suspicion};
use crate::{Event, OperatorRequest};
use accounts::{AccountChange, LocalFacts};
use lifecycle::{IntuneEnrolment, LeaveKind};
use model::{Backend, Registration, Timestamp};
use proptest::prelude::*;

/// One step, chosen by the generator; numbers choose among what there is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Everything goes well so many times.
    Settle(u8),
    /// Some of the open commits become durable.
    Durable(u8),
    /// A sign-in goes on.
    Advance(u8),
    /// A person comes to sign in.
    Comes(u8),
    /// A work in flight ends well, or with a failure.
    Work(u8, Option<u8>),
    /// A work with keys ends.
    KeyWork(u8, Option<u8>),
    /// So many seconds pass.
    Wait(u32),
    /// The clock is set back.
    ClockBack(u32),
    Leave(u8, LeaveKind),
    Rekey(u8, Backend, LeaveKind),
    RekeyEnded(u8),
    CancelRekey(u8),
    Rebind(u8),
    ForgetAccount(u8),
    /// A person who is checked wants to be let in.
    LetIn(u8),
    /// The directory says of a person that they are disabled.
    Disable(u8),
    /// Root gives an account another number.
    Renumber(u8, u32),
    /// A session of this person met a failure.
    Suspect(u8, u8),
    /// A sign-in of this person met one.
    SignInFails(u8, u8),
    /// The power is cut, and the computer starts, perhaps under another configuration.
    Crash(u8, Option<Setting>),
    /// A commit cannot be written.
    DiskFails(bool),
}

impl Computer {
    pub(super) fn play(law: &'static str, setting: Setting, steps: &[Step]) -> Computer {
        let mut computer = Computer::under(law, setting);
        steps.iter().for_each(|step| computer.step(*step));
        computer
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Settle(rounds) => self.settle(rounds),
            Step::Durable(n) => self.make_durable(n),
            Step::Advance(n) => self.advance(n),
            Step::Comes(n) => self.comes(Person::nth(n)),
            Step::Work(n, bad) => self.end_work(n, bad),
            Step::KeyWork(n, bad) => self.end_key_work(n, bad),
            Step::Wait(seconds) => self.wait(seconds),
            Step::ClockBack(seconds) => {
                let back = self.now.as_millis() - i64::from(seconds) * 1000;
                self.now = Timestamp::from_millis(back.max(0));
                self.feed(Event::Woke);
            }
            Step::Suspect(n, code) => {
                self.feed(suspected(Person::nth(n), suspicion(code)));
            }
            Step::SignInFails(n, code) => {
                let (asked, failure) = (Person::nth(n).upn(), suspicion(code));
                self.wish(Wish::Suspicion, |caller| Event::SignInFailed { caller, asked, failure });
            }
            Step::LetIn(n) => drop(self.wants_in(Person::nth(n), LocalFacts::default())),
            Step::Disable(n) => self.feed(suspected(Person::nth(n), disabled())),
            Step::Crash(n, setting) => self.crash(n, setting.unwrap_or(self.setting)),
            Step::DiskFails(written) => self.disk_fails(written),
            _ => self.operator(step),
        }
    }

    fn operator(&mut self, step: Step) {
        let domain = |n| Person::nth(n).domain();
        let request = match step {
            Step::Leave(n, how) => OperatorRequest::Leave { domain: domain(n), how },
            Step::Rekey(n, to, how) => OperatorRequest::Rekey { person: Person::nth(n).upn(), to, how },
            Step::RekeyEnded(n) => OperatorRequest::RekeyEnded(domain(n)),
            Step::CancelRekey(n) => OperatorRequest::CancelRekey(domain(n)),
            Step::Rebind(n) => OperatorRequest::Rebind(domain(n)),
            Step::ForgetAccount(n) => OperatorRequest::ForgetAccount(Person::nth(n).upn()),
            Step::Renumber(n, uid) => OperatorRequest::ChangeAccount {
                name: Person::nth(n).upn().to_string(),
                to: AccountChange::Uid(uid),
                local: Box::default(),
            },
            _ => return,
        };
        self.ask(request);
    }

    /// Everything that can end well does, so many times.
    pub(super) fn settle(&mut self, rounds: u8) {
        for _ in 0..rounds {
            if !self.goes_on() {
                break;
            }
        }
    }

    /// One round in which everything ends well; whether there was anything to end.
    pub(super) fn goes_on(&mut self) -> bool {
        let mut any = !self.open.is_empty() || self.reread;
        self.write();
        if self.reread {
            self.restore();
        }
        any |= !self.visits.is_empty() || !self.works.is_empty() || !self.key_works.is_empty();
        self.advance(0);
        self.end_key_work(0, None);
        self.end_work(0, None);
        if !any && self.wake_at.is_some() {
            self.wait(0);
            any = true;
        }
        any
    }

    /// Everything comes to rest.
    pub(super) fn fair_end(&mut self) {
        for _ in 0..400 {
            if !self.goes_on() {
                return;
            }
        }
        panic!("no rest: {:?} {:?} {:?}", self.works, self.key_works, self.waiting);
    }
}

/// Few cases while one works; `PROPTEST_CASES` names more.
pub(super) fn config() -> ProptestConfig {
    let named = std::env::var_os("PROPTEST_CASES").is_some();
    let common = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    ProptestConfig { cases: if named { common.cases } else { 64 }, ..common }
}

pub(super) fn settings() -> impl Strategy<Value = Setting> {
    let backend = || prop_oneof![3 => Just(Backend::Soft), 1 => Just(Backend::Tpm)];
    let required = prop_oneof![6 => Just(None), 1 => Just(Some(Backend::Tpm))];
    let third = prop_oneof![Just(Registration::Off), Just(Registration::Required)];
    let intune = prop_oneof![2 => Just(IntuneEnrolment::Disabled), 1 => Just(IntuneEnrolment::Enabled)];
    let bound = prop_oneof![4 => Just(false), 1 => Just(true)];
    (backend(), required, bound, 0usize..4, intune, third).prop_map(
        |(backend, required, boot_bound, most_prepared, intune, third)| Setting {
            backend,
            required,
            boot_bound,
            most_prepared,
            intune,
            third,
        },
    )
}

fn how() -> impl Strategy<Value = LeaveKind> {
    prop_oneof![3 => Just(LeaveKind::Unregister), 1 => Just(LeaveKind::Force)]
}

fn place() -> impl Strategy<Value = Backend> {
    prop_oneof![3 => Just(Backend::Tpm), 2 => Just(Backend::Soft), 1 => Just(Backend::Pkcs11)]
}

fn ending() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![4 => Just(None), 1 => any::<u8>().prop_map(Some)]
}

/// Most people are of the first two tenants.
fn person() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 0u8..3, 3 => 3u8..6, 1 => 6u8..9]
}

fn single() -> impl Strategy<Value = Step> {
    let world = prop_oneof![
        20 => any::<u8>().prop_map(Step::Durable),
        20 => any::<u8>().prop_map(Step::Advance),
        25 => (any::<u8>(), ending()).prop_map(|(n, bad)| Step::Work(n, bad)),
        10 => (any::<u8>(), ending()).prop_map(|(n, bad)| Step::KeyWork(n, bad)),
        6 => (1u8..8).prop_map(Step::Settle),
        4 => (0u32..2_000).prop_map(Step::Wait),
        1 => (0u32..90_000).prop_map(Step::ClockBack),
    ];
    let asked = prop_oneof![
        9 => person().prop_map(Step::Comes),
        4 => (person(), how()).prop_map(|(n, how)| Step::Leave(n, how)),
        5 => (person(), place(), how()).prop_map(|(n, to, how)| Step::Rekey(n, to, how)),
        2 => person().prop_map(Step::RekeyEnded),
        2 => person().prop_map(Step::CancelRekey),
        1 => person().prop_map(Step::Rebind),
        1 => person().prop_map(Step::ForgetAccount),
        5 => person().prop_map(Step::LetIn),
        1 => person().prop_map(Step::Disable),
        1 => (person(), 2_000u32..2_003).prop_map(|(n, uid)| Step::Renumber(n, uid)),
        1 => (person(), any::<u8>()).prop_map(|(n, code)| Step::Suspect(n, code)),
        1 => (person(), any::<u8>()).prop_map(|(n, code)| Step::SignInFails(n, code)),
    ];
    let cut = (any::<u8>(), prop_oneof![4 => Just(None), 1 => settings().prop_map(Some)]);
    prop_oneof![
        100 => world,
        30 => asked,
        5 => cut.prop_map(|(n, setting)| Step::Crash(n, setting)),
        1 => any::<bool>().prop_map(Step::DiskFails),
    ]
}

/// Several steps in a row that lead somewhere.
fn script() -> impl Strategy<Value = Vec<Step>> {
    let signs_in = |n| {
        let goes_on = [Step::Advance(0), Step::Durable(0)].repeat(5);
        [Step::Comes(n)].into_iter().chain(goes_on).collect()
    };
    let registers = |(n, rounds)| vec![Step::Comes(n), Step::Settle(rounds)];
    let moves = |(n, to, rounds)| {
        let registers = [Step::Comes(n), Step::Settle(25)];
        let asks = [
            Step::Rekey(n, to, LeaveKind::Unregister),
            Step::Settle(2),
            Step::Comes(n),
            Step::Settle(rounds),
        ];
        registers.into_iter().chain(asks).collect()
    };
    let refused = |n| vec![Step::Work(n, Some(5)), Step::Durable(0)];
    let gives_up = |n| vec![Step::CancelRekey(n), Step::Durable(0)];
    prop_oneof![
        30 => single().prop_map(|step| vec![step]),
        2 => person().prop_map(signs_in),
        1 => (person(), 3u8..25).prop_map(registers),
        3 => (person(), place(), 3u8..12).prop_map(moves),
        1 => any::<u8>().prop_map(refused),
        1 => (0u8..3).prop_map(gives_up),
    ]
}

/// What a world does by itself, with the power cut now and then.
pub(super) fn endings() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => any::<u8>().prop_map(Step::Durable),
        3 => (any::<u8>(), ending()).prop_map(|(n, bad)| Step::Work(n, bad)),
        1 => (any::<u8>(), ending()).prop_map(|(n, bad)| Step::KeyWork(n, bad)),
        1 => any::<u8>().prop_map(Step::Advance),
        1 => (0u32..2_000).prop_map(Step::Wait),
        1 => any::<u8>().prop_map(|n| Step::Crash(n, None)),
    ];
    proptest::collection::vec(step, 0..20)
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(script(), 1..50).prop_map(|scripts| scripts.concat())
}
