//! The record of one tenant's device identity: the mirror of the machine's snapshot.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Bytes as lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * 2);
        for nibble in self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
        out.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Bytes, D::Error> {
        reader.deserialize_str(Hex)
    }
}

/// Reads the digits where they stand: nearly all of a record is some, and a start reads those of every tenant.
struct Hex;

impl Visitor<'_> for Hex {
    type Value = Bytes;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("bytes in hexadecimal")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
        let (pairs, []) = text.as_bytes().as_chunks() else { return Err(E::custom("not hexadecimal")) };
        let mut bytes = Vec::with_capacity(pairs.len());
        for [high, low] in pairs {
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
                return Err(E::custom("not hexadecimal"));
            };
            bytes.push(high << 4 | low);
        }
        Ok(Bytes(bytes))
    }
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        b'A'..=b'F' => Some(letter - b'A' + 10),
        _ => None,
    }
}

/// The record of one tenant's device identity.
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
    /// When join requests left, Unix time in milliseconds; those of a day.
    pub posts: Vec<i64>,
}

/// How far a registration is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// No identity; keys of a refused registration may be there.
    Unregistered {
        /// The intent and keys of a refused registration.
        kept: Option<Keyed>,
    },
    /// The decision is on disk; no key is made.
    Intent {
        /// The decision, with its binding.
        intent: Intent,
    },
    /// Both keys are made; no request is under way.
    KeysReady {
        /// Intent and keys.
        keyed: Keyed,
    },
    /// Join request announced.
    Joining {
        /// Intent and keys.
        keyed: Keyed,
        /// The request that was announced.
        post: Post,
    },
    /// The reply is stored as it came, and not read yet.
    ReplyStored {
        /// Intent and keys.
        keyed: Keyed,
        /// The request that was announced.
        post: Post,
        /// What the service answered to it.
        reply: Reply,
    },
    /// The identity is committed.
    Registered {
        /// The identity, with its Intune half.
        identity: Box<Identity>,
    },
    /// On the way out.
    Leaving {
        /// The identity, with its Intune half.
        identity: Box<Identity>,
        /// `retire`, `unregister` or `erase`.
        step: String,
    },
}

/// A decision to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The intent id: a GUID in lower case.
    pub id: String,
    /// The tenant id.
    pub tenant: String,
    /// `join` or `register`.
    pub join_type: String,
    /// `soft`, `tpm` or `pkcs11`.
    pub backend: String,
    /// Component and digest.
    pub binding: Vec<(String, String)>,
    /// When it was decided, Unix time in milliseconds.
    pub at: i64,
}

/// An intent and its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyed {
    /// The decision that the keys were made for.
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
    /// The RSA modulus, big-endian.
    pub modulus: Bytes,
    /// The RSA public exponent, big-endian.
    pub exponent: Bytes,
    /// The private part as its backend wrapped it; opaque here.
    pub wrapped: Bytes,
}

/// An announced join request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Counts from 1.
    pub attempt: u32,
    /// The `client-request-id` that the request carries, a GUID.
    pub request: String,
    /// The endpoint that it goes to.
    pub endpoints: Endpoints,
    /// Who signed in.
    pub owner: Owner,
}

/// Where a join goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The join endpoint: an https URL that ends in `/`.
    pub join: String,
    /// `api-version` of the join, `2.0` as a rule.
    pub join_version: String,
    /// `discovered` or `documented`.
    pub source: String,
}

/// A person, by the ids of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The tenant id.
    pub tenant: String,
    /// The object id.
    pub object: String,
    /// The name that they signed in under, `name@domain`.
    pub upn: String,
}

/// A raw reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status of the reply.
    pub status: u16,
    /// As it came.
    pub body: Bytes,
    /// The ids of the call.
    pub trace: Trace,
    /// When it came, Unix time in milliseconds.
    pub at: i64,
}

