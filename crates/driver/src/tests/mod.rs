//! The loop, the store's thread, sign-ins and sessions against fake ports.

mod accounts;
mod crowd;
mod harness;
mod keys;
mod loops;
mod offline;
mod sign_ins;
mod store;
