//! The port to what is measured of this machine for its compliance.
//!
//! Whoever measures says [`facts::Fact::Unknown`] for what it could not find out, and never fails as a whole.

use facts::{Facts, Wanted};
use std::future::Future;
use std::pin::Pin;

/// The facts to come of a [`Measure::facts`].
pub type FactsFuture = Pin<Box<dyn Future<Output = Facts> + Send>>;

/// Measures this machine.
pub trait Measure: Send + Sync {
    /// What is wanted of this machine, as it is now; the outcomes of scripts are not among it.
    /// Never blocks its caller, and ends by itself.
    fn facts(&self, wanted: &Wanted) -> FactsFuture;
}
