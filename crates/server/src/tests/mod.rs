//! The rules of a conversation, without a running driver.

mod connection;
mod conversation;
mod pages;
mod samples;
mod talk;
