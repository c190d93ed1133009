//! The machine of one person's session.

use crate::samples::failure;
use crate::{Arrow, Walker, drawn, walk};
use machine::{Machine as _, OpId};
use model::{Delivery, FailureClass, Timestamp, TokenRef};
use signin::{UserCommand, UserEvent, UserReply, UserSession};
use std::time::Duration;

/// Every arrow that the walk found, in order; those that stay in their state are left out.
pub(crate) fn arrows() -> Vec<Arrow> {
    drawn(walk(Harness::new, |_| {}))
}

#[derive(Debug, Clone, Copy)]
enum Move {
    SignIn,
    Succeed,
    Fail(FailureClass),
    Wake,
    End,
}

struct Harness {
    session: UserSession,
    now: Timestamp,
    in_flight: Option<OpId>,
    wake_at: Option<Timestamp>,
    tokens: u64,
}

impl Harness {
    fn new() -> Harness {
        let (session, now) = (UserSession::new(1), Timestamp::from_secs(1_000_000));
        Harness { session, now, in_flight: None, wake_at: None, tokens: 0 }
    }
}

impl Walker for Harness {
    type Move = Move;
    const MOVES: &'static [(Move, &'static str)] = &[
        (Move::SignIn, "the person signs in"),
        (Move::Succeed, "it succeeds"),
        (Move::Fail(FailureClass::Transient), "out of reach"),
        (Move::Fail(FailureClass::NeedsUser), "the person is needed"),
        (Move::Fail(FailureClass::Denied), "refused"),
        (Move::Wake, "the timer comes"),
        (Move::End, "the machine leaves"),
    ];

    fn state(&self) -> &'static str {
        self.session.status().state.as_str()
    }

    fn mark(&self) -> [bool; 3] {
        [self.in_flight.is_some(), self.wake_at.is_some(), false]
    }

    fn take(&mut self, step: Move) -> bool {
        let event = match step {
            Move::SignIn => {
                self.tokens += 1;
                Some(UserEvent::Given(TokenRef(self.tokens)))
            }
            Move::Succeed => {
                let expires_at = self.now.after(Duration::from_secs(14 * 24 * 3600));
                self.in_flight.take().map(|op| UserEvent::Done(op, Ok(UserReply::Prt { expires_at })))
            }
            Move::Fail(class) => {
                let failure = failure(class, Delivery::Answered, "Refused");
                self.in_flight.take().map(|op| UserEvent::Done(op, Err(failure)))
            }
            Move::Wake => self.wake_at.map(|due| {
                self.now = due.max(self.now);
                UserEvent::Woke
            }),
            Move::End => Some(UserEvent::Ended),
        };
        let Some(event) = event else { return false };
        let batch = self.session.handle(event, self.now);
        self.wake_at = batch.wake_at;
        for command in batch.commands {
            match command {
                UserCommand::Run(op, _) => self.in_flight = Some(op),
                UserCommand::Cancel(_) => self.in_flight = None,
                _ => {}
            }
        }
        true
    }
}
