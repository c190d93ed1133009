//! Directories that stand for machines: one for every pitfall of compliance.md 3.1, 4.2 to 4.4 and 5.2 to 5.4.
//!
//! The trees are written from documentation and from what was measured, not taken from images; `recorded` is from a kernel.

mod blocks;
mod file_systems;
mod hostile;
mod os_release;
mod pam;
mod passwords;
mod recorded;
mod root;
mod thread;
mod tree;
mod volumes;
