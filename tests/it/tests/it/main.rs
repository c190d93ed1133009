//! One binary for every test that needs the real programs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod ahead;
mod bad_input;
mod cases;
mod concurrency;
mod crash;
mod disk;
mod failing_disk;
mod files;
mod first_registration;
mod goldens;
mod image;
mod intune;
mod join;
mod journal;
mod key_processes;
mod keys;
mod languages;
mod leave;
mod life;
mod login;
mod logins;
mod lost_state;
mod memory;
mod modules;
mod newer;
mod no_forgotten_files;
mod offline;
mod password;
mod people;
mod pkcs11;
mod prt;
mod rebind;
mod refusals;
mod rekey;
mod reserved;
mod rubbish;
mod series;
mod settings;
mod socket;
mod stops;
mod systemd;
#[cfg(feature = "tpm")]
mod tpm;

use it::harness;
