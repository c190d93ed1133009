use crate::{DomainName, ObjectId, TenantId, Upn};

/// The ways to sign in: option `sign_in` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A device code alone; no password is ever asked for.
    DeviceCode,
    /// The password wherever the organisation checks it itself; else a device code.
    Password,
    /// The password once the machine is registered, as [`Method::Password`]; before that a device code.
    Auto,
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
    /// The tenant.
    pub tenant: TenantId,
    /// `issuer` of its v2 metadata.
    pub issuer: String,
}

/// Which object a name was first seen with (entra.md 2.10, rule 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPin {
    /// The name.
    pub upn: Upn,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its object.
    pub object: ObjectId,
}

/// What is written down at a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// Pin the domain to its tenant.
    Domain {
        /// The domain.
        domain: DomainName,
        /// Its tenant and issuer.
        pin: TenantPin,
    },
    /// Pin the name to its object.
    Account(AccountPin),
    /// The account was renamed: the old name's pin goes.
    ForgetAccount(Upn),
}
