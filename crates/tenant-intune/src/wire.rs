//! What goes over the wire: keys, certificates, and replies in the shapes of intune.md 2.4.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod certificate;
pub(crate) mod csr;
pub(crate) mod der;
pub(crate) mod keys;
