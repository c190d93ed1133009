//! transport-hyper.
