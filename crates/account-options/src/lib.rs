//! The options of `himmelblau.conf` that say what a person's account is on this machine, in its words (login.md 4.1).
//!
//! Pure: texts become checked values here, and nothing is looked up.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod members;
mod range;
mod registrars;

pub use members::PeopleAndGroups;
pub use range::{IdRangeOption, IdRangeOptionError};
pub use registrars::WhoMayRegister;

model::word_enum! {
    /// `id_attr_map`: what the number of a person is made from (login.md 4.2).
    #[derive(Default)]
    pub enum IdAttrMap {
        /// The name, so that the number is known before the first sign-in.
        #[default]
        Name = "name",
        /// The end of the object id.
        Uuid = "uuid",
        /// `uidNumber` and `gidNumber` that the directory has; whoever has none is refused.
        Rfc2307 = "rfc2307",
    }
}

model::word_enum! {
    /// `rfc2307_group_fallback_map`: what the number of a group without `gidNumber` is made from.
    pub enum GroupIdMap {
        /// The object id as text, hashed as names of people are.
        Name = "name",
        /// The end of the object id.
        Uuid = "uuid",
    }
}

model::word_enum! {
    /// `home_attr` and `home_alias`: what the last part of a home directory is.
    pub enum HomeAttr {
        /// The object id.
        Uuid = "UUID",
        /// The whole name, as `alex@contoso.com`.
        Spn = "SPN",
        /// The name without its domain, as `alex`.
        Cn = "CN",
    }
}
