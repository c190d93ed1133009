//! What becomes of an account: what is made durable, and what others may know once it is.

use crate::commands::{Change, Command};
use model::{LocalAccount, ObjectId, TenantId, Upn};

/// An account is so from here on; what was set aside under the name ends in the same commit, where something was.
pub fn kept_account(kept: &LocalAccount, was_set_aside: bool) -> (Vec<Change>, Vec<Command>) {
    let account = Box::new(kept.clone());
    let kept_now = (Change::LocalAccount(account.clone()), Command::PublishAccount(account));
    let used = was_set_aside.then(|| no_reservation(kept.person.upn.clone()));
    [kept_now].into_iter().chain(used).unzip()
}

/// The object has no account of this machine any more.
pub fn no_account(tenant: TenantId, object: ObjectId) -> (Change, Command) {
    (Change::NoLocalAccount(tenant, object), Command::PublishNoAccount(tenant, object))
}

/// Nothing is set aside for a name any more.
pub fn no_reservation(name: Upn) -> (Change, Command) {
    (Change::NoReserved(name.clone()), Command::PublishNoReserved(name))
}
