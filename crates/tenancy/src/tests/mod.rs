//! The laws of the tenancy.
