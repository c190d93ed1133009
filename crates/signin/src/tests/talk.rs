//! A random conversation with a session, and the laws that are checked after each of its events.

use super::groups::{ADMINS, STAFF};
use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One step of a random conversation: which work in flight is answered, and how.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pick: usize,
    kind: u8,
    noise: u8,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (0usize..6, any::<u8>(), any::<u8>()).prop_map(|(pick, kind, noise)| Step { pick, kind, noise });
    proptest::collection::vec(step, 1..60)
}

/// Everything that decides how a session begins.
pub(super) fn beginnings() -> impl Strategy<Value = Facts> {
    let method = prop_oneof![Just(Method::DeviceCode), Just(Method::Password), Just(Method::Auto)];
    let standing = prop_oneof![Just(Standing::Unregistered), Just(Standing::Registered)];
    let admit = GroupUse::Admit(vec![object(ADMINS)]);
    let groups = prop_oneof![Just(GroupUse::Nothing), Just(GroupUse::Tell), Just(admit)];
    (method, standing, any::<bool>(), prop::bool::weighted(0.1), groups).prop_map(
        |(method, standing, pinned, challenged, groups)| Facts {
            groups,
            method,
            standing,
            pinned: pinned.then(|| pin(CONTOSO)),
            claims: challenged.then(|| "{}".to_owned()),
            ..facts("alex@contoso.com")
        },
    )
}

fn failure(kind: u8) -> Failure {
    let codes = [
        ("AADSTS50076", FailureClass::NeedsUser),
        ("AADSTS65002", FailureClass::Broken),
        ("Unreachable", FailureClass::Transient),
        ("UnknownKey", FailureClass::Transient),
        ("AADSTS50057", FailureClass::Denied),
        ("AADSTS50126", FailureClass::NeedsUser),
        ("AADSTS53003", FailureClass::Denied),
        ("AADSTS140000", FailureClass::Transient),
    ];
    let (code, class) = codes[usize::from(kind) % codes.len()];
    refused(code, class)
}

/// Plays a conversation that goes on.
pub(super) fn talk(facts: Facts, steps: &[Step]) -> (Harness, Watcher) {
    let mut watcher = Watcher::of(&facts);
    let mut harness = Harness::open(facts);
    watcher.watch(&harness);
    for step in steps {
        let event = watcher.choose(&mut harness, step);
        watcher.feed(&mut harness, event);
    }
    (harness, watcher)
}

/// Plays a conversation to its end; whoever has nothing left to say hangs up.
pub(super) fn play(facts: Facts, steps: &[Step]) -> (Harness, Watcher) {
    let (mut harness, mut watcher) = talk(facts, steps);
    watcher.feed(&mut harness, Event::HungUp);
    (harness, watcher)
}

/// Checks the laws after every event.
pub(super) struct Watcher {
    facts: Facts,
    pub(super) in_flight: BTreeMap<OpId, Work>,
    pub(super) made: BTreeSet<u64>,
    pub(super) ended: BTreeSet<u64>,
    pub(super) handed_out: Option<u64>,
    used: BTreeSet<u64>,
    last_poll: Option<Timestamp>,
    identified: Option<TokenSubject>,
    /// What was asked to be tried and was not yet.
    permitted: Vec<Attempt>,
    realm: Option<Realm>,
    /// How often the password was asked for, and whether that question is open.
    pub(super) questions: usize,
    pub(super) open: bool,
    /// What was typed in answer to the question.
    typed: Option<TokenRef>,
    /// Whether the last password was not looked at, because its nonce was refused.
    unread: bool,
    finished: bool,
}

impl Watcher {
    fn of(facts: &Facts) -> Watcher {
        Watcher {
            facts: facts.clone(),
            in_flight: BTreeMap::new(),
            made: BTreeSet::new(),
            ended: BTreeSet::new(),
            handed_out: None,
            permitted: Vec::new(),
            used: BTreeSet::new(),
            last_poll: None,
            identified: None,
            realm: None,
            questions: 0,
            open: false,
            typed: None,
            unread: false,
            finished: false,
        }
    }

    pub(super) fn feed(&mut self, harness: &mut Harness, event: Event) {
        if let (Event::Password(password), true) = (&event, self.open) {
            self.typed = *password;
            self.open = false;
        }
        harness.feed(event);
        self.watch(harness);
    }

