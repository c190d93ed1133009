use crate::clock::entropy;
use crate::parts::DomainPart;
use crate::shared::Shared;
use crate::works::{Ended, Works, rest};
use executor::{Hands, turn};
use model::{Account, Failure, FailureClass, Secret, TenantId, Timestamp, TokenRef, Upn, Who};
use signin::{Command, Event, OpId, Outcome, PasswordPrompt, Prompt, Reply, Session, Work};
use std::sync::Arc;
use tokio::sync::mpsc;

/// One person's sign-in; dropping it hangs up.
pub struct SignIn {
    events: mpsc::Receiver<SignInEvent>,
    answers: mpsc::Sender<Option<Secret<String>>>,
}

/// What a sign-in tells its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInEvent {
    /// Show this to the person.
    Prompt(Prompt),
    /// Ask the person for the password; [`SignIn::answer`] takes it.
    AskPassword(PasswordPrompt),
    /// The last event: the person is who was asked for.
    SignedIn(Account),
    /// The last event: they are not, or it could not be found out.
    Failed(Failure),
}

impl SignIn {
    /// The next event; none after the last.
    pub async fn next(&mut self) -> Option<SignInEvent> {
        self.events.recv().await
    }

    /// What the person typed; none when they would rather have a code.
    pub async fn answer(&self, password: Option<Secret<String>>) {
        // A session that ended meanwhile says so by its last event.
        drop(self.answers.send(password).await);
    }
}

/// Starts the session of one person.
pub(crate) fn start(shared: Arc<Shared>, part: DomainPart, asked: Upn) -> SignIn {
    let (tell, events) = mpsc::channel(EVENTS);
    let (answers, typed) = mpsc::channel(1);
    let (works, finished) = Works::new();
    let facts = shared.sign_in_facts(&part, &asked);
    let hands = SessionHands { shared, part, asked, tell, works, wake_at: None, tenant: None, over: false };
    tokio::spawn(run(hands, Session::new(facts), finished, typed));
    SignIn { events, answers }
}

async fn run(
    mut hands: SessionHands,
    mut session: Session,
    mut finished: mpsc::UnboundedReceiver<Ended<OpId, Reply>>,
    mut typed: mpsc::Receiver<Option<Secret<String>>>,
) {
    let mut event = Event::Started;
    let hung_up = hands.tell.clone();
    loop {
        if let Err(failure) = turn(&mut hands, &mut session, event).await {
            hands.tell(SignInEvent::Failed(failure)).await;
            hands.over = true;
            // The session's own secrets end with it.
            let _ = turn(&mut hands, &mut session, Event::HungUp).await;
        }
        if hands.over {
            return;
        }
        event = tokio::select! {
            Some((op, result)) = finished.recv() => { hands.works.ended(op); Event::Done(op, result) }
            Some(password) = typed.recv() => Event::Password(hands.keep(password)),
            () = hung_up.closed() => { hands.over = true; Event::HungUp }
            () = rest(&*hands.shared.clock, hands.wake_at) => Event::Woke,
        };
    }
}

struct SessionHands {
    shared: Arc<Shared>,
    part: DomainPart,
    asked: Upn,
    tell: mpsc::Sender<SignInEvent>,
    works: Works<OpId, Reply>,
    wake_at: Option<Timestamp>,
    /// The tenant that the code was asked of.
    tenant: Option<TenantId>,
    over: bool,
}

impl Hands<Session> for SessionHands {
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    async fn perform(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Run(op, work) => self.begin(op, work),
            Command::Cancel(op) => self.works.cancel(op),
            Command::Forget(token) => self.forget(token),
            Command::Remember(memory) => return self.shared.remember(memory).await,
            Command::Show(prompt) => self.show(prompt).await,
            Command::AskPassword(prompt) => self.tell(SignInEvent::AskPassword(prompt)).await,
            Command::Finish(outcome) => self.finish(*outcome).await,
            Command::Ignored(what) => tracing::debug!(what, "Sign-in event ignored"),
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

impl SessionHands {
    fn begin(&mut self, op: OpId, work: Work) {
        if let Work::RequestCode { tenant, .. } = &work {
            self.tenant = Some(*tenant);
        }
        let (executor, now) = (self.part.executor.clone(), self.now());
        let identity = match &work {
            Work::Password { tenant, .. } => self.shared.identity_for(*tenant, &self.asked),
            _ => None,
        };
        // A suspended identity proves nothing.
        let identity = identity.filter(|identity| identity.suspended.is_none());
        let work = async move { executor.perform_sign_in(work, identity.as_ref(), now, entropy()).await };
        self.works.begin(op, work, crashed());
    }

    fn keep(&self, password: Option<Secret<String>>) -> Option<TokenRef> {
        password.map(|password| self.shared.vault.keep_password(password, self.now()))
    }

    fn forget(&self, token: TokenRef) {
        self.shared.vault.forget(token);
    }

    async fn tell(&self, event: SignInEvent) {
        // A caller that hung up is noticed by the session itself.
        drop(self.tell.send(event).await);
    }

    async fn show(&self, prompt: Prompt) {
        // What the join needs to know is fetched while the person types.
        if let Some(tenant) =
            self.tenant.filter(|tenant| self.shared.identity_for(*tenant, &self.asked).is_none())
        {
            let executor = self.part.executor.clone();
            let now = self.now();
            tokio::spawn(async move { executor.prefetch_endpoints(tenant, now, entropy()).await });
        }
        self.tell(SignInEvent::Prompt(prompt)).await;
    }

    async fn finish(&mut self, outcome: Outcome) {
        self.over = true;
        match outcome {
            Outcome::SignedIn { account, token } => {
                self.shared.clone().signed_in(&self.part, &self.asked, account.clone(), token).await;
                self.tell(SignInEvent::SignedIn(account)).await;
            }
            Outcome::Failed(failure) => {
                tracing::info!(code = %failure.code, "Sign-in failed: {}", failure.message);
                self.shared.suspect(self.asked.domain(), &failure).await;
                self.tell(SignInEvent::Failed(failure)).await;
            }
        }
    }
}

fn crashed() -> Failure {
    Failure::local(
        FailureClass::Broken,
        Who::Developers,
        "Crashed",
        "a step of the sign-in crashed".to_owned(),
        "Please report it with the log of firmamentd, then sign in again.",
    )
}

const EVENTS: usize = 8;
