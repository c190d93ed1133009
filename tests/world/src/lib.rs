//! The deterministic world: the real machines, executor and dialects against the stand-in tenants, in one
//! process, in virtual time, without network, disk or runtime. The same seed gives the same trace.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a world says what went wrong by panicking")]

mod commands;
mod computer;
mod disk;
#[cfg(test)]
mod judged;
mod keys;
mod laws;
mod network;
mod operator;
#[cfg(test)]
mod random;
mod sessions;
mod setup;
mod sign_ins;
mod steps;
#[cfg(test)]
mod tests;

pub use computer::SignInId;
pub use keys::PLACE;
pub use network::{Cloud, Recorded};
pub use operator::{Moved, OperatorAnswer};
pub use setup::{ALEX, CONTOSO_PEOPLE, DOMAINS, FABRIKAM_PEOPLE, Options, Person};

use computer::Computer;
use disk::Disk;
use keys::PoolKeys;
use lifecycle::{Identity, IntuneEnrolment, Snapshot, Stage};
use model::{Backend, Failure, TenantId, Timestamp, TokenRef};
use network::Wire;
use setup::contoso;
use signin::Outcome;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steps::Order;
use tenancy::{Caller, PreparedView, Role, TenantView};

/// One computer, one cloud, one clock.
pub struct World {
    cloud: Arc<Mutex<Cloud>>,
    wire: Arc<Wire>,
    keys: Arc<PoolKeys>,
    disk: Disk,
    computer: Computer,
    options: Options,
    /// The number of the machine that the disk is in.
    machine: u8,
    now: Timestamp,
    /// Feeds whatever needs a number of its own.
    numbers: u64,
    last_caller: u64,
    /// Events that may still happen before the power is cut.
    fuse: Option<u64>,
    order: Order,
    /// Keys that a power cut left behind, of which nothing on disk knows.
    lost_keys: BTreeSet<Vec<u8>>,
    trace: Vec<String>,
}

/// The power was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerCut;

impl World {
    /// A world whose generators all come from one seed.
    pub fn new(seed: u64) -> World {
        World::of(Options::plain(seed))
    }

    /// The same, with what the machine is to do about Intune.
    pub fn with(seed: u64, intune: IntuneEnrolment) -> World {
        World::of(Options { intune, ..Options::plain(seed) })
    }

    /// A world whose computer has been started.
    pub fn of(options: Options) -> World {
        let mut world = World::off(options);
        world.restart();
        world
    }

    /// A world whose computer has never been started.
    pub fn off(options: Options) -> World {
        let cloud = setup::cloud(options.seed);
        let (wire, keys) = (Arc::new(Wire::new(cloud.clone())), Arc::new(PoolKeys::default()));
        let computer = Computer::new(options, 0, &keys, &wire);
        World {
            cloud,
            wire,
            keys,
            disk: Disk::default(),
            computer,
            options,
            machine: 0,
            now: setup::beginning(),
            numbers: options.seed,
            last_caller: 0,
            fuse: None,
            order: Order::First,
            lost_keys: BTreeSet::new(),
            trace: Vec::new(),
        }
    }

