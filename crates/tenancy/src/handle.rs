//! One event, and everything that follows from it in every lane that waits for nothing.

use crate::lanes::{Item, LaneName, SignIn, Step};
use crate::tenancy::{Owner, Tenancy};
use lifecycle::EventKind;
use machine::{Batch, Machine, Next, Ticket};
use model::{DomainName, Failure, TenantId, Timestamp};
use tenancy_model::Roster;
use tenancy_model::{Answer, Caller, Command, Event, Found, OperatorRequest};

impl Machine for Tenancy {
    type Event = Event;
    type Command = Command;

    fn handle(&mut self, event: Event, now: Timestamp) -> Batch<Command> {
        self.now = now;
        let may_need_keys = event.may_change_keys();
        match self.not_writable.clone() {
            Some(failure) => self.refuse(event, failure),
            None => self.take(event),
        }
        self.go_on();
        if may_need_keys && self.not_writable.is_none() && self.balance_pairs() {
            self.go_on();
        }
        Batch { commands: std::mem::take(&mut self.commands), wake_at: self.wake_at() }
    }
}

impl Tenancy {
    /// Everything in every lane that waits for nothing.
    fn go_on(&mut self) {
        while let Some((lane, next)) = self.lanes.take_next() {
            match next {
                Next::Step(step) => self.perform(lane, step),
                Next::Item(Item::Event(event)) => match self.lane_of(&event) {
                    now if now == lane => self.deal_with(event),
                    // What was learnt meanwhile makes it another tenant's.
                    other => self.queue(other, event),
                },
                Next::Item(Item::SignIn(sign_in)) => self.route(sign_in),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Restored(found) => self.restore(*found),
            Event::Durable(ticket) => self.durable(ticket),
            Event::NotDurable(_, failure) => self.fail(failure),
            Event::Woke => self.wake(),
            Event::AttemptAsked { .. } | Event::PasswordTried { .. } => self.count(event),
            other => {
                self.asked |= other.wants_a_write();
                let lane = self.lane_of(&other);
                self.queue(lane, other);
            }
        }
    }

    /// Whose an event is. A domain stays its tenant's until it is durable that it is not.
    fn lane_of(&self, event: &Event) -> LaneName {
        let of = |domain: &DomainName| self.pins.tenant_of(domain);
        match event {
            Event::SignInAsked { asked, .. } => of(asked.domain()),
            Event::Learnt { memory, .. } => self.pins.subject(memory),
            Event::SignedIn { account, .. } => Some(account.tenant),
            Event::AccountWanted { person, .. } => Some(person.tenant),
            Event::Suspected { tenant, .. } => Some(*tenant),
            Event::Offline { request, .. } => request.tenant(),
            Event::SignInFailed { asked, .. } => self.pins.tenant_of_account(asked),
            Event::Asked { request: OperatorRequest::ForgetAccount(name), .. } => {
                self.pins.tenant_of_account(name).or_else(|| self.accounts.tenant_of(name.as_str()))
            }
            Event::Asked { request: OperatorRequest::ChangeAccount { name, .. }, .. } => {
                self.accounts.tenant_of(name)
            }
            Event::Asked { request, .. } => request.domain().and_then(of),
            Event::Done(op, _) | Event::KeysDone(op, _) => match self.works.get(op) {
                Some(Owner::Member(tenant, ..) | Owner::Rekey { tenant, .. }) => Some(*tenant),
                Some(Owner::Prepared(_)) | None => None,
            },
            Event::Restored(_)
            | Event::Durable(_)
            | Event::NotDurable(..)
            | Event::Woke
            | Event::AttemptAsked { .. }
            | Event::PasswordTried { .. } => None,
        }
    }

    /// Nothing durable hangs on what is tried: it waits in no lane.
    fn count(&mut self, event: Event) {
        match event {
            Event::AttemptAsked { caller, attempt, asked, by } => {
                let is_seen = self.pins.has_account(&asked);
                let account = self.pins.canonical(&asked);
                let permitted = self.attempts.permit(attempt, account, (by, is_seen), self.now);
                let answer = match permitted {
                    Err(refused) if self.attempts.may_change(attempt, account) => {
                        Ok(Answer::Later(Box::new(refused)))
                    }
                    permitted => permitted.map(|()| Answer::Permitted),
                };
                self.commands.push(Command::Answer(caller, answer));
            }
            Event::PasswordTried { asked, by, result } => {
                self.attempts.password_tried(self.pins.canonical(&asked), by, result);
            }
            _ => {}
        }
    }

    fn deal_with(&mut self, event: Event) {
        match event {
            Event::SignInAsked { caller, asked, asker } => self.begin_sign_in(caller, asked, asker),
            Event::Learnt { caller, memory } => self.learn(caller, memory, Answer::Remembered),
            Event::SignedIn { caller, asked, asker, account, token } => {
                self.attempts.signed_in(self.pins.canonical(&asked), asker.by);
                let may_register = asker.may_register;
                self.signed_in(caller, SignIn { asked, account, token, may_register, waited: false });
            }
            Event::AccountWanted { caller, person, groups, local } => {
                self.account_wanted(caller, (person, groups), &local);
            }
            Event::SignInFailed { caller, asked, failure } => {
                let ended = self.offline.heard_of(self.accounts.whose(asked.as_str()), &failure);
                self.keep_offline(ended);
                let barred = self.accounts.barred_by_name(&asked, &failure, self.now);
                barred.into_iter().for_each(|account| self.keep_account(None, account));
                if let Some(tenant) = self.pins.tenant_of(asked.domain()) {
                    self.suspect(tenant, failure);
                }
                self.order(self.pins.tenant_of_account(&asked), Command::Answer(caller, Ok(Answer::Done)));
            }
            Event::Suspected { tenant, object, failure } => {
                let ended = self.offline.heard_of(Some((tenant, object)), &failure);
                self.keep_offline(ended);
                let barred = self.accounts.barred((tenant, object), &failure, self.now);
                barred.into_iter().for_each(|account| self.keep_account(None, account));
                self.suspect(tenant, failure);
            }
            Event::Offline { caller, request } => self.decide_offline(caller, *request),
            Event::Asked { caller, request } => self.asked(caller, request),
            Event::Done(op, result) => match self.works.remove(&op) {
                Some(Owner::Member(tenant, member, own)) => {
                    self.tell(tenant, member, lifecycle::Event::Done(own, result));
                }
                _ => self.commands.push(Command::Ignored(None, EventKind::StaleDone)),
            },
            Event::KeysDone(op, result) => match self.works.remove(&op) {
                Some(Owner::Prepared(id)) => self.prepared_done(id, result),
                Some(Owner::Rekey { tenant, caller, person, to }) => match result {
                    Ok(_) => self.begin_rekey((tenant, caller), &person, to),
                    Err(failure) => self.cannot_rekey((tenant, caller), failure),
                },
                _ => self.commands.push(Command::Ignored(None, EventKind::StaleDone)),
            },
            Event::Restored(_)
            | Event::Durable(_)
            | Event::NotDurable(..)
            | Event::Woke
            | Event::AttemptAsked { .. }
            | Event::PasswordTried { .. } => {}
        }
    }

    fn perform(&mut self, lane: LaneName, step: Step) {
        match step {
            Step::Commit(changes) => {
                let ticket = self.lanes.issue(lane);
                let learnt = changes.iter().filter(|change| change.is_learnt()).cloned();
                self.learning.extend(learnt.map(|change| (ticket, change)));
                self.commands.push(Command::Commit(ticket, changes));
            }
            Step::Do(command) => {
                if let Command::Forget(token) | Command::HandOver { token, .. } = &command {
                    self.tokens.remove(token);
                }
                self.commands.push(command);
            }
            Step::Tell(member, event) => {
                if let Some(tenant) = lane {
                    self.tell(tenant, member, event);
                }
            }
            Step::Show(member, status) => {
                let roster = lane.and_then(|tenant| self.tenants.get_mut(&tenant));
                if let Some(member) = roster.and_then(|roster| roster.member_mut(member)) {
                    member.shown = status;
                }
            }
            Step::Publish(tenant) => self.publish(tenant),
            Step::DropFinished(tenant) => {
                if self.tenants.get_mut(&tenant).is_some_and(Roster::drop_finished) {
                    self.commands.push(Command::Publish(Box::new(self.shown(tenant))));
                }
            }
            Step::DestroyPrepared(changes) => self.destroy_prepared(lane, changes),
            Step::CommitDestroyed(mut changes) => {
                changes.extend(self.destroyed_pairs());
                self.lanes.push_front(lane, Step::Commit(changes));
            }
            Step::Stored(id) => self.pair_is_stored(id),
            Step::Begun => self.prepared_begun(),
            Step::GivenUp(tenant) => self.given_up(tenant),
        }
    }

    /// Says how a tenant is; what has come to its end goes after everything that follows from its last report, so
    /// that whoever is told of it may still follow it.
    fn publish(&mut self, tenant: TenantId) {
        self.commands.push(Command::Publish(Box::new(self.shown(tenant))));
        if self.tenants.get(&tenant).is_some_and(Roster::has_finished) {
            self.push(Some(tenant), Step::DropFinished(tenant));
        }
    }

    /// What was learnt counts from the moment at which it is durable, whatever waits in which lane.
    fn durable(&mut self, ticket: Ticket) {
        let mut leads_elsewhere = false;
        while self.learning.front().is_some_and(|(of, _)| *of <= ticket) {
            let learnt = self.learning.pop_front().map(|(_, change)| self.pins.apply(change));
            leads_elsewhere |= learnt.unwrap_or_default();
        }
        if leads_elsewhere {
            self.commands.push(Command::PublishDomains(self.pins.leads_to()));
        }
        self.lanes.durable(ticket);
    }

    /// Every machine whose moment has come, in lanes that are at rest; the others are woken when they are.
    fn wake(&mut self) {
        let now = self.now;
        let due: Vec<_> = self.timers().filter(|(_, _, at)| *at <= now).collect();
        for (tenant, member, _) in due {
            self.tell(tenant, member, lifecycle::Event::Woke);
        }
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.timers().map(|(_, _, at)| at).min()
    }

    fn timers(&self) -> impl Iterator<Item = (TenantId, tenancy_model::MemberId, Timestamp)> {
        let at_rest = self.tenants.iter().filter(|(tenant, _)| self.lanes.is_open(Some(**tenant)));
        at_rest.flat_map(|(tenant, roster)| {
            roster.members().filter_map(|member| Some((*tenant, member.id, member.wake_at?)))
        })
    }

    /// A commit failed: nothing that was decided since the last durable one is true, and nothing more is
    /// decided. Whoever waits is told, and every token set that is not in a session ends. Where anybody has asked for
    /// something, the service ends: only a start tries the disk again, and one that was asked for nothing stays.
    fn fail(&mut self, failure: Failure) {
        let (steps, items) = self.lanes.abandon();
        let told = steps.into_iter().filter_map(|step| match step {
            Step::Do(Command::Answer(caller, _)) => Some(caller),
            _ => None,
        });
        let asked = items.into_iter().filter_map(|item| match item {
            Item::Event(event) => {
                self.tokens.extend(event.token());
                event.caller()
            }
            Item::SignIn(_) => None,
        });
        let mut callers: Vec<Caller> = told.chain(asked).collect();
        callers.extend(std::mem::take(&mut self.works).into_values().filter_map(|owner| match owner {
            Owner::Rekey { caller, .. } => Some(caller),
            Owner::Member(..) | Owner::Prepared(_) => None,
        }));
        // No machine goes on from what is void.
        let members = self.tenants.values_mut().flat_map(Roster::members_mut);
        members.for_each(|member| member.wake_at = None);
        self.commands.push(Command::NotWritable(failure.clone()));
        self.commands.extend(std::mem::take(&mut self.tokens).into_iter().map(Command::Forget));
        let answer = |caller| Command::Answer(caller, Err(failure.clone()));
        self.commands.extend(callers.into_iter().map(answer));
        if self.asked {
            self.commands.push(Command::Stop(failure.clone()));
        }
        self.commands.push(Command::Reread);
        self.rereading = true;
        self.not_writable = Some(failure);
    }

    /// What still happens when nothing can be written any more.
    fn refuse(&mut self, event: Event, failure: Failure) {
        match event {
            Event::Restored(found) => self.restore_unwritable(*found),
            Event::AttemptAsked { .. } | Event::PasswordTried { .. } => self.count(event),
            Event::SignInAsked { caller, asked, asker } => self.begin_sign_in(caller, asked, asker),
            Event::SignInFailed { caller, .. }
            | Event::Asked { caller, request: OperatorRequest::RekeyEnded(_) } => {
                self.commands.push(Command::Answer(caller, Ok(Answer::Done)));
            }
            Event::SignedIn { caller, token, asked, account, asker } => {
                self.attempts.signed_in(self.pins.canonical(&asked), asker.by);
                // A login is answered when the account is checked.
                self.commands.push(Command::Forget(token));
                self.commands.push(Command::Answer(caller, Ok(Answer::Taken)));
                // A registered machine has nothing to write.
                if self.view(account.tenant).identity_for(&asked).is_none() {
                    self.commands.push(Command::Stop(failure));
                }
            }
            // Who has an account is let in: what changes of it is not written.
            Event::AccountWanted { caller, person, groups, local } if self.accounts.has(&person) => {
                let account = self.account_of((&person, groups), &local);
                let answer = account.map(|account| Answer::Account(Box::new(account)));
                self.commands.push(Command::Answer(caller, answer));
            }
            Event::Learnt { caller, .. }
            | Event::AccountWanted { caller, .. }
            | Event::Asked { caller, .. } => {
                self.commands.push(Command::Answer(caller, Err(failure.clone())));
                self.commands.push(Command::Stop(failure));
            }
            // Nothing is counted, so that nothing is compared.
            Event::Offline { caller, .. } => self.commands.push(Command::Answer(caller, Err(failure))),
            Event::Suspected { .. }
            | Event::Done(..)
            | Event::KeysDone(..)
            | Event::Durable(_)
            | Event::NotDurable(..)
            | Event::Woke => {}
        }
    }

    /// The last durable state is what there is to be known; no machine goes on from it.
    fn restore_unwritable(&mut self, found: Found) {
        self.rereading = false;
        self.tenants.clear();
        self.restore(found);
        self.lanes.abandon();
        self.works.clear();
        self.prepared = crate::prepared_keys::PreparedKeys::default();
        self.tenants.values_mut().flat_map(|roster| roster.members_mut()).for_each(|it| {
            it.wake_at = None;
            it.shown = it.status.clone();
        });
        let stays = |command: &Command| {
            matches!(
                command,
                Command::PublishDomains(_)
                    | Command::PublishMissing(_)
                    | Command::PublishAccount(_)
                    | Command::PublishReserved(_)
                    | Command::PublishOffline(..)
                    | Command::Unserved(_)
            )
        };
        self.commands.retain(stays);
        let tenants: Vec<TenantId> = self.tenants.keys().copied().collect();
        let views = tenants.into_iter().map(|tenant| Command::Publish(Box::new(self.shown(tenant))));
        let views: Vec<Command> = views.collect();
        self.commands.extend(views);
        self.publish_prepared();
    }
}
