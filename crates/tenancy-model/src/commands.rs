use crate::events::Caller;
use crate::view::{PreparedView, TenantView};
use crate::{MemberId, Role};
use accounts::ReservedAccount;
use lifecycle::{DeviceKeys, EventKind, Identity, Snapshot, Status, Work};
use machine::OpId;
use machine::Ticket;
use model::{
    Account, AccountPin, Backend, DomainName, Failure, IntentId, LocalAccount, ObjectId, SignInFacts,
    TenantId, TenantPin, Timestamp, TokenRef, Upn,
};
use offline::{Person, Verifier};
use std::collections::BTreeMap;

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make these changes durable, all or none, after every earlier commit; the answer is an event.
    Commit(Ticket, Vec<Change>),
    /// Start this work of an identity; its end comes back as [`Event::Done`](crate::Event).
    Run {
        /// The name that its end comes back under.
        op: OpId,
        /// The configured domain whose cloud it is for.
        domain: DomainName,
        /// What is to be done, with everything that it needs.
        work: Box<Work>,
    },
    /// Start this work with keys; its end comes back as [`Event::KeysDone`](crate::Event).
    RunKeys(OpId, KeysWork),
    /// Abandon this work; only ever one without outside effect.
    Cancel(OpId),
    /// End this token set; this or [`Command::HandOver`] exactly once for each that came in.
    Forget(TokenRef),
    /// The session of this person, which begins with it if there is none, owns the token set from here on.
    HandOver {
        /// The person whose session it is.
        account: Account,
        /// The configured domain whose cloud it is for.
        domain: DomainName,
        /// Their token set.
        token: TokenRef,
    },
    /// End every session of the tenant, and all that they hold.
    EndSessions(TenantId),
    /// Tell whoever waits; exactly once for each caller.
    Answer(Caller, Result<Answer, Failure>),
    /// What is known of a tenant from here on.
    Publish(Box<TenantView>),
    /// Where domains lead to from here on.
    PublishDomains(BTreeMap<DomainName, TenantId>),
    /// Why records are missing, from here on; none where they are not, or were given up.
    PublishMissing(Option<Failure>),
    /// This is an account of this machine from here on.
    PublishAccount(Box<LocalAccount>),
    /// The object has no account of this machine any more.
    PublishNoAccount(TenantId, ObjectId),
    /// This is set aside for whoever signs in under its name, from here on.
    PublishReserved(Box<ReservedAccount>),
    /// Nothing is set aside for this name any more.
    PublishNoReserved(Upn),
    /// What the person's password is checked by without the network from here on.
    PublishOffline(Person, Option<Box<Verifier>>),
    /// How far the keys made ahead of time are.
    PublishPrepared(PreparedView),
    /// The identity in force of a tenant changed, for whoever watches.
    Announce(Box<Status>),
    /// No configured domain leads to this tenant, of which there is a record: its machine does not run.
    Unserved(TenantId),
    /// Read everything back: what was decided since the last durable commit is void.
    Reread,
    /// Nothing can be written any more: say so, and go on answering what is known.
    NotWritable(Failure),
    /// End the service: more was asked for than the disk can hold.
    Stop(Failure),
    /// An event that changes nothing here.
    Ignored(Option<TenantId>, EventKind),
}

/// One change of what is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The identity in this role is this from here on.
    Identity {
        /// Which of the tenant's.
        role: Role,
        /// What it is.
        snapshot: Box<Snapshot>,
    },
    /// The tenant has no identity in this role any more.
    NoIdentity {
        /// Which of the tenant's.
        role: Role,
        /// The tenant whose record goes.
        tenant: TenantId,
    },
    /// The domain leads to this tenant.
    Domain {
        /// The domain that was resolved.
        domain: DomainName,
        /// Its tenant and issuer.
        pin: TenantPin,
        /// When that was learnt.
        at: Timestamp,
    },
    /// Nothing is known of the domain any more.
    NoDomain(DomainName),
    /// The name belongs to this object, as its name now or a former one.
    Account(AccountPin),
    /// Nothing is known of the name any more.
    NoAccount(Upn),
    /// This is an account of this machine.
    LocalAccount(Box<LocalAccount>),
    /// The object has no account of this machine any more.
    NoLocalAccount(TenantId, ObjectId),
    /// This is set aside for whoever signs in under its name.
    Reserved(Box<ReservedAccount>),
    /// Nothing is set aside for this name any more.
    NoReserved(Upn),
    /// A pair of keys is decided on (without keys) or made (with them), and nobody's yet.
    PreparedKeys {
        /// The intent that they will be the keys of.
        id: IntentId,
        /// The keys, once there are any.
        keys: Option<Box<DeviceKeys>>,
    },
    /// The pair is somebody's, or gone.
    NoPreparedKeys(IntentId),
    /// A change of what passwords are checked by without the network.
    Offline(offline::Change),
    /// What is missing is given up: the store goes on without it.
    GiveUpMissing,
}

