//! What more than one endpoint answers with: tokens, codes and pages.

pub(crate) mod access_token;
pub(crate) mod code;
pub(crate) mod pages;
pub(crate) mod prt;
pub(crate) mod sign_in;
pub(crate) mod token;
