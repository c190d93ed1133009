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

/// Name and documentation of each field of a struct or variant of an enumeration in a source; `head` is the line
/// that begins it, and what stands inside of a variant does not count.
pub fn documented(source: &str, head: &str) -> Vec<(String, String)> {
    let Some((_, body)) = source.split_once(head) else { return Vec::new() };
    let outer = head.len() - head.trim_start().len();
    let close = format!("\n{}}}", " ".repeat(outer));
    let body = body.split(&close).next().unwrap_or_default();
    let (mut found, mut text) = (Vec::new(), Vec::new());
    for line in body.lines().filter(|line| line.len() - line.trim_start().len() == outer + 4) {
        let line = line.trim();
        if let Some(words) = line.strip_prefix("///") {
            text.extend(Some(words.trim()).filter(|words| !words.is_empty()));
        } else if line.starts_with(|letter: char| letter.is_alphabetic()) {
            let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            let name = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
            found.push((name.unwrap_or_default().to_owned(), text.join(" ")));
            text.clear();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enumeration_has_its_variants_and_a_variant_its_fields() {
        let source = "enum Action {\n    /// Waits.\n    Hold,\n    /// Ends\n    /// early.\n    #[x]\n    Cut {\n        \
                      /// Bytes.\n        #[y]\n        keep: usize,\n    },\n}\n";
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(documented(source, "enum Action {"), [pair("Hold", "Waits."), pair("Cut", "Ends early.")]);
        assert_eq!(documented(source, "    Cut {"), [pair("keep", "Bytes.")]);
        assert!(documented(source, "enum Other {").is_empty());
    }
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
