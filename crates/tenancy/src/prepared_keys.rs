//! Keys ahead of time: for every configured domain that is not registered yet a pair is made in the background, so that
//! the first sign-in of each tenant finds one ready. Each goes to at most one tenant, ever.
//!
//! They are made one after the other, and none while a registration is under way: the key store does one thing at a
//! time, and whoever signs in comes first. What one too many is, because a domain leads to a tenant that has its keys,
//! is destroyed.
//!
//! On disk, in this order: the intent's id, then its keys; the commit by which a tenant takes a pair ends it here.

use crate::lanes::{LaneName, SignIn, Step};
use crate::tenancy::{Owner, Tenancy};
use lifecycle::{DeviceKeys, PreparedPair};
use model::{Failure, IntentId, TenantId};
use std::collections::BTreeMap;
use tenancy_model::{Change, Command, FoundPair, KeysReply, KeysWork, Pair, PairTest, PreparedView, Roster};

/// The pairs that are nobody's.
#[derive(Debug, Default)]
pub(crate) struct PreparedKeys {
    pairs: BTreeMap<IntentId, Pair>,
    /// Sign-ins whose registration waits for a pair.
    parked: Vec<SignIn>,
    /// Sign-ins that waited and are not begun yet.
    waiting: usize,
    /// Every pair is to go, because the last tenant was left.
    destroying: bool,
    /// Pairs that were destroyed meanwhile.
    destroyed: Vec<IntentId>,
    /// Whether any are made: what was found is known, the key store did all that it was asked for since, and the last
    /// tenant was not left.
    are_made: bool,
}

impl PreparedKeys {
    /// Whether keys are being made or tested and none is ready: a registration that needs some waits, because the
    /// key store does one thing at a time, and its own keys would come later still.
    pub(crate) fn is_preparing(&self) -> bool {
        self.ready().is_none() && self.pairs.values().any(Pair::is_under_way)
    }

    /// A pair that waits for a registration.
    pub(crate) fn ready(&self) -> Option<PreparedPair> {
        let ready =
            |(id, pair): (&IntentId, &Pair)| Some(PreparedPair { id: *id, keys: pair.ready()?.clone() });
        self.pairs.iter().find_map(ready)
    }

    /// How many there are or are being made; a decision costs nothing until then.
    fn count(&self) -> usize {
        self.pairs.values().filter(|pair| pair.is_under_way() || matches!(pair, Pair::Ready(_))).count()
    }

    fn view(&self) -> PreparedView {
        let count = |wanted: fn(&Pair) -> bool| self.pairs.values().filter(|pair| wanted(pair)).count();
        PreparedView {
            ready: count(|pair| matches!(pair, Pair::Ready(_))),
            being_made: count(|pair| matches!(pair, Pair::Generating | Pair::Storing(_))),
            waiting: self.parked.len() + self.waiting,
        }
    }
}

impl Tenancy {
    /// What was found at the start: keys of another place, or bound to something else, are of no use; the rest is
    /// tested before it is offered.
    pub(crate) fn take_up_prepared(&mut self, found: Vec<FoundPair>) {
        let (made, decided): (Vec<_>, Vec<_>) = found.into_iter().partition(|pair| pair.keys.is_some());
        self.prepared.pairs.extend(decided.into_iter().map(|pair| (pair.id, Pair::Decided)));
        let wanted = self.facts.pairs_wanted(&self.pins, &self.tenants);
        // Of a computer that has lost records nobody knows who has keys.
        let kept = if self.missing.is_some() { self.facts.most_prepared } else { wanted };
        for FoundPair { id, keys, boot_bound } in made {
            let Some(keys) = keys else { continue };
            let as_now = (keys.device.backend, boot_bound) == (self.facts.backend, self.facts.boot_bound);
            if as_now && self.prepared.count() < kept {
                self.prepared.pairs.insert(id, Pair::Testing(keys.clone()));
                self.run_keys(None, Owner::Prepared(id), KeysWork::Test(keys));
            } else {
                self.destroy_pair(id, keys);
            }
        }
        self.prepared.are_made = true;
        self.publish_prepared();
    }

