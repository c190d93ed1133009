//! Who asks, and what they may have: what more than one endpoint judges by.

pub(crate) mod bearer;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod credential;
pub(crate) mod demand;
pub(crate) mod hello;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod proof;
pub(crate) mod tenants;
