//! One lane for each tenant and one for what belongs to none: what follows a commit is held in its lane until the
//! commit is durable, and so are the tenant's next events. Other lanes go on.

use lifecycle::Status;
use model::{Account, IntentId, MayRegister, TenantId, TokenRef, Upn};
use std::sync::Arc;
use tenancy_model::{Change, Command, Event, MemberId};

/// A tenant's lane, or the computer's.
pub(crate) type LaneName = Option<TenantId>;

pub(crate) type Lanes = machine::Lanes<LaneName, Step, Item>;

/// One thing to do, when its turn comes.
pub(crate) enum Step {
    /// Everything after it waits until these changes are durable.
    Commit(Vec<Change>),
    Do(Command),
    /// Another machine of the tenant hears this.
    Tell(MemberId, lifecycle::Event),
    /// This report of a machine is durable.
    Show(MemberId, Arc<Status>),
    /// Say how the tenant is now.
    Publish(TenantId),
    /// Drop the machines that have come to their end, and say so.
    DropFinished(TenantId),
    /// The pairs of keys that are nobody's are destroyed, then these changes are committed.
    DestroyPrepared(Vec<Change>),
    /// The same, once every one of them is gone.
    CommitDestroyed(Vec<Change>),
    /// The keys of a pair are on disk.
    Stored(IntentId),
    /// A registration that waited for keys has begun.
    Begun,
    /// What could not be read of this tenant, or of the computer, is not there any more.
    GivenUp(Option<TenantId>),
}

/// What a lane has to deal with.
pub(crate) enum Item {
    Event(Event),
    /// A sign-in whose caller has been answered.
    SignIn(SignIn),
}

/// A person who is checked, for the machine of their tenant.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) asked: Upn,
    pub(crate) account: Account,
    pub(crate) token: TokenRef,
    /// Whether it may register the machine.
    pub(crate) may_register: MayRegister,
    /// Whether its registration waited for keys.
    pub(crate) waited: bool,
}