    /// The next event: an answer, what the person types, the timer, or one that nobody waits for.
    fn choose(&mut self, harness: &mut Harness, step: &Step) -> Event {
        let busy = self.in_flight.len().max(1);
        let chosen = self.in_flight.keys().copied().nth(step.pick % busy).filter(|_| step.pick != 0);
        match (step.noise % 10, chosen) {
            (0, _) => Event::Done(OpId(9_999), Ok(Reply::Pending)),
            (1, _) => Event::Started,
            (2, _) => Event::Password(Some(self.fresh())),
            (_, Some(op)) => self.answer(op, step, harness.now),
            (_, None) if self.open && step.kind.is_multiple_of(4) => Event::Password(None),
            (_, None) if self.open && !step.kind.is_multiple_of(5) => Event::Password(Some(self.fresh())),
            (_, None) => {
                harness.now = harness.batch.wake_at.unwrap_or(harness.now);
                Event::Woke
            }
        }
    }

    /// Answers as long as the session asks, well but without ever approving the code.
    pub(super) fn next_of_a_patient_world(&mut self, harness: &mut Harness) -> Event {
        match self.in_flight.keys().next().copied() {
            Some(op) => self.answer(op, &Step { pick: 0, kind: 1, noise: 0 }, harness.now),
            None => {
                harness.now = harness.batch.wake_at.unwrap_or(harness.now);
                Event::Woke
            }
        }
    }

    fn answer(&mut self, op: OpId, step: &Step, now: Timestamp) -> Event {
        let work = self.in_flight.remove(&op).unwrap();
        let result = if step.kind.is_multiple_of(4) {
            Err(failure(step.noise / 10))
        } else {
            Ok(self.reply(&work, step.noise.into(), now))
        };
        if let (Work::Password { .. }, Err(failure)) = (&work, &result) {
            self.unread = failure.cause == Some(Cause::Nonce);
        }
        Event::Done(op, result)
    }

    fn fresh(&mut self) -> TokenRef {
        let name = self.made.len() as u64 + 1;
        self.made.insert(name);
        TokenRef(name)
    }

    fn reply(&mut self, work: &Work, noise: usize, now: Timestamp) -> Reply {
        match work {
            Work::Resolve { .. } => leads_to(CONTOSO),
            Work::FetchKeys { .. } => Reply::Keys(Jwks::default()),
            Work::AskRealm { .. } => {
                let realm =
                    [Realm::Managed, Realm::Managed, Realm::Federated, Realm::Unknown][noise / 10 % 4];
                self.realm = Some(realm);
                Reply::Realm(realm)
            }
            Work::RequestCode { .. } => Reply::Code {
                code: self.fresh(),
                user_code: "A".to_owned(),
                verification_uri: "https://x".to_owned(),
                expires_in: Duration::from_secs(60),
                interval: Duration::from_secs(5),
            },
            Work::Poll { .. } if noise.is_multiple_of(2) => Reply::Pending,
            Work::Password { standing: Standing::Registered, .. } => Reply::Vouched(self.fresh()),
            Work::Poll { .. } | Work::Password { .. } | Work::RedeemGiven { .. } => {
                Reply::Tokens(self.fresh())
            }
            Work::Nonce { .. } => Reply::Nonce(nonce(now)),
            Work::Exchange { .. } => Reply::Exchanged,
            Work::Identify { .. } => {
                let name = if noise.is_multiple_of(2) { "alex@contoso.com" } else { "adele@contoso.com" };
                let who = subject(name, ALEX);
                self.identified = Some(who.clone());
                Reply::Identified(who)
            }
            Work::Redeem { .. } => Reply::Redeemed,
            Work::LookUpMe { .. } => Reply::Me { object: object(ALEX), upn: "alex@contoso.com".to_owned() },
            Work::ListGroups { .. } => Reply::Groups(groups::of([ADMINS, STAFF][noise % 2])),
        }
    }

