//! The accounts of this machine (login.md 4.5): made when somebody is let in for the first time, kept from then on
//! whatever is configured, barred when the directory or root says so.

use crate::lanes::Step;
use crate::tenancy::Tenancy;
use accounts::{LocalFacts, renamed, renumbered, settle};
use model::{
    Account, AccountStanding, Cause, DirectoryGroup, Failure, LocalAccount, ObjectId, TenantId, Upn,
};
use std::collections::BTreeMap;
use tenancy_model::refusals;
use tenancy_model::{AccountChange, Answer, Caller, Change, Command};

/// Every account, as it is decided.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) all: BTreeMap<(TenantId, ObjectId), LocalAccount>,
    pub(crate) unreadable: BTreeMap<(TenantId, ObjectId), Failure>,
}

impl Accounts {
    /// The account that has this name here, of passwd(5) or of the directory.
    fn named(&self, name: &str) -> Option<&LocalAccount> {
        let has = |account: &&LocalAccount| {
            account.name.eq_ignore_ascii_case(name) || account.person.upn.as_str().eq_ignore_ascii_case(name)
        };
        self.all.values().find(has)
    }

    /// The tenant of the account that has this name here.
    pub(crate) fn tenant_of(&self, name: &str) -> Option<TenantId> {
        self.named(name).map(|account| account.person.tenant)
    }
}

impl Tenancy {
    /// Somebody whom the directory has just let in gets the account that they have here, or a new one.
    pub(crate) fn account_wanted(
        &mut self,
        caller: Caller,
        (person, groups): (Account, Vec<DirectoryGroup>),
        local: &LocalFacts,
    ) {
        let lane = Some(person.tenant);
        match self.account_of((&person, groups), local) {
            Ok(account) => self.keep_account(Some(caller), account),
            Err(failure) => self.order(lane, Command::Answer(caller, Err(failure))),
        }
    }

    /// Whether the person has an account here.
    pub(crate) fn has_account(&self, person: &Account) -> bool {
        self.accounts.all.contains_key(&(person.tenant, person.object))
    }

    /// What the person is here from now on, where nothing stands against it.
    pub(crate) fn account_of(
        &self,
        (person, groups): (&Account, Vec<DirectoryGroup>),
        local: &LocalFacts,
    ) -> Result<LocalAccount, Failure> {
        let name = (person.tenant, person.object);
        if let Some(failure) = self.accounts.unreadable.get(&name) {
            return Err(failure.clone());
        }
        // A lost account would be made anew, perhaps with another number.
        if let Some(missing) = self.missing.as_ref().filter(|_| !self.has_account(person)) {
            return Err(missing.clone());
        }
        let known: Vec<&LocalAccount> = self.accounts.all.values().collect();
        settle(&self.facts.accounts, (person, groups), &known, local, self.now)
    }

    /// Makes an account durable, then says so to everybody who reads names, then to who waits.
    fn keep_account(&mut self, caller: Option<Caller>, account: LocalAccount) {
        let name = (account.person.tenant, account.person.object);
        let (lane, kept) = (Some(account.person.tenant), Box::new(account.clone()));
        if self.accounts.all.get(&name) != Some(&account) {
            self.accounts.all.insert(name, account);
            self.push(lane, Step::Commit(vec![Change::LocalAccount(kept.clone())]));
            self.order(lane, Command::PublishAccount(kept.clone()));
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
        let Some(account) = self.accounts.named(name) else {
            let unknown = Err(refusals::unknown_account(name));
            return self.order(None, Command::Answer(caller, unknown));
        };
        let known: Vec<&LocalAccount> = self.accounts.all.values().collect();
        let changed = match to {
            AccountChange::Name(name) => renamed(account, &name, &known, local),
            AccountChange::Uid(uid) => renumbered(account, uid, &known, local),
        };
        match changed {
            Ok(account) => self.keep_account(Some(caller), account),
            Err(failure) => self.order(Some(account.person.tenant), Command::Answer(caller, Err(failure))),
        }
    }

    /// Root gives the account of this name up; whether there is one. Its number stays its own.
    pub(crate) fn give_up_account(&mut self, name: &Upn) -> bool {
        let Some(account) = self.accounts.named(name.as_str()) else { return false };
        let standing = AccountStanding::Forgotten { at: self.now };
        self.keep_account(None, LocalAccount { standing, ..account.clone() });
        true
    }

    /// The directory refuses the person, not the device: their account is not to be used, with a key neither.
    pub(crate) fn bar_account(&mut self, (tenant, object): (TenantId, ObjectId), failure: &Failure) {
        if matches!(failure.cause, Some(Cause::AccountDisabled | Cause::NoSuchAccount)) {
            self.bar(|account| account.is_of(tenant, object), failure);
        }
    }

    /// The same of a sign-in that failed. A name that nobody has may be the former one of somebody.
    pub(crate) fn bar_named(&mut self, asked: &Upn, failure: &Failure) {
        if failure.cause == Some(Cause::AccountDisabled) {
            self.bar(|account| account.person.upn == *asked, failure);
        }
    }

    fn bar(&mut self, who: impl Fn(&LocalAccount) -> bool, failure: &Failure) {
        let is_allowed = |it: &&LocalAccount| it.standing == AccountStanding::Allowed;
        let Some(account) = self.accounts.all.values().filter(is_allowed).find(|it| who(it)) else { return };
        let standing = AccountStanding::Denied { code: failure.code.clone(), at: self.now };
        self.keep_account(None, LocalAccount { standing, ..account.clone() });
    }

    /// What forgets every account of a tenant that was left; their people cannot sign in any more.
    pub(crate) fn forget_accounts(&mut self, tenant: TenantId) -> Vec<(Change, Command)> {
        let of = |(of, _): &&(TenantId, ObjectId)| *of == tenant;
        let objects: Vec<ObjectId> = self.accounts.all.keys().filter(of).map(|(_, object)| *object).collect();
        self.accounts.all.retain(|(of, _), _| *of != tenant);
        self.accounts.unreadable.retain(|(of, _), _| *of != tenant);
        let forget =
            |object| (Change::NoLocalAccount(tenant, object), Command::PublishNoAccount(tenant, object));
        objects.into_iter().map(forget).collect()
    }
}
