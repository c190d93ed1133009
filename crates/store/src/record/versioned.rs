use crate::{RecordKey, SCHEMA, StoreError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A record with a schema number, which is looked at before anything else of it.
pub trait Versioned: Serialize + DeserializeOwned {
    /// The bytes to store.
    fn encode(&self) -> Vec<u8> {
        // Records are structs of strings and numbers, which always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a schema above ours, [`StoreError::Damaged`] for anything that is no such record.
    fn decode(key: &RecordKey, bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged =
            |error: serde_json::Error| StoreError::Damaged { key: key.to_string(), why: error.to_string() };
        let Schema { schema } = serde_json::from_slice(bytes).map_err(damaged)?;
        if schema > SCHEMA {
            return Err(StoreError::Newer { key: key.to_string(), found: schema, known: SCHEMA });
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }
}

#[derive(Deserialize)]
struct Schema {
    schema: u32,
}
