use crate::refusals;
use crate::settings::AccountSettings;
use crate::settle::{LocalFacts, renamed, renumbered, settle};
use model::{
    Account, AccountStanding, Cause, DirectoryGroup, Failure, LocalAccount, ObjectId, TenantId, Timestamp,
    Upn,
};
use std::collections::BTreeMap;

/// Every account of this machine; what changes of one comes out, to be made durable, and goes in by [`Accounts::keep`].
#[derive(Debug, Default)]
pub struct Accounts {
    all: BTreeMap<(TenantId, ObjectId), LocalAccount>,
    /// Why the account of each of these objects cannot be read.
    unreadable: BTreeMap<(TenantId, ObjectId), Failure>,
}

/// What of an account root changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// The name of passwd(5).
    Name(String),
    /// The number, of the person and of the primary group.
    Uid(u32),
}

impl Accounts {
    /// The accounts that were found, and why others cannot be read.
    pub fn found(
        accounts: impl IntoIterator<Item = LocalAccount>,
        unreadable: BTreeMap<(TenantId, ObjectId), Failure>,
    ) -> Accounts {
        let named = accounts.into_iter().map(|it| ((it.person.tenant, it.person.object), it));
        Accounts { all: named.collect(), unreadable }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &LocalAccount> {
        self.all.values()
    }

    /// Whether the person has an account here.
    pub fn has(&self, person: &Account) -> bool {
        self.all.contains_key(&(person.tenant, person.object))
    }

    /// The account that has this name here, of passwd(5) or of the directory.
    pub fn named(&self, name: &str) -> Option<&LocalAccount> {
        let has = |account: &&LocalAccount| {
            account.name.eq_ignore_ascii_case(name) || account.person.upn.as_str().eq_ignore_ascii_case(name)
        };
        self.all.values().find(has)
    }

    /// Whose account it is that has this name here.
    pub fn whose(&self, name: &str) -> Option<(TenantId, ObjectId)> {
        self.named(name).map(|account| (account.person.tenant, account.person.object))
    }

    /// The tenant of the account that has this name here.
    pub fn tenant_of(&self, name: &str) -> Option<TenantId> {
        self.named(name).map(|account| account.person.tenant)
    }

    /// What somebody whom the directory has just let in is here from now on.
    ///
    /// # Errors
    /// Where their account cannot be read, and where a new one would have what is somebody else's.
    pub fn settled(
        &self,
        settings: &AccountSettings,
        (person, groups): (&Account, Vec<DirectoryGroup>),
        local: &LocalFacts,
        now: Timestamp,
    ) -> Result<LocalAccount, Failure> {
        if let Some(failure) = self.unreadable.get(&(person.tenant, person.object)) {
            return Err(failure.clone());
        }
        settle(settings, (person, groups), &self.known(), local, now)
    }

    /// An account with another name or number.
    ///
    /// # Errors
    /// Where nobody has the account, or somebody else has the name or the number.
    pub fn changed(
        &self,
        name: &str,
        to: AccountChange,
        local: &LocalFacts,
    ) -> Result<LocalAccount, Failure> {
        let account = self.named(name).ok_or_else(|| refusals::unknown_account(name))?;
        match to {
            AccountChange::Name(name) => renamed(account, &name, &self.known(), local),
            AccountChange::Uid(uid) => renumbered(account, uid, &self.known(), local),
        }
    }

    /// The account of this name when root has given it up. Its number stays its own.
    pub fn given_up(&self, name: &Upn, now: Timestamp) -> Option<LocalAccount> {
        let account = self.named(name.as_str())?;
        Some(LocalAccount { standing: AccountStanding::Forgotten { at: now }, ..account.clone() })
    }

    /// The account of somebody whose session the directory refuses because of who they are: not to be used from now on,
    /// with a key neither.
    pub fn barred(
        &self,
        (tenant, object): (TenantId, ObjectId),
        failure: &Failure,
        now: Timestamp,
    ) -> Option<LocalAccount> {
        let refuses = matches!(failure.cause, Some(Cause::AccountDisabled | Cause::NoSuchAccount));
        self.bar(|account| refuses && account.is_of(tenant, object), failure, now)
    }

    /// The same of a sign-in that failed. A name that nobody has may be the former one of somebody.
    pub fn barred_by_name(&self, asked: &Upn, failure: &Failure, now: Timestamp) -> Option<LocalAccount> {
        let refuses = failure.cause == Some(Cause::AccountDisabled);
        self.bar(|account| refuses && account.person.upn == *asked, failure, now)
    }

    fn bar(
        &self,
        who: impl Fn(&LocalAccount) -> bool,
        failure: &Failure,
        now: Timestamp,
    ) -> Option<LocalAccount> {
        let is_allowed = |it: &&LocalAccount| it.standing == AccountStanding::Allowed;
        let account = self.all.values().filter(is_allowed).find(|it| who(it))?;
        let standing = AccountStanding::Denied { code: failure.code.clone(), at: now };
        Some(LocalAccount { standing, ..account.clone() })
    }

    /// Takes an account in; whether that changes anything.
    pub fn keep(&mut self, account: LocalAccount) -> bool {
        let name = (account.person.tenant, account.person.object);
        let is_new = self.all.get(&name) != Some(&account);
        if is_new {
            self.all.insert(name, account);
        }
        is_new
    }

    /// Forgets everybody of a tenant; whose accounts those were.
    pub fn forget_tenant(&mut self, tenant: TenantId) -> Vec<ObjectId> {
        let of = self.all.keys().filter(|(of, _)| *of == tenant).map(|(_, object)| *object).collect();
        self.all.retain(|(of, _), _| *of != tenant);
        self.unreadable.retain(|(of, _), _| *of != tenant);
        of
    }

    fn known(&self) -> Vec<&LocalAccount> {
        self.all.values().collect()
    }
}
