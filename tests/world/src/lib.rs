//! The deterministic world: the real machines, executor and dialects against the stand-in tenant, in one
//! process, in virtual time, without network, disk or runtime. The same seed gives the same trace.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a world says what went wrong by panicking")]

#[cfg(test)]
mod judged;
mod keys;
mod network;
#[cfg(test)]
mod tests;

use executor::{Executor, Parts, Vault, snapshot};
use keys::PoolKeys;
use lifecycle::{Ask, Command, Device, Event, Facts, IntunePolicy, OpId, Snapshot, Stage, Work};
use model::{
    Account, Backend, CloudProfile, DeviceFacts, JoinType, MachineBinding, TenantId, Timestamp, TokenRef,
};
pub use network::Recorded;
use network::Wire;
use signin::{AccountPin, Memory, Outcome, Session, TenantPin};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use store::record::{self, Versioned};
use tenant::{KeySource, Seed, Setup, Tenant, Urls};

/// One machine, one cloud, one clock.
pub struct World {
    cloud: Arc<Mutex<Tenant>>,
    wire: Arc<Wire>,
    vault: Arc<Vault>,
    executor: Executor,
    now: Timestamp,
    device: Device,
    /// The record on disk, as bytes.
    disk: Option<Vec<u8>>,
    pins: (Option<TenantPin>, Vec<AccountPin>),
    works: VecDeque<(OpId, Work)>,
    wake_at: Option<Timestamp>,
    steps: u64,
    /// Events that may still happen before the power is cut.
    fuse: Option<u64>,
    /// Every event and command, in order.
    pub trace: Vec<String>,
}

/// The power was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerCut;

const USER: &str = "alex@contoso.com";
const CONTOSO: &str = "11111111-2222-3333-4444-555555555555";

impl World {
    /// A world whose generators all come from one seed.
    pub fn new(seed: u64) -> World {
        let now = Timestamp::from_secs(1_800_000_000);
        let setup = Setup {
            seed: Seed::default(),
            urls: Urls::Public,
            entropy: seed,
            keys: KeySource::Pool,
            auto_approve: true,
            poll_interval: 1,
        };
        let cloud = Arc::new(Mutex::new(Tenant::new(setup, now.as_millis()).unwrap()));
        let wire = Arc::new(Wire::new(cloud.clone()));
        let vault = Arc::new(Vault::default());
        let executor = Executor::new(Parts {
            profile: CloudProfile::public(),
            transport: wire.clone(),
            keys: Arc::new(PoolKeys::default()),
            vault: vault.clone(),
            version: "0.0.0".to_owned(),
        });
        let (pins, works, trace) = ((None, Vec::new()), VecDeque::new(), Vec::new());
        let device = Device::new(facts(), seed);
        let mut world = World {
            cloud,
            wire,
            vault,
            executor,
            now,
            device,
            disk: None,
            pins,
            works,
            wake_at: None,
            steps: seed,
            fuse: None,
            trace,
        };
        world.feed(Event::Restored(Snapshot::absent(contoso()))).unwrap();
        world
    }

