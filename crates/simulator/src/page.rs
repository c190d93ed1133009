//! The page: devices, users and the last requests as plain HTML, read-only and without scripts.

use std::fmt::Write;

use serde_json::Value;

use crate::cloud;
use crate::hub::{State, now_ms};

/// Renders the whole page.
pub(crate) fn render(state: &State) -> String {
    let mut page = String::from(HEAD);
    let value = |list: Result<Value, serde_json::Error>| list.unwrap_or_default();
    table(&mut page, "Devices", &value(cloud::devices(state)));
    table(&mut page, "Users", &value(serde_json::to_value(state.tenant.users())));
    table(
        &mut page,
        "Codes that wait for a person",
        &value(serde_json::to_value(state.tenant.pending_codes(now_ms()))),
    );
    table(&mut page, "Held exchanges", &value(serde_json::to_value(state.holds.list())));
    let mut last: Vec<Value> = state.log.last(SHOWN).collect();
    last.reverse();
    table(&mut page, "Last requests", &Value::Array(last));
    page.push_str("</body>\n</html>\n");
    page
}

/// A table with a column for every simple field of the first row.
fn table(page: &mut String, title: &str, rows: &Value) {
    let rows: Vec<_> = rows.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(page, "<h2>{title} ({})</h2>", rows.len());
    let Some(first) = rows.first() else { return };
    let columns: Vec<&String> =
        first.iter().filter(|(_, value)| !value.is_object()).map(|(name, _)| name).collect();
    page.push_str("<table><thead><tr>");
    for column in &columns {
        let _ = write!(page, "<th>{}</th>", escaped(&column.replace('_', " ")));
    }
    page.push_str("</tr></thead><tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for column in &columns {
            let _ = write!(page, "<td>{}</td>", escaped(&plain(row.get(column.as_str()))));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table>\n");
}

/// A value without the marks of JSON where it has a simpler form.
pub(crate) fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::from("-"),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => String::from("yes"),
        Some(Value::Bool(false)) => String::from("no"),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

const SHOWN: usize = 50;
const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>entra-simulator</title>\
<style>body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#1b1b1b}h2{margin-top:2rem}\
table{border-collapse:collapse;font-size:13px}th,td{border:1px solid #ccc;padding:.25rem .5rem;text-align:left;\
max-width:32rem;overflow-wrap:anywhere}th{background:#f0f0f0}</style></head>\n<body>\n\
<h1>entra-simulator</h1>\n<p>A stand-in tenant. Nothing here is real; reload for the present state.</p>\n";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_clients_send_stays_text() {
        let mut page = String::new();
        table(&mut page, "Devices", &json!([{"name": "<script>alert('x')</script>", "nested": {"a": 1}}]));
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;alert(&#39;x&#39;)"));
        assert!(!page.contains("nested"));
    }

    #[test]
    fn an_empty_list_says_so() {
        let mut page = String::new();
        table(&mut page, "Devices", &json!([]));
        assert_eq!(page, "<h2>Devices (0)</h2>\n");
    }
}
