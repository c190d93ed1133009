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
        Value::Array(list) => {
            let short = list.iter().all(|item| item.get("seq").is_some());
            list.iter().map(human).collect::<Vec<_>>().join(if short { "\n" } else { "\n\n" })
        }
        Value::Object(object) if object.len() == 1 && object.contains_key("done") => String::from("done"),
        Value::Object(object) if object.contains_key("seq") => exchange(answer),
        Value::Object(object) => {
            let width = object.keys().map(String::len).max().unwrap_or(0);
            let lines = object.iter().filter(|(_, value)| !value.is_null());
            let line = |(name, value): (&String, &Value)| format!("{name:width$}  {}", plain(value));
            lines.map(line).collect::<Vec<_>>().join("\n")
        }
        other => plain(other),
    }
}

/// One line of the transcript in one line of text; a refusal ends with its rule.
fn exchange(line: &Value) -> String {
    let words = ["seq", "at", "request", "method", "path", "status", "rule", "faults"];
    words
        .iter()
        .filter(|word| !line[**word].is_null())
        .map(|word| plain(&line[*word]))
        .collect::<Vec<_>>()
        .join(" ")
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
        let line = json!({"seq": 1, "request": "join", "status": 401, "rule": "expired", "facts": {}});
        assert_eq!(human(&json!([line, line])), "1 join 401 expired\n1 join 401 expired");
        assert_eq!(human(&json!([])), "none");
        assert_eq!(human(&json!({"done": true})), "done");
    }
}
