use crate::{DomainName, Method, ObjectId, TenantId, Upn};

/// What a sign-in must know from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInFacts {
    /// The name that was asked for; nobody else may come out of this sign-in.
    pub asked: Upn,
    /// The only tenant that the domain of `asked` may lead to: option `tenant_id` of the configuration.
    pub wanted: Option<TenantId>,
    /// The tenant that the domain of `asked` was pinned to at an earlier sign-in.
    pub pinned: Option<TenantPin>,
    /// Every account that ever signed in here, by the name it was asked under.
    pub accounts: Vec<AccountPin>,
    /// A `claims` challenge left over from the registration, which this sign-in has to meet.
    pub claims: Option<String>,
    /// How the person may sign in.
    pub method: Method,
    /// Whether the machine has an identity in the tenant.
    pub standing: Standing,
}

/// How the machine stands to the tenant, as far as it is known before the domain is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No identity is known there: a password goes out plainly (entra.md 2.5), unless the tenant that the
    /// domain turns out to lead to has one.
    Unregistered,
    /// It has one: a password goes out signed with the device key (entra.md 7.3), never plainly.
    Registered,
}

/// Which tenant a domain leads to, as learnt once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPin {
    /// The tenant that the domain led to when it was resolved.
    pub tenant: TenantId,
    /// `issuer` of its v2 metadata.
    pub issuer: String,
}

/// Which object a name was first seen with (entra.md 2.10, rule 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPin {
    /// The name that was typed in.
    pub upn: Upn,
    /// The tenant that the object is in.
    pub tenant: TenantId,
    /// The id of the user object in the directory.
    pub object: ObjectId,
}

/// What is written down at a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// Pin the domain to its tenant.
    Domain {
        /// The domain of the name that was asked for.
        domain: DomainName,
        /// Its tenant and issuer.
        pin: TenantPin,
    },
    /// Pin the name to its object.
    Account(AccountPin),
    /// The account was renamed: the old name's pin goes.
    ForgetAccount(Upn),
}
