//! The laws of the tenancy.

mod computer;
mod disk;
mod ends;
mod laws;
mod leave;
mod prepared;
mod properties;
mod replies;
mod samples;
mod steps;
mod stories;
mod succession;
