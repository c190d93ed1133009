//! What comes out of a person's session, and how it is shown.

use crate::OpId;
use model::{Failure, Timestamp, TokenRef, Upcoming};

/// What the session wants done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserCommand {
    /// Start this work; its end comes back as [`UserEvent::Done`](crate::UserEvent::Done). One is in flight at most.
    Run(OpId, UserWork),
    /// Abandon this work; its token set is ended next, so nothing of its answer is worth keeping.
    Cancel(OpId),
    /// End this token set, the PRT in it included; exactly once for each that was given.
    Forget(TokenRef),
    /// A failure that may mean the device, which the device's machine judges (reliability.md D.3), or the person's
    /// account.
    Suspect(Failure),
    /// What the session is now; after every change, and last in its batch.
    Report(UserStatus),
    /// An event that changes nothing here, for the log.
    Ignored(&'static str),
}

/// What follows from one event; `wake_at` says when [`UserEvent::Woke`](crate::UserEvent::Woke) is due.
pub type UserBatch = ::machine::Batch<UserCommand>;

/// One exchange. None of them sleeps or retries by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserWork {
    /// Get a PRT with the refresh token of the set, into the same set (entra.md 7.3). Ends in [`UserReply::Prt`](crate::UserReply::Prt).
    Obtain {
        /// The set with the refresh token, which also takes the PRT.
        token: TokenRef,
    },
    /// Renew the PRT of the set (entra.md 7.6, "PRT renewal"). Ends in [`UserReply::Prt`](crate::UserReply::Prt).
    Renew {
        /// The set with the PRT, which also takes the new one.
        token: TokenRef,
    },
}

/// A person's session as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserStatus {
    /// How far it is.
    pub state: SessionState,
    /// When the first PRT of this sign-in came.
    pub obtained_at: Option<Timestamp>,
    /// When it was renewed last.
    pub renewed_at: Option<Timestamp>,
    /// Until when the PRT that is held lives.
    pub expires_at: Option<Timestamp>,
    /// When the next try is due, unless one is being made.
    pub next_at: Option<Timestamp>,
    /// Why the last try failed; none after one that did not.
    pub failure: Option<Failure>,
}

impl UserStatus {
    /// What goes on by itself after its failure.
    pub fn upcoming(&self) -> Upcoming {
        match (self.next_at, self.state) {
            (Some(at), _) => Upcoming::At(at),
            (None, SessionState::Obtaining | SessionState::Renewing) => Upcoming::UnderWay,
            (None, SessionState::Empty | SessionState::Holding | SessionState::Lost) => Upcoming::Nothing,
        }
    }
}

model::word_enum! {
    /// The states of a person's session, as docs/states.md and `status --json` have them.
    pub enum SessionState {
        /// Nobody signed in since the start or the last leave.
        Empty = "empty",
        /// The first PRT of a sign-in is asked for.
        Obtaining = "obtaining",
        /// A PRT is held.
        Holding = "holding",
        /// The PRT is being renewed.
        Renewing = "renewing",
        /// The token set is gone: a sign-in is needed.
        Lost = "lost",
    }
}
