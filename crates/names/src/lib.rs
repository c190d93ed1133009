//! Names and numbers of people on this machine: uid arithmetic, what is refused, and the files that every
//! process may read them from.
//!
//! Pure, and small on purpose: it is loaded into whatever looks up a name (login.md 3.3, 4).

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod account;
mod fields;
mod hash;
mod ids;
mod local;
mod name;
mod provisional;
mod refusal;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;
mod verdicts;

pub use account::{Account, Domain, Group, HomeName, Parameters, Snapshot};
pub use ids::{IdRange, IdRangeError, SUB_IDS, sub_ids};
pub use local::{LocalEntry, SubIds, local_entries, mapped_users, sub_id_ranges};
pub use name::{is_name, is_path};
pub use provisional::provisional;
pub use refusal::{Conflict, IdRefusal, Others, conflict, refused};
pub use snapshot::{Names, Unwritable, encode};
pub use table::{Damaged, Source};
pub use verdicts::{Verdict, VerdictOf, Verdicts, encode_verdicts};
