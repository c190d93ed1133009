//! A good reply with one member of another JSON type at a time: what no dialect may take for a portal or for a fault
//! of ours.

use serde_json::{Value, json};

/// Every member, however deep, and the whole answer, as each JSON type that it is not; each with its name.
pub(crate) fn of(good: &Value) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> =
        others(good).into_iter().map(|other| ("the whole answer".to_owned(), other)).collect();
    for pointer in pointers(good, "") {
        let name = pointer.rsplit('/').next().unwrap_or_default().to_owned();
        let Some(old) = good.pointer(&pointer) else { continue };
        for other in others(old) {
            let mut changed = good.clone();
            if let Some(place) = changed.pointer_mut(&pointer) {
                *place = other;
            }
            all.push((name.clone(), changed));
        }
    }
    all
}

fn others(old: &Value) -> Vec<Value> {
    let all = [json!(null), json!(true), json!(7), json!(-1.5), json!("x"), json!(["x"]), json!({ "x": 1 })];
    let same = |other: &Value| std::mem::discriminant(other) == std::mem::discriminant(old);
    all.into_iter().filter(|other| !same(other)).collect()
}

/// Where its members are (RFC 6901); of lists their first item alone.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, inner)| (name.clone(), inner)).collect(),
        Value::Array(list) => list.first().map(|inner| ("0".to_owned(), inner)).into_iter().collect(),
        _ => Vec::new(),
    };
    let here = below
        .into_iter()
        .map(|(name, inner)| (format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), inner));
    here.flat_map(|(pointer, inner)| {
        let mut all = pointers(inner, &pointer);
        all.push(pointer);
        all
    })
    .collect()
}
