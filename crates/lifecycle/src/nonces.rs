//! The nonce of the first PRT: fetched beside the join, so that nothing but the join's answer is waited for before the PRT.

use crate::core::Core;
use crate::{Command, Event, OpId, Reply, Work};
use model::{Cause, Failure, Nonce};

/// A nonce, and the work that fetches one. It goes on beside the work in flight and never alone.
#[derive(Default)]
pub(crate) struct Nonces {
    held: Option<Nonce>,
    asked: Option<OpId>,
}

impl Core {
    /// Fetches a nonce beside the work in flight, unless there is one.
    pub(crate) fn fetch_nonce(&mut self) {
        if self.nonces.asked.is_none() && self.fresh_nonce().is_none() {
            let op = self.last_op.advance();
            self.nonces.asked = Some(op);
            let work = Work::Nonce { tenant: self.facts.tenant };
            self.commands.push(Command::Run(op, Box::new(work)));
        }
    }

    /// Whether this is the end of the work that fetches a nonce; one that failed is fetched by the work that needs it.
    pub(crate) fn nonce_came(&mut self, event: &Event) -> bool {
        let Event::Done(op, result) = event else { return false };
        if self.nonces.asked != Some(*op) {
            return false;
        }
        self.nonces.asked = None;
        if let Ok(Reply::Nonce(nonce)) = result {
            self.nonces.held = Some(nonce.clone());
        }
        true
    }

    /// The nonce for a request that leaves now.
    pub(crate) fn fresh_nonce(&self) -> Option<Nonce> {
        self.nonces.held.clone().filter(|nonce| nonce.is_fresh(self.now))
    }

    /// Whether a request is to be sent once more at once, because nothing of it was judged but this nonce.
    pub(crate) fn nonce_refused(&mut self, failure: &Failure) -> bool {
        failure.cause == Some(Cause::Nonce) && self.nonces.held.take().is_some()
    }

    /// Whoever needs a nonce now does not wait for one that is still under way.
    pub(crate) fn drop_nonce(&mut self) {
        self.commands.extend(self.nonces.asked.take().map(Command::Cancel));
    }
}
