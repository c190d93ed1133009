//! One thing after the other: what may happen next, and which of it does.

use crate::computer::{Ended, SignInId};
use crate::disk::Report;
use crate::sessions::SessionRun;
use crate::{PowerCut, World};
use machine::Generator;
use model::Timestamp;
use signin::UserEvent;
use std::time::Duration;
use tenancy::Event;

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The tenancy hears the oldest event that it has not heard.
    Hear,
    /// The store says how the last sync ended.
    Report,
    /// The store writes one commit.
    Write,
    /// A sign-in goes on.
    SignIn(SignInId),
    /// The end of the oldest work that has ended is told.
    Tell,
    /// A work in flight has its effect.
    Perform(usize),
    /// A timer comes due.
    Wake,
}

/// In which order things happen.
pub(crate) enum Order {
    /// The first of what may happen: everything is as fast as it can be, and works end as they were started.
    First,
    /// Any of what may happen, and sometimes time passes.
    Any(Generator),
}

impl World {
    /// From here on works, writes and timers come in any order, which the seed says.
    pub fn be_random(&mut self, seed: u64) {
        self.order = Order::Any(Generator::new(seed));
    }

    /// From here on everything happens at once.
    pub fn be_prompt(&mut self) {
        self.order = Order::First;
    }

    /// Does all there is to do, and lets timers come that are not far away.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn settle(&mut self) -> Result<(), PowerCut> {
        for _ in 0..MANY {
            if !self.step()? {
                self.judge_rest();
                return Ok(());
            }
        }
        panic!("it does not settle: {}", self.trace.join("\n"));
    }

    /// Does so many things, or all there is to do.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn steps(&mut self, most: u64) -> Result<(), PowerCut> {
        for _ in 0..most {
            if !self.step()? {
                break;
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<bool, PowerCut> {
        let Some(step) = self.next_step() else { return Ok(false) };
        self.burn()?;
        match step {
            Step::Hear => {
                let event = self.computer.inbox.pop_front();
                event.into_iter().for_each(|event| self.feed(event));
            }
            Step::Report => match self.disk.report() {
                Some(Report::Durable(ticket)) => self.feed(Event::Durable(ticket)),
                Some(Report::Failed(ticket, failure)) => self.feed(Event::NotDurable(ticket, failure)),
                None => {}
            },
            Step::Write => {
                self.disk.write();
                self.judge_disk();
            }
            Step::SignIn(id) => self.go_on(id),
            Step::Tell => self.tell_end(),
            Step::Perform(index) => {
                let work = self.computer.works.remove(index);
                self.trace.push(format!("performs {}", name(&work)));
                let (now, entropy) = (self.now, self.entropy());
                let ended = self.computer.perform(work, now, entropy);
                self.computer.ended.push_back(ended);
            }
            Step::Wake => self.wake(),
        }
        Ok(true)
    }

    fn next_step(&mut self) -> Option<Step> {
        let mut steps = self.possible();
        if let Order::Any(generator) = &mut self.order {
            if generator.below(TIME_PASSES) == 0 {
                let passed = Duration::from_millis(generator.below(MOST_MS));
                let at = self.now.after(passed);
                let index = generator.below(steps.len() as u64) as usize;
                self.pass_to(at);
                return steps.get(index).copied().or_else(|| self.timer_is_near());
            }
            if !steps.is_empty() {
                let index = generator.below(steps.len() as u64) as usize;
                return Some(steps.swap_remove(index));
            }
        }
        steps.first().copied().or_else(|| self.timer_is_near())
    }

    /// Everything that may happen without time, the most urgent first.
    fn possible(&self) -> Vec<Step> {
        let computer = &self.computer;
        let mut steps = Vec::new();
        steps.extend((!computer.inbox.is_empty()).then_some(Step::Hear));
        steps.extend(self.disk.has_report().then_some(Step::Report));
        steps.extend(self.disk.has_work().then_some(Step::Write));
        let ready = computer.sign_ins.iter().filter(|(_, run)| run.is_ready());
        steps.extend(ready.map(|(id, _)| Step::SignIn(*id)));
        steps.extend((!computer.ended.is_empty()).then_some(Step::Tell));
        steps.extend((0..computer.works.len()).map(Step::Perform));
        steps.extend(self.next_timer().is_some_and(|(at, _)| at <= self.now).then_some(Step::Wake));
        steps
    }

    /// Where nothing else is to be done, a timer that is not far away is waited for.
    fn timer_is_near(&self) -> Option<Step> {
        let (at, timer) = self.next_timer()?;
        let near = at.since(self.now) <= SOON || matches!(timer, Timer::SignIn(_));
        near.then_some(Step::Wake)
    }

    fn next_timer(&self) -> Option<(Timestamp, Timer)> {
        let computer = &self.computer;
        let own = computer.wake_at.map(|at| (at, Timer::Tenancy));
        let sign_ins =
            computer.sign_ins.iter().filter_map(|(id, run)| Some((run.wake_at()?, Timer::SignIn(*id))));
        let sessions = computer.sessions.iter();
        let sessions =
            sessions.filter_map(|(id, run)| Some((SessionRun::wake_at(run)?, Timer::Session(*id))));
        own.into_iter().chain(sign_ins).chain(sessions).min_by_key(|(at, _)| *at)
    }

    fn wake(&mut self) {
        let Some((at, timer)) = self.next_timer() else { return };
        self.pass_to(at);
        match timer {
            Timer::Tenancy => self.feed(Event::Woke),
            Timer::SignIn(id) => {
                self.bring(id, signin::Event::Woke);
                self.go_on(id);
            }
            Timer::Session(id) => self.tell_session(id, UserEvent::Woke),
        }
    }

    fn tell_end(&mut self) {
        match self.computer.ended.pop_front() {
            Some(Ended::Device(op, result)) => self.feed(Event::Done(op, result)),
            Some(Ended::Keys(op, result)) => self.feed(Event::KeysDone(op, result)),
            Some(Ended::SignIn(id, op, result)) => {
                self.bring(id, signin::Event::Done(op, result));
                if self.computer.sign_ins.get(&id).is_some_and(|run| run.is_ready()) {
                    self.go_on(id);
                }
            }
            Some(Ended::Session((id, number), op, result)) if self.is_open(id, number) => {
                self.tell_session(id, UserEvent::Done(op, result));
            }
            Some(Ended::Session(..) | Ended::PrepareJoin) | None => {}
        }
    }
}

/// Whose timer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    Tenancy,
    SignIn(SignInId),
    Session(crate::computer::PersonId),
}

fn name(work: &crate::computer::Work) -> String {
    use crate::computer::Work;
    match work {
        Work::Device(op, work) => format!("{op:?} {:?}", work.phase()),
        Work::Keys(op, _) => format!("{op:?} keys"),
        Work::SignIn(id, op, ..) => format!("{id:?} {op:?}"),
        Work::Session((id, _), op, ..) => format!("{id:?} {op:?}"),
        Work::PrepareJoin(_) => "join prepared".to_owned(),
    }
}

/// A timer that is further away is not waited for by itself.
const SOON: Duration = Duration::from_secs(60);
/// So many steps are never needed.
const MANY: u64 = 20_000;
/// Once in so many steps time passes while things are under way.
const TIME_PASSES: u64 = 16;
/// So long at the most.
const MOST_MS: u64 = 5000;
