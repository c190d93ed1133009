//! Bodies of requests as JSON.

use crate::wire::answer::Answer;
use serde_json::{Map, Value};

/// The body as a JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Answer> {
    serde_json::from_slice(body).map_err(|_| Answer::invalid("body", "$", "The body is not a JSON object."))
}

/// A text member by its name in any case; only status is strict about it (intune.md 8.1, rule 8).
pub(crate) fn text<'a>(body: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    body.iter().find(|(name, _)| name.eq_ignore_ascii_case(field))?.1.as_str()
}

/// The refusal for a field that is missing or of another type.
pub(crate) fn required(field: &str) -> Answer {
    Answer::invalid(field, field, &format!("The {field} field is required."))
}
