//! Which words a peer knows, and a request with the version of whoever makes it.
//!
//! Each side names its version in the first thing that it says; one that names none speaks [`FIRST_PROTOCOL`]. Members
//! that a reader does not know are skipped. The daemon says to a client only what that version knows
//! ([`Message::for_protocol`]), and an unknown request has an answer of its own.

use crate::frame::{FrameError, encode};
use crate::message::{Ending, Message};
use crate::request::{Op, Request};
use model::printable;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version of the words that this program says and knows; grows with each word that a peer has to know.
pub const PROTOCOL: u32 = 3;

/// The first version that reads an answer in pages ([`status_pages`](crate::status_pages)).
pub const PAGES: u32 = 3;

/// The version of a peer that names none: the words from before versions were exchanged.
pub const FIRST_PROTOCOL: u32 = 1;

pub(crate) fn first_protocol() -> u32 {
    FIRST_PROTOCOL
}

/// A request, and the version of the words that whoever made it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is asked.
    pub request: Request,
    /// [`PROTOCOL`] of the client.
    pub protocol: u32,
}

/// Why a payload is no request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// A well-formed request of a kind that this version does not know.
    #[error(
        "this firmamentd does not know the request \"{op}\": it speaks version {PROTOCOL} of the socket's words, and \
         the caller version {protocol}"
    )]
    Unknown {
        /// The value of its member `op`, fit to be shown.
        op: String,
        /// The version of whoever made it.
        protocol: u32,
    },
    /// No request at all.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// A request as one frame for a daemon of this version; one of [`FIRST_PROTOCOL`] takes no word of a version.
///
/// # Errors
/// [`FrameError::TooLong`] for a request whose JSON exceeds the cap.
pub fn encode_request(request: &Request, protocol: u32) -> Result<Vec<u8>, FrameError> {
    if protocol == FIRST_PROTOCOL { encode(request) } else { encode(&WithVersion { request, protocol }) }
}

/// Reads a whole payload as a request.
///
/// # Errors
/// [`RequestError::Unknown`] for a request of another version, [`RequestError::Frame`] for what is none.
pub fn decode_request(payload: &[u8]) -> Result<Asked, RequestError> {
    let malformed = |error: serde_json::Error| FrameError::Malformed(error.to_string());
    let Head { op, protocol } = serde_json::from_slice(payload).map_err(malformed)?;
    if op.parse::<Op>().is_err() {
        return Err(RequestError::Unknown { op: printable(&op, LONGEST_OP), protocol });
    }
    Ok(Asked { request: serde_json::from_slice(payload).map_err(malformed)?, protocol })
}

/// Reads a whole payload as a message; one of a kind that this version does not know is no error.
///
/// # Errors
/// [`FrameError::Malformed`] for what is no message.
pub fn decode_message(payload: &[u8]) -> Result<Heard, FrameError> {
    let malformed = |error: serde_json::Error| FrameError::Malformed(error.to_string());
    match serde_json::from_slice(payload).map_err(malformed)? {
        Message::Unknown => {
            let Unknown { message, text } = serde_json::from_slice(payload).map_err(malformed)?;
            let text =
                text.as_ref().and_then(serde_json::Value::as_str).map(|text| printable(text, LONGEST_TEXT));
            Ok(Heard::Unknown { word: printable(&message, LONGEST_OP), text })
        }
        known => Ok(Heard::Known(known)),
    }
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message of this version.
    Known(Message),
    /// One of a later version.
    Unknown {
        /// The value of its member `message`, fit to be shown.
        word: String,
        /// Its sentence for people, where it has one.
        text: Option<String>,
    },
}

impl Heard {
    /// Whether the daemon waits for an [`Answer`](crate::Answer) to it: such a message begins with `ask_`, whatever the
    /// version.
    pub fn wants_an_answer(&self) -> bool {
        match self {
            Heard::Known(message) => {
                matches!(
                    message,
                    Message::AskPassword { .. } | Message::AskRecoveryCode {} | Message::AskJoinToken {}
                )
            }
            Heard::Unknown { word, .. } => word.starts_with("ask_"),
        }
    }
}

impl Message {
    /// The message in the words of a client of this version; none where they have none for it.
    pub fn for_protocol(&self, protocol: u32) -> Option<Cow<'_, Message>> {
        if protocol > FIRST_PROTOCOL {
            return Some(Cow::Borrowed(self));
        }
        match self {
            Message::Waiting { .. } | Message::AskJoinToken {} | Message::Unknown => None,
            Message::End { ending: Ending::Usage } => {
                Some(Cow::Owned(Message::End { ending: Ending::Failed }))
            }
            known => Some(Cow::Borrowed(known)),
        }
    }
}

#[derive(Serialize)]
struct WithVersion<'a> {
    #[serde(flatten)]
    request: &'a Request,
    protocol: u32,
}

/// What every request has, whatever its version.
#[derive(Deserialize)]
struct Head {
    op: String,
    #[serde(default = "first_protocol")]
    protocol: u32,
}

/// What is understood of a message of a later version.
#[derive(Deserialize)]
struct Unknown {
    message: String,
    text: Option<serde_json::Value>,
}

/// Characters of a foreign word that is shown, and of a foreign sentence.
const LONGEST_OP: usize = 40;
const LONGEST_TEXT: usize = 1000;
