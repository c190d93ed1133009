//! The machine of one person's sign-in.

use crate::samples::{failure, id, tenant};
use crate::{Arrow, Walker, drawn, walk};
use machine::{Machine as _, OpId};
use model::{
    Asked, Cause, Delivery, DirectoryGroup, Failure, FailureClass, GroupUse, Jwks, Method, Nonce,
    SignInFacts as Facts, Standing, TenantPin, Timestamp, TokenRef, TokenSubject, Upn,
};
use signin::{Command, Event, Realm, Reply, Scope, Session, Work};
use std::collections::BTreeSet;
use std::time::Duration;

/// Every arrow that the walk found, in order; those that stay in their state are left out.
pub(crate) fn arrows() -> Vec<Arrow> {
    // Both are constants of this file.
    let (Ok(asked), Ok(other)) = ("alex@contoso.com".parse(), "alexander@contoso.com".parse()) else {
        return Vec::new();
    };
    let mut found = BTreeSet::new();
    let admit = || GroupUse::Admit(vec![id(3)]);
    for (method, pinned, groups) in [
        (Method::DeviceCode, false, GroupUse::Nothing),
        (Method::DeviceCode, false, admit()),
        (Method::Password, false, GroupUse::Nothing),
        (Method::Password, true, GroupUse::Nothing),
    ] {
        found.extend(walk(|| Harness::new([&asked, &other], method, (pinned, groups.clone())), |_| {}));
    }
    drawn(found)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Begin,
    BeginWithToken,
    Resolve,
    LeadElsewhere,
    Succeed,
    OtherName,
    NoGroup,
    Federated,
    Fail(FailureClass, Option<Cause>),
    Type,
    ChooseCode,
    Permit,
    RefuseToTry,
    Wake,
    HangUp,
}

struct Harness {
    /// The account as its token names it: as it was asked for, and by another name.
    accounts: [TokenSubject; 2],
    session: Session,
    now: Timestamp,
    /// The look at the domain goes on beside another work.
    in_flight: Vec<(OpId, Work)>,
    wake_at: Option<Timestamp>,
    /// The question whether something may be tried.
    asked: Option<OpId>,
    /// The code was asked for another resource than registration.
    redeems: bool,
    tokens: u64,
}

impl Harness {
    fn new(names: [&Upn; 2], method: Method, (pinned, groups): (bool, GroupUse)) -> Harness {
        let accounts =
            names.map(|upn| TokenSubject { tenant: tenant(), object: id(2), upn: upn.clone(), groups: None });
        let facts = Facts {
            asked: Asked::Person(names[0].clone()),
            wanted: Some(tenant()),
            pinned: pinned.then(|| pin(1)),
            accounts: Vec::new(),
            claims: None,
            method,
            standing: if pinned { Standing::Registered } else { Standing::Unregistered },
            groups,
            registrars: None,
        };
        let now = Timestamp::from_secs(1_000_000);
        Harness {
            accounts,
            session: Session::new(facts),
            now,
            in_flight: Vec::new(),
            wake_at: None,
            asked: None,
            redeems: false,
            tokens: 0,
        }
    }

    /// Takes the work in flight that looks at the domain, or another.
    fn pick(&mut self, domain: bool) -> Option<(OpId, Work)> {
        let place =
            self.in_flight.iter().position(|(_, work)| matches!(work, Work::Resolve { .. }) == domain)?;
        Some(self.in_flight.remove(place))
    }

    fn token(&mut self) -> TokenRef {
        self.tokens += 1;
        TokenRef(self.tokens)
    }

    fn reply(&mut self, work: &Work) -> Reply {
        match work {
            Work::Resolve { .. } => leads_to(1),
            Work::RequestCode { .. } => Reply::Code {
                code: self.token(),
                user_code: "ABCD".to_owned(),
                verification_uri: "https://microsoft.com/devicelogin".to_owned(),
                expires_in: Duration::from_secs(20),
                interval: Duration::from_secs(5),
            },
            Work::FetchKeys { .. } => Reply::Keys(Jwks::default()),
            Work::Nonce { .. } => Reply::Nonce(Nonce { value: "AwAB".to_owned(), at: self.now }),
            Work::Password { standing: Standing::Registered, .. } => Reply::Vouched(self.token()),
            Work::Exchange { .. } => Reply::Exchanged,
            Work::Poll { .. } | Work::Password { .. } | Work::RedeemGiven { .. } => {
                Reply::Tokens(self.token())
            }
            Work::AskRealm { .. } => Reply::Realm(Realm::Managed),
            Work::Identify { .. } => Reply::Identified(self.accounts[0].clone()),
            Work::Redeem { .. } => Reply::Redeemed,
            Work::LookUpMe { .. } => Reply::Me { object: id(2), upn: self.accounts[0].upn.to_string() },
            Work::ListGroups { .. } => Reply::Groups(vec![DirectoryGroup { object: id(3), name: None }]),
        }
    }

