//! Real programs on loopback, with a TPM or a token of their own: what the integration tests (`tests/it`) and
//! the measurements (`benches`) live in.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "whoever lives here says where it failed by panicking"
)]

pub mod apart;
pub mod goals;
pub mod harness;
pub mod host;
pub mod process;
pub mod series;
pub mod softhsm;
pub mod swtpm;
pub mod terminal;
