//! The accounts of this machine (login.md 4.5): durable, then known to whoever reads names, then told to who waits.

use crate::lanes::Step;
use crate::tenancy::Tenancy;
use accounts::{AccountChange, LocalFacts, ReservationWanted};
use model::{Account, Asked, DirectoryGroup, Failure, LocalAccount, TenantId, Upn};
use tenancy_model::{Answer, Caller, Change, Command, kept_account, no_account, no_reservation};

impl Tenancy {
    /// Somebody whom the directory has just let in gets the account that they have here, or a new one.
    pub(crate) fn account_wanted(
        &mut self,
        caller: Caller,
        (person, groups): (Account, Option<Vec<DirectoryGroup>>),
        local: &LocalFacts,
    ) {
        match self.account_of((&person, groups), local) {
            Ok(account) => self.keep_account(Some(caller), account),
            Err(failure) => self.order(Some(person.tenant), Command::Answer(caller, Err(failure))),
        }
    }

    /// What the person is here from now on, where nothing stands against it.
    pub(crate) fn account_of(
        &self,
        (person, groups): (&Account, Option<Vec<DirectoryGroup>>),
        local: &LocalFacts,
    ) -> Result<LocalAccount, Failure> {
        // A lost account would be made anew, perhaps with another number.
        match self.missing.as_ref().filter(|_| !self.accounts.has(person)) {
            Some(missing) => Err(missing.clone()),
            None => self.accounts.settled(&self.facts.accounts, (person, groups), local, self.now),
        }
    }

    pub(crate) fn keep_account(&mut self, caller: Option<Caller>, account: LocalAccount) {
        let (lane, kept) = (Some(account.person.tenant), Box::new(account.clone()));
        // What was set aside is theirs now: nobody else signs in under the name.
        let is_used = self.accounts.end_reservation(&kept.person.upn);
        if self.accounts.keep(account) || is_used {
            let (changes, published) = kept_account(&kept, is_used);
            self.push(lane, Step::Commit(changes));
            published.into_iter().for_each(|command| self.order(lane, command));
        }
        if let Some(caller) = caller {
            self.order(lane, Command::Answer(caller, Ok(Answer::Account(kept))));
        }
    }

    /// Gives an account another name or number.
    pub(crate) fn change_account(
        &mut self,
        caller: Caller,
        (name, to): (&str, AccountChange),
        local: &LocalFacts,
    ) {
        match self.accounts.changed(&self.facts.accounts, (name, to), local) {
            Ok(account) => self.keep_account(Some(caller), account),
            Err(failure) => self.order(self.accounts.tenant_of(name), Command::Answer(caller, Err(failure))),
        }
    }

    /// Sets an account aside for somebody who has not signed in yet.
    pub(crate) fn reserve_account(&mut self, caller: Caller, wanted: &ReservationWanted, local: &LocalFacts) {
        let lane = self.pins.tenant_of(wanted.upn.domain());
        let owner = self.pins.accounts.get(&wanted.upn).map(|pin| (pin.tenant, pin.object));
        let obstacle = || self.pins.obstacle(&Asked::Person(wanted.upn.clone()));
        let made = match self.missing.clone().or_else(obstacle) {
            Some(failure) => Err(failure),
            None => self.accounts.reserve(&self.facts.accounts, (wanted, owner), local, self.now),
        };
        if let Ok(reserved) = &made
            && self.accounts.set_aside(reserved.clone())
        {
            let reserved = Box::new(reserved.clone());
            self.push(lane, Step::Commit(vec![Change::Reserved(reserved.clone())]));
            self.order(lane, Command::PublishReserved(reserved));
        }
        self.order(lane, Command::Answer(caller, made.map(Box::new).map(Answer::Reserved)));
    }

    /// Ends what is set aside for a name; whether there was anything.
    pub(crate) fn end_reservation(&mut self, name: &Upn) -> bool {
        let is_ended = self.accounts.end_reservation(name);
        if is_ended {
            let (lane, (change, command)) = (self.pins.tenant_of_account(name), no_reservation(name.clone()));
            self.push(lane, Step::Commit(vec![change]));
            self.order(lane, command);
        }
        is_ended
    }

    /// What forgets every account of a tenant that was left; their people cannot sign in any more.
    pub(crate) fn forget_accounts(&mut self, tenant: TenantId) -> (Vec<Change>, Vec<Command>) {
        let ended = self.offline.end_tenant(tenant);
        self.keep_offline(ended);
        let accounts = self.accounts.forget_tenant(tenant).into_iter();
        let accounts = accounts.map(|object| no_account(tenant, object));
        let reserved = self.accounts.end_reservations(&self.pins.domains_of(tenant)).into_iter();
        accounts.chain(reserved.map(no_reservation)).unzip()
    }
}
