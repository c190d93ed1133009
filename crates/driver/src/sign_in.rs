use crate::account_files::local_facts;
use crate::computer::Ports;
use crate::inbox::Inbox;
use crate::offline_sign_in;
use crate::permission::permission;
use crate::proof::Proof;
use admission::Groups;
use executor::Executor;
use in_flight::{Ends, InFlight, crashed, entropy, rest};
use machine::OpId;
use machine::{Effects, step};
use model::{
    Account, Asked, Asker, Attempt, DirectoryGroup, Failure, FailureClass, PasswordResult, Secret,
    SignInFacts, TenantId, Timestamp, TokenRef, Trace, log_failure, wiping,
};
use offline_desk::{Typed, Way};
use signin::{Command, Event, Notice, Outcome, PasswordPrompt, Prompt, Reply, Session, Work};
use std::sync::Arc;
use tokio::sync::mpsc;
use views::SignInView;

/// One person's sign-in; dropping it hangs up.
pub struct SignIn {
    events: mpsc::Receiver<Box<SignInEvent>>,
    answers: mpsc::Sender<Option<Secret<String>>>,
}

/// What a person signs in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be known, and to register the machine.
    Identify(Codes),
    /// To be let into this machine: they need an account of it.
    LetIn(Codes),
}

/// Whether a person can read a code where they sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// They can.
    Shown,
    /// One question for a password is all there is: no code is begun.
    NotShown,
}

impl Purpose {
    fn codes(self) -> Codes {
        match self {
            Purpose::Identify(codes) | Purpose::LetIn(codes) => codes,
        }
    }
}

/// What a sign-in tells its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInEvent {
    /// Show this to the person.
    Prompt(Prompt),
    /// Ask the person for the password; [`SignIn::answer`] takes it.
    AskPassword(PasswordPrompt),
    /// The service is asked for this, and nothing else happens meanwhile.
    Waiting(WaitingFor),
    /// Tell this to the person, who still has to act.
    Notice(Notice),
    /// The last event: the person is who was asked for.
    SignedIn(Account),
    /// The last event: they are not, or it could not be found out.
    Failed(Failure),
}

/// What a sign-in waits for the service to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitingFor {
    /// To say which tenant the domain is of.
    Tenant,
    /// To say who checks the passwords of the domain.
    Realm,
    /// To give a device code.
    Code,
    /// To check the password.
    Password,
    /// To exchange what it gave for what registration needs.
    Tokens,
    /// To say who signed in.
    Account,
}

impl WaitingFor {
    /// Nothing where the service is not asked, or where the person is waited for.
    fn of(work: &Work) -> Option<WaitingFor> {
        match work {
            Work::Resolve { .. } => Some(WaitingFor::Tenant),
            Work::AskRealm { .. } => Some(WaitingFor::Realm),
            Work::RequestCode { .. } => Some(WaitingFor::Code),
            Work::Password { .. } => Some(WaitingFor::Password),
            Work::Redeem { .. } | Work::RedeemGiven { .. } => Some(WaitingFor::Tokens),
            Work::LookUpMe { .. } | Work::ListGroups { .. } => Some(WaitingFor::Account),
            // They are fetched beside something else, and the exchange belongs to the password.
            Work::FetchKeys { .. } | Work::Nonce { .. } | Work::Exchange { .. } => None,
            Work::Poll { .. } | Work::Identify { .. } => None,
        }
    }
}

impl SignIn {
    /// The next event; none after the last.
    pub async fn next(&mut self) -> Option<SignInEvent> {
        self.events.recv().await.map(|event| *event)
    }

    /// What the person typed; none when they would rather have a code.
    pub async fn answer(&self, password: Option<Secret<String>>) {
        // A session that ended meanwhile says so by its last event.
        drop(self.answers.send(password).await);
    }
}

/// Starts the sign-in of one person.
pub(crate) fn start(
    ports: Arc<Ports>,
    inbox: Inbox,
    executor: Arc<Executor>,
    ((facts, asker, purpose), given): ((SignInFacts, Asker, Purpose), Option<Secret<String>>),
) -> SignIn {
    let (tell, events) = mpsc::channel(EVENTS);
    let (answers, typed) = mpsc::channel(1);
    let (works, finished) = InFlight::new();
    let (asked, wake_at, over) = (facts.asked.clone(), None, false);
    // It counts with a success only.
    let asker = facts.proves(asker);
    let (proof, own_typed, way) = (Proof::default(), Typed::default(), None);
    let mut effects = SignInEffects {
        proof,
        typed: own_typed,
        way,
        ports,
        inbox,
        executor,
        asked,
        asker,
        purpose,
        tell,
        works,
        wake_at,
        over,
    };
    let first = effects.keep(given).map_or(Event::Started, Event::Given);
    tokio::spawn(wiping(run(effects, (Session::new(facts), first), finished, typed)));
    SignIn { events, answers }
}

