//! Works that are under way, each on a task of its own, and the clock that they wait by.

mod clock;
mod works;

pub use clock::{Clock, SystemClock, entropy, seed};
pub use works::{Ends, InFlight, crashed, rest};
