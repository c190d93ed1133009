//! The rules of a conversation, without a running driver.

mod connection;
mod conversation;
mod samples;
mod talk;
