//! One-line faults as data, a copy of the workspace that they are planted in, and what the named test says.

mod copy;
mod fault;
mod trial;

pub use copy::of_the_workspace;
pub use fault::{Fault, all, apply};
pub use trial::{Trial, Verdict};
