//! The record of one tenant's device identity: the mirror of the machine's snapshot.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes as lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        let text: String = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        out.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(reader)?;
        let digits: Option<Vec<u8>> =
            text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
        match digits {
            Some(digits) if digits.len() % 2 == 0 => Ok(Bytes(
                digits
                    .chunks_exact(2)
                    .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
                    .collect(),
            )),
            _ => Err(serde::de::Error::custom("not hexadecimal")),
        }
    }
}

/// One tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The tenant id.
    pub tenant: String,
    /// How far it is.
    pub stage: Stage,
    /// Other objects the service made or may have made.
    pub ledger: Vec<LedgerLine>,
    /// The last attempt of each phase.
    pub attempts: Vec<Attempt>,
    /// When join requests left.
    pub posts: Vec<i64>,
}

/// How far a registration is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// Not registered.
    Unregistered {
        /// The intent and keys of a refused registration.
        kept: Option<Keyed>,
    },
    /// Decided.
    Intent {
        /// The intent.
        intent: Intent,
    },
    /// Keys made.
    KeysReady {
        /// Intent and keys.
        keyed: Keyed,
    },
    /// Join request announced.
    Joining {
        /// Intent and keys.
        keyed: Keyed,
        /// The request.
        post: Post,
    },
    /// Reply stored.
    ReplyStored {
        /// Intent and keys.
        keyed: Keyed,
        /// The request.
        post: Post,
        /// Its reply.
        reply: Reply,
    },
    /// Registered.
    Registered {
        /// The identity.
        identity: Box<Identity>,
    },
    /// On the way out.
    Leaving {
        /// The identity.
        identity: Box<Identity>,
        /// `retire`, `unregister` or `erase`.
        step: String,
    },
}

/// A decision to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id.
    pub id: String,
    /// The tenant id.
    pub tenant: String,
    /// `join` or `register`.
    pub join_type: String,
    /// `soft`, `tpm` or `pkcs11`.
    pub backend: String,
    /// Component and digest.
    pub binding: Vec<(String, String)>,
    /// When.
    pub at: i64,
}

/// An intent and its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyed {
    /// The intent.
    pub intent: Intent,
    /// The device key.
    pub device: Key,
    /// The transport key.
    pub transport: Key,
}

/// A key handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// `soft`, `tpm` or `pkcs11`.
    pub backend: String,
    /// `device`, `transport` or `intune`.
    pub purpose: String,
    /// The intent id.
    pub intent: String,
    /// Big-endian.
    pub modulus: Bytes,
    /// Big-endian.
    pub exponent: Bytes,
    /// Ciphertext.
    pub wrapped: Bytes,
}

/// An announced join request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Counts from 1.
    pub attempt: u32,
    /// `client-request-id`.
    pub request: String,
    /// Where to.
    pub endpoints: Endpoints,
    /// Who signed in.
    pub owner: Owner,
}

/// Where a join goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// URL.
    pub join: String,
    /// `api-version`.
    pub join_version: String,
    /// `discovered` or `documented`.
    pub source: String,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The tenant id.
    pub tenant: String,
    /// The object id.
    pub object: String,
    /// `name@domain`.
    pub upn: String,
}

/// A raw reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// As it came.
    pub body: Bytes,
    /// The ids of the call.
    pub trace: Trace,
    /// When it came.
    pub at: i64,
}

/// The ids of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// HTTP status.
    pub http_status: Option<u16>,
    /// The server's id.
    pub request_id: Option<String>,
    /// The id both sides know.
    pub correlation_id: Option<String>,
    /// The server's time as it wrote it.
    pub server_time: Option<String>,
}

/// A committed identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Intent and keys.
    pub keyed: Keyed,
    /// The device id.
    pub device: String,
    /// DER.
    pub certificate: Bytes,
    /// 40 hex digits.
    pub thumbprint: String,
    /// `notBefore`.
    pub not_before: i64,
    /// `notAfter`.
    pub not_after: i64,
    /// Surprises in the certificate.
    pub warnings: Vec<String>,
    /// Where it was registered.
    pub endpoints: Endpoints,
    /// Who registered it.
    pub owner: Owner,
    /// When.
    pub registered_at: i64,
    /// When the directory first proved to know it.
    pub verified_at: Option<i64>,
    /// Its Intune half.
    pub intune: Intune,
    /// `disabled`, `deleted`, `key_unavailable` or `cloned_machine`.
    pub suspended: Option<String>,
}

/// The Intune half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Intune {
    /// Never asked for.
    None,
    /// Decided.
    Intent {
        /// The intent.
        intent: IntuneIntent,
    },
    /// Key made.
    KeyReady {
        /// The intent.
        intent: IntuneIntent,
        /// Its key.
        key: Key,
    },
    /// Enrolment request announced.
    Posting {
        /// The intent.
        intent: IntuneIntent,
        /// Its key.
        key: Key,
        /// Counts from 1.
        attempt: u32,
        /// `client-request-id`.
        request: String,
    },
    /// Reply stored.
    ReplyStored {
        /// The intent.
        intent: IntuneIntent,
        /// Its key.
        key: Key,
        /// Counts from 1.
        attempt: u32,
        /// `client-request-id`.
        request: String,
        /// The reply.
        reply: Reply,
    },
    /// Enrolled.
    Enrolled {
        /// The enrolment.
        enrolled: Box<IntuneIdentity>,
    },
}

/// A decision to enrol into Intune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntuneIntent {
    /// Its id.
    pub id: String,
    /// Who enrols.
    pub owner: Owner,
    /// When.
    pub at: i64,
    /// Whether a request left whose end is not known.
    pub in_doubt: bool,
}

/// A committed enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntuneIdentity {
    /// Who enrolled.
    pub owner: Owner,
    /// The key.
    pub key: Key,
    /// Intune's id.
    pub device: String,
    /// DER.
    pub certificate: Bytes,
    /// 40 hex digits.
    pub thumbprint: String,
    /// `notBefore`.
    pub not_before: i64,
    /// `notAfter`.
    pub not_after: i64,
    /// What was not as expected.
    pub warnings: Vec<String>,
    /// When.
    pub enrolled_at: i64,
    /// When the inventory was sent.
    pub inventory_at: Option<i64>,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// When.
    pub at: i64,
    /// `client-request-id`.
    pub request: String,
    /// The device id, where known.
    pub device: Option<String>,
    /// `in_doubt`, `unusable_reply`, `left_behind`, `intune_in_doubt`, `intune_unusable_reply` or
    /// `intune_left_behind`.
    pub kind: String,
}

/// The last attempt of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The phase's word.
    pub phase: String,
    /// When.
    pub at: i64,
    /// None when it went well.
    pub failure: Option<Failure>,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// `transient`, `needs_user`, `denied`, `gone` or `broken`.
    pub class: String,
    /// `nobody`, `user`, `tenant_admin`, `machine_admin` or `developers`.
    pub who: String,
    /// What it says of the device: `disabled`, `deleted`, `not_known`, `key_lost`, `boot_state_changed`,
    /// `boot_file_missing` or `cloned`; records of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What a token request lacked: `scope`, `second_factor`, `browser_step`, `password`, `device_rule`,
    /// `access_rule`, `device_code_blocked`, `unknown_signing_key` or `foreign_tenant`; records of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// A stable name.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub advice: String,
    /// `not_sent`, `answered` or `in_doubt`.
    pub delivery: String,
    /// Milliseconds.
    pub retry_after: Option<u64>,
    /// A `claims` challenge.
    pub claims: Option<String>,
    /// The ids of the call.
    pub trace: Trace,
    /// When it happened here.
    pub at: Option<i64>,
}
