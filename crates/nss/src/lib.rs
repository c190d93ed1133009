//! `libnss_firmament.so.2`: names and numbers of people for glibc, from the file of names and nothing else.
//!
//! It is loaded into every process that looks up a name: no socket, no thread, no lock, no log, no configuration,
//! and nothing that can wait (login.md 3.3).

pub mod ffi;
#[cfg(fuzzing)]
#[expect(clippy::expect_used, reason = "the fuzzer's own file")]
pub mod hostile;
mod local_groups;
mod lookup;
mod room;
#[cfg(test)]
mod tests;
