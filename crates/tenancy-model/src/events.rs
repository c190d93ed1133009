use crate::found::Found;
use accounts::{AccountChange, LocalFacts, ReservationWanted};
use lifecycle::{DeviceKeys, LeaveKind, Reply};
use machine::OpId;
use machine::Ticket;
use model::{
    Account, Asked, Asker, Attempt, Backend, DirectoryGroup, DomainName, Failure, Memory, ObjectId,
    PasswordResult, Requester, TenantId, TokenRef, Upn,
};

/// Whoever waits for an [`Answer`](crate::Answer); the service names them, each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller(pub u64);

/// What happened outside and has to be decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The last durable state; always the first event, and the answer to [`Command::Reread`](crate::Command).
    Restored(Box<Found>),
    /// Somebody wants to sign in.
    SignInAsked {
        /// Who waits for the facts of the sign-in.
        caller: Caller,
        /// The name as it was typed in, or whose domain; the domain may be an alias.
        asked: Asked,
        /// Who asks.
        asker: Asker,
    },
    /// A sign-in is about to try something that is counted.
    AttemptAsked {
        /// Who waits for the permission.
        caller: Caller,
        /// What is to be tried.
        attempt: Attempt,
        /// The name that was asked for.
        asked: Upn,
        /// Who asks.
        by: Requester,
    },
    /// What became of the password that was permitted last, where it was not refused.
    PasswordTried {
        /// The name that was asked for.
        asked: Upn,
        /// Who asks.
        by: Requester,
        /// What became of it.
        result: PasswordResult,
    },
    /// A sign-in learnt something that has to outlive it.
    Learnt {
        /// Who waits until it is durable.
        caller: Caller,
        /// The pin that is to be written or dropped.
        memory: Memory,
    },
    /// The account behind a sign-in is checked; its token set is ours from here on.
    SignedIn {
        /// Who waits until the machine of the tenant has taken it.
        caller: Caller,
        /// The name that was asked for.
        asked: Upn,
        /// Who asked.
        asker: Asker,
        /// Who it is.
        account: Account,
        /// Their token set.
        token: TokenRef,
    },
    /// A person who is checked wants to be let in: the account that they have here, or a new one.
    AccountWanted {
        /// Who waits until the account is durable.
        caller: Caller,
        /// Who it is.
        person: Account,
        /// The groups of the directory that they are in; none where they could not be read: those of before stay.
        groups: Option<Vec<DirectoryGroup>>,
        /// What this machine says of names and numbers.
        local: Box<LocalFacts>,
    },
    /// A sign-in under this domain met a failure that may say something about the device.
    SignInFailed {
        /// Who waits until the machine has heard it.
        caller: Caller,
        /// The name that was asked for.
        asked: Upn,
        /// What the service or the key store said.
        failure: Failure,
    },
    /// A person's session met a failure that may say something about the device or the person.
    Suspected {
        /// The tenant of the person.
        tenant: TenantId,
        /// The person's object.
        object: ObjectId,
        /// What the service or the key store said.
        failure: Failure,
    },
    /// Something about passwords that are checked here while there is no network.
    Offline {
        /// Who waits until it is durable.
        caller: Caller,
        /// What it is.
        request: Box<offline::Request>,
    },
    /// An operator wants something.
    Asked {
        /// Who waits for the answer.
        caller: Caller,
        /// What the operator wants done.
        request: OperatorRequest,
    },
    /// The work of an identity with this name ended.
    Done(OpId, Result<Reply, Failure>),
    /// The work with keys of nobody yet ended.
    KeysDone(OpId, Result<KeysReply, Failure>),
    /// The commit with this ticket, and every one before it, is durable.
    Durable(Ticket),
    /// The commit with this ticket could not be made durable, and no later one will be.
    NotDurable(Ticket, Failure),
    /// The moment named by `wake_at` has come (or an earlier one: decided by `now`).
    Woke,
}