    /// The stand-in, for its knobs and its view from outside.
    pub fn cloud(&self) -> std::sync::MutexGuard<'_, Tenant> {
        self.cloud.lock().unwrap()
    }

    /// Loses the reply to the next request of this name, after it was processed.
    pub fn lose_reply(&self, request: &'static str) {
        self.wire.lose(request);
    }

    /// The last request of this name that the real client sent.
    pub fn recorded(&self, name: &str) -> Recorded {
        self.wire.recorded(name).unwrap_or_else(|| panic!("no {name} was sent"))
    }

    /// The world's clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Cuts the power after so many more events.
    pub fn cut_power_after(&mut self, events: u64) {
        self.fuse = Some(events);
    }

    /// A person signs in, and the machine does what follows until it waits.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn sign_in(&mut self) -> Result<Outcome, PowerCut> {
        let asked: model::Upn = USER.parse().unwrap();
        let (pinned, accounts) = self.pins.clone();
        let mut session =
            Session::new(signin::Facts { asked: asked.clone(), pinned, accounts, claims: None });
        let mut events = VecDeque::from([signin::Event::Started]);
        loop {
            self.burn()?;
            let Some(event) = events.pop_front() else {
                panic!("the session stalls: {}", self.trace.join("\n"))
            };
            self.trace.push(format!("{event:?}"));
            let batch = session.handle(event, self.now);
            for command in batch.commands {
                self.trace.push(format!("  {command:?}"));
                match command {
                    signin::Command::Run(op, work) => {
                        let entropy = self.entropy();
                        let result = ready(self.executor.perform_sign_in(work, self.now, entropy));
                        events.push_back(signin::Event::Done(op, result));
                    }
                    signin::Command::Forget(token) => self.vault.forget(token),
                    signin::Command::Remember(memory) => self.remember(memory),
                    signin::Command::Finish(outcome) => {
                        self.hand_over(&outcome, &asked)?;
                        return Ok(*outcome);
                    }
                    signin::Command::Cancel(_) | signin::Command::Show(_) | signin::Command::Ignored(_) => {}
                }
            }
            if let (true, Some(at)) = (events.is_empty(), batch.wake_at) {
                self.pass_to(at);
                events.push_back(signin::Event::Woke);
            }
        }
    }

    fn hand_over(&mut self, outcome: &Outcome, asked: &model::Upn) -> Result<(), PowerCut> {
        let Outcome::SignedIn { account, token } = outcome else { return Ok(()) };
        let (account, domain): (Account, _) = (account.clone(), asked.domain().clone());
        self.feed(Event::SignedIn { account, domain, token: *token })?;
        self.settle()
    }

    /// An operator asks to leave.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn leave(&mut self) -> Result<(), PowerCut> {
        self.feed(Event::Asked(Ask::Leave))?;
        self.settle()
    }

    /// The power comes back: only what is on disk is left.
    pub fn restart(&mut self) {
        self.fuse = None;
        self.works.clear();
        self.wake_at = None;
        for name in self.vault.names(self.now) {
            self.vault.forget(name);
        }
        let snapshot = self.snapshot();
        self.device = Device::new(facts(), self.steps);
        self.feed(Event::Restored(snapshot)).unwrap();
        self.settle().unwrap();
    }

    /// What is on disk.
    pub fn snapshot(&self) -> Snapshot {
        let key = store::RecordKey::Device(contoso());
        match &self.disk {
            Some(bytes) => snapshot::from_record(&record::Device::decode(&key, bytes).unwrap()).unwrap(),
            None => Snapshot::absent(contoso()),
        }
    }

    /// The secrets held.
    pub fn held(&self) -> Vec<TokenRef> {
        self.vault.names(self.now)
    }

    /// Performs works and lets timers come until the machine waits for a person, or for long.
    fn settle(&mut self) -> Result<(), PowerCut> {
        for _ in 0..200 {
            if let Some((op, work)) = self.works.pop_front() {
                let entropy = self.entropy();
                let result = ready(self.executor.perform(work, self.now, entropy));
                self.burn()?;
                self.feed(Event::Done(op, result))?;
            } else if let Some(at) = self.wake_at {
                self.pass_to(at);
                self.feed(Event::Woke)?;
            } else {
                return Ok(());
            }
        }
        panic!("it does not settle: {}", self.trace.join("\n"));
    }

    fn feed(&mut self, event: Event) -> Result<(), PowerCut> {
        self.trace.push(format!("{event:?}"));
        let batch = self.device.handle(event, self.now);
        self.wake_at = batch.wake_at;
        for command in batch.commands {
            self.trace.push(format!("  {command:?}"));
            self.burn()?;
            match command {
                Command::Persist(snapshot) => self.disk = Some(snapshot::to_record(&snapshot).encode()),
                Command::Run(op, work) => self.works.push_back((op, *work)),
                Command::Cancel(op) => self.works.retain(|(other, _)| *other != op),
                Command::Forget(token) => self.vault.forget(token),
                Command::Report(_) | Command::Ignored(_) => {}
            }
        }
        Ok(())
    }

    fn burn(&mut self) -> Result<(), PowerCut> {
        match &mut self.fuse {
            Some(0) => Err(PowerCut),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn remember(&mut self, memory: Memory) {
        match memory {
            Memory::Domain { pin, .. } => self.pins.0 = Some(pin),
            Memory::Account(pin) => self.pins.1.push(pin),
            Memory::ForgetAccount(upn) => self.pins.1.retain(|pin| pin.upn != upn),
        }
    }

    fn pass_to(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        self.wire.set_clock(self.now);
    }

    fn entropy(&mut self) -> [u8; 32] {
        self.steps += 1;
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.steps.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        bytes
    }

    /// Asserts what holds in every world that has come to rest: the directory's objects are the identity and
    /// what the ledger accounts for, and no secret is held that nobody needs.
    pub fn check(&self) {
        let devices: Vec<String> = self.cloud().devices().iter().map(|device| device.id.clone()).collect();
        let snapshot = self.snapshot();
        let own = match &snapshot.stage {
            Stage::Registered(identity) | Stage::Leaving { identity, .. } => {
                Some(identity.issued.device.to_string())
            }
            _ => None,
        };
        let others = devices.iter().filter(|id| Some(*id) != own.as_ref()).count();
        assert!(
            others <= snapshot.ledger.len(),
            "{others} objects are not accounted for: {}",
            self.trace.join("\n")
        );
        assert!(own.is_none_or(|own| devices.contains(&own)), "the identity is not in the directory");
        assert!(self.held().is_empty(), "secrets are held: {:?}\n{}", self.held(), self.trace.join("\n"));
    }
}

fn facts() -> Facts {
    Facts {
        tenant: contoso(),
        join_type: JoinType::Join,
        backend: Backend::Soft,
        binding: MachineBinding { components: Vec::new() },
        device: DeviceFacts {
            display_name: "lap-0042".to_owned(),
            os_version: "Unknown".to_owned(),
            os_id: "Unknown".to_owned(),
            os_version_id: "Unknown".to_owned(),
            arch: "x86_64".to_owned(),
        },
        intune: IntunePolicy::Stay,
    }
}

fn contoso() -> TenantId {
    CONTOSO.parse().unwrap()
}

/// Everything in this world answers at once.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a work waits for something outside of this world"),
    }
}
