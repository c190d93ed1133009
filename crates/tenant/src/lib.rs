//! tenant.
