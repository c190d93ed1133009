//! The accounts of this machine (login.md 4.5): durable, then known to whoever reads names, then told to who waits.

use crate::lanes::Step;
use crate::tenancy::Tenancy;
use accounts::{AccountChange, LocalFacts};
use model::{Account, DirectoryGroup, Failure, LocalAccount, TenantId};
use tenancy_model::{Answer, Caller, Change, Command};

impl Tenancy {
    /// Somebody whom the directory has just let in gets the account that they have here, or a new one.
    pub(crate) fn account_wanted(
        &mut self,
        caller: Caller,
        (person, groups): (Account, Vec<DirectoryGroup>),
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
        (person, groups): (&Account, Vec<DirectoryGroup>),
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
        if self.accounts.keep(account) {
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
        match self.accounts.changed(name, to, local) {
            Ok(account) => self.keep_account(Some(caller), account),
            Err(failure) => self.order(self.accounts.tenant_of(name), Command::Answer(caller, Err(failure))),
        }
    }

    /// What forgets every account of a tenant that was left; their people cannot sign in any more.
    pub(crate) fn forget_accounts(&mut self, tenant: TenantId) -> (Vec<Change>, Vec<Command>) {
        let ended = self.offline.end_tenant(tenant);
        self.keep_offline(ended);
        let forget =
            |object| (Change::NoLocalAccount(tenant, object), Command::PublishNoAccount(tenant, object));
        self.accounts.forget_tenant(tenant).into_iter().map(forget).unzip()
    }
}
