//! hsm-soft.
