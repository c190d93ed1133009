//! Answers of the admin API for people and for programs.

use serde_json::Value;

/// The answer as it came, indented.
pub(crate) fn json(answer: &Value) -> String {
    format!("{answer:#}")
}

/// A list as blocks of `name: value` lines, with what has no value left out.
pub(crate) fn human(answer: &Value) -> String {
    match answer {
        Value::Array(list) if list.is_empty() => String::from("none"),
        Value::Array(list) => list.iter().map(human).collect::<Vec<_>>().join("\n\n"),
        Value::Object(object) if object.len() == 1 && object.contains_key("done") => String::from("done"),
        Value::Object(object) => {
            let width = object.keys().map(String::len).max().unwrap_or(0);
            let lines = object.iter().filter(|(_, value)| !value.is_null());
            let line = |(name, value): (&String, &Value)| format!("{name:width$}  {}", plain(value));
            lines.map(line).collect::<Vec<_>>().join("\n")
        }
        other => plain(other),
    }
}

/// A value without control characters: what clients sent may go to a terminal.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_become_blocks_and_nothing_reaches_the_terminal_raw() {
        let list = json!([{"id": "a", "name": "x\u{1b}[31m"}, {"id": "b", "name": null}]);
        assert_eq!(human(&list), "id    a\nname  x[31m\n\nid    b");
        assert_eq!(human(&json!([])), "none");
        assert_eq!(human(&json!({"done": true})), "done");
    }
}
