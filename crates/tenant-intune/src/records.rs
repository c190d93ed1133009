//! What is kept and what can be told, as plain data that knows no request.

pub(crate) mod agenda;
pub(crate) mod custom_rules;
pub(crate) mod knobs;
pub(crate) mod policy;
pub(crate) mod record;
pub(crate) mod renewed;
pub(crate) mod verdict;
pub(crate) mod views;
