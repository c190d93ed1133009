//! What goes wrong at a port, as a failure that names who can mend it and how: connections, keys, the clock.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod clock;
mod keys;
mod network;

pub use clock::check_clock;
pub use keys::key_failure;
pub use network::transport_failure;
