//! The texts of every message, made from `fluent/`.

use crate::sentence::Sentence;

include!(concat!(env!("OUT_DIR"), "/table.rs"));
