use crate::Machine;
use model::{Failure, Timestamp};
use std::future::Future;

/// Whoever performs the commands of a machine: the driver on tokio, the test world in virtual time.
pub trait Effects<M: Machine> {
    /// The moment that the machine is told with each event.
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
pub async fn step<M: Machine, H: Effects<M>>(
    effects: &mut H,
    machine: &mut M,
    event: M::Event,
) -> Result<(), Failure> {
    let batch = machine.handle(event, effects.now());
    effects.wake_at(batch.wake_at);
    for command in batch.commands {
        effects.perform(command).await?;
    }
    Ok(())
}
