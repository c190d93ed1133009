//! People who sign in, each with a session of their own.

use crate::computer::{SignInId, Waiting, Work};
use crate::setup::Person;
use crate::{PowerCut, World};
use machine::{Machine, OpId};
use model::{
    Account, Asked, Asker, Attempt, Failure, MayRegister, Requester, Secret, Timestamp, TokenRef, Upn,
};
use signin::{Command, Event, Outcome, Reply, Session};
use std::collections::VecDeque;
use tenancy::Answer;

/// One sign-in, from the question for its facts to its outcome.
pub(crate) struct SignInRun {
    asked: Upn,
    person: Person,
    session: Option<Session>,
    events: VecDeque<Event>,
    /// What of the last batch is not performed yet.
    commands: VecDeque<Command>,
    /// Whether the next command waits for an answer of the tenancy.
    waits: bool,
    /// Whether the answer says if something may be tried, and the name that it comes back under.
    attempt: Option<OpId>,
    wake_at: Option<Timestamp>,
    /// Who came out of it, until the tenancy has taken them.
    checked: Option<(Account, TokenRef)>,
    /// Why nobody did, until the machine has heard it.
    failed: Option<Failure>,
    outcome: Option<Outcome>,
    /// Whether the person is gone and waits for no outcome.
    hung_up: bool,
}

impl SignInRun {
    /// Whether it goes on without time or an answer.
    pub(crate) fn is_ready(&self) -> bool {
        !self.waits && (!self.commands.is_empty() || !self.events.is_empty())
    }

    /// When its session wants to be woken.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        self.wake_at.filter(|_| !self.waits)
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.outcome.is_some() || self.hung_up
    }
}

impl World {
    /// A person begins to sign in; nothing happens yet.
    pub fn knock(&mut self, person: Person) -> SignInId {
        let asked: Upn = person.name.parse().unwrap();
        let caller = self.next_caller();
        let id = SignInId(caller.0);
        let run = SignInRun {
            asked: asked.clone(),
            person,
            session: None,
            events: VecDeque::new(),
            commands: VecDeque::new(),
            waits: true,
            attempt: None,
            wake_at: None,
            checked: None,
            failed: None,
            outcome: None,
            hung_up: false,
        };
        self.computer.sign_ins.insert(id, run);
        self.computer.waiting.insert(caller, Waiting::SignIn(id));
        self.computer.inbox.push_back(tenancy::Event::SignInAsked {
            caller,
            asked: Asked::Person(asked),
            asker: ASKER,
        });
        id
    }

    /// How a sign-in ended, once it has.
    pub fn outcome(&self, id: SignInId) -> Option<&Outcome> {
        self.computer.sign_ins.get(&id)?.outcome()
    }

