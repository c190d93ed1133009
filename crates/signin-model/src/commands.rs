//! What comes out of a sign-in session.

use crate::OpId;
use admission::Groups;
use model::{
    Account, Attempt, DomainName, Failure, Jwks, Memory, Nonce, PasswordResult, Standing, TenantId,
    TenantPin, Timestamp, TokenRef, Upn,
};

/// What the session wants done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start this work; its end comes back as [`crate::Event::Done`].
    Run(OpId, Work),
    /// Ask whether this may be tried now for the name; the answer comes back as [`crate::Event::Done`]. Nothing of
    /// the kind is run without it.
    Attempt(OpId, Attempt),
    /// What became of the password that was permitted last, where it was not refused.
    PasswordTried(PasswordResult),
    /// Abandon this work; an answer that comes nevertheless is ended unread.
    Cancel(OpId),
    /// End this secret; exactly once for each that came in and was not handed out.
    Forget(TokenRef),
    /// Fetch what a registration in this tenant will have to know, beside whatever goes on and past the end of the session.
    /// Nothing comes back.
    PrepareJoin(TenantId),
    /// Make this durable before the next command starts.
    Remember(Memory),
    /// Show this to the person.
    Show(Prompt),
    /// Tell this to the person, who still has to act.
    Tell(Notice),
    /// Ask the person for their password; [`crate::Event::Password`] brings what they typed.
    AskPassword(PasswordPrompt),
    /// The session is over; nothing comes after it.
    Finish(Box<Outcome>),
    /// An event that changes nothing here, for the log.
    Ignored(&'static str),
}

/// What follows from one event; `wake_at` says when [`crate::Event::Woke`] is due.
pub type Batch = ::machine::Batch<Command>;

/// One exchange. None of them sleeps, retries or polls by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Read the domain's v2 metadata. Ends in [`crate::Reply::Resolved`].
    Resolve {
        /// The domain of the asked name.
        domain: DomainName,
    },
    /// Read the tenant's signing keys. Ends in [`crate::Reply::Keys`].
    FetchKeys {
        /// Where they are, as the metadata says.
        keys_at: String,
    },
    /// Ask for a device code. Ends in [`crate::Reply::Code`].
    RequestCode {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// What the token is to be for.
        scope: Scope,
        /// A `claims` challenge to meet.
        claims: Option<String>,
    },
    /// Ask once whether the person has approved. Ends in [`crate::Reply::Pending`] or [`crate::Reply::Tokens`].
    Poll {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// The device code.
        code: TokenRef,
    },
    /// Ask who checks the passwords of the name's domain (entra.md 1.4). Ends in [`crate::Reply::Realm`].
    AskRealm {
        /// The name that was asked for.
        name: Upn,
    },
    /// Fetch a nonce for the requests that this machine or a session signs (entra.md 7.1). Ends in [`crate::Reply::Nonce`].
    Nonce {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
    },
    /// Sign in with the password, once. Ends in [`crate::Reply::Vouched`] where a machine with an identity vouched for it,
    /// and else in [`crate::Reply::Tokens`]; the password is not ended by it.
    Password {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// The name that was asked for.
        name: Upn,
        /// The password, by its name in the vault.
        password: TokenRef,
        /// Which request carries it: a machine with an identity shows it (entra.md 7.3).
        standing: Standing,
        /// For what the machine signs; where there is none and it signs nevertheless, the work fetches its own.
        nonce: Option<Nonce>,
    },
    /// Turn the PRT of the set into tokens for the registration resource and a signed id_token, into the same set
    /// (entra.md 7.8, else 7.6). Ends in [`crate::Reply::Exchanged`].
    Exchange {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// The set with the PRT, which also takes the tokens.
        token: TokenRef,
        /// For what the session signs.
        nonce: Nonce,
    },
    /// Redeem a refresh token that somebody gave beforehand for the registration resource, into a set of its own. Ends
    /// in [`crate::Reply::Tokens`]; the given one is not ended by it.
    RedeemGiven {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// The refresh token, by its name in the vault.
        token: TokenRef,
    },
    /// Verify the id_token and client_info of the set (entra.md 2.10, rules 3 to 5). Ends in [`crate::Reply::Identified`].
    Identify {
        /// What the token must say.
        pin: TenantPin,
        /// The tenant's signing keys.
        keys: Jwks,
        /// The token set to verify, by its name in the vault.
        token: TokenRef,
    },
    /// Redeem the refresh token for the registration resource, into the same set. Ends in [`crate::Reply::Redeemed`].
    Redeem {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// The set that lends its refresh token and takes the new tokens.
        token: TokenRef,
    },
    /// Ask Graph for the UPN of the person (best effort, entra.md 2.10, rule 6). Ends in [`crate::Reply::Me`].
    LookUpMe {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// The set whose refresh token is redeemed for Graph; it stays as it is.
        token: TokenRef,
    },
    /// Ask Graph for the groups that the person is in. Ends in [`crate::Reply::Groups`].
    ListGroups {
        /// The tenant whose authority is used; never `common`.
        tenant: TenantId,
        /// The set whose refresh token is redeemed for Graph; it stays as it is.
        token: TokenRef,
    },
}

