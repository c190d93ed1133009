//! The words and the framing of the local socket, and who may say what, and read it.
//!
//! A frame is a length (4 bytes, big-endian, at most [`MAX_FRAME`]) and that many bytes of JSON.
//! Trailing bytes and longer frames are errors, never waited for. Unknown members are skipped, and what a later version
//! says is told apart from nonsense ([`decode_request`], [`decode_message`]).
//!
//! A client says one [`Request`], and exactly one [`Answer`] after each [`Message::AskPassword`] or
//! [`Message::AskRecoveryCode`]; the daemon says nothing else in between.
//! An answer that is longer than a frame comes in pages ([`status_pages`], [`account_pages`]).
//! Everything else is said by the daemon: [`Message::Accepted`] at once, and [`Message::End`] or [`Message::Again`] last.

mod account;
mod answer;
mod frame;
mod message;
mod names;
mod pages;
mod protocol;
mod reader;
mod request;
mod status;
mod texts;

pub use account::AccountEntry;
pub use answer::Answer;
pub use frame::{FrameError, HEADER, MAX_FRAME, decode, encode, payload_length};
pub use message::{Ending, FailureReport, Message, RecoveryCode};
pub use pages::{PAGE, Piece, account_pages, status_pages};
pub use protocol::{
    Asked, FIRST_PROTOCOL, Heard, PAGES, PROTOCOL, RequestError, decode_message, decode_request,
    encode_request,
};
pub use reader::Reader;
pub use request::{Access, Op, Peer, PersonAsked, Refused, Request, Wait};
pub use status::{
    AttemptReport, ComplianceReport, DomainStatus, EndpointsReport, IdentityReport, IntuneReport, KeyReport,
    LedgerReport, LeftReport, OtherIdentityReport, RuleReport, STATUS_SCHEMA, SessionReport, SignInReport,
    StatusDocument,
};
