use crate::frame::FrameError;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The same with every text in it as `of` gives it back; the second thing `of` is told is whether the text is in the
/// words of a service: in a failure that has an HTTP status, in a summary, and in the text of a change.
///
/// # Errors
/// [`FrameError::Malformed`] for what is not the same kind of thing any more.
pub(crate) fn with_texts<M>(said: &M, of: &dyn Fn(&str, bool) -> String) -> Result<M, FrameError>
where
    M: Serialize + DeserializeOwned,
{
    let malformed = |error: serde_json::Error| FrameError::Malformed(error.to_string());
    let mut value = serde_json::to_value(said).map_err(malformed)?;
    replace(&mut value, false, of);
    serde_json::from_value(value).map_err(malformed)
}

fn replace(value: &mut Value, foreign: bool, of: &dyn Fn(&str, bool) -> String) {
    match value {
        Value::String(text) => *text = of(text, foreign),
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, foreign, of)),
        Value::Object(members) => {
            let answered = members.get("http_status").is_some_and(|status| !status.is_null());
            for (name, value) in members {
                replace(value, answered || QUOTING.contains(&name.as_str()), of);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Members that hold sentences of ours which end in somebody else's.
const QUOTING: [&str; 2] = ["summary", "text"];
