use crate::reserved::ReservedAccount;
use model::{LocalAccount, Upn};
use names::LocalEntry;

/// Everybody who has an account here, or will have one.
#[derive(Debug, Default)]
pub(crate) struct Known<'k> {
    pub(crate) accounts: Vec<&'k LocalAccount>,
    pub(crate) reserved: Vec<&'k ReservedAccount>,
}

impl<'k> Known<'k> {
    /// What root has set aside for whoever signs in under this name.
    pub(crate) fn reserved_for(&self, upn: &Upn) -> Option<&'k ReservedAccount> {
        self.reserved.iter().find(|it| it.upn == *upn).copied()
    }

    /// Names and numbers of all of them but this account, and but what is reserved for this name.
    pub(crate) fn pinned(&self, account: Option<&LocalAccount>, upn: Option<&Upn>) -> Vec<LocalEntry> {
        let is_own =
            |it: &LocalAccount| account.is_some_and(|own| own.is_of(it.person.tenant, it.person.object));
        let entries = |(name, upn, id): (&String, &Upn, u32)| {
            [name.as_str(), upn.as_str()].map(|name| LocalEntry { name: name.to_owned(), id })
        };
        let accounts = self.accounts.iter().filter(|it| !is_own(it));
        let accounts = accounts.map(|it| (&it.name, &it.person.upn, it.uid));
        let reserved = self.reserved.iter().filter(|it| upn != Some(&it.upn));
        let reserved = reserved.map(|it| (&it.name, &it.upn, it.uid));
        accounts.chain(reserved).flat_map(entries).collect()
    }
}
