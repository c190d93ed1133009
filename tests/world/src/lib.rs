//! The deterministic world: the real machines, executor and dialects against the stand-in tenant, in one
//! process, in virtual time, without network, disk or runtime. The same seed gives the same trace.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a world says what went wrong by panicking")]

mod house;
#[cfg(test)]
mod judged;
mod keys;
mod network;
#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

use executor::turn;
use house::{House, Stay, Visit, ready};
pub use lifecycle::IntunePolicy;
use lifecycle::{Ask, Device, Event, Facts, Identity, Snapshot, Stage};
use model::{
    Account, Backend, DeviceFacts, JoinType, MachineBinding, ObjectId, TenantId, Timestamp, TokenRef,
};
pub use network::{Cloud, Recorded};
use signin::{Method, Outcome, Session, SessionState, Standing, UserEvent, UserSession, UserStatus};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::record::{self, Versioned};
use tenant::{KeySource, Seed, Setup, Tenant, Urls};
use tenant_intune::Intune;

/// One machine, one cloud, one clock.
pub struct World {
    cloud: Arc<Mutex<Cloud>>,
    house: House,
    device: Device,
    policy: IntunePolicy,
    /// The number of the machine that the disk is in.
    machine: u8,
    users: BTreeMap<ObjectId, (UserSession, Option<Timestamp>)>,
}

/// How a person signs in.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Their name.
    pub name: &'static str,
    /// What they type when asked for a password; without it they take a code.
    pub password: Option<&'static str>,
}

/// The power was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerCut;

/// The first user of the built-in seed, with a code.
pub const ALEX: Person = Person { name: "alex@contoso.com", password: None };
const CONTOSO: &str = "11111111-2222-3333-4444-555555555555";

impl World {
    /// A world whose generators all come from one seed.
    pub fn new(seed: u64) -> World {
        World::with(seed, IntunePolicy::Stay)
    }

    /// The same, with what the machine is to do about Intune.
    pub fn with(seed: u64, policy: IntunePolicy) -> World {
        let now = Timestamp::from_secs(1_800_000_000);
        let setup = Setup {
            seed: Seed::default(),
            urls: Urls::Public,
            entropy: seed,
            keys: KeySource::Pool,
            auto_approve: true,
            poll_interval: 1,
        };
        let tenant = Tenant::new(setup, now.as_millis()).unwrap();
        let cloud = Arc::new(Mutex::new(Cloud { tenant, intune: intune(seed) }));
        let house = House::new(cloud.clone(), device_facts(), now, seed);
        let device = Device::new(facts(policy, 0), seed);
        let mut world = World { cloud, house, device, policy, machine: 0, users: BTreeMap::new() };
        world.feed(Event::Restored(Snapshot::absent(contoso()))).unwrap();
        world
    }

