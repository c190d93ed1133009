//! The machine driven by hand and at random.
//!
//! `world` plays a random life and checks the laws after every event; `properties` names them.

#[cfg(test)]
mod laws;
#[cfg(test)]
mod life;
mod order;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rebinding;
