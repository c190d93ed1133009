//! How a stand-in is made, who asks it, and what it says.

use crate::seed::Seed;
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;
use tenant_wire::cloud::Urls;
use tenant_wire::keys::{KeySource, KeysError};

/// How a stand-in is made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The tenants and people to begin with.
    pub seed: Seed,
    /// Which hosts its documents name.
    pub urls: Urls,
    /// Seed of the generator.
    pub entropy: u64,
    /// Where its own keys come from.
    pub keys: KeySource,
    /// Approves a device code by itself on its second poll.
    pub auto_approve: bool,
    /// `interval` of device codes, in seconds.
    pub poll_interval: u32,
}

/// Why a stand-in cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The seed is not usable.
    #[error("the seed cannot be used: {0}")]
    Seed(String),
    /// The keys are not usable.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// Who sends a request, as TLS saw it.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The server name asked for, in lower case and without a port.
    pub host: String,
    /// The client certificate, whose key the handshake proved.
    pub client_certificate: Option<Vec<u8>>,
}

/// A reply and what is written down about it.
#[derive(Debug)]
pub struct Outcome {
    /// The reply for the client, complete with headers and body.
    pub response: http::Response<Bytes>,
    /// The line of the transcript.
    pub entry: Entry,
}

/// One line of the transcript; holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Entry {
    /// The request's name, as `tenant::name` gives it.
    pub request: String,
    /// HTTP method as the request spells it, for example `POST`.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Server name as [`Peer::host`] has it.
    pub host: String,
    /// HTTP status of the reply.
    pub status: u16,
    /// The rule that refused it.
    pub rule: Option<String>,
    /// What was found out about it.
    pub facts: BTreeMap<String, String>,
}