    /// The stand-in, for its knobs and its view from outside.
    pub fn cloud(&self) -> std::sync::MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap()
    }

    /// Changes what the directory does otherwise.
    pub fn knobs(&self, change: impl FnOnce(&mut tenant_model::knobs::Knobs)) {
        let mut cloud = self.cloud();
        let mut knobs = cloud.knobs().clone();
        change(&mut knobs);
        cloud.set_knobs(knobs);
    }

    /// The names of all requests so far, in order.
    pub fn requests(&self) -> Vec<&'static str> {
        self.wire.requests()
    }

    /// Every event and command, in order.
    pub fn trace(&self) -> &[String] {
        &self.trace
    }

    /// Loses the reply to the next request of this name, after it was processed.
    pub fn lose_reply(&self, request: &'static str) {
        self.wire.lose(request);
    }

    /// A place for keys answers nothing from here on, or does again.
    pub fn set_closed(&self, place: Backend, closed: bool) {
        self.keys.set_closed(place, closed);
    }

    /// From now on nothing is refused, lost or late.
    pub fn be_fair(&mut self) {
        self.wire.be_fair();
        self.disk.never_fail();
        [Backend::Soft, PLACE].into_iter().for_each(|place| self.set_closed(place, false));
        let mut cloud = self.cloud();
        cloud.set_knobs(tenant_model::knobs::Knobs::default());
        cloud.intune.set_knobs(tenant_intune::IntuneKnobs::default());
    }

    /// The last request of this name that the real client sent.
    pub fn recorded(&self, name: &str) -> Recorded {
        self.wire.recorded(name).unwrap_or_else(|| panic!("no {name} was sent"))
    }

    /// The world's clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time pass; a timer that comes due meanwhile is late.
    pub fn pass(&mut self, time: Duration) {
        self.pass_to(self.now.after(time));
    }

    fn pass_to(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        self.wire.set_clock(self.now);
    }

    /// Whether the power was cut and has not come back.
    pub fn is_cut(&self) -> bool {
        self.fuse == Some(0)
    }

    /// Cuts the power after so many more events.
    pub fn cut_power_after(&mut self, events: u64) {
        self.fuse = Some(events);
    }

    /// Nobody cuts the power from here on.
    pub fn keep_power(&mut self) {
        self.fuse = None;
    }

    /// From the next start on so many pairs of keys are made ahead of time at the most.
    pub fn set_most_prepared(&mut self, most_prepared: usize) {
        self.options.most_prepared = most_prepared;
    }

    /// What this world was made with.
    pub fn options(&self) -> Options {
        self.options
    }

    /// One event less until the power is cut.
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

    /// A commit fails after so many more, and no later one succeeds before the next start. `stays`: the next
    /// start finds it nevertheless.
    pub fn fail_commit_after(&mut self, commits: u64, stays: bool) {
        self.disk.fail_after(commits, stays);
    }

    /// Whether a commit failed since the last start.
    pub fn is_broken(&self) -> bool {
        self.disk.is_broken()
    }

    /// How many commits were written so far.
    pub fn writes(&self) -> u64 {
        self.disk.writes
    }

    /// A person signs in, and the machine does what follows until it waits.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn sign_in(&mut self) -> Result<Outcome, PowerCut> {
        self.sign_in_as(ALEX)
    }

    /// The disk is put into another machine, which starts.
    pub fn move_disk(&mut self) {
        self.machine += 1;
        self.keys.move_to(self.machine);
        self.restart();
    }

    /// The power comes back: only what is on disk is left.
    pub fn restart(&mut self) {
        self.fuse = None;
        self.start().unwrap();
    }

    /// The power comes back, and is cut again after so many events.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn restart_until(&mut self, events: u64) -> Result<(), PowerCut> {
        self.fuse = Some(events);
        self.start()
    }

    /// The power comes, and the fuse stays as it is.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn start(&mut self) -> Result<(), PowerCut> {
        self.power_on();
        self.settle()
    }

    fn power_on(&mut self) {
        self.trace.push("the power comes".to_owned());
        self.disk.restart();
        self.lose_keys();
        let options = Options { seed: self.next_number(), ..self.options };
        self.computer = Computer::new(options, self.machine, &self.keys, &self.wire);
        let found = Box::new(self.disk.found().clone());
        self.computer.inbox.push_back(tenancy::Event::Restored(found));
    }

    /// What is on disk of the first tenant's identity in force.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(Role::Current, contoso())
    }

    /// What is on disk of an identity.
    pub fn snapshot_of(&self, role: Role, tenant: TenantId) -> Snapshot {
        self.disk.snapshot(role, tenant).unwrap_or_else(|| Snapshot::absent(tenant))
    }

    /// How many keys exist that this machine can use.
    pub fn keys_alive(&self) -> usize {
        self.keys.alive().len()
    }

    /// How many of them a power cut left behind, so that nothing on disk knows of them.
    pub fn keys_lost(&self) -> usize {
        self.keys.alive().intersection(&self.lost_keys).count()
    }

    /// The secrets held.
    pub fn held(&self) -> Vec<TokenRef> {
        self.computer.vault.names(self.now)
    }

    /// The first tenant's identity in force.
    pub fn identity(&self) -> Option<Identity> {
        self.identity_of(contoso())
    }

    /// A tenant's identity in force.
    pub fn identity_of(&self, tenant: TenantId) -> Option<Identity> {
        match self.snapshot_of(Role::Current, tenant).stage {
            Stage::Registered(identity) => Some(*identity),
            _ => None,
        }
    }

    /// What is published of a tenant.
    pub fn view(&self, tenant: TenantId) -> Option<&TenantView> {
        self.computer.views.get(&tenant)
    }

    /// How far the keys made ahead of time are.
    pub fn prepared(&self) -> PreparedView {
        self.computer.prepared
    }

    /// Why nothing can be written any more, if so.
    pub fn not_writable(&self) -> Option<&Failure> {
        self.computer.not_writable.as_ref()
    }

    /// Why the service ended itself, if it did.
    pub fn stopped(&self) -> Option<&Failure> {
        self.computer.stopped.as_ref()
    }

    fn next_caller(&mut self) -> Caller {
        self.last_caller += 1;
        Caller(self.last_caller)
    }

    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn entropy(&mut self) -> [u8; 32] {
        let number = self.next_number();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        bytes
    }
}