    /// The stand-in, for its knobs and its view from outside.
    pub fn cloud(&self) -> std::sync::MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap()
    }

    /// Changes what the directory does otherwise.
    pub fn knobs(&self, change: impl FnOnce(&mut tenant::Knobs)) {
        let mut cloud = self.cloud();
        let mut knobs = cloud.knobs().clone();
        change(&mut knobs);
        cloud.set_knobs(knobs);
    }

    /// The names of all requests so far, in order.
    pub fn requests(&self) -> Vec<&'static str> {
        self.house.wire.requests()
    }

    /// Every event and command, in order.
    pub fn trace(&self) -> &[String] {
        &self.house.trace
    }

    /// Loses the reply to the next request of this name, after it was processed.
    pub fn lose_reply(&self, request: &'static str) {
        self.house.wire.lose(request);
    }

    /// From now on nothing is refused, lost or late.
    pub fn be_fair(&self) {
        self.house.wire.be_fair();
        let mut cloud = self.cloud();
        cloud.set_knobs(tenant::Knobs::default());
        cloud.intune.set_knobs(tenant_intune::IntuneKnobs::default());
    }

    /// The last request of this name that the real client sent.
    pub fn recorded(&self, name: &str) -> Recorded {
        self.house.wire.recorded(name).unwrap_or_else(|| panic!("no {name} was sent"))
    }

    /// The world's clock.
    pub fn now(&self) -> Timestamp {
        self.house.now
    }

    /// Lets time pass; a timer that comes due meanwhile is late.
    pub fn pass(&mut self, time: Duration) {
        self.house.pass_to(self.house.now.after(time));
    }

    /// Whether the power was cut and has not come back.
    pub fn is_cut(&self) -> bool {
        self.house.fuse == Some(0)
    }

    /// Cuts the power after so many more events.
    pub fn cut_power_after(&mut self, events: u64) {
        self.house.fuse = Some(events);
    }

    /// A person signs in, and the machine does what follows until it waits.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn sign_in(&mut self) -> Result<Outcome, PowerCut> {
        self.sign_in_as(ALEX)
    }

    /// The same for anybody.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn sign_in_as(&mut self, person: Person) -> Result<Outcome, PowerCut> {
        let asked: model::Upn = person.name.parse().unwrap();
        let (pinned, accounts) = self.house.pins.clone();
        let identity = self.identity();
        let standing = if identity.is_some() { Standing::Registered } else { Standing::Unregistered };
        let (asked_for, method, claims) = (asked.clone(), Method::Auto, None);
        let facts =
            signin::Facts { asked: asked_for, pinned, accounts, claims, method, standing, wanted: None };
        let mut session = Session::new(facts);
        let events = VecDeque::from([signin::Event::Started]);
        let password = person.password;
        let mut visit =
            Visit { house: &mut self.house, events, wake_at: None, outcome: None, identity, password };
        let outcome = loop {
            if let Some(outcome) = visit.outcome.take() {
                break outcome;
            }
            visit.house.burn().map_err(|_| PowerCut)?;
            let event = visit.events.pop_front().or_else(|| {
                visit.house.pass_to(visit.wake_at?);
                Some(signin::Event::Woke)
            });
            let event = event.unwrap_or_else(|| panic!("it stalls: {}", visit.house.trace.join("\n")));
            visit.house.trace.push(format!("{event:?}"));
            ready(turn(&mut visit, &mut session, event)).map_err(|_| PowerCut)?;
        };
        if let Outcome::SignedIn { account, token } = &outcome {
            let (account, domain) = (account.clone(), asked.domain().clone());
            self.feed(Event::SignedIn { account, domain, token: *token })?;
            self.settle()?;
        }
        Ok(outcome)
    }

    /// An operator asks to leave.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn leave(&mut self) -> Result<(), PowerCut> {
        self.feed(Event::Asked(Ask::Leave))?;
        self.settle()
    }

    /// The machine's administrator says that it is the same one, whatever changed.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn rebind(&mut self) -> Result<(), PowerCut> {
        self.feed(Event::Rebind)?;
        self.settle()
    }

    /// The disk is put into another machine, which starts.
    pub fn move_disk(&mut self) {
        self.machine += 1;
        self.house.keys.move_to(self.machine);
        self.restart();
    }

    /// The power comes back: only what is on disk is left.
    pub fn restart(&mut self) {
        self.house.fuse = None;
        self.house.works.clear();
        self.house.handed.clear();
        self.house.suspicions.clear();
        self.users.clear();
        self.house.wake_at = None;
        for name in self.held() {
            self.house.vault.forget(name);
        }
        let snapshot = self.snapshot();
        self.device = Device::new(facts(self.policy, self.machine), self.house.steps);
        self.feed(Event::Restored(snapshot)).unwrap();
        self.settle().unwrap();
    }

    /// What is on disk.
    pub fn snapshot(&self) -> Snapshot {
        let key = store::RecordKey::Device(contoso());
        match &self.house.disk {
            Some(bytes) => snapshot::from_record(&record::Device::decode(&key, bytes).unwrap()).unwrap(),
            None => Snapshot::absent(contoso()),
        }
    }

    /// The secrets held.
    pub fn held(&self) -> Vec<TokenRef> {
        self.house.vault.names(self.house.now)
    }

    /// This machine's identity.
    pub fn identity(&self) -> Option<Identity> {
        match self.snapshot().stage {
            Stage::Registered(identity) => Some(*identity),
            _ => None,
        }
    }

    /// The session of a person.
    pub fn user(&self, account: &Account) -> Option<UserStatus> {
        self.users.get(&account.object).map(|(session, _)| session.status())
    }

    /// Lets time pass until the session of a person does something by itself.
    pub fn pass_to_session(&mut self, account: &Account) {
        let at = self.users.get(&account.object).and_then(|(_, at)| *at).unwrap();
        self.house.pass_to(at);
        self.feed_user(account.object, UserEvent::Woke);
    }

    /// Everybody's session takes what the machine handed over, and does what follows.
    fn settle_users(&mut self) -> Result<(), PowerCut> {
        while let Some((account, token)) = self.house.handed.pop_front() {
            let fresh = || (UserSession::new(self.house.steps), None);
            self.users.entry(account.object).or_insert_with(fresh);
            self.feed_user(account.object, UserEvent::Given(token));
        }
        while let Some(failure) = self.house.suspicions.pop_front() {
            self.feed(Event::Suspected(failure))?;
        }
        Ok(())
    }

    fn feed_user(&mut self, object: ObjectId, event: UserEvent) {
        let identity = self.identity();
        let Some((session, wake_at)) = self.users.get_mut(&object) else { return };
        let events = VecDeque::from([event]);
        let mut stay = Stay { house: &mut self.house, identity, events, wake_at: None };
        while let Some(event) = stay.events.pop_front() {
            stay.house.trace.push(format!("{event:?}"));
            ready(turn(&mut stay, session, event)).unwrap();
        }
        *wake_at = stay.wake_at;
    }

    /// Performs works and lets timers come until the machine waits for a person, or for long.
    fn settle(&mut self) -> Result<(), PowerCut> {
        for _ in 0..200 {
            self.settle_users()?;
            if let Some((op, result)) = self.house.finish_work() {
                self.house.burn().map_err(|_| PowerCut)?;
                self.feed(Event::Done(op, result))?;
            } else if let Some(at) = self.house.wake_at.filter(|at| at.since(self.now()) <= SOON) {
                self.house.pass_to(at);
                self.feed(Event::Woke)?;
            } else {
                return Ok(());
            }
        }
        panic!("it does not settle: {}", self.trace().join("\n"));
    }

    fn feed(&mut self, event: Event) -> Result<(), PowerCut> {
        self.house.trace.push(format!("{event:?}"));
        ready(turn(&mut self.house, &mut self.device, event)).map_err(|_| PowerCut)
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
            self.trace().join("\n")
        );
        assert!(own.is_none_or(|own| devices.contains(&own)), "the identity is not in the directory");
        let sessions =
            self.users.values().filter(|(session, _)| session.status().state != SessionState::Lost).count();
        let held = self.held();
        assert!(held.len() <= sessions, "secrets are held: {held:?}\n{}", self.trace().join("\n"));
    }
}

/// A timer that is further away is not waited for by itself.
const SOON: Duration = Duration::from_secs(60);

fn intune(seed: u64) -> Intune {
    let base = "https://fef.msua08.manage.microsoft.com".to_owned();
    let graph = "https://graph.microsoft.com".to_owned();
    let keys = tenant_intune::KeySource::Pool;
    Intune::new(tenant_intune::Setup { base, graph, entropy: seed, keys }).unwrap()
}

fn facts(intune: IntunePolicy, machine: u8) -> Facts {
    Facts {
        tenant: contoso(),
        join_type: JoinType::Join,
        backend: Backend::Soft,
        binding: MachineBinding { components: vec![("machine-id".to_owned(), machine.to_string())] },
        device: device_facts(),
        intune,
    }
}

fn device_facts() -> DeviceFacts {
    DeviceFacts {
        display_name: "lap-0042".to_owned(),
        os_version: "Unknown".to_owned(),
        os_id: "Unknown".to_owned(),
        os_version_id: "Unknown".to_owned(),
        arch: "x86_64".to_owned(),
        manufacturer: "Unknown".to_owned(),
    }
}

fn contoso() -> TenantId {
    CONTOSO.parse().unwrap()
}
