//! The rules of a conversation and of its words, without a running driver.

mod conversation;
mod samples;
