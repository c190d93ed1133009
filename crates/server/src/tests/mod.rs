//! The rules of a conversation and of its words, without a running driver.

mod connection;
mod conversation;
mod document;
mod report;
mod samples;
mod talk;
mod words;
