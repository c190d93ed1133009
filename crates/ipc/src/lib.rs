//! The words and the framing of the local socket, and who may say what.
//!
//! A frame is a length (4 bytes, big-endian, at most [`MAX_FRAME`]) and that many bytes of JSON.
//! Unknown members, trailing bytes and longer frames are errors, never waited for.

mod frame;
mod message;
mod rules;
mod status;

pub use frame::{FrameError, HEADER, MAX_FRAME, decode, encode, payload_length};
pub use message::{Ending, FailureReport, Message, Request, Wait};
pub use rules::{Access, Opcode, Peer, Refused};
pub use status::{
    AttemptReport, DomainStatus, IdentityReport, KeyReport, LedgerReport, STATUS_SCHEMA, StatusDocument,
};
