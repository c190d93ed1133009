//! One file for what one endpoint does, or for a few that belong together.

pub(crate) mod actions;
pub(crate) mod details;
pub(crate) mod devices;
pub(crate) mod endpoint_list;
pub(crate) mod enroll;
pub(crate) mod policies;
pub(crate) mod portal;
pub(crate) mod status;
pub(crate) mod token;
