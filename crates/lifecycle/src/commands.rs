//! What comes out of the machine.

use crate::{OpId, Snapshot, Status, Work};
use model::{Account, TokenRef};

/// What the machine wants done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make this the durable state before the next command starts.
    Persist {
        /// The whole state, in the place of the one before.
        snapshot: Box<Snapshot>,
        /// What else hangs on this write.
        because: Milestone,
    },
    /// Start this work; its end comes back as [`Event::Done`](crate::Event) with the same id.
    Run(OpId, Box<Work>),
    /// Abandon this work; only ever a work without outside effect.
    Cancel(OpId),
    /// End this token set; this or [`Command::HandOver`] exactly once for each that came in.
    Forget(TokenRef),
    /// The device is verified: this person's session owns the token set from here on.
    HandOver {
        /// The person whose session owns the set from here on.
        account: Account,
        /// Their token set.
        token: TokenRef,
    },
    /// Tell whoever listens.
    Report(Box<Status>),
    /// An event that changes nothing here.
    Ignored(EventKind),
}

/// The kind of an ignored event, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A second [`Event::Restored`](crate::Event).
    Restored,
    /// Keys for the next intent where there is one already, or of a backend that is not in use.
    Prepared,
    /// A sign-in that cannot be used now (its token is forgotten).
    SignedIn,
    /// An ask that is already being done or has nothing to do.
    LeaveRequested,
    /// [`Event::Rebind`](crate::Event) without an identity, or while something else is done with its keys.
    Rebind,
    /// A suspicion that says nothing here, or comes while something else is done.
    Suspected,
    /// An answer to a work that is not in flight.
    StaleDone,
    /// A wake-up before its time.
    Woke,
}

/// What follows from one event; `wake_at` says when [`Event::Woke`](crate::Event) is due.
pub type Batch = ::machine::Batch<Command>;

/// Why a snapshot is made durable: what else hangs on this write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// A step like any other.
    Step,
    /// The directory has proved to know the identity: from here on it may take the place of another.
    Verified,
    /// Keys made ahead of time are this tenant's from here on, and nobody else's.
    TookPreparedKeys,
    /// Somebody asked to leave, and no key or certificate is left; what the ledger knows stays.
    Left,
}
