//! What a sign-in says to people, in their language: the prompts of log-in services and of `aad-tool`, and why
//! somebody is refused.
//!
//! The texts stand in `fluent/`, one file of Project Fluent for each language; `build/` makes tables of them, so that no
//! program reads such a file and the module in sshd links no reader. Pure.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

#[cfg(test)]
#[path = "../build/compile.rs"]
mod compile;
mod language;
mod login;
mod refusals;
mod said;
mod sentence;
mod spoken;
mod table;
#[cfg(test)]
mod tests;
mod tool;

pub use language::{Language, locale_of_file};
pub use login::LoginText;
pub use refusals::{Facts, Refused, is_listed, refused};
pub use said::{Helper, Said};
pub use spoken::Spoken;
pub use tool::ToolText;
