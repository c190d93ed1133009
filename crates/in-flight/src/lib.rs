//! Works that are under way, each on a task of its own, and the clock that they wait by.

mod clock;
mod jumps;
mod rest;
mod works;

pub use clock::{Clock, SystemClock, entropy, seed};
pub use rest::rest;
pub use works::{Ends, InFlight, crashed};
