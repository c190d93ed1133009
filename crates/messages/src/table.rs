//! The texts of every message, made from `fluent/`.

use crate::sentence::{Part, Sentence};

include!(concat!(env!("OUT_DIR"), "/table.rs"));
