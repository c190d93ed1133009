//! `himmelblau.conf` and its drop-ins as sections and entries, each with its file and line; what an option means is
//! for the crate `config` to say.
//!
//! The reader is our own because every error has to name file and line, which the INI libraries looked at do not
//! keep, and because it reads on: whoever mends a file wants all that is wrong with it at once.

mod error;
mod parse;
mod sources;

pub use error::IniError;
pub use parse::{Entry, Header, Parsed, Place, Shape, parse};
pub use sources::{Contents, ReadFile, Sources};
