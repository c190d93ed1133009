//! What root sets up once so that people of the directory can sign in on this machine, and takes out again: the PAM
//! stack, nsswitch.conf, the local groups that are given, and sshd (login.md 1.7, 1.8, 3.3).
//!
//! Decisions are pure over the texts of files; [`Tree`] alone reads and writes them, and [`Programs`] alone runs others.
//! Nothing is changed where [`Act::Show`] is asked: the difference is all that is made.

mod administrator;
mod change;
mod configure_pam;
mod configure_ssh;
mod local_groups;
mod nsswitch;
mod programs;
mod refusal;
mod sshd;
mod tree;

pub use administrator::administrator_warning;
pub use configure_pam::{PamWanted, configure_pam};
pub use configure_ssh::{SshWanted, configure_ssh};
pub use programs::{Program, Programs, Said, SystemPrograms};
pub use refusal::Refusal;
pub use tree::Tree;

/// Whether something is done, or only shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The difference is shown, and nothing is changed.
    Show,
    /// It is shown and done.
    Do,
}

/// Which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// People of the directory are let in.
    SetUp,
    /// All of that is taken out again.
    TakeOut,
}

/// What was shown, done and found, a line for people each, and what stopped the rest.
#[derive(Debug)]
pub struct Report {
    /// In the order of the doing.
    pub lines: Vec<String>,
    /// None when everything was done, and the check found nothing.
    pub refused: Option<Refusal>,
}

impl Report {
    /// Of what was said until something failed, if it did.
    fn of(lines: Vec<String>, done: Result<(), Refusal>) -> Report {
        Report { lines, refused: done.err() }
    }
}
