//! The steps of `cargo xtask nightly`, as data, and the file of their results.

mod results;
mod run;
mod steps;

pub use results::{passed, read};
pub use run::{commit, perform};
pub use steps::{Step, all};
