//! What the source of a struct says about its fields.

use serde_json::Value;

/// Compares a part of a document with the fields of a struct of knobs: name, default, documentation.
///
/// `source` is the file that the struct stands in, `head` the line that begins it, `defaults` its default as JSON.
///
/// # Errors
/// A sentence for the test to fail with, as [`crate::check_table`] has it.
pub fn check_fields(part: &str, source: &str, head: &str, defaults: &Value) -> Result<(), String> {
    let rows = rows(source, head, defaults).ok_or_else(|| format!("there is no '{head}'"))?;
    let fields = defaults.as_object().map_or(0, |fields| fields.len());
    if rows.len() != 1 + fields {
        return Err(format!(
            "'{head}' has {fields} fields, and {} are written so that they are read",
            rows.len()
        ));
    }
    crate::check_table("simulator.md", part, &rows)
}

/// A head, and a row for each field of a struct.
fn rows(source: &str, head: &str, defaults: &Value) -> Option<Vec<Vec<String>>> {
    let (_, body) = source.split_once(head)?;
    let (body, _) = body.split_once("\n}")?;
    let mut rows = vec![["Knob", "Default", "What it does"].map(str::to_owned).to_vec()];
    let mut text: Vec<&str> = Vec::new();
    for line in body.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            text.extend(Some(words.trim()).filter(|words| !words.is_empty()));
        } else if let Some((field, _)) = line.trim_start_matches("pub ").split_once(": ") {
            rows.push(vec![format!("`{field}`"), format!("`{}`", defaults[field]), text.join(" ")]);
            text.clear();
        }
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_has_a_row_with_its_default_and_its_documentation() {
        let source = "struct Knobs {\n    /// So many,\n    /// at most.\n    pub quota: usize,\n}\n";
        let rows = rows(source, "struct Knobs {", &json!({ "quota": 50 })).unwrap();
        assert_eq!(rows[1], ["`quota`", "`50`", "So many, at most."].map(str::to_owned));
        assert!(check_fields("knobs", source, "struct Knobs {", &json!({ "quota": 50, "lag": 0 })).is_err());
        assert!(check_fields("knobs", source, "struct Others {", &json!({})).is_err());
    }
}
