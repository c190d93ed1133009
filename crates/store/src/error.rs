use model::FailureClass;
use std::io;

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The bytes are there and are not what was written.
    #[error("record {key} is damaged: {why}")]
    Damaged {
        /// The record's key as text.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// A newer Firmament wrote this; nothing was changed.
    #[error(
        "record {key} has schema {found}, this version knows up to {known}: install the newer version again"
    )]
    Newer {
        /// The record's key as text.
        key: String,
        /// The schema found.
        found: u32,
        /// The highest schema this build reads.
        known: u32,
    },
    /// The record could not be made durable; the old one is still in force.
    #[error("could not write record {key}")]
    Write {
        /// The record's key as text.
        key: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The store can be read and not written.
    #[error("the state directory cannot be written")]
    ReadOnly(#[source] io::Error),
    /// Records were here and are not any more; what is left of them was not touched.
    #[error("the state directory {dir} has lost records: {what}")]
    Missing {
        /// Path of the state directory, as text.
        dir: String,
        /// What is not there, or cannot be read.
        what: String,
    },
    /// The records were written under another auth value.
    #[error("the state directory {dir} was written with another auth value")]
    WrongAuthValue {
        /// Path of the state directory, as text.
        dir: String,
    },
    /// The store could not be opened or read at all.
    #[error("the state directory {dir} cannot be used")]
    Open {
        /// Path of the state directory, as text.
        dir: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Another process holds the store.
    #[error("the state directory {dir} is in use by another firmamentd")]
    InUse {
        /// Path of the state directory, as text.
        dir: String,
    },
}

impl StoreError {
    /// What the machine may do about it: a full disk passes, damage does not.
    pub fn class(&self) -> FailureClass {
        match self {
            StoreError::Write { .. } | StoreError::ReadOnly(_) => FailureClass::Transient,
            _ => FailureClass::Broken,
        }
    }
}