async fn run(
    mut effects: SignInEffects,
    (mut session, mut event): (Session, Event),
    mut finished: Ends<OpId, Result<Reply, Failure>>,
    mut typed: mpsc::Receiver<Option<Secret<String>>>,
) {
    let hung_up = effects.tell.clone();
    loop {
        if let Err(failure) = step(&mut effects, &mut session, event).await {
            effects.publish(Some(failure.clone()), failure.trace.clone());
            effects.tell(SignInEvent::Failed(failure)).await;
            effects.over = true;
            // The session's own secrets end with it.
            let _ = step(&mut effects, &mut session, Event::HungUp).await;
        }
        if let Some(account) = effects.proof.of.take() {
            // The password was the right one, and that is all that is asked: no token is kept.
            effects.over = true;
            let _ = step(&mut effects, &mut session, Event::HungUp).await;
            effects.learn(&account);
            effects.tell(SignInEvent::SignedIn(account)).await;
        }
        if let Some(way) = effects.way.take() {
            return offline_sign_in::run(&mut effects, way, &mut typed).await;
        }
        if effects.over {
            return;
        }
        event = tokio::select! {
            Some((op, result)) = finished.recv() => {
                effects.works.ended(op);
                effects.proof.hears(op, &result);
                effects.hears_of_password(op, &result);
                Event::Done(op, effects.admitted(result))
            }
            Some(password) = typed.recv() => Event::Password(effects.keep(password)),
            () = hung_up.closed() => { effects.over = true; Event::HungUp }
            () = rest(&*effects.ports.clock, effects.wake_at) => Event::Woke,
        };
    }
}

pub(crate) struct SignInEffects {
    pub(crate) proof: Proof,
    /// What was typed, where it is kept for the time without the network.
    pub(crate) typed: Typed,
    /// How it goes on without the network.
    way: Option<Way>,
    pub(crate) ports: Arc<Ports>,
    inbox: Inbox,
    executor: Arc<Executor>,
    /// Who was asked for; whoever came, once that is known.
    pub(crate) asked: Asked,
    asker: Asker,
    pub(crate) purpose: Purpose,
    /// Boxed, because a channel takes room for 32 events before it carries any.
    tell: mpsc::Sender<Box<SignInEvent>>,
    works: InFlight<OpId, Result<Reply, Failure>>,
    wake_at: Option<Timestamp>,
    over: bool,
}

