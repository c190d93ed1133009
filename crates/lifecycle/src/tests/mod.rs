//! The machine driven by hand and at random.
//!
//! `world` plays a random life and checks the laws after every event; `properties` names them.

mod laws;
mod life;
mod paths;
mod properties;
mod rebinding;
