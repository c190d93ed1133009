//! The tenancy's commands, done as the driver does them.

use crate::World;
use crate::computer::{Waiting, Work};
use machine::Machine;
use model::Failure;
use tenancy::{Answer, Caller, Command, Event};

impl World {
    /// The tenancy hears something, and its commands are done in their order.
    pub(crate) fn feed(&mut self, event: Event) {
        self.trace.push(format!("{event:?}"));
        let batch = self.computer.tenancy.handle(event, self.now);
        self.computer.wake_at = batch.wake_at;
        for command in batch.commands {
            self.trace.push(format!("  {command:?}"));
            self.judge(&command);
            self.follow(command);
        }
    }

    fn follow(&mut self, command: Command) {
        let computer = &mut self.computer;
        match command {
            Command::Commit(ticket, changes) => self.disk.commit(ticket, changes),
            Command::Run { op, work, .. } => computer.works.push(Work::Device(op, work)),
            Command::RunKeys(op, work) => computer.works.push(Work::Keys(op, Box::new(work))),
            Command::Cancel(op) => {
                computer.works.retain(|work| !matches!(work, Work::Device(other, _) if *other == op));
            }
            Command::Forget(token) => computer.vault.forget(token),
            Command::HandOver { account, token, .. } => self.hand_over(&account, token),
            Command::EndSessions(tenant) => self.end_sessions(tenant),
            Command::Answer(caller, answer) => self.answered(caller, answer),
            Command::Publish(view) => drop(computer.views.insert(view.tenant, *view)),
            Command::PublishPrepared(view) => computer.prepared = view,
            Command::Reread => {
                let found = Box::new(self.disk.found().clone());
                computer.inbox.push_back(Event::Restored(found));
            }
            Command::NotWritable(failure) => computer.not_writable = Some(failure),
            Command::Stop(failure) => computer.stopped = Some(failure),
            Command::PublishDomains(_)
            | Command::Announce(_)
            | Command::Unserved(_)
            | Command::PublishMissing(_)
            | Command::PublishAccount(_)
            | Command::PublishNoAccount(..)
            | Command::PublishReserved(_)
            | Command::PublishNoReserved(_)
            | Command::PublishOffline(..)
            | Command::Ignored(..) => {}
        }
    }

    fn answered(&mut self, caller: Caller, answer: Result<Answer, Failure>) {
        match self.computer.waiting.remove(&caller) {
            Some(Waiting::SignIn(id)) => self.sign_in_told(id, answer),
            Some(Waiting::Operator) => drop(self.computer.answers.insert(caller, answer)),
            None => panic!("{caller:?} is answered and does not wait: {}", self.trace.join("\n")),
        }
    }
}