impl Effects<Session> for SignInEffects {
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    async fn perform(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Run(op, work) => {
                if let Some(waiting) = WaitingFor::of(&work) {
                    self.tell(SignInEvent::Waiting(waiting)).await;
                }
                self.begin(op, work);
            }
            Command::Attempt(op, attempt) => self.ask_for(op, attempt).await,
            Command::PasswordTried(result) => self.tried(result).await,
            Command::Cancel(op) => self.works.cancel(op),
            Command::Forget(token) => self.ports.vault.forget(token),
            Command::Remember(memory) => {
                let learnt = self.inbox.ask(|caller| tenancy::Event::Learnt { caller, memory });
                return learnt.await.map(drop);
            }
            Command::PrepareJoin(tenant) => self.prepare_join(tenant),
            Command::Show(prompt) => self.tell(SignInEvent::Prompt(prompt)).await,
            Command::Tell(notice) => self.tell(SignInEvent::Notice(notice)).await,
            Command::AskPassword(prompt) => {
                self.typed.asked = true;
                self.tell(SignInEvent::AskPassword(prompt)).await;
            }
            Command::Finish(outcome) => self.finish(*outcome).await,
            Command::Ignored(what) => tracing::debug!(what, "Sign-in event ignored"),
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

impl SignInEffects {
    fn begin(&mut self, op: OpId, work: Work) {
        let identity = match &work {
            Work::Password { tenant, name, .. } => {
                self.proof = Proof { op: Some(op), ..Proof::default() };
                self.ports.views.provable_identity(*tenant, name)
            }
            // What it wants besides, it wants of whoever has the right password.
            Work::Exchange { .. } => {
                self.proof = Proof { op: Some(op), ..Proof::default() };
                None
            }
            _ => None,
        };
        let (executor, now) = (self.executor.clone(), self.now());
        let performing =
            async move { executor.perform_sign_in(work, identity.as_ref(), now, entropy()).await };
        let crashed = crashed(FailureClass::Broken, "sign-in", "then sign in again");
        self.works.begin(op, performing, Err(crashed));
    }

    /// Whether something may be tried now for the name. Where there is none, nobody's attempts are used up: root alone
    /// asks so, for a code.
    async fn ask_for(&mut self, op: OpId, attempt: Attempt) {
        if attempt == Attempt::Code && self.purpose.codes() == Codes::NotShown {
            self.proof.of = self.signed_in_here().filter(|_| self.proof.is_right);
            return self.works.end(op, Err(tenancy::refusals::code_not_shown()));
        }
        let Some(asked) = self.asked.person().cloned() else {
            return self.works.end(op, Ok(Reply::Permitted));
        };
        let of = (attempt, asked, self.asker.by);
        let permission = permission(self.ports.clone(), self.inbox.clone(), of);
        let crashed = crashed(FailureClass::Broken, "sign-in", "then sign in again");
        self.works.begin(op, permission, Err(crashed));
    }

    /// The same for whoever waits for it.
    pub(crate) async fn permitted(&self, attempt: Attempt) -> Result<(), Failure> {
        let Some(asked) = self.asked.person().cloned() else { return Ok(()) };
        let of = (attempt, asked, self.asker.by);
        permission(self.ports.clone(), self.inbox.clone(), of).await.map(drop)
    }

    /// What became of the password that was permitted last.
    pub(crate) async fn tried(&self, result: PasswordResult) {
        let by = self.asker.by;
        if let Some(asked) = self.asked.person().cloned() {
            self.inbox.tell(tenancy::Event::PasswordTried { asked, by, result }).await;
        }
    }

    fn keep(&mut self, password: Option<Secret<String>>) -> Option<TokenRef> {
        if let Some(password) = password.as_ref().filter(|_| self.keeps_passwords()) {
            self.typed.takes(password);
        }
        password.map(|password| self.ports.vault.keep_password(password, self.now()))
    }

    /// Ends when nobody waits for this sign-in any more.
    pub(crate) async fn hung_up(&self) {
        self.tell.closed().await;
    }

    pub(crate) async fn tell(&self, event: SignInEvent) {
        // A caller that hung up is noticed by the session itself.
        drop(self.tell.send(Box::new(event)).await);
    }

    /// Fetches what a registration will have to know, where the machine has no identity for the person yet.
    fn prepare_join(&self, tenant: TenantId) {
        let is_here = self.ports.views.tenant(tenant).is_some_and(|view| match self.asked.person() {
            Some(person) => view.identity_for(person).is_some(),
            None => view.identity().is_some(),
        });
        if !is_here {
            let (executor, now) = (self.executor.clone(), self.now());
            tokio::spawn(async move { executor.prefetch_endpoints(tenant, now, entropy()).await });
        }
    }

    async fn finish(&mut self, outcome: Outcome) {
        self.over = true;
        match outcome {
            Outcome::SignedIn { account, token, groups } => {
                let groups = self.known(groups);
                self.asked = Asked::Person(account.upn.clone());
                self.signed_in(account, groups, token).await;
            }
            Outcome::Failed(failure) => match self.way(&failure) {
                Some(Ok(way)) => self.way = Some(way),
                Some(Err(refused)) => self.failed(refused).await,
                None => {
                    self.unlearn();
                    self.failed(failure).await;
                }
            },
        }
    }

    /// What was found out. Where anybody of a domain may come, whether they may sign in here is judged as soon as it is
    /// known who they are, and before anything of them is kept; who is asked for by name was judged before.
    fn admitted(&self, result: Result<Reply, Failure>) -> Result<Reply, Failure> {
        let Ok(Reply::Identified(came)) = &result else { return result };
        let config = self.ports.domains.iter().find(|config| config.serves(self.asked.domain()));
        let is_known = self.asked.person().is_some();
        match is_known || config.is_some_and(|config| config.may_admit(&came.upn)) {
            true => result,
            false => Err(tenancy::refusals::not_admitted(&came.upn)),
        }
    }

    async fn signed_in(&mut self, account: Account, groups: Option<Vec<DirectoryGroup>>, token: TokenRef) {
        for notice in (self.ports.neighbours)() {
            if self.ports.log.allows("another product") {
                tracing::warn!(notice, "Another product has registered this machine too");
            }
        }
        let (trace, domain) = (self.ports.vault.trace(token, self.now()), self.asked.domain());
        if self.ports.log.allows("signed in") {
            let (request_id, correlation_id) = (trace.request_id.as_deref(), trace.correlation_id.as_deref());
            tracing::info!(%domain, request_id, correlation_id, "Signed in");
        }
        self.publish(None, trace);
        if let Err(refused) = self.have_account(&account, groups).await {
            self.ports.vault.forget(token);
            return self.failed(refused).await;
        }
        let (asked, asker, who) = (account.upn.clone(), self.asker, account.clone());
        let event = move |caller| tenancy::Event::SignedIn { caller, asked, asker, account: who, token };
        if self.inbox.ask(event).await.is_err() {
            self.ports.vault.forget(token);
        }
        self.learn(&account);
        self.let_in(account).await;
    }

    /// The same of somebody whom the service was not asked for.
    pub(crate) async fn signed_in_alone(&self, account: Account) {
        self.publish(None, Trace::default());
        self.let_in(account).await;
    }

    /// Whoever is let in has a name that resolves.
    async fn let_in(&self, account: Account) {
        let named = match self.purpose {
            Purpose::Identify(_) => Ok(()),
            Purpose::LetIn(_) => self.ports.account_writer.written().await,
        };
        match named {
            Ok(()) => self.tell(SignInEvent::SignedIn(account)).await,
            Err(failure) => self.tell(SignInEvent::Failed(failure)).await,
        }
    }

    /// The groups of a person, where they are known: an outage of the directory's lists takes nobody's rights away.
    fn known(&self, groups: Groups) -> Option<Vec<DirectoryGroup>> {
        match groups {
            Groups::NotAsked => Some(Vec::new()),
            Groups::Known(groups) => Some(groups),
            Groups::Unknown(failure) => {
                if self.ports.log.allows("groups not read") {
                    let domain = self.asked.domain();
                    log_failure!(
                        warn, &failure, { %domain, },
                        "The groups of a person cannot be read; those of their last sign-in count"
                    );
                }
                None
            }
        }
    }

    /// Makes sure that somebody who is to be let in has an account of this machine; it is durable then.
    async fn have_account(
        &self,
        person: &Account,
        groups: Option<Vec<DirectoryGroup>>,
    ) -> Result<(), Failure> {
        if matches!(self.purpose, Purpose::Identify(_)) {
            return Ok(());
        }
        let reserved = self.ports.views.reserved_for(&person.upn);
        let home = accounts::home_of(&self.ports.accounts, person, reserved.as_ref())?;
        let local = Box::new(local_facts(self.ports.account_files.clone(), Some(home)).await?);
        let groups = groups.map(|all| self.ports.accounts.of_interest(person.upn.domain(), all));
        let person = person.clone();
        let event = move |caller| tenancy::Event::AccountWanted { caller, person, groups, local };
        self.inbox.ask(event).await.map(drop)
    }

    pub(crate) async fn failed(&self, failure: Failure) {
        let (asked, domain) = (self.asked.person().cloned(), self.asked.domain());
        if self.ports.log.allows("sign-in failed") {
            log_failure!(info, &failure, { %domain, }, "Sign-in failed");
        }
        self.publish(Some(failure.clone()), failure.trace.clone());
        if let Some(asked) = asked {
            let why = failure.clone();
            let event = move |caller| tenancy::Event::SignInFailed { caller, asked, failure: why };
            // A service that is ending suspects nobody.
            drop(self.inbox.ask(event).await);
        }
        self.tell(SignInEvent::Failed(failure)).await;
    }

    fn publish(&self, failure: Option<Failure>, trace: Trace) {
        // Of a sign-in that nobody came to there is nobody to tell.
        let Some(asked) = self.asked.person().cloned() else { return };
        let (at, by) = (self.now(), self.asker.by);
        self.ports.views.publish_sign_in(SignInView { at, asked, by, failure, trace });
    }
}

const EVENTS: usize = 8;
