//! The steps of `cargo xtask nightly`, as data, and the file of their results.

mod results;
mod steps;

pub use results::{CHANGED, Line, Verdict, append, passed, read};
pub use steps::{Step, all};
