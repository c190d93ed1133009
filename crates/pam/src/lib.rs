//! `pam_firmament.so`: signs people of Entra ID in where Linux-PAM asks.
//!
//! It is loaded into sshd, sudo and greeters: whoever is not ours is ignored before a socket is made, nothing waits
//! without a limit, and every decision but those is the daemon's (login.md 1.2).

mod account;
mod authenticate;
mod code;
pub mod ffi;
mod host;
#[cfg(fuzzing)]
#[expect(clippy::expect_used, reason = "the fuzzer's own end of the conversation")]
pub mod hostile;
mod link;
mod manner;
mod module;
mod options;
#[cfg(test)]
mod tests;
mod whose;
