//! Whether a password alone is enough for somebody who is signed in here already (`reauth_by_password`).

use crate::sign_in::SignInEffects;
use machine::OpId;
use model::{Account, AccountStanding, Failure};
use signin::{Reply, SessionState};

/// What is known of the password of somebody who is signed in here already.
#[derive(Default)]
pub(crate) struct Proof {
    /// The work that tries it.
    pub(crate) op: Option<OpId>,
    /// Whether the service said that it is the right one, and that it wants more.
    pub(crate) is_right: bool,
    /// Whose it is, once that is all that is asked for.
    pub(crate) of: Option<Account>,
}

impl Proof {
    /// A work of the sign-in ended.
    pub(crate) fn hears(&mut self, op: OpId, result: &Result<Reply, Failure>) {
        if self.op == Some(op) {
            self.is_right = result.as_ref().is_err_and(signin::proves_password);
        }
    }
}

impl SignInEffects {
    /// The account of whoever has a live session on this machine, where the password alone is enough for them.
    pub(crate) fn signed_in_here(&self) -> Option<Account> {
        let asked = self.asked.person().filter(|_| self.ports.accounts.reauth_by_password)?;
        let own = self.ports.views.account_of(asked)?;
        let session = self.ports.views.session(&own.person)?;
        let is_alive = matches!(session.borrow().state, SessionState::Holding | SessionState::Renewing);
        (is_alive && own.standing == AccountStanding::Allowed).then_some(own.person)
    }

    /// What the service said of the password that was typed.
    pub(crate) fn hears_of_password(&mut self, op: OpId, result: &Result<Reply, Failure>) {
        if self.proof.op == Some(op) {
            self.typed.hears(result);
        }
    }
}
