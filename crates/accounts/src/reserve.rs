//! Accounts that root has set aside for people who have not signed in yet: their numbers and homes are theirs from then
//! on, and the first sign-in under the name gets them.

use crate::book::Accounts;
use crate::refusals;
use crate::reserved::ReservedAccount;
use crate::settings::{AccountDomain, AccountSettings, Numbering};
use crate::settle::{LocalFacts, free_name, home_belongs_to, short_name};
use model::{Failure, ObjectId, TenantId, Timestamp, Upn};
use names::{HomeName, is_name, is_path};

/// What root wants somebody to be; what is not said is as it would be computed at their first sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationWanted {
    /// The name that they will sign in with.
    pub upn: Upn,
    /// The number.
    pub uid: Option<u32>,
    /// The home directory.
    pub home: Option<String>,
}

impl ReservationWanted {
    /// The home directory that the account will have.
    ///
    /// # Errors
    /// Where the domain is not ours, and where the home cannot be known before a sign-in, or cannot be one.
    pub fn home(&self, settings: &AccountSettings) -> Result<String, Failure> {
        let domain = self.domain(settings)?;
        let home = match (&self.home, domain.home_name) {
            (Some(home), _) => home.clone(),
            (None, HomeName::Upn) => format!("{}{}", domain.home_prefix, self.upn),
            (None, HomeName::ShortName) => format!("{}{}", domain.home_prefix, short_name(&self.upn)),
            (None, HomeName::ObjectId) => return Err(refusals::home_not_known(&self.upn)),
        };
        if is_path(&home) { Ok(home) } else { Err(refusals::unusable_home(&self.upn, &home)) }
    }

    fn domain<'s>(&self, settings: &'s AccountSettings) -> Result<&'s AccountDomain, Failure> {
        settings.domain(self.upn.domain()).ok_or_else(|| refusals::no_domain(&self.upn))
    }

    fn uid(&self, settings: &AccountSettings) -> Result<u32, Failure> {
        let range = self.domain(settings)?.range;
        match (self.uid, settings.numbering) {
            (Some(uid), _) => Ok(uid),
            (None, Numbering::Name) => {
                range.by_name(self.upn.as_str()).ok_or_else(|| refusals::no_number(&self.upn))
            }
            (None, Numbering::ObjectId | Numbering::Directory) => Err(refusals::number_not_known(&self.upn)),
        }
    }
}

impl Accounts {
    /// The account that somebody who has not signed in yet will have. One that is reserved just so already stays.
    ///
    /// `owner` is the object that the name was first seen with, where it was.
    ///
    /// # Errors
    /// Where the person has an account here already, where another one is reserved for them, and where they would have
    /// what is somebody else's.
    pub fn reserve(
        &self,
        settings: &AccountSettings,
        (wanted, owner): (&ReservationWanted, Option<(TenantId, ObjectId)>),
        local: &LocalFacts,
        now: Timestamp,
    ) -> Result<ReservedAccount, Failure> {
        let upn = &wanted.upn;
        let is_theirs = |(tenant, object)| self.iter().find(|account| account.is_of(tenant, object));
        if let Some(account) = self.named(upn.as_str()).or_else(|| owner.and_then(is_theirs)) {
            return Err(refusals::known_already(upn, account));
        }
        if let Some(failure) = self.unreadable_reservation(upn) {
            return Err(failure.clone());
        }
        let (uid, home) = (wanted.uid(settings)?, wanted.home(settings)?);
        if let Some(before) = self.reserved_for(upn) {
            let is_same = (before.uid, &before.home) == (uid, &home);
            return if is_same { Ok(before.clone()) } else { Err(refusals::reserved_already(before)) };
        }
        let pinned = self.known().pinned(None, None);
        let name = free_name(settings, upn, &pinned, local);
        if !is_name(&name) {
            return Err(refusals::unusable_name(&name));
        }
        if let Some(conflict) = local.conflict((&name, uid), &pinned, settings.sub_ids) {
            return Err(refusals::taken(upn, (&name, uid), &conflict));
        }
        home_belongs_to(local, (upn, uid), &home)?;
        Ok(ReservedAccount { upn: upn.clone(), name, uid, home, shell: None, reserved_at: now })
    }
}