impl Work {
    /// The tenant whose token service is asked.
    pub fn asked_tenant(&self) -> Option<TenantId> {
        match self {
            Work::Nonce { tenant }
            | Work::Password { tenant, .. }
            | Work::Exchange { tenant, .. }
            | Work::RequestCode { tenant, .. }
            | Work::Poll { tenant, .. }
            | Work::RedeemGiven { tenant, .. }
            | Work::Redeem { tenant, .. } => Some(*tenant),
            Work::AskRealm { .. }
            | Work::Resolve { .. }
            | Work::FetchKeys { .. }
            | Work::Identify { .. }
            | Work::LookUpMe { .. }
            | Work::ListGroups { .. } => None,
        }
    }
}

/// What a device code is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `01cb2876-…/.default`: the Device Registration Service, so that its MFA rules are met now.
    Registration,
    /// `c44b4083-…/.default`: when the first is refused as such; redeemed for registration afterwards.
    Portal,
}

/// Why a person is asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The password is right, and the organisation asks for more.
    MoreThanPassword,
    /// The registration of a device asks for a second factor.
    SecondFactor,
}

impl Reason {
    /// As a sentence for people.
    pub fn text(self) -> &'static str {
        match self {
            Reason::MoreThanPassword => {
                "Your organisation asks for more than a password: please finish the sign-in in a browser."
            }
            Reason::SecondFactor => {
                "Your organisation asks for multi-factor authentication to register a device: please sign in once more."
            }
        }
    }
}

/// The question for a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPrompt {
    /// The name that was asked for: whose password it is to be.
    pub name: Upn,
    /// Why, where it has to be explained.
    pub reason: Option<Reason>,
}

/// What the person is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What to type.
    pub user_code: String,
    /// Where; also the whole content of the QR code.
    pub verification_uri: String,
    /// Until when the code lives.
    pub expires_at: Timestamp,
    /// Why a second code is asked for, if so.
    pub reason: Option<Reason>,
}

/// What the person hears while the code waits for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Whether they approved could not be heard several times in a row.
    NotAnswered {
        /// Why the last time.
        why: Box<Failure>,
        /// How long it is asked again.
        until: Timestamp,
    },
    /// The service answers again.
    AnswersAgain,
    /// The service cannot be asked; this machine can check the password by itself until then.
    WithoutNetwork {
        /// Until when.
        until: Timestamp,
    },
}

impl Notice {
    /// As a sentence or two for people.
    pub fn text(&self) -> String {
        match self {
            Notice::NotAnswered { why, until } => {
                let advice = match why.who {
                    model::Who::Nobody => String::new(),
                    _ => format!(" {}", why.advice),
                };
                format!(
                    "Whether you approved cannot be heard: {} [{}].{advice} It is asked again until {until}.",
                    why.message, why.code
                )
            }
            Notice::AnswersAgain => "The sign-in service answers again.".to_owned(),
            Notice::WithoutNetwork { until } => {
                format!("There is no network. This machine can check your password by itself until {until}.")
            }
        }
    }
}

/// How the session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The person asked for signed in; the set holds a token for registration.
    SignedIn {
        /// The person, under the name that was asked for.
        account: Account,
        /// Their token set; the receiver owns it now.
        token: TokenRef,
        /// The groups that they are in.
        groups: Groups,
    },
    /// They did not.
    Failed(Failure),
}
