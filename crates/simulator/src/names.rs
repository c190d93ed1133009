//! The names of all requests, of both halves of the cloud.

use tenant_model::reading::{self, Wrong};

/// Every name that a request can have.
pub(crate) fn all() -> Vec<&'static str> {
    tenant_wire::routes::REQUESTS.iter().chain(&tenant_intune::REQUESTS).map(|(name, _)| *name).collect()
}

/// Refuses a name that no request has and that is none of `others`; `place` leads to it.
pub(crate) fn check(place: &[&str], name: &str, others: &[&'static str]) -> Result<(), Wrong> {
    reading::known(place, name, &[others, &all()].concat())
}
