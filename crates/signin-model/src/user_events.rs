//! What goes into a person's session.

use crate::OpId;
use model::{Failure, Timestamp, TokenRef};

/// What happened outside; nothing else moves the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserEvent {
    /// The person signed in: this token set is the session's from now on, and the only one.
    Given(TokenRef),
    /// The work with this id ended.
    Done(OpId, Result<UserReply, Failure>),
    /// The moment named by `wake_at` has come (or an earlier one: judge by `now`).
    Woke,
    /// The machine leaves the tenant, or the service stops: forget everything.
    Ended,
}

/// How a work ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserReply {
    /// Of both works: the set holds a fresh PRT.
    Prt {
        /// Until when it lives if it is not renewed (entra.md 7.9: 14 days).
        expires_at: Timestamp,
    },
}