/// What an operator can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorRequest {
    /// Leave the tenant of a domain, with everything that hangs on it.
    Leave {
        /// A domain that leads to the tenant.
        domain: DomainName,
        /// Whether it may leave the device object behind.
        how: LeaveKind,
    },
    /// Move the identity of a person's tenant to keys in another place, with their next sign-in.
    Rekey {
        /// Who signs in for it.
        person: Upn,
        /// Where the new keys are made.
        to: Backend,
        /// How the identity of an earlier move leaves, if it is still there.
        how: LeaveKind,
    },
    /// Nobody waits any more for the sign-in that a move needs.
    RekeyEnded(DomainName),
    /// Give up a move that has not come to its end.
    CancelRekey(DomainName),
    /// Bind the keys of an identity to the machine as it is now.
    Rebind(DomainName),
    /// Forget which object a name was first seen with, and bar its account here.
    ForgetAccount(Upn),
    /// Set an account aside for somebody who has not signed in yet.
    ReserveAccount {
        /// For whom, and what they are to be.
        wanted: ReservationWanted,
        /// What this machine says of names, numbers and the home.
        local: Box<LocalFacts>,
    },
    /// Give an account another name or number.
    ChangeAccount {
        /// A name that the account is known by.
        name: String,
        /// What it gets.
        to: AccountChange,
        /// What this machine says of names and numbers.
        local: Box<LocalFacts>,
    },
}

impl OperatorRequest {
    /// The domain that it is about, where it names one.
    pub fn domain(&self) -> Option<&DomainName> {
        Some(match self {
            OperatorRequest::Leave { domain, .. }
            | OperatorRequest::RekeyEnded(domain)
            | OperatorRequest::CancelRekey(domain)
            | OperatorRequest::Rebind(domain) => domain,
            OperatorRequest::Rekey { person, .. } => person.domain(),
            OperatorRequest::ForgetAccount(name) => name.domain(),
            OperatorRequest::ReserveAccount { wanted, .. } => wanted.upn.domain(),
            OperatorRequest::ChangeAccount { .. } => return None,
        })
    }
}

impl Event {
    /// Who waits for an answer to it.
    pub fn caller(&self) -> Option<Caller> {
        match self {
            Event::SignInAsked { caller, .. }
            | Event::Learnt { caller, .. }
            | Event::SignedIn { caller, .. }
            | Event::AttemptAsked { caller, .. }
            | Event::AccountWanted { caller, .. }
            | Event::SignInFailed { caller, .. }
            | Event::Offline { caller, .. }
            | Event::Asked { caller, .. } => Some(*caller),
            _ => None,
        }
    }

    /// Whether it may change who needs keys that are made ahead of time, or whether somebody who registers needs the key
    /// store.
    pub fn may_change_keys(&self) -> bool {
        matches!(self, Event::Restored(_) | Event::Durable(_) | Event::Done(..) | Event::KeysDone(..))
    }

    /// The token set that comes in with it.
    pub fn token(&self) -> Option<TokenRef> {
        match self {
            Event::SignedIn { token, .. } => Some(*token),
            _ => None,
        }
    }

    /// Whether somebody asks for what cannot be done without a write.
    pub fn wants_a_write(&self) -> bool {
        matches!(
            self,
            Event::Learnt { .. } | Event::SignedIn { .. } | Event::AccountWanted { .. } | Event::Asked { .. }
        )
    }
}

/// How a work with keys of nobody yet ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysReply {
    /// The end of [`KeysWork::Test`](crate::KeysWork): what it says of the pair.
    Tested(PairTest),
    /// The end of [`KeysWork::Create`](crate::KeysWork): the handles of both keys.
    Created(DeviceKeys),
    /// The end of [`KeysWork::Destroy`](crate::KeysWork): the pair is gone.
    Destroyed,
    /// Of [`KeysWork::Ready`](crate::KeysWork): keys can be made there.
    Ready,
}

/// What a test says of a pair of keys. One that could not be made, because the key store cannot be used now, is a
/// failure of the work and says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairTest {
    /// Both work on this machine.
    Usable,
    /// One of them is of no use for good.
    Lost,
}