    /// A person signs in, and the machine does what follows until it waits.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn sign_in_as(&mut self, person: Person) -> Result<Outcome, PowerCut> {
        let id = self.knock(person);
        self.settle()?;
        Ok(self.outcome(id).unwrap().clone())
    }

    /// The person hangs up; what the machine has taken goes on without them.
    pub fn hang_up(&mut self, id: SignInId) {
        self.amend(id, |run| run.hung_up = true);
        self.bring(id, Event::HungUp);
    }

    /// Something happened that a sign-in has to hear.
    pub(crate) fn bring(&mut self, id: SignInId, event: Event) {
        if let Some(run) = self.computer.sign_ins.get_mut(&id) {
            run.events.push_back(event);
        }
    }

    /// The next event of a sign-in, and what follows from it until it has to wait.
    pub(crate) fn go_on(&mut self, id: SignInId) {
        let Some(run) = self.computer.sign_ins.get_mut(&id) else { return };
        if run.commands.is_empty()
            && let Some(session) = &mut run.session
            && let Some(event) = run.events.pop_front()
        {
            self.trace.push(format!("{event:?}"));
            let batch = session.handle(event, self.now);
            run.wake_at = batch.wake_at;
            run.commands.extend(batch.commands);
        }
        while let Some(command) = self.next_command(id) {
            self.trace.push(format!("  {command:?}"));
            self.follow_sign_in(id, command);
        }
    }

    fn next_command(&mut self, id: SignInId) -> Option<Command> {
        let run = self.computer.sign_ins.get_mut(&id)?;
        if run.waits { None } else { run.commands.pop_front() }
    }

    fn follow_sign_in(&mut self, id: SignInId, command: Command) {
        match command {
            Command::Run(op, work) => {
                let identity = self.proof(id, &work);
                self.computer.works.push(Work::SignIn(id, op, Box::new(work), identity));
            }
            Command::PrepareJoin(tenant) => self.computer.works.push(Work::PrepareJoin(tenant)),
            Command::Attempt(op, attempt) => self.ask_for(id, op, attempt),
            Command::PasswordTried(result) => {
                let Some(asked) = self.computer.sign_ins.get(&id).map(|run| run.asked.clone()) else {
                    return;
                };
                let event = tenancy::Event::PasswordTried { asked, by: BY, result };
                self.computer.inbox.push_back(event);
            }
            Command::Cancel(op) => self
                .computer
                .works
                .retain(|work| !matches!(work, Work::SignIn(of, other, ..) if (*of, *other) == (id, op))),
            Command::Forget(token) => self.computer.vault.forget(token),
            Command::Remember(memory) => {
                let caller = self.await_answer(id);
                self.computer.inbox.push_back(tenancy::Event::Learnt { caller, memory });
            }
            Command::Show(prompt) => self.approve(id, &prompt.user_code),
            Command::AskPassword(_) => self.type_password(id),
            Command::Finish(outcome) => self.finish(id, *outcome),
            Command::Tell(_) | Command::Ignored(_) => {}
        }
    }

    fn ask_for(&mut self, id: SignInId, op: OpId, attempt: Attempt) {
        let Some(asked) = self.computer.sign_ins.get(&id).map(|run| run.asked.clone()) else { return };
        let caller = self.await_answer(id);
        self.amend(id, |run| run.attempt = Some(op));
        self.computer.inbox.push_back(tenancy::Event::AttemptAsked { caller, attempt, asked, by: BY });
    }

    /// The identity that a password is vouched for by; a suspended one proves nothing.
    fn proof(&self, id: SignInId, work: &signin::Work) -> Option<Box<lifecycle::Identity>> {
        let signin::Work::Password { tenant, .. } = work else { return None };
        let run = self.computer.sign_ins.get(&id)?;
        let identity = self.computer.views.get(tenant)?.identity_for(&run.asked)?;
        identity.suspended.is_none().then(|| Box::new(identity.clone()))
    }

    /// The person takes the code to their telephone; where they may not approve it, they decline.
    fn approve(&mut self, id: SignInId, code: &str) {
        let Some(run) = self.computer.sign_ins.get(&id) else { return };
        let (name, now) = (run.person.name, self.now.as_millis());
        let mut cloud = self.cloud();
        if cloud.approve(code, name, now).is_err() {
            cloud.deny(code, name, now).unwrap();
        }
    }

    fn type_password(&mut self, id: SignInId) {
        let Some(run) = self.computer.sign_ins.get_mut(&id) else { return };
        let (vault, now) = (&self.computer.vault, self.now);
        let typed = run.person.password.map(|text| vault.keep_password(Secret::new(text.to_owned()), now));
        run.events.push_back(Event::Password(typed));
    }

    fn finish(&mut self, id: SignInId, outcome: Outcome) {
        let Some(asked) = self.computer.sign_ins.get(&id).map(|run| run.asked.clone()) else { return };
        match outcome {
            Outcome::SignedIn { account, token, .. } => {
                let caller = self.await_answer(id);
                self.amend(id, |run| run.checked = Some((account.clone(), token)));
                self.computer.inbox.push_back(tenancy::Event::SignedIn {
                    caller,
                    asked,
                    asker: ASKER,
                    account,
                    token,
                });
            }
            Outcome::Failed(failure) => {
                let caller = self.await_answer(id);
                self.amend(id, |run| run.failed = Some(failure.clone()));
                self.computer.inbox.push_back(tenancy::Event::SignInFailed { caller, asked, failure });
            }
        }
    }

    fn await_answer(&mut self, id: SignInId) -> tenancy::Caller {
        let caller = self.next_caller();
        self.amend(id, |run| run.waits = true);
        self.computer.waiting.insert(caller, Waiting::SignIn(id));
        caller
    }

    fn amend(&mut self, id: SignInId, change: impl FnOnce(&mut SignInRun)) {
        if let Some(run) = self.computer.sign_ins.get_mut(&id) {
            change(run);
        }
    }

    /// The tenancy answered what a sign-in waited for.
    pub(crate) fn sign_in_told(&mut self, id: SignInId, answer: Result<Answer, Failure>) {
        let Some(run) = self.computer.sign_ins.get_mut(&id) else { return };
        run.waits = false;
        if let Some(op) = run.attempt.take() {
            let permitted = match answer {
                Ok(Answer::Later(refused)) => Err(*refused),
                answer => answer.map(|_| Reply::Permitted),
            };
            return run.events.push_back(Event::Done(op, permitted));
        }
        match answer {
            Ok(Answer::SignIn(facts, _)) => {
                run.session = Some(Session::new(*facts));
                run.events.push_back(Event::Started);
            }
            Ok(Answer::Remembered) => {}
            Ok(Answer::Done) => run.outcome = run.failed.take().map(Outcome::Failed),
            Ok(Answer::Taken) => {
                let (account, token) = run.checked.take().unwrap();
                run.outcome = Some(Outcome::SignedIn { account, token, groups: admission::Groups::NotAsked });
            }
            Ok(other) => panic!("a sign-in is told {other:?}"),
            Err(failure) => self.give_up(id, failure),
        }
    }

    /// What it learnt cannot be written: it fails, and all that it holds ends with it.
    fn give_up(&mut self, id: SignInId, failure: Failure) {
        let Some(run) = self.computer.sign_ins.get_mut(&id) else { return };
        run.outcome = Some(Outcome::Failed(failure));
        for command in std::mem::take(&mut run.commands) {
            match command {
                Command::Finish(outcome) => {
                    if let Outcome::SignedIn { token, .. } = *outcome {
                        self.computer.vault.forget(token);
                    }
                }
                Command::Forget(token) => self.computer.vault.forget(token),
                _ => {}
            }
        }
        run.events.push_back(Event::HungUp);
    }
}

/// Who asks for every sign-in.
const BY: Requester = Requester(0);
const ASKER: Asker = Asker { by: BY, may_register: MayRegister::Yes };
