//! The session driven by hand: one table of people, one of refusals, and random conversations.

mod given;
mod groups;
mod names;
mod nonces;
mod order;
mod password;
mod polling;
mod properties;
mod refusals;
mod talk;

use crate::*;
use ::machine::Machine as _;
use model::{
    Asked, Attempt, Cause, DirectoryGroup, Failure, FailureClass, GroupUse, Jwks, Nonce, ObjectId, TenantId,
    Timestamp, TokenRef, TokenSubject, Who,
};
use std::time::Duration;

pub(super) const CONTOSO: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const FABRIKAM: &str = "99999999-2222-3333-4444-555555555555";
pub(super) const ALEX: &str = "aaaaaaaa-0000-0000-0000-000000000001";
pub(super) const OTHER: &str = "bbbbbbbb-0000-0000-0000-000000000002";

pub(super) fn tenant(text: &str) -> TenantId {
    text.parse().unwrap()
}

pub(super) fn object(text: &str) -> ObjectId {
    text.parse().unwrap()
}

pub(super) fn pin(of: &str) -> TenantPin {
    TenantPin { tenant: tenant(of), issuer: format!("https://login/{of}/v2.0") }
}

pub(super) fn facts(asked: &str) -> Facts {
    let (method, standing) = (Method::DeviceCode, Standing::Unregistered);
    let asked = Asked::Person(asked.parse().unwrap());
    Facts {
        asked,
        wanted: None,
        pinned: None,
        accounts: Vec::new(),
        claims: None,
        method,
        standing,
        groups: GroupUse::Nothing,
        registrars: None,
    }
}

pub(super) fn seen(name: &str, in_tenant: &str, id: &str) -> AccountPin {
    AccountPin {
        upn: name.parse().unwrap(),
        tenant: tenant(in_tenant),
        object: object(id),
        first_seen: Timestamp::from_secs(9),
        former_since: None,
    }
}

/// The same, given away since.
pub(super) fn former(name: &str, id: &str) -> AccountPin {
    AccountPin { former_since: Some(Timestamp::from_secs(99)), ..seen(name, CONTOSO, id) }
}

pub(super) fn subject(name: &str, id: &str) -> TokenSubject {
    TokenSubject { tenant: tenant(CONTOSO), object: object(id), upn: name.parse().unwrap(), groups: None }
}

pub(super) fn refused(code: &str, class: FailureClass) -> Failure {
    let cause = match code {
        "UnknownKey" => Some(Cause::UnknownSigningKey),
        _ => None,
    };
    let line = model::refusal(code.trim_start_matches("AADSTS"));
    let failure =
        Failure::local(class, Who::User, code, "refused".to_owned(), "Do something.").classified(line);
    Failure { cause: failure.cause.or(cause), ..failure }
}

/// The metadata of a domain of this tenant.
pub(super) fn leads_to(of: &str) -> Reply {
    Reply::Resolved { pin: pin(of), keys_at: format!("https://login/{of}/keys") }
}

/// A nonce that was asked for at this time.
pub(super) fn nonce(at: Timestamp) -> Nonce {
    Nonce { value: "AwAB".to_owned(), at }
}

/// A session and the answers it gets, one at a time.
pub(super) struct Harness {
    pub(super) session: Session,
    pub(super) now: Timestamp,
    pub(super) batch: Batch,
    /// Every command so far.
    pub(super) all: Vec<Command>,
    /// Why nothing more may be tried for the name; anything may where there is nothing.
    pub(super) exhausted: Option<Failure>,
    /// What whoever is quick types, once they are asked.
    pub(super) types_at_once: Option<TokenRef>,
}

impl Harness {
    pub(super) fn open(facts: Facts) -> Harness {
        Harness::begun(facts, Event::Started)
    }

    /// A session that begins with this event.
    pub(super) fn begun(facts: Facts, first: Event) -> Harness {
        let batch = Batch { commands: Vec::new(), wake_at: None };
        let (session, now, exhausted) = (Session::new(facts), Timestamp::from_secs(1000), None);
        let mut harness = Harness { session, now, batch, all: Vec::new(), exhausted, types_at_once: None };
        harness.feed(first);
        harness
    }

    /// One event; whether something may be tried is answered at once, as part of it.
    pub(super) fn feed(&mut self, event: Event) {
        self.batch = self.session.handle(event, self.now);
        let asked = |command: &Command| match command {
            Command::Attempt(op, _) => Some(*op),
            _ => None,
        };
        if let Some(op) = self.batch.commands.iter().find_map(asked) {
            let answer = self.exhausted.clone().map_or(Ok(Reply::Permitted), Err);
            let follows = self.session.handle(Event::Done(op, answer), self.now);
            self.batch.commands.extend(follows.commands);
            self.batch.wake_at = follows.wake_at;
        }
        self.all.extend(self.batch.commands.clone());
    }

