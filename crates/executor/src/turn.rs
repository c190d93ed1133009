use lifecycle::Device;
use model::{Failure, Timestamp};
use signin::{Session, UserSession};
use std::future::Future;

/// A pure machine that turns one event into commands.
pub trait Machine {
    /// What happened.
    type Event;
    /// What is to be done.
    type Command;

    /// Judges one event; the commands are to be performed in their order.
    fn judge(&mut self, event: Self::Event, now: Timestamp) -> (Vec<Self::Command>, Option<Timestamp>);
}

/// Whoever performs the commands of a machine: the driver on tokio, the test world in virtual time.
pub trait Hands<M: Machine> {
    /// The clock.
    fn now(&self) -> Timestamp;

    /// Performs one command; returns when it is done or, for a work, when it is started.
    ///
    /// # Errors
    /// A durable write that did not succeed; the rest of the batch must not be performed.
    fn perform(&mut self, command: M::Command) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Replaces the moment at which the machine wants to be woken.
    fn wake_at(&mut self, moment: Option<Timestamp>);
}

/// The driver law: one event, then its commands in their order, each done before the next starts.
///
/// # Errors
/// The first durable write that failed; what was asked for after it did not happen.
pub async fn turn<M: Machine, H: Hands<M>>(
    hands: &mut H,
    machine: &mut M,
    event: M::Event,
) -> Result<(), Failure> {
    let (commands, wake_at) = machine.judge(event, hands.now());
    hands.wake_at(wake_at);
    for command in commands {
        hands.perform(command).await?;
    }
    Ok(())
}

impl Machine for Device {
    type Event = lifecycle::Event;
    type Command = lifecycle::Command;

    fn judge(
        &mut self,
        event: lifecycle::Event,
        now: Timestamp,
    ) -> (Vec<lifecycle::Command>, Option<Timestamp>) {
        let batch = self.handle(event, now);
        (batch.commands, batch.wake_at)
    }
}

impl Machine for Session {
    type Event = signin::Event;
    type Command = signin::Command;

    fn judge(&mut self, event: signin::Event, now: Timestamp) -> (Vec<signin::Command>, Option<Timestamp>) {
        let batch = self.handle(event, now);
        (batch.commands, batch.wake_at)
    }
}

impl Machine for UserSession {
    type Event = signin::UserEvent;
    type Command = signin::UserCommand;

    fn judge(
        &mut self,
        event: signin::UserEvent,
        now: Timestamp,
    ) -> (Vec<signin::UserCommand>, Option<Timestamp>) {
        let batch = self.handle(event, now);
        (batch.commands, batch.wake_at)
    }
}
