//! What root does on this machine without the daemon: the auth value, and a machine that becomes an image.

mod creds;
mod files;
mod image;
mod pin;
mod place;
mod refusal;
mod sealing;

pub(crate) use image::{Records, prepare};
pub(crate) use pin::{Origin, Protection, init};
pub(crate) use place::Place;
pub(crate) use refusal::Refusal;
pub(crate) use sealing::sealing;

/// What was done, one sentence for people each, and what stopped the rest.
pub(crate) struct Report {
    /// In the order of the doing.
    pub(crate) lines: Vec<String>,
    /// None when everything was done.
    pub(crate) refused: Option<Refusal>,
}
