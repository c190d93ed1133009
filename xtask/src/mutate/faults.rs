//! The faults, as data: what is wrong, where, the lines that are replaced, and the test that catches it.

use serde_json::Value;

/// A fault in one place, and the test that catches it.
pub(super) struct Fault {
    pub(super) what: String,
    /// Below `crates/lifecycle/src`.
    pub(super) file: String,
    pub(super) find: String,
    pub(super) replace: String,
    pub(super) caught_by: String,
}

/// Every fault in its order.
pub(super) fn all() -> Result<Vec<Fault>, String> {
    let list: Vec<Value> = serde_json::from_str(TABLE).map_err(|error| format!("faults.json: {error}"))?;
    list.iter().map(|entry| fault(entry).ok_or_else(|| format!("faults.json: {entry} is no fault"))).collect()
}

fn fault(entry: &Value) -> Option<Fault> {
    let text = |name: &str| Some(entry[name].as_str()?.to_owned());
    let lines = |name: &str| {
        let lines: Option<Vec<&str>> = entry[name].as_array()?.iter().map(Value::as_str).collect();
        Some(lines?.join("\n"))
    };
    Some(Fault {
        what: text("what")?,
        file: text("file")?,
        find: lines("find")?,
        replace: lines("replace")?,
        caught_by: text("caught_by")?,
    })
}

const TABLE: &str = include_str!("faults.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_place_once_in_the_machine() {
        let faults = all().unwrap();
        assert!(faults.len() >= 25);
        for fault in faults {
            let path = crate::run::root().join("crates/lifecycle/src").join(&fault.file);
            let text = std::fs::read_to_string(path).unwrap();
            assert_eq!(text.matches(&fault.find).count(), 1, "{}", fault.what);
            assert_ne!(fault.find, fault.replace, "{}", fault.what);
        }
    }
}
