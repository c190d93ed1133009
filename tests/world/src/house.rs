//! What the machines of a world act upon: one disk, one vault, one executor, one clock.

use crate::keys::PoolKeys;
use crate::network::Wire;
use executor::{Executor, Hands, Parts, Vault, snapshot};
use lifecycle::{Command, Device, OpId, Reply, Work};
use model::{CloudProfile, Failure, FailureClass, Timestamp, Who};
use signin::{AccountPin, Memory, Outcome, Session, TenantPin};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use store::record::Versioned;
use tenant::Tenant;

pub(crate) struct House {
    pub(crate) wire: Arc<Wire>,
    pub(crate) vault: Arc<Vault>,
    executor: Executor,
    pub(crate) now: Timestamp,
    /// The record on disk, as bytes.
    pub(crate) disk: Option<Vec<u8>>,
    pub(crate) pins: (Option<TenantPin>, Vec<AccountPin>),
    pub(crate) works: VecDeque<(OpId, Work)>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) steps: u64,
    /// Events that may still happen before the power is cut.
    pub(crate) fuse: Option<u64>,
    pub(crate) trace: Vec<String>,
}

impl House {
    pub(crate) fn new(cloud: Arc<Mutex<Tenant>>, now: Timestamp, seed: u64) -> House {
        let wire = Arc::new(Wire::new(cloud));
        let vault = Arc::new(Vault::default());
        let executor = Executor::new(Parts {
            profile: CloudProfile::public(),
            transport: wire.clone(),
            keys: Arc::new(PoolKeys::default()),
            vault: vault.clone(),
            version: "0.0.0".to_owned(),
        });
        House {
            wire,
            vault,
            executor,
            now,
            disk: None,
            pins: (None, Vec::new()),
            works: VecDeque::new(),
            wake_at: None,
            steps: seed,
            fuse: None,
            trace: Vec::new(),
        }
    }

    /// Does the oldest work that was started; none when nothing is in flight.
    pub(crate) fn finish_work(&mut self) -> Option<(OpId, Result<Reply, Failure>)> {
        let (op, work) = self.works.pop_front()?;
        let entropy = self.entropy();
        Some((op, ready(self.executor.perform(work, self.now, entropy))))
    }

    pub(crate) fn pass_to(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        self.wire.set_clock(self.now);
    }

    /// One event less until the power is cut.
    pub(crate) fn burn(&mut self) -> Result<(), Failure> {
        match &mut self.fuse {
            Some(0) => Err(power_cut()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn entropy(&mut self) -> [u8; 32] {
        self.steps += 1;
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.steps.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        bytes
    }

    fn remember(&mut self, memory: Memory) {
        match memory {
            Memory::Domain { pin, .. } => self.pins.0 = Some(pin),
            Memory::Account(pin) => self.pins.1.push(pin),
            Memory::ForgetAccount(upn) => self.pins.1.retain(|pin| pin.upn != upn),
        }
    }
}

impl Hands<Device> for House {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn perform(&mut self, command: Command) -> Result<(), Failure> {
        self.trace.push(format!("  {command:?}"));
        self.burn()?;
        match command {
            Command::Persist(snapshot) => self.disk = Some(snapshot::to_record(&snapshot).encode()),
            Command::Run(op, work) => self.works.push_back((op, *work)),
            Command::Cancel(op) => self.works.retain(|(other, _)| *other != op),
            Command::Forget(token) => self.vault.forget(token),
            Command::Report(_) | Command::Ignored(_) => {}
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

/// One person at the door: a sign-in session in the house.
pub(crate) struct Visit<'a> {
    pub(crate) house: &'a mut House,
    pub(crate) events: VecDeque<signin::Event>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) outcome: Option<Outcome>,
}

impl Hands<Session> for Visit<'_> {
    fn now(&self) -> Timestamp {
        self.house.now
    }

    async fn perform(&mut self, command: signin::Command) -> Result<(), Failure> {
        self.house.trace.push(format!("  {command:?}"));
        match command {
            signin::Command::Run(op, work) => {
                let entropy = self.house.entropy();
                let result = ready(self.house.executor.perform_sign_in(work, self.house.now, entropy));
                self.events.push_back(signin::Event::Done(op, result));
            }
            signin::Command::Forget(token) => self.house.vault.forget(token),
            signin::Command::Remember(memory) => self.house.remember(memory),
            signin::Command::Finish(outcome) => self.outcome = Some(*outcome),
            signin::Command::Cancel(_) | signin::Command::Show(_) | signin::Command::Ignored(_) => {}
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

fn power_cut() -> Failure {
    let message = "the power was cut".to_owned();
    Failure::local(FailureClass::Broken, Who::Nobody, "PowerCut", message, "Nothing.")
}

/// Everything in this world answers at once.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("something waits for what is outside of this world"),
    }
}
