//! What goes into a person's sign-in and into their session afterwards, and what comes out.
//!
//! Pure: no clock, no network, no disk.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod commands;
mod events;
mod user_commands;
mod user_events;

pub use commands::{Batch, Command, Notice, Outcome, PasswordPrompt, Prompt, Reason, Scope, Work};
pub use events::{Event, Realm, Reply};
pub use user_commands::{SessionState, UserBatch, UserCommand, UserStatus, UserWork};
pub use user_events::{UserEvent, UserReply};

pub(crate) use ::machine::OpId;
