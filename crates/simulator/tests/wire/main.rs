//! The simulator as a client meets it: a process of its own, real TLS, its own command line.

mod faults;
mod house;
mod sign_in;
mod start;
mod trust;