impl Change {
    /// Whether it is about what was learnt of a domain or a name.
    pub fn is_learnt(&self) -> bool {
        matches!(
            self,
            Change::Domain { .. } | Change::NoDomain(_) | Change::Account(_) | Change::NoAccount(_)
        )
    }
}

/// A work with keys that belong to no identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysWork {
    /// Find out whether a pair still works. Ends in [`KeysReply::Tested`](crate::KeysReply).
    Test(DeviceKeys),
    /// Make both keys of an intent. Ends in [`KeysReply::Created`](crate::KeysReply).
    Create {
        /// The intent that the keys carry.
        id: IntentId,
        /// The backend that makes them.
        backend: Backend,
    },
    /// Destroy a pair. **Irreversible**, and local. Ends in [`KeysReply::Destroyed`](crate::KeysReply).
    Destroy(DeviceKeys),
    /// Find out whether keys can be made in this place. Ends in [`KeysReply::Ready`](crate::KeysReply).
    Ready(Backend),
}

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The sign-in begins with these facts, in the cloud of this configured domain.
    SignIn(Box<SignInFacts>, DomainName),
    /// What was asked for may be tried once.
    Permitted,
    /// It may not, for this reason, which may be gone in a moment: others are under way.
    Later(Box<Failure>),
    /// What was learnt is durable.
    Remembered,
    /// The machine of the tenant has taken the sign-in, or nobody wants it.
    Taken,
    /// The machine is on its way out.
    Leaving {
        /// Every domain that leaves with it.
        domains: Vec<DomainName>,
        /// Whom to follow.
        member: MemberId,
    },
    /// What cannot be read of these domains is given up.
    GivenUp(Vec<DomainName>),
    /// A move to other keys has begun, or an earlier one has to end first.
    Rekey(RekeyStarted),
    /// The move is being given up.
    Cancelling(MemberId),
    /// The keys are being bound anew.
    Rebinding {
        /// Every domain whose identity it is.
        domains: Vec<DomainName>,
        /// The identity as it was.
        before: Box<Identity>,
        /// Whom to follow.
        member: MemberId,
    },
    /// The name is not known any more; whether it was.
    Forgotten(bool),
    /// The account is so from here on.
    Account(Box<LocalAccount>),
    /// This is set aside from here on.
    Reserved(Box<ReservedAccount>),
    /// Of passwords that are checked without the network.
    Offline(offline::Answer),
    /// It is done.
    Done,
}

impl Answer {
    /// The machine that the caller may follow from here on.
    pub fn member(&self) -> Option<MemberId> {
        match self {
            Answer::Leaving { member, .. }
            | Answer::Rebinding { member, .. }
            | Answer::Cancelling(member) => Some(*member),
            Answer::Rekey(RekeyStarted::SignIn(member) | RekeyStarted::Unfinished(member)) => Some(*member),
            Answer::SignIn(..)
            | Answer::Permitted
            | Answer::Later(_)
            | Answer::Remembered
            | Answer::Taken
            | Answer::GivenUp(_)
            | Answer::Forgotten(_)
            | Answer::Account(_)
            | Answer::Reserved(_)
            | Answer::Offline(_)
            | Answer::Done => None,
        }
    }
}

/// What is left to do of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RekeyStarted {
    /// The sign-in of the person registers the new keys, with this machine.
    SignIn(MemberId),
    /// The identity of the last move is still leaving, and was asked again to.
    Unfinished(MemberId),
}
