//! What people are on a machine that the incumbent let them in to: its tables, what names still resolve to, and whose the
//! homes are; and what of it fits together, so that nobody changes their number (login.md 4.6).
//!
//! [`judge`] is pure; [`System`] alone runs programs and looks at homes, each for a limited time.

mod judge;
mod passwd;
mod system;
mod table;
#[cfg(test)]
mod tests;

pub use judge::{
    Evidence, GroupFinding, HomeOwner, Person, Standing, TakeoverDomain, Wanted, judge, judge_groups,
};
pub use passwd::{PasswdLine, passwd_line};
pub use system::{Sources, System, TABLE};
pub use table::{StaticGroup, StaticTables, StaticUser, TableError, read_tables};