    /// Makes the next pair that is missing, or destroys those that are too many, once nobody who registers needs the key
    /// store; whether there is something to do.
    pub(crate) fn balance_pairs(&mut self) -> bool {
        if !self.are_pairs_made() {
            return false;
        }
        let wanted = self.facts.pairs_wanted(&self.pins, &self.tenants);
        let there = self.prepared.count();
        if there < wanted {
            self.make_pair();
        } else if there > wanted {
            self.destroy_extra(wanted);
        }
        there != wanted
    }

    fn are_pairs_made(&self) -> bool {
        let prepared = &self.prepared;
        let is_busy = prepared.pairs.values().any(Pair::is_under_way);
        let waits = prepared.waiting > 0 || !prepared.parked.is_empty();
        let is_over = prepared.destroying || self.missing.is_some();
        prepared.are_made && !is_over && !is_busy && !waits && !self.registers_now()
    }

    /// One that was decided on before, or a new one.
    fn make_pair(&mut self) {
        let decided = self.prepared.pairs.iter().find(|(_, pair)| **pair == Pair::Decided);
        let decided = decided.map(|(id, _)| *id);
        let id = decided.unwrap_or_else(|| IntentId::new(self.generator.guid()));
        if decided.is_none() {
            self.push(None, Step::Commit(vec![Change::PreparedKeys { id, keys: None }]));
        }
        self.generate(id);
        self.publish_prepared();
    }

    fn destroy_extra(&mut self, wanted: usize) {
        let ready = self.prepared.pairs.iter().filter_map(|(id, pair)| Some((*id, pair.ready()?.clone())));
        let extra: Vec<_> = ready.skip(wanted).collect();
        extra.into_iter().for_each(|(id, keys)| self.destroy_pair(id, keys));
        self.publish_prepared();
    }

    /// Whether a machine is at work in a tenant where none is proved yet.
    fn registers_now(&self) -> bool {
        let registers = |tenant: &TenantId| !self.tenants.get(tenant).is_some_and(Roster::is_proved);
        self.works.values().any(|owner| matches!(owner, Owner::Member(tenant, ..) if registers(tenant)))
    }

    fn generate(&mut self, id: IntentId) {
        self.prepared.pairs.insert(id, Pair::Generating);
        self.run_keys(None, Owner::Prepared(id), KeysWork::Create { id, backend: self.facts.backend });
    }

    fn destroy_pair(&mut self, id: IntentId, keys: DeviceKeys) {
        self.prepared.pairs.insert(id, Pair::Destroying(keys.clone()));
        self.run_keys(None, Owner::Prepared(id), KeysWork::Destroy(keys));
    }

    /// A work with a pair ended.
    pub(crate) fn prepared_done(&mut self, id: IntentId, result: Result<KeysReply, Failure>) {
        let Some(pair) = self.prepared.pairs.get(&id).cloned() else { return };
        match (pair, result) {
            (Pair::Generating, Ok(KeysReply::Created(keys))) => self.store_pair(id, keys),
            (Pair::Generating, _) if self.prepared.destroying => self.pair_is_gone(id),
            // The decision stays on disk; the next start tries again.
            (Pair::Generating, _) => {
                self.prepared.pairs.insert(id, Pair::Decided);
                self.prepared.are_made = false;
            }
            (Pair::Testing(keys), Ok(KeysReply::Tested(PairTest::Usable))) => {
                self.keep_pair(id, keys, Pair::Ready)
            }
            (Pair::Testing(keys), Ok(_)) => self.destroy_pair(id, keys),
            // Neither offered nor destroyed: it may be bound to another machine, or be as good as ever.
            (Pair::Testing(keys), Err(_)) => {
                self.keep_pair(id, keys, Pair::Left);
                self.prepared.are_made = false;
            }
            (Pair::Destroying(_), Ok(_)) => self.pair_is_gone(id),
            (Pair::Destroying(keys), Err(_)) => drop(self.prepared.pairs.insert(id, Pair::Left(keys))),
            (other, _) => drop(self.prepared.pairs.insert(id, other)),
        }
        self.settle_prepared();
    }

