use crate::known::Known;
use crate::refusals;
use crate::reserved::ReservedAccount;
use crate::settings::AccountSettings;
use crate::settle::{LocalFacts, renamed, renumbered, settle};
use model::{
    Account, AccountStanding, Cause, DirectoryGroup, DomainName, Failure, LocalAccount, ObjectId, TenantId,
    Timestamp, Upn,
};
use std::collections::BTreeMap;

/// Every account of this machine; what changes of one comes out, to be made durable, and goes in by [`Accounts::keep`].
#[derive(Debug, Default)]
pub struct Accounts {
    all: BTreeMap<(TenantId, ObjectId), LocalAccount>,
    /// Why the account of each of these objects cannot be read.
    unreadable: BTreeMap<(TenantId, ObjectId), Failure>,
    /// What is set aside for people who have not signed in yet, by the name that they will sign in with.
    reserved: Reservations,
}

/// What is set aside for people who have not signed in yet, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reservations {
    /// What each name will get.
    pub all: BTreeMap<Upn, ReservedAccount>,
    /// Why that of each of these names cannot be read.
    pub unreadable: BTreeMap<Upn, Failure>,
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
        reserved: Reservations,
    ) -> Accounts {
        let named = accounts.into_iter().map(|it| ((it.person.tenant, it.person.object), it));
        Accounts { all: named.collect(), unreadable, reserved }
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

    /// What somebody whom the directory has just let in is here from now on. Groups that are not known are those of
    /// their last sign-in.
    ///
    /// # Errors
    /// Where their account cannot be read, and where a new one would have what is somebody else's.
    pub fn settled(
        &self,
        settings: &AccountSettings,
        (person, groups): (&Account, Option<Vec<DirectoryGroup>>),
        local: &LocalFacts,
        now: Timestamp,
    ) -> Result<LocalAccount, Failure> {
        let unread = self.unreadable.get(&(person.tenant, person.object));
        let reserved = || self.unreadable_reservation(&person.upn).filter(|_| !self.has(person));
        if let Some(failure) = unread.or_else(reserved) {
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
        settings: &AccountSettings,
        (name, to): (&str, AccountChange),
        local: &LocalFacts,
    ) -> Result<LocalAccount, Failure> {
        let account = self.named(name).ok_or_else(|| refusals::unknown_account(name))?;
        match to {
            AccountChange::Name(name) => renamed(account, &name, &self.known(), local),
            AccountChange::Uid(uid) => renumbered(account, (uid, settings.sub_ids), &self.known(), local),
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

    /// Each reservation.
    pub fn reservations(&self) -> impl Iterator<Item = &ReservedAccount> {
        self.reserved.all.values()
    }

    /// What is set aside for whoever signs in under this name.
    pub fn reserved_for(&self, name: &Upn) -> Option<&ReservedAccount> {
        self.reserved.all.get(name)
    }

    pub(crate) fn unreadable_reservation(&self, name: &Upn) -> Option<&Failure> {
        self.reserved.unreadable.get(name)
    }

    /// Takes a reservation in; whether that changes anything.
    pub fn set_aside(&mut self, reserved: ReservedAccount) -> bool {
        let before = self.reserved.all.insert(reserved.upn.clone(), reserved.clone());
        before.as_ref() != Some(&reserved)
    }

    /// Ends what is set aside for a name, readable or not; whether there was anything.
    pub fn end_reservation(&mut self, name: &Upn) -> bool {
        let unread = self.reserved.unreadable.remove(name).is_some();
        self.reserved.all.remove(name).is_some() || unread
    }

    /// Ends what is set aside for people of these domains; for whom that was.
    pub fn end_reservations(&mut self, domains: &[DomainName]) -> Vec<Upn> {
        let names = self.reserved.all.keys().chain(self.reserved.unreadable.keys());
        let gone: Vec<Upn> = names.filter(|name| domains.contains(name.domain())).cloned().collect();
        for name in &gone {
            self.end_reservation(name);
        }
        gone
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

    pub(crate) fn known(&self) -> Known<'_> {
        Known { accounts: self.all.values().collect(), reserved: self.reserved.all.values().collect() }
    }
}
