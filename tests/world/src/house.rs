//! What the machines of a world act upon: one disk, one vault, one executor, one clock.

use crate::keys::PoolKeys;
use crate::network::Cloud;
use crate::network::Wire;
use executor::{ClientVersion, Executor, Hands, IntuneVersion, Kdf, Parts, Vault};
use lifecycle::{Command, Device, Identity, OpId, Reply, Work};
use model::{Account, CloudProfile, DeviceFacts, Failure, FailureClass, Secret, Timestamp, TokenRef, Who};
use signin::{
    AccountPin, Memory, Outcome, Session, TenantPin, UserCommand, UserEvent, UserReply, UserSession, UserWork,
};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use store::record::Versioned;

pub(crate) struct House {
    pub(crate) wire: Arc<Wire>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) keys: Arc<PoolKeys>,
    executor: Executor,
    pub(crate) now: Timestamp,
    /// The record on disk, as bytes.
    pub(crate) disk: Option<Vec<u8>>,
    pub(crate) pins: (Option<TenantPin>, Vec<AccountPin>),
    pub(crate) works: VecDeque<(OpId, Work)>,
    /// What the device machine handed over to sessions, and what those suspect of the device.
    pub(crate) handed: VecDeque<(Account, TokenRef)>,
    pub(crate) suspicions: VecDeque<Failure>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) steps: u64,
    /// Events that may still happen before the power is cut.
    pub(crate) fuse: Option<u64>,
    pub(crate) trace: Vec<String>,
}

impl House {
    pub(crate) fn new(cloud: Arc<Mutex<Cloud>>, device: DeviceFacts, now: Timestamp, seed: u64) -> House {
        let wire = Arc::new(Wire::new(cloud));
        let vault = Arc::new(Vault::default());
        let keys = Arc::new(PoolKeys::default());
        let executor = Executor::new(Parts {
            profile: CloudProfile::public(),
            transport: wire.clone(),
            keys: keys.clone(),
            vault: vault.clone(),
            version: "0.0.0".to_owned(),
            device,
            kdf: Kdf::default(),
            intune_version: IntuneVersion::fixed(ClientVersion::COMPILED),
        });
        House {
            wire,
            vault,
            keys,
            executor,
            now,
            disk: None,
            pins: (None, Vec::new()),
            works: VecDeque::new(),
            handed: VecDeque::new(),
            suspicions: VecDeque::new(),
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
            Command::Persist { snapshot, .. } => self.disk = Some(snapshot::to_record(&snapshot).encode()),
            Command::Run(op, work) => self.works.push_back((op, *work)),
            Command::Cancel(op) => self.works.retain(|(other, _)| *other != op),
            Command::Forget(token) => self.vault.forget(token),
            Command::HandOver { account, token } => {
                self.vault.seat(&account, token);
                self.handed.push_back((account, token));
            }
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
    /// The machine's identity, for a sign-in that proves the device.
    pub(crate) identity: Option<Identity>,
    /// What the person types when asked; a code is what they want without it.
    pub(crate) password: Option<&'static str>,
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
                let (executor, now) = (&self.house.executor, self.house.now);
                let result = ready(executor.perform_sign_in(work, self.identity.as_ref(), now, entropy));
                self.events.push_back(signin::Event::Done(op, result));
            }
            signin::Command::Forget(token) => self.house.vault.forget(token),
            signin::Command::Remember(memory) => self.house.remember(memory),
            signin::Command::Finish(outcome) => self.outcome = Some(*outcome),
            signin::Command::AskPassword(_) => {
                let (vault, now) = (&self.house.vault, self.house.now);
                let typed = self.password.map(|text| vault.keep_password(Secret::new(text.to_owned()), now));
                self.events.push_back(signin::Event::Password(typed));
            }
            signin::Command::Cancel(_) | signin::Command::Show(_) | signin::Command::Ignored(_) => {}
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

/// One person's session on the registered machine.
pub(crate) struct Stay<'a> {
    pub(crate) house: &'a mut House,
    pub(crate) identity: Option<Identity>,
    pub(crate) events: VecDeque<UserEvent>,
    pub(crate) wake_at: Option<Timestamp>,
}

impl Hands<UserSession> for Stay<'_> {
    fn now(&self) -> Timestamp {
        self.house.now
    }

    async fn perform(&mut self, command: UserCommand) -> Result<(), Failure> {
        self.house.trace.push(format!("  {command:?}"));
        match command {
            UserCommand::Run(op, work) => {
                let result = self.work(work);
                self.events.push_back(UserEvent::Done(op, result));
            }
            UserCommand::Forget(token) => self.house.vault.forget(token),
            UserCommand::Suspect(failure) => self.house.suspicions.push_back(failure),
            UserCommand::Cancel(_) | UserCommand::Report(_) | UserCommand::Ignored(_) => {}
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

impl Stay<'_> {
    fn work(&mut self, work: UserWork) -> Result<UserReply, Failure> {
        let entropy = self.house.entropy();
        match &self.identity {
            Some(identity) => {
                ready(self.house.executor.perform_user(work, identity, self.house.now, entropy))
            }
            None => Err(power_cut()),
        }
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