    fn store_pair(&mut self, id: IntentId, keys: DeviceKeys) {
        self.prepared.pairs.insert(id, Pair::Storing(keys.clone()));
        let change = Change::PreparedKeys { id, keys: Some(Box::new(keys)) };
        self.push(None, Step::Commit(vec![change]));
        self.push(None, Step::Stored(id));
    }

    /// The keys of a pair are on disk.
    pub(crate) fn pair_is_stored(&mut self, id: IntentId) {
        if let Some(Pair::Storing(keys)) = self.prepared.pairs.get(&id).cloned() {
            self.keep_pair(id, keys, Pair::Ready);
            self.settle_prepared();
        }
    }

    /// Keeps a pair, unless every pair is to go.
    fn keep_pair(&mut self, id: IntentId, keys: DeviceKeys, how: fn(DeviceKeys) -> Pair) {
        match self.prepared.destroying {
            true => self.destroy_pair(id, keys),
            false => drop(self.prepared.pairs.insert(id, how(keys))),
        }
    }

    fn pair_is_gone(&mut self, id: IntentId) {
        self.prepared.pairs.remove(&id);
        if self.prepared.destroying {
            return self.prepared.destroyed.push(id);
        }
        self.push(None, Step::Commit(vec![Change::NoPreparedKeys(id)]));
    }

    /// Lets go on whoever waited for what has come to its end.
    fn settle_prepared(&mut self) {
        if !self.prepared.is_preparing() {
            let parked = std::mem::take(&mut self.prepared.parked);
            self.prepared.waiting += parked.len();
            parked.into_iter().for_each(|sign_in| self.unpark(sign_in));
        }
        let busy = |pair: &Pair| pair.is_under_way() || matches!(pair, Pair::Destroying(_));
        if self.prepared.destroying && !self.prepared.pairs.values().any(busy) {
            self.prepared.destroying = false;
            self.lanes.resume();
        }
        self.publish_prepared();
    }

    /// The last tenant is being left: every pair goes, then the changes are committed with what went.
    pub(crate) fn destroy_prepared(&mut self, lane: LaneName, changes: Vec<Change>) {
        (self.prepared.destroying, self.prepared.are_made) = (true, false);
        for (id, pair) in self.prepared.pairs.clone() {
            match pair {
                Pair::Ready(keys) | Pair::Left(keys) => self.destroy_pair(id, keys),
                Pair::Decided => self.pair_is_gone(id),
                Pair::Generating | Pair::Storing(_) | Pair::Testing(_) | Pair::Destroying(_) => {}
            }
        }
        self.lanes.stop(lane);
        self.lanes.push_front(lane, Step::CommitDestroyed(changes));
        self.settle_prepared();
    }

    /// The pairs that were destroyed since the last time, as changes.
    pub(crate) fn destroyed_pairs(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.prepared.destroyed).into_iter().map(Change::NoPreparedKeys).collect()
    }

    /// A tenant took this pair.
    pub(crate) fn prepared_taken(&mut self, id: Option<IntentId>) {
        if let Some(id) = id {
            self.prepared.pairs.remove(&id);
        }
        self.publish_prepared();
    }

    pub(crate) fn park(&mut self, sign_in: SignIn) {
        self.prepared.parked.push(sign_in);
        self.publish_prepared();
    }

    /// A registration that waited has begun.
    pub(crate) fn prepared_begun(&mut self) {
        self.prepared.waiting = self.prepared.waiting.saturating_sub(1);
        self.publish_prepared();
    }

    pub(crate) fn publish_prepared(&mut self) {
        self.commands.push(Command::PublishPrepared(self.prepared.view()));
    }
}
