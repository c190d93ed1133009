//! What operators ask for.

use crate::computer::Waiting;
use crate::setup::{DOMAINS, Person};
use crate::{PowerCut, World};
use lifecycle::LeaveKind;
use model::{Backend, Failure};
use signin::Outcome;
use tenancy::{Answer, Caller, Event, OperatorRequest, RekeyStarted};

/// What an operator is told.
pub type OperatorAnswer = Result<Answer, Failure>;

impl World {
    /// An operator asks for something; nothing happens yet.
    pub fn ask(&mut self, request: OperatorRequest) -> Caller {
        let caller = self.next_caller();
        self.computer.waiting.insert(caller, Waiting::Operator);
        self.computer.inbox.push_back(Event::Asked { caller, request });
        caller
    }

    /// What an operator was told, once they were.
    pub fn answer_of(&self, caller: Caller) -> Option<&OperatorAnswer> {
        self.computer.answers.get(&caller)
    }

    /// An operator asks for something, and everything that follows is done.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn request(&mut self, request: OperatorRequest) -> Result<OperatorAnswer, PowerCut> {
        let caller = self.ask(request);
        self.settle()?;
        Ok(self.answer_of(caller).unwrap().clone())
    }

    /// An operator asks to leave the first tenant.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn leave(&mut self) -> Result<(), PowerCut> {
        self.leave_domain(DOMAINS[0], LeaveKind::Unregister).map(drop)
    }

    /// An operator asks to leave the tenant of a domain.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn leave_domain(&mut self, domain: &str, how: LeaveKind) -> Result<OperatorAnswer, PowerCut> {
        self.request(OperatorRequest::Leave { domain: domain.parse().unwrap(), how })
    }

    /// The machine's administrator says that it is the same one, whatever changed.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn rebind(&mut self) -> Result<(), PowerCut> {
        self.rebind_domain(DOMAINS[0]).map(drop)
    }

    /// The same for the identity of another domain.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn rebind_domain(&mut self, domain: &str) -> Result<OperatorAnswer, PowerCut> {
        self.request(OperatorRequest::Rebind(domain.parse().unwrap()))
    }

    /// A person moves the identity of their tenant to keys in another place, as `aad-tool rekey` does it: asked
    /// for, signed in for, and no longer waited for. `how` is for the identity of an earlier move.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn rekey(&mut self, person: Person, to: Backend, how: LeaveKind) -> Result<Moved, PowerCut> {
        let upn: model::Upn = person.name.parse().unwrap();
        let domain = upn.domain().clone();
        match self.request(OperatorRequest::Rekey { person: upn, to, how })? {
            Ok(Answer::Rekey(RekeyStarted::SignIn(_))) => {
                let outcome = self.sign_in_as(person)?;
                let over = self.request(OperatorRequest::RekeyEnded(domain))?;
                assert!(over.is_ok() || self.computer.not_writable.is_some(), "{over:?}");
                Ok(Moved::SignedIn(outcome))
            }
            Ok(Answer::Rekey(RekeyStarted::Unfinished(_))) => Ok(Moved::Unfinished),
            Ok(other) => panic!("a move is answered {other:?}"),
            Err(failure) => Ok(Moved::Refused(failure)),
        }
    }

    /// An operator gives the move of a domain's tenant up.
    ///
    /// # Errors
    /// [`PowerCut`].
    pub fn cancel_rekey(&mut self, domain: &str) -> Result<OperatorAnswer, PowerCut> {
        self.request(OperatorRequest::CancelRekey(domain.parse().unwrap()))
    }
}

/// How a move went as far as its sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// The person signed in for it, or could not.
    SignedIn(Outcome),
    /// The identity of the last move is still leaving, and was asked again to.
    Unfinished,
    /// It cannot be.
    Refused(Failure),
}
