//! A key store in a process of its own: what the daemon holds of it, and the loop of the process itself.
//!
//! A foreign library (a PKCS#11 module, the TPM's) is loaded by the child alone, which the daemon starts over a
//! socket pair. One frame asks, one answers; there is never a second question before the answer. The first
//! frame opens the key store and carries its PIN or auth value. The child ends at the end of its stream.

mod condition;
mod errors;
mod frame;
mod keeper;
mod process;
mod request;
mod serve;
mod settings;
mod words;
mod worker;

pub use condition::Condition;
pub use process::{Opening, ProcessHsm};
pub use serve::serve;
pub use settings::{KeyStore, Settings};
