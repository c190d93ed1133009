//! The pieces that several halves of a record hold, each way beside the other.

use lifecycle::StoredReply;
use model::{Account, KeyHandle, RsaPublicKey, Timestamp, Trace};
use std::str::FromStr;
use store::record;

/// A field of a record that says nothing this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its field {field} says '{value}', which this version does not know")]
pub struct SnapshotError {
    /// The member of the record.
    pub field: &'static str,
    /// What it says, at most 80 characters and no control characters.
    pub value: String,
}

pub(crate) fn parse<T: FromStr>(field: &'static str, text: &str) -> Result<T, SnapshotError> {
    text.parse().map_err(|_| unknown(field, text))
}

fn unknown(field: &'static str, text: &str) -> SnapshotError {
    SnapshotError { field, value: text.chars().filter(|c| !c.is_control()).take(80).collect() }
}

pub(crate) fn read_key(it: &record::Key) -> Result<KeyHandle, SnapshotError> {
    Ok(KeyHandle {
        backend: parse("backend", &it.backend)?,
        purpose: parse("purpose", &it.purpose)?,
        intent: parse("intent", &it.intent)?,
        public: RsaPublicKey { modulus: it.modulus.0.clone(), exponent: it.exponent.0.clone() },
        wrapped: it.wrapped.0.clone(),
    })
}

pub(crate) fn write_key(key: &KeyHandle) -> record::Key {
    record::Key {
        backend: key.backend.as_str().to_owned(),
        purpose: key.purpose.as_str().to_owned(),
        intent: key.intent.to_string(),
        modulus: record::Bytes(key.public.modulus.clone()),
        exponent: record::Bytes(key.public.exponent.clone()),
        wrapped: record::Bytes(key.wrapped.clone()),
    }
}

pub(crate) fn read_owner(it: &record::Owner) -> Result<Account, SnapshotError> {
    Ok(Account {
        tenant: parse("tenant", &it.tenant)?,
        object: parse("object", &it.object)?,
        upn: parse("upn", &it.upn)?,
    })
}

pub(crate) fn write_owner(account: &Account) -> record::Owner {
    record::Owner {
        tenant: account.tenant.to_string(),
        object: account.object.to_string(),
        upn: account.upn.to_string(),
    }
}

pub(crate) fn read_reply(it: &record::Reply) -> StoredReply {
    StoredReply {
        status: it.status,
        body: it.body.0.clone(),
        trace: read_trace(&it.trace),
        at: Timestamp::from_millis(it.at),
    }
}

pub(crate) fn write_reply(reply: &StoredReply) -> record::Reply {
    record::Reply {
        status: reply.status,
        body: record::Bytes(reply.body.clone()),
        trace: write_trace(&reply.trace),
        at: reply.at.as_millis(),
    }
}

pub(crate) fn read_trace(it: &record::Trace) -> Trace {
    Trace {
        http_status: it.http_status,
        request_id: it.request_id.clone(),
        correlation_id: it.correlation_id.clone(),
        server_time: it.server_time.clone(),
    }
}

pub(crate) fn write_trace(it: &Trace) -> record::Trace {
    record::Trace {
        http_status: it.http_status,
        request_id: it.request_id.clone(),
        correlation_id: it.correlation_id.clone(),
        server_time: it.server_time.clone(),
    }
}