    /// The newest work for which `pick` is true.
    pub(super) fn op(&self, pick: fn(&Work) -> bool) -> OpId {
        let found = self.all.iter().rev().find_map(|command| match command {
            Command::Run(op, work) if pick(work) => Some(*op),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no such work in {:?}", self.all))
    }

    pub(super) fn answer(&mut self, pick: fn(&Work) -> bool, result: Result<Reply, Failure>) {
        let op = self.op(pick);
        self.feed(Event::Done(op, result));
    }

    pub(super) fn wake(&mut self) {
        self.now = self.batch.wake_at.expect("something to wait for");
        self.feed(Event::Woke);
    }

    pub(super) fn resolve(&mut self) {
        self.answer(is_resolve, Ok(leads_to(CONTOSO)));
        self.fetch_keys();
    }

    pub(super) fn fetch_keys(&mut self) {
        // A domain that leads elsewhere ends the sign-in.
        if self.outcome().is_none() {
            self.answer(is_keys, Ok(Reply::Keys(Jwks::default())));
        }
    }

    /// Up to the moment at which the person has a code.
    pub(super) fn with_code(mut self) -> Harness {
        self.resolve();
        self.give_code(1);
        self
    }

    pub(super) fn give_code(&mut self, name: u64) {
        let reply = Reply::Code {
            code: TokenRef(name),
            user_code: "ABCD".to_owned(),
            verification_uri: "https://microsoft.com/devicelogin".to_owned(),
            expires_in: Duration::from_secs(900),
            interval: Duration::from_secs(5),
        };
        self.answer(is_request, Ok(reply));
    }

    /// Up to the moment at which the person approved.
    pub(super) fn approve(&mut self, token: u64) {
        self.wake();
        self.answer(is_poll, Ok(Reply::Tokens(TokenRef(token))));
    }

    pub(super) fn requests(&self) -> Vec<(Scope, Option<String>)> {
        let request = |command: &Command| match command {
            Command::Run(_, Work::RequestCode { scope, claims, .. }) => Some((*scope, claims.clone())),
            _ => None,
        };
        self.all.iter().filter_map(request).collect()
    }

    /// What was asked to be tried.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        let attempt = |command: &Command| match command {
            Command::Attempt(_, attempt) => Some(*attempt),
            _ => None,
        };
        self.all.iter().filter_map(attempt).collect()
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        self.all.iter().find_map(|command| match command {
            Command::Finish(outcome) => Some(outcome.as_ref()),
            _ => None,
        })
    }

    /// Why the session failed.
    pub(super) fn failure(&self) -> &Failure {
        match self.outcome() {
            Some(Outcome::Failed(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }

    /// `in` or the code of the failure.
    pub(super) fn end(&self) -> String {
        match self.outcome() {
            Some(Outcome::SignedIn { .. }) => "in".to_owned(),
            Some(Outcome::Failed(failure)) => failure.code.clone(),
            None => "nothing".to_owned(),
        }
    }

    pub(super) fn forgotten(&self, name: u64) -> usize {
        self.all.iter().filter(|command| **command == Command::Forget(TokenRef(name))).count()
    }
}

pub(super) fn is_resolve(work: &Work) -> bool {
    matches!(work, Work::Resolve { .. })
}
pub(super) fn is_keys(work: &Work) -> bool {
    matches!(work, Work::FetchKeys { .. })
}
pub(super) fn is_request(work: &Work) -> bool {
    matches!(work, Work::RequestCode { .. })
}
pub(super) fn is_poll(work: &Work) -> bool {
    matches!(work, Work::Poll { .. })
}
pub(super) fn is_realm(work: &Work) -> bool {
    matches!(work, Work::AskRealm { .. })
}
pub(super) fn is_password(work: &Work) -> bool {
    matches!(work, Work::Password { .. })
}
pub(super) fn is_nonce(work: &Work) -> bool {
    matches!(work, Work::Nonce { .. })
}
pub(super) fn is_exchange(work: &Work) -> bool {
    matches!(work, Work::Exchange { .. })
}
pub(super) fn is_identify(work: &Work) -> bool {
    matches!(work, Work::Identify { .. })
}
pub(super) fn is_me(work: &Work) -> bool {
    matches!(work, Work::LookUpMe { .. })
}
pub(super) fn is_groups(work: &Work) -> bool {
    matches!(work, Work::ListGroups { .. })
}
pub(super) fn is_redeem(work: &Work) -> bool {
    matches!(work, Work::Redeem { .. })
}
