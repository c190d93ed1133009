//! drs.
