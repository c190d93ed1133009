//! Who asks, and what the service makes of a device: what more than one endpoint judges by.

pub(crate) mod custom;
pub(crate) mod gate;
pub(crate) mod honesty;
pub(crate) mod settling;
pub(crate) mod verdict;
pub(crate) mod visitor;
