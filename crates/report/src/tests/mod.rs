//! What is told, of what, and to whom.

mod accounts;
mod document;
mod hearer;
mod report;
mod samples;
mod words;
