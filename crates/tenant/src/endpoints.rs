//! One file for what one endpoint does, or for a few that belong together.

pub(crate) mod authorization_code;
pub(crate) mod authorize;
pub(crate) mod client_credentials;
pub(crate) mod device_code;
pub(crate) mod device_exchange;
pub(crate) mod device_login;
pub(crate) mod device_token;
pub(crate) mod discover;
pub(crate) mod discovery;
pub(crate) mod graph;
pub(crate) mod join;
pub(crate) mod key;
pub(crate) mod leave;
pub(crate) mod login;
pub(crate) mod manage;
pub(crate) mod nonce;
pub(crate) mod password;
pub(crate) mod realm;
pub(crate) mod refresh_token;
pub(crate) mod second_factor;
pub(crate) mod signed;
pub(crate) mod throttled;