    fn watch(&mut self, harness: &Harness) {
        for command in &harness.batch.commands {
            assert!(
                !self.finished || matches!(command, Command::Ignored(_) | Command::Forget(_)),
                "{command:?} after the end"
            );
            match command {
                Command::Attempt(_, attempt) => self.permitted.push(*attempt),
                Command::Run(op, work) => self.started(*op, work, harness.now),
                Command::Cancel(op) => assert!(self.in_flight.remove(op).is_some()),
                Command::Forget(name) => assert!(self.ended.insert(name.0), "{name:?} ended twice"),
                Command::AskPassword(prompt) => self.asked(prompt),
                Command::Finish(outcome) => self.finish(outcome),
                _ => {}
            }
        }
        self.open &= !harness.session.is_over();
        let stalled =
            self.in_flight.is_empty() && harness.batch.wake_at.is_none() && !harness.session.is_over();
        assert!(!stalled, "nothing is awaited");
        assert!(!self.open || harness.batch.wake_at.is_some(), "a question for ever");
    }

    fn started(&mut self, op: OpId, work: &Work, now: Timestamp) {
        match work {
            Work::Poll { code, .. } => {
                let too_fast = self.last_poll.is_some_and(|last| now.since(last) < Duration::from_secs(5));
                assert!(!too_fast, "polled faster than the interval");
                self.last_poll = Some(now);
                self.alive(*code);
            }
            Work::RequestCode { .. } => {
                assert_eq!(self.permitted.pop(), Some(Attempt::Code), "nobody was asked");
                self.last_poll = None;
            }
            Work::Password { password, standing, nonce, .. } => {
                let again = std::mem::take(&mut self.unread);
                assert!(again || self.permitted.pop() == Some(Attempt::Password), "nobody was asked");
                assert_eq!(nonce.is_some(), *standing == Standing::Registered);
                assert!(nonce.as_ref().is_none_or(|nonce| nonce.is_fresh(now)), "an old nonce");
                self.tried(*password, *standing, again);
            }
            Work::Exchange { token, nonce, .. } => {
                assert!(nonce.is_fresh(now), "an old nonce");
                self.alive(*token);
            }
            Work::Identify { token, .. }
            | Work::RedeemGiven { token, .. }
            | Work::Redeem { token, .. }
            | Work::LookUpMe { token, .. }
            | Work::ListGroups { token, .. } => {
                self.alive(*token);
            }
            Work::Resolve { .. } | Work::FetchKeys { .. } | Work::AskRealm { .. } | Work::Nonce { .. } => {}
        }
        assert!(self.in_flight.insert(op, work.clone()).is_none(), "an id was used twice");
        assert!(self.in_flight.len() <= 3);
    }

    fn alive(&self, secret: TokenRef) {
        assert!(self.made.contains(&secret.0) && !self.ended.contains(&secret.0), "{secret:?} is over");
    }

    fn asked(&mut self, prompt: &PasswordPrompt) {
        let allowed = match self.facts.method {
            Method::DeviceCode => false,
            Method::Password => true,
            Method::Auto => self.facts.standing == Standing::Registered,
        };
        assert!(allowed && self.realm == Some(Realm::Managed), "nobody may ask for a password here");
        assert_eq!((Some(&prompt.name), self.questions), (self.facts.asked.person(), 0));
        (self.questions, self.open) = (1, true);
    }

    fn tried(&mut self, password: TokenRef, standing: Standing, again: bool) {
        self.alive(password);
        assert_eq!((Some(password), standing), (self.typed, self.facts.standing));
        assert_eq!(self.used.insert(password.0), !again, "{password:?} is used twice");
    }

    fn finish(&mut self, outcome: &Outcome) {
        assert!(!self.finished, "finished twice");
        self.finished = true;
        if let Outcome::SignedIn { account, token, groups } = outcome {
            let came = self.identified.as_ref().map(|came| (came.tenant, came.object));
            assert_eq!(came, Some((account.tenant, account.object)));
            let asked = self.facts.asked.person();
            assert!(asked.is_none_or(|asked| *asked == account.upn), "a name that nobody asked for");
            if let GroupUse::Admit(admitted) = &self.facts.groups {
                let admission::Groups::Known(own) = groups else { panic!("in with {groups:?}") };
                assert!(own.iter().any(|group| admitted.contains(&group.object)), "in without a group");
            }
            self.alive(*token);
            self.handed_out = Some(token.0);
        }
    }
}
