//! One binary for every test that needs the real programs.

mod bad_input;
mod concurrency;
mod crash;
mod first_registration;
mod house;
mod leave;
mod no_forgotten_files;
mod socket;
