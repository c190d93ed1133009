//! The rest of a sign-in that cannot reach the service: the person's password is checked here, where that is wanted and
//! may be (login.md 5). It gives a local session and nothing else: no token, no registration, groups as last seen.

use crate::computer::Ports;
use crate::inbox::{Inbox, unexpected_answer};
use crate::sign_in::{Purpose, SignInEffects, SignInEvent};
use in_flight::rest;
use model::{Account, Attempt, Failure, PasswordResult, Secret};
use offline::{Answer, Moment, Person, Request};
use offline_desk::{Office, Way, account_here, way};
use signin::{Notice, PasswordPrompt, password_timeout};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use views::Views;

/// Where what is kept of passwords is decided.
pub(crate) struct LoopOffice {
    pub(crate) ports: Arc<Ports>,
    pub(crate) inbox: Inbox,
}

impl Office for LoopOffice {
    async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let request = Box::new(request);
        match self.inbox.ask(|caller| tenancy::Event::Offline { caller, request }).await? {
            (tenancy::Answer::Offline(answer), _) => Ok(answer),
            _ => Err(unexpected_answer()),
        }
    }

    fn views(&self) -> &Views {
        &self.ports.views
    }

    fn moment(&self) -> Moment {
        moment(&self.ports)
    }

    fn may_log(&self, what: &'static str) -> bool {
        self.ports.log.allows(what)
    }
}

/// What the clocks say.
pub(crate) fn moment(ports: &Ports) -> Moment {
    Moment { now: ports.clock.now(), running: ports.clock.running() }
}

impl SignInEffects {
    fn is_to_be_let_in(&self) -> bool {
        matches!(self.purpose, Purpose::LetIn(_))
    }

    /// Whether what is kept of passwords is wanted for whoever signs in here.
    pub(crate) fn keeps_passwords(&self) -> bool {
        self.ports.accounts.offline.is_some() && self.is_to_be_let_in()
    }

    pub(crate) fn learn(&mut self, who: &Account) {
        self.typed.accepted(&self.ports.desk, (who.tenant, who.object));
    }

    pub(crate) fn unlearn(&mut self) {
        let here = (&*self.ports.accounts, &self.ports.views);
        if let Some(who) = self.asked.person().and_then(|asked| account_here(here, asked)) {
            self.typed.refused(&self.ports.desk, (who.tenant, who.object));
        }
    }

    /// How a sign-in goes on that failed so, and whether that is without the network.
    pub(crate) fn way(&self, failure: &Failure) -> Option<Result<Way, Failure>> {
        let asked = self.asked.person().filter(|_| self.is_to_be_let_in() && !self.typed.asked)?;
        way((&self.ports.accounts, &self.ports.views), asked, failure, moment(&self.ports))
    }
}

/// Goes the way to its end.
pub(crate) async fn run(
    effects: &mut SignInEffects,
    way: Way,
    typed: &mut mpsc::Receiver<Option<Secret<String>>>,
) {
    effects.tell(SignInEvent::Notice(Notice::WithoutNetwork { until: way.until })).await;
    effects.tell(SignInEvent::AskPassword(PasswordPrompt { name: way.who.upn.clone(), reason: None })).await;
    let patience = Some(effects.ports.clock.now().after(PATIENCE));
    let password = tokio::select! {
        password = typed.recv() => password,
        () = effects.hung_up() => return,
        () = rest(&*effects.ports.clock, patience) => return effects.failed(password_timeout()).await,
    };
    // Where a code is wanted instead, nobody can give one.
    let Some(password) = password.flatten() else { return effects.failed(way.failure).await };
    let person = (way.who.tenant, way.who.object);
    match compared(effects, person, password).await {
        Ok(()) => {
            tracing::info!(domain = %way.who.upn.domain(), "Signed in without the network");
            effects.signed_in_alone(way.who).await;
        }
        Err(failure) => effects.failed(failure).await,
    }
}

async fn compared(effects: &SignInEffects, person: Person, password: Secret<String>) -> Result<(), Failure> {
    effects.permitted(Attempt::Password).await?;
    let compared = effects.ports.desk.compare(person, password).await;
    let result = if compared.is_ok() { PasswordResult::Accepted } else { PasswordResult::Refused };
    effects.tried(result).await;
    compared
}

/// How long the question for a password stands.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
