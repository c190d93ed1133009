//! Every exchange as its caller sees it: what is sent, what comes back, and where it leads.

#![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

mod common;
mod replies;
mod requests;
mod ways;
