//! Every work against ports that follow a script: what goes out in which order, and what each end becomes.

mod authority;
mod call;
mod discover;
mod harness;
mod intune;
mod join;
mod keys;
mod leave;
mod password;
mod ports;
mod prt;
mod sign_in;
