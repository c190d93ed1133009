//! What root does on this machine without the daemon: the auth value, and a machine that becomes an image.

mod creds;
mod files;
mod image;
mod join_token;
mod pin;
mod place;
mod refusal;
mod sealing;

pub use image::{Records, prepare};
pub use join_token::{TokenFault, is_credential, join_token, spend};
pub use pin::{Origin, Protection, init};
pub use place::Place;
pub use refusal::Refusal;
pub use sealing::sealing;

/// What was done, one sentence for people each, and what stopped the rest.
pub struct Report {
    /// In the order of the doing.
    pub lines: Vec<String>,
    /// None when everything was done.
    pub refused: Option<Refusal>,
}
