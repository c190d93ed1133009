//! What is remembered between requests, as plain data that knows none of them.

pub(crate) mod authorization_code;
pub(crate) mod device_code;
pub(crate) mod grant;
pub(crate) mod hello_key;
pub(crate) mod prt;
pub(crate) mod sign_in;
pub(crate) mod wish;
