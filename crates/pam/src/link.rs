//! The daemon's end, over its socket, where every wait has a limit.

use crate::authenticate::{Daemon, Lost};
use client::{Conversation, Patience};
use ipc::{Answer, Message, Request};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::path::Path;
use std::time::{Duration, Instant};

/// A conversation that gives up after so much silence.
pub(crate) struct Link<'a> {
    conversation: Conversation<'a>,
    /// When the next word has to be there.
    lost_at: Instant,
}

impl<'a> Link<'a> {
    pub(crate) fn open(socket: &'a Path, request: &'a Request) -> Result<Link<'a>, client::ClientError> {
        let conversation = Conversation::begin(socket, request, Patience::LOGIN)?;
        Ok(Link { conversation, lost_at: Instant::now() + Patience::LOGIN.first_word })
    }

    /// Whether the daemon has a word for us, or is gone, before this moment.
    fn is_readable_before(&self, end: Instant) -> bool {
        let wait = end.saturating_duration_since(Instant::now());
        let timeout = Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: wait.subsec_nanos().into() };
        let mut wanted = [PollFd::new(&self.conversation, PollFlags::IN)];
        rustix::io::retry_on_intr(|| poll(&mut wanted, Some(&timeout))).is_ok_and(|ready| ready > 0)
    }
}

impl Daemon for Link<'_> {
    fn next(&mut self, seconds: u64) -> Result<Option<Message>, Lost> {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            if !self.is_readable_before(end.min(self.lost_at)) {
                return if self.lost_at <= Instant::now() { Err(Lost) } else { Ok(None) };
            }
            let message = self.conversation.next_message().map_err(|_| Lost)?;
            self.lost_at = Instant::now() + Patience::LOGIN.silence.unwrap_or_default();
            match message {
                // A sign of life.
                Message::Waiting { .. } | Message::Accepted { .. } => {}
                message => return Ok(Some(message)),
            }
        }
    }

    fn answer(&mut self, answer: &Answer) -> Result<(), Lost> {
        self.conversation.answer(answer).map_err(|_| Lost)
    }
}