    fn event(&mut self, step: Move) -> Option<Event> {
        let done = |op, reply| Event::Done(op, Ok(reply));
        match step {
            Move::Begin => Some(Event::Started),
            Move::BeginWithToken => Some(Event::Given(self.token())),
            Move::Resolve => self.pick(true).map(|(op, _)| done(op, leads_to(1))),
            Move::LeadElsewhere => self.pick(true).map(|(op, _)| done(op, leads_to(9))),
            Move::Succeed => self.pick(false).map(|(op, work)| done(op, self.reply(&work))),
            Move::OtherName => self
                .pick(false)
                .filter(|(_, work)| matches!(work, Work::Identify { .. }))
                .map(|(op, _)| done(op, Reply::Identified(self.accounts[1].clone()))),
            Move::NoGroup => self
                .pick(false)
                .filter(|(_, work)| matches!(work, Work::ListGroups { .. }))
                .map(|(op, _)| done(op, Reply::Groups(Vec::new()))),
            Move::Federated => self
                .pick(false)
                .filter(|(_, work)| matches!(work, Work::AskRealm { .. }))
                .map(|(op, _)| done(op, Reply::Realm(Realm::Federated))),
            Move::Fail(class, cause) => self.pick(false).map(|(op, _)| {
                let failure = failure(class, Delivery::Answered, "Refused");
                Event::Done(op, Err(Failure { cause, ..failure }))
            }),
            Move::Type => Some(Event::Password(Some(self.token()))),
            Move::ChooseCode => Some(Event::Password(None)),
            Move::Permit => self.asked.take().map(|op| done(op, Reply::Permitted)),
            Move::RefuseToTry => self.asked.take().map(|op| {
                Event::Done(op, Err(failure(FailureClass::NeedsUser, Delivery::NotSent, "TooManyAttempts")))
            }),
            Move::Wake => self.wake_at.map(|due| {
                self.now = due.max(self.now);
                Event::Woke
            }),
            Move::HangUp => Some(Event::HungUp),
        }
    }
}

impl Walker for Harness {
    type Move = Move;
    const MOVES: &'static [(Move, &'static str)] = &[
        (Move::Begin, "it begins"),
        (Move::BeginWithToken, "it begins with a token"),
        (Move::Resolve, "the domain is resolved"),
        (Move::LeadElsewhere, "the domain leads to another tenant"),
        (Move::Succeed, "it succeeds"),
        (Move::OtherName, "the account gives another name"),
        (Move::NoGroup, "the person is in no group that may"),
        (Move::Federated, "another provider checks the password"),
        (Move::Fail(FailureClass::NeedsUser, Some(Cause::SecondFactor)), "a second factor is needed"),
        (Move::Fail(FailureClass::Broken, Some(Cause::Scope)), "the resource is refused"),
        (Move::Fail(FailureClass::Transient, Some(Cause::UnknownSigningKey)), "the signing key is not known"),
        (Move::Fail(FailureClass::Denied, None), "refused"),
        (Move::Fail(FailureClass::Transient, None), "out of reach"),
        (Move::Type, "a password is typed"),
        (Move::ChooseCode, "a code is chosen"),
        (Move::Permit, "it may be tried"),
        (Move::RefuseToTry, "too much was tried"),
        (Move::Wake, "the timer comes"),
        (Move::HangUp, "the person hangs up"),
    ];

    fn state(&self) -> &'static str {
        self.session.state()
    }

    fn mark(&self) -> [bool; 3] {
        [!self.in_flight.is_empty() || self.asked.is_some(), self.wake_at.is_some(), self.redeems]
    }

    fn take(&mut self, step: Move) -> bool {
        let Some(event) = self.event(step) else { return false };
        let mut batch = self.session.handle(event, self.now);
        // Nonce and keys come at once: that they are waited for is no state.
        let at_once = |command: &Command| match command {
            Command::Run(op, work @ (Work::Nonce { .. } | Work::FetchKeys { .. })) => {
                Some((*op, work.clone()))
            }
            _ => None,
        };
        while let Some((op, work)) = batch.commands.iter().find_map(at_once) {
            batch.commands.retain(|command| !matches!(command, Command::Run(of, _) if *of == op));
            let came = Event::Done(op, Ok(self.reply(&work)));
            let next = self.session.handle(came, self.now);
            batch.commands.extend(next.commands);
            batch.wake_at = next.wake_at;
        }
        self.wake_at = batch.wake_at;
        for command in batch.commands {
            match command {
                Command::Run(op, work) => {
                    self.redeems |= matches!(work, Work::RequestCode { scope: Scope::Portal, .. });
                    self.in_flight.push((op, work));
                }
                Command::Attempt(op, _) => self.asked = Some(op),
                Command::Cancel(op) => {
                    self.in_flight.retain(|(known, _)| *known != op);
                    self.asked = self.asked.filter(|asked| *asked != op);
                }
                _ => {}
            }
        }
        true
    }
}

fn leads_to(n: u8) -> Reply {
    Reply::Resolved { pin: pin(n), keys_at: "https://login.example/keys".to_owned() }
}

fn pin(n: u8) -> TenantPin {
    let tenant = if n == 1 { tenant() } else { id(n) };
    TenantPin { tenant, issuer: "https://login.example/v2.0".to_owned() }
}