/// The ids of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// HTTP status of the reply; none where there was no reply.
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
    /// The X.509 certificate in DER.
    pub certificate: Bytes,
    /// SHA-1 over the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// `notBefore` of the certificate, Unix time in milliseconds.
    pub not_before: i64,
    /// `notAfter` of the certificate, Unix time in milliseconds.
    pub not_after: i64,
    /// Surprises in the certificate.
    pub warnings: Vec<String>,
    /// Where it was registered.
    pub endpoints: Endpoints,
    /// Who registered it.
    pub owner: Owner,
    /// When it was committed, Unix time in milliseconds.
    pub registered_at: i64,
    /// When the directory first proved to know it, Unix time in milliseconds.
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
    /// The decision is on disk; no key is made.
    Intent {
        /// The decision to enrol, with its owner.
        intent: IntuneIntent,
    },
    /// The key is made; no request is under way.
    KeyReady {
        /// The decision to enrol, with its owner.
        intent: IntuneIntent,
        /// The key that the certificate is asked for.
        key: Key,
    },
    /// Enrolment request announced.
    Posting {
        /// The decision to enrol, with its owner.
        intent: IntuneIntent,
        /// The key that the certificate is asked for.
        key: Key,
        /// Counts from 1.
        attempt: u32,
        /// The `client-request-id` of the request, a GUID.
        request: String,
    },
    /// The reply is stored as it came, and not read yet.
    ReplyStored {
        /// The decision to enrol, with its owner.
        intent: IntuneIntent,
        /// The key that the certificate is asked for.
        key: Key,
        /// Counts from 1.
        attempt: u32,
        /// The `client-request-id` of the request, a GUID.
        request: String,
        /// What the service answered.
        reply: Reply,
    },
    /// The enrolment is committed.
    Enrolled {
        /// What was issued, and to whom.
        enrolled: Box<IntuneIdentity>,
    },
}

/// A decision to enrol into Intune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntuneIntent {
    /// The intent id: a GUID in lower case.
    pub id: String,
    /// Who enrols, and becomes the owner in Intune.
    pub owner: Owner,
    /// When it was decided, Unix time in milliseconds.
    pub at: i64,
    /// Whether a request left whose end is not known.
    pub in_doubt: bool,
}

/// A committed enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntuneIdentity {
    /// Who enrolled the machine: its owner in Intune.
    pub owner: Owner,
    /// The key of the Intune certificate.
    pub key: Key,
    /// The id that Intune gave the device, a GUID.
    pub device: String,
    /// The X.509 certificate in DER.
    pub certificate: Bytes,
    /// SHA-1 over the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// `notBefore` of the certificate, Unix time in milliseconds.
    pub not_before: i64,
    /// `notAfter` of the certificate, Unix time in milliseconds.
    pub not_after: i64,
    /// What was not as expected.
    pub warnings: Vec<String>,
    /// When it was committed, Unix time in milliseconds.
    pub enrolled_at: i64,
    /// When the inventory was sent, Unix time in milliseconds.
    pub inventory_at: Option<i64>,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// When it was noted, Unix time in milliseconds.
    pub at: i64,
    /// `client-request-id` of the request, as text.
    pub request: String,
    /// The id of the device in the directory, where known.
    pub device: Option<String>,
    /// The id that Intune gave the device, where known, in lines about Intune; those of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intune_device: Option<String>,
    /// `in_doubt`, `unusable_reply`, `left_behind`, `intune_in_doubt`, `intune_unusable_reply` or
    /// `intune_left_behind`.
    pub kind: String,
}

/// The last attempt of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The phase's word.
    pub phase: String,
    /// When it ended, Unix time in milliseconds.
    pub at: i64,
    /// None when it went well.
    pub failure: Option<Failure>,
}

/// Why an attempt failed, and who can do what about it.
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
    /// What happened, in one line for people.
    pub message: String,
    /// What to do.
    pub advice: String,
    /// `not_sent`, `answered` or `in_doubt`.
    pub delivery: String,
    /// How long the service wants to be left alone, in milliseconds.
    pub retry_after: Option<u64>,
    /// A `claims` challenge.
    pub claims: Option<String>,
    /// The ids of the call.
    pub trace: Trace,
    /// The id of the object that the reply names as made, a GUID; records of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// When it happened by the clock of this machine, Unix time in milliseconds.
    pub at: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_pairs_of_digits_and_nothing_else() {
        let all: Vec<u8> = (0..=255).collect();
        let text = serde_json::to_string(&Bytes(all.clone())).unwrap();
        assert!(text.starts_with("\"000102") && text.ends_with("fdfeff\""), "{text}");
        for text in [text.to_uppercase(), text] {
            assert_eq!(serde_json::from_str::<Bytes>(&text).unwrap(), Bytes(all.clone()));
        }
        assert_eq!(serde_json::from_str::<Bytes>("\"\"").unwrap(), Bytes::default());
        assert_eq!(serde_json::from_str::<Bytes>("\"\\u0034a\"").unwrap(), Bytes(vec![0x4a]));
        for text in [
            "\"0\"", "\"0g\"", "\"g0\"", "\"/0\"", "\"0:\"", "\"@0\"", "\"`0\"", "\"G0\"", "\"é\"", "5", "[]",
        ] {
            assert!(serde_json::from_str::<Bytes>(text).is_err(), "{text}");
        }
    }
}
