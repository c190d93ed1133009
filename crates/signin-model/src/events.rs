//! What goes into a sign-in session.

use crate::OpId;
use model::{DirectoryGroup, Failure, Jwks, Nonce, ObjectId, TenantPin, TokenRef, TokenSubject};
use std::time::Duration;

/// What happened outside; nothing else moves the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Begin; always the first event.
    Started,
    /// Begin, in the place of [`Event::Started`], with a refresh token that somebody gave beforehand; it is in the vault.
    Given(TokenRef),
    /// The work with this id ended.
    Done(OpId, Result<Reply, Failure>),
    /// What the person typed, in the vault; none: they want a code instead.
    Password(Option<TokenRef>),
    /// The moment named by `wake_at` has come (or an earlier one: judge by `now`).
    Woke,
    /// The person hung up: end without an outcome, forget everything.
    HungUp,
}

/// How a work ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Of [`crate::Command::Attempt`]: it may be made now.
    Permitted,
    /// Of [`crate::Work::Resolve`]: where the domain leads.
    Resolved {
        /// The tenant and its issuer.
        pin: TenantPin,
        /// Where its signing keys are: an https URL on the authority host.
        keys_at: String,
    },
    /// Of [`crate::Work::FetchKeys`]: what an id_token of the tenant is verified by.
    Keys(Jwks),
    /// Of [`crate::Work::RequestCode`]: the reply of RFC 8628 section 3.2.
    Code {
        /// The device code, in the vault.
        code: TokenRef,
        /// What the person types.
        user_code: String,
        /// Where: an https URL of at most 200 characters.
        verification_uri: String,
        /// How long the code lives.
        expires_in: Duration,
        /// How long to wait between polls.
        interval: Duration,
    },
    /// Of [`crate::Work::Poll`]: not yet.
    Pending,
    /// Of [`crate::Work::Poll`]: not yet, and the polls come too fast.
    SlowDown,
    /// Of [`crate::Work::Poll`], [`crate::Work::Password`] and [`crate::Work::RedeemGiven`]: approved; the token set is in the vault.
    Tokens(TokenRef),
    /// Of [`crate::Work::Nonce`]: it came.
    Nonce(Nonce),
    /// Of [`crate::Work::Password`]: it is right, and the new set has a PRT but no tokens yet.
    Vouched(TokenRef),
    /// Of [`crate::Work::Exchange`]: the set has tokens for registration.
    Exchanged,
    /// Of [`crate::Work::AskRealm`]: who checks the passwords of the domain.
    Realm(Realm),
    /// Of [`crate::Work::Identify`]: whose the token set is, verified.
    Identified(TokenSubject),
    /// Of [`crate::Work::Redeem`]: the set holds a token for registration.
    Redeemed,
    /// Of [`crate::Work::LookUpMe`]: who Graph says the person is.
    Me {
        /// `id`: the object id of the person.
        object: ObjectId,
        /// `userPrincipalName`, as Graph writes it.
        upn: String,
    },
    /// Of [`crate::Work::ListGroups`]: every group that the person is in.
    Groups(Vec<DirectoryGroup>),
}

/// Who checks the passwords of a domain (entra.md 1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// The service itself.
    Managed,
    /// Another identity provider; the service cannot check a password of it.
    Federated,
    /// The service does not know the domain, or says something else.
    Unknown,
}
