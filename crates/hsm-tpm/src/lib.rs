//! Keys in a TPM 2.0: made in it, used in it, and of no use in any other.
//!
//! Between two calls nothing of ours stays loaded: each call loads the storage key (or makes it again from
//! its template), a session salted to it, and the object; uses it, and flushes all three.
//! The C library below prints its errors itself; `TSS2_LOG=all+NONE` in the environment silences it.

mod blob;
mod boot;
mod code;
mod fault;
mod link;
mod policy;
mod slots;
mod software;
mod storage;
mod template;
mod tpm;

pub use tpm::TpmHsm;
