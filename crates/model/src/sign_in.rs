use crate::{DomainName, MayRegister, Method, ObjectId, TenantId, Timestamp, Upn};

/// Whom a sign-in is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// This person, and nobody else may come out of it.
    Person(Upn),
    /// Whoever comes, of this domain or of one of the others: every name that the configuration has for it.
    AnyoneOf(DomainName, Vec<DomainName>),
}

impl Asked {
    /// The domain that leads to the tenant.
    pub fn domain(&self) -> &DomainName {
        match self {
            Asked::Person(name) => name.domain(),
            Asked::AnyoneOf(domain, _) => domain,
        }
    }

    /// Who it is, where that is known.
    pub fn person(&self) -> Option<&Upn> {
        if let Asked::Person(name) = self { Some(name) } else { None }
    }
}

/// What a sign-in must know from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInFacts {
    /// Who was asked for; nobody else may come out of this sign-in.
    pub asked: Asked,
    /// The only tenant that the domain of `asked` may lead to: option `tenant_id` of the configuration.
    pub wanted: Option<TenantId>,
    /// The tenant that the domain of `asked` was pinned to at an earlier sign-in.
    pub pinned: Option<TenantPin>,
    /// Every account that ever signed in here and may come now, by the name it was asked under: where that name was seen
    /// before, the names of its object alone.
    pub accounts: Vec<AccountPin>,
    /// A `claims` challenge left over from the registration, which this sign-in has to meet.
    pub claims: Option<String>,
    /// How the person may sign in.
    pub method: Method,
    /// Whether the machine has an identity in the tenant.
    pub standing: Standing,
    /// What the groups of the person are for.
    pub groups: GroupUse,
    /// The sign-in would register the machine, which only members of this group may; their groups are read then.
    pub registrars: Option<ObjectId>,
}

/// What the groups of the person who signs in are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupUse {
    /// Nothing: nobody asks for them.
    Nothing,
    /// They are told with the success; where they cannot be read the person comes in all the same.
    Tell,
    /// Only a member of one of these comes in, by object id (`pam_allow_groups`); they are told too.
    Admit(Vec<ObjectId>),
}

impl GroupUse {
    /// The same, with the groups told at least.
    pub fn told(self) -> GroupUse {
        match self {
            GroupUse::Nothing => GroupUse::Tell,
            GroupUse::Tell | GroupUse::Admit(_) => self,
        }
    }
}

impl SignInFacts {
    /// What a success of this sign-in lets the asker do: whoever had to be in a group was.
    pub fn proves(&self, asker: Asker) -> Asker {
        match (asker.may_register, self.registrars) {
            (MayRegister::Members(group), Some(asked)) if group == asked => {
                Asker { may_register: MayRegister::Yes, ..asker }
            }
            _ => asker,
        }
    }
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

/// Which object a name belongs to (entra.md 2.10, rule 7): the one that it was first seen with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPin {
    /// The name that was typed in.
    pub upn: Upn,
    /// The tenant that the object is in.
    pub tenant: TenantId,
    /// The id of the user object in the directory.
    pub object: ObjectId,
    /// When the name was first seen with it.
    pub first_seen: Timestamp,
    /// Since when the object has another name; the name stays its own all the same, until root forgets it.
    pub former_since: Option<Timestamp>,
}

impl AccountPin {
    /// Whether the name is that of this object, now or formerly.
    pub fn is_of(&self, tenant: TenantId, object: ObjectId) -> bool {
        (self.tenant, self.object) == (tenant, object)
    }
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
    /// Pin the name to its object, or note that the object has another name now.
    Account(AccountPin),
    /// Root says that the name is nobody's from here on.
    ForgetAccount(Upn),
}

/// What of a sign-in is counted, because it costs somebody else something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attempt {
    /// A password goes out for the name: wrong ones lock the account at the service.
    Password,
    /// A device code is asked for.
    Code,
}

/// Who asks for a sign-in, by what they cannot have many of: the user id of the caller, 0 for every log-in service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requester(pub u32);

/// Who asks for a sign-in, and what it may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asker {
    /// Who they are.
    pub by: Requester,
    /// Whether the sign-in may register the machine.
    pub may_register: MayRegister,
}

impl Asker {
    /// Somebody whom the option `who_may_register` lets register.
    pub fn who_may_register(by: Requester) -> Asker {
        Asker { by, may_register: MayRegister::Yes }
    }
}

/// What became of a password that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordResult {
    /// It did not leave this machine.
    NotSent,
    /// It is the right one, whatever else the service wants.
    Accepted,
    /// It was refused, or may have been: it is held against who tried it.
    Refused,
}
