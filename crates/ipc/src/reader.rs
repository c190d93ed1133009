//! Who reads an answer, and what of it is not for them.

use crate::frame::FrameError;
use crate::message::Message;
use crate::names;
use crate::request::Peer;
use crate::texts::with_texts;
use model::Upn;
use std::borrow::Cow;

/// Who reads what is said in a conversation.
#[derive(Debug, Clone)]
pub enum Reader {
    /// Root sees every name.
    Root,
    /// Anybody else sees no name of a person but the one that they asked for themselves.
    Person(Option<Upn>),
    /// Whoever has just signed in, and is told who that is.
    Themselves,
}

impl Reader {
    /// Whoever calls.
    pub fn of(peer: Peer) -> Reader {
        if peer.is_root { Reader::Root } else { Reader::Person(None) }
    }

    /// The caller asks for this person.
    pub fn asks_for(&mut self, name: &Upn) {
        if let Reader::Person(own) = self {
            *own = Some(name.clone());
        }
    }

    /// What is said from here on is about the reader and who they signed in as.
    pub fn hears_of_themselves(&mut self) {
        if let Reader::Person(_) = self {
            *self = Reader::Themselves;
        }
    }

    /// The message as this reader may see it. What is said of the person who was asked for stays.
    ///
    /// # Errors
    /// Where the message is no JSON.
    pub fn shown<'m>(&self, message: &'m Message) -> Result<Cow<'m, Message>, FrameError> {
        let own = match self {
            Reader::Root | Reader::Themselves => return Ok(Cow::Borrowed(message)),
            Reader::Person(own) => own.as_ref().map(Upn::as_str),
        };
        let hide = |text: &str, foreign: bool| names::hidden(text, own, foreign);
        match message {
            Message::Notice { text } => Ok(Cow::Owned(Message::Notice { text: hide(text, false) })),
            Message::Waiting { text, until } => {
                let (text, until) = (hide(text, false), until.clone());
                Ok(Cow::Owned(Message::Waiting { text, until }))
            }
            Message::Failed { .. } | Message::Progress { .. } | Message::Status { .. } => {
                with_texts(message, &hide).map(Cow::Owned)
            }
            other => Ok(Cow::Borrowed(other)),
        }
    }
}

#[cfg(test)]
#[path = "tests/reader.rs"]
mod tests;
