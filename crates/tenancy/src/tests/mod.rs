//! The laws of the tenancy.

mod computer;
mod disk;
mod laws;
mod properties;
mod replies;
mod samples;
mod steps;
mod stories;
mod succession;
