//! Who may depend on whom: the table of docs/architecture.md, section 2, as data.

use serde_json::Value;
use std::collections::BTreeSet;

/// A crate, and what of ours and of others it may use.
pub(super) struct Room {
    pub(super) name: &'static str,
    /// The row of the table in docs/architecture.md; none for a list that has a name.
    pub(super) row: &'static str,
    pub(super) ours: Vec<&'static str>,
    pub(super) others: Vec<&'static str>,
}

/// The table as it is written.
pub(super) fn written() -> Vec<Room> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(room).collect()
}

/// The table with the named list in every place where it is named.
pub(super) fn rooms() -> Vec<Room> {
    let mut rooms = written();
    let dialect = rooms.iter().find(|room| room.name == DIALECT).map(|room| room.others.clone());
    for room in &mut rooms {
        if room.others == [DIALECT] {
            room.others = dialect.clone().unwrap_or_default();
        }
    }
    rooms
}

fn room(line: &'static str) -> Option<Room> {
    let mut columns = line.split('|').map(str::trim);
    let (name, row) = (columns.next()?, columns.next()?);
    let [ours, others] = [columns.next()?, columns.next()?].map(|names| names.split_whitespace().collect());
    Some(Room { name, row, ours, others })
}

const TABLE: &str = include_str!("layers.txt");
const TABLE_FILE: &str = "xtask/src/tidy/layers.txt";
/// Stands for what every dialect may use.
const DIALECT: &str = "*dialect*";

/// The runner wires everything and the integration tests may see everything.
const FREE: [&str; 2] = ["runner", "it"];
/// The TPM adapter builds only where its library is.
const MAY_HAVE_FEATURES: &str = "firmament-keys";

/// Every edge that the table forbids, of each kind and whatever its new name.
pub(super) fn check(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let rooms = rooms();
    packages.iter().flat_map(|package| faults(&rooms, package, &names)).collect()
}

/// Every edge that the table allows and nobody uses, and every row without a crate.
pub(super) fn unused(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    unused_of(&written(), packages)
}

fn unused_of(rooms: &[Room], packages: &[Value]) -> Vec<String> {
    let mut of_dialects = BTreeSet::new();
    let mut faults = Vec::new();
    for room in rooms.iter().filter(|room| room.name != DIALECT) {
        let Some(package) = packages.iter().find(|package| package["name"] == room.name) else {
            faults.push(format!("{} has a line in the table of layers and is no crate", room.name));
            continue;
        };
        let edges = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let used = edges.iter().filter(|edge| edge["kind"] != "dev").filter_map(|edge| edge["name"].as_str());
        let used: BTreeSet<&str> = used.collect();
        let allowed = room.ours.iter().chain(&room.others).filter(|name| **name != DIALECT);
        let idle = allowed.filter(|name| !used.contains(*name));
        faults.extend(idle.map(|name| format!("{} may use {name} and does not: {TABLE_FILE}", room.name)));
        if room.others == [DIALECT] {
            of_dialects.extend(used);
        }
    }
    let dialect = rooms.iter().filter(|room| room.name == DIALECT).flat_map(|room| &room.others);
    let idle = dialect.filter(|name| !of_dialects.contains(*name));
    faults.extend(idle.map(|name| format!("{DIALECT} may use {name} and none does: {TABLE_FILE}")));
    faults
}

fn faults(rooms: &[Room], package: &Value, workspace: &[&str]) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    if FREE.contains(&name) {
        return Vec::new();
    }
    let Some(room) = rooms.iter().find(|room| room.name == name) else {
        return vec![format!("{name} has no line in the table of layers")];
    };
    let edges = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut faults: Vec<String> =
        edges.iter().filter_map(|edge| fault(rooms, room, edge, workspace)).collect();
    let features = package["features"].as_object().is_some_and(|features| !features.is_empty());
    if features && name != MAY_HAVE_FEATURES {
        faults.push(format!("{name} has cargo features; only {MAY_HAVE_FEATURES} may"));
    }
    faults
}

fn fault(rooms: &[Room], room: &Room, edge: &Value, workspace: &[&str]) -> Option<String> {
    let to = edge["name"].as_str().unwrap_or_default();
    let dev = edge["kind"] == "dev";
    let allowed = room.ours.contains(&to) || room.others.contains(&to);
    // Tests may use any library, and of ours what lies below or serves tests.
    let for_tests = dev && (!workspace.contains(&to) || TESTS_MAY.contains(&to) || is_below(rooms, room, to));
    if allowed || for_tests {
        return None;
    }
    let kind = edge["kind"].as_str().unwrap_or("normal");
    Some(format!(
        "{} may not use {to} ({kind}): see the row '{}' in docs/architecture.md, section 2",
        room.name, room.row
    ))
}

/// Whether a crate is used by one that the room may use, over however many doors.
fn is_below(rooms: &[Room], room: &Room, to: &str) -> bool {
    let below = rooms.iter().filter(|other| room.ours.contains(&other.name));
    below.into_iter().any(|other| other.ours.contains(&to) || is_below(rooms, other, to))
}

/// Test helpers, manual pages, the walks of the machines, and the words of the socket for the programs' own tests.
const TESTS_MAY: [&str; 5] = ["conformance", "ipc", "manual", "model", "states"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn workspace(package: &str, to: &str, kind: Value) -> Value {
        let edge = json!({ "name": to, "kind": kind, "rename": "innocent" });
        let other = |name| json!({ "name": name, "dependencies": [], "features": {} });
        let package = json!({ "name": package, "dependencies": [edge], "features": {} });
        json!({ "packages": [package, other("driver"), other("lifecycle")] })
    }

    #[test]
    fn one_forbidden_edge_of_each_kind_is_found() {
        for (package, to, kind) in [
            ("lifecycle", "serde", Value::Null),
            ("lifecycle", "driver", json!("dev")),
            ("oauth", "driver", json!("dev")),
            ("server", "lifecycle", Value::Null),
            ("oauth", "tokio", Value::Null),
            ("oauth", "discovery", json!("build")),
            ("tenant", "oauth", Value::Null),
            ("server", "hsm", Value::Null),
            ("executor", "tokio", Value::Null),
            ("hsm-soft", "store", Value::Null),
            ("unheard-of", "serde", Value::Null),
        ] {
            assert_eq!(check(&workspace(package, to, kind)).len(), 1, "{package} -> {to}");
        }
    }

    #[test]
    fn allowed_edges_and_test_libraries_are_left_in_peace() {
        assert!(check(&workspace("oauth", "http", Value::Null)).is_empty());
        assert!(check(&workspace("lifecycle", "proptest", json!("dev"))).is_empty());
        assert!(check(&workspace("server", "lifecycle", json!("dev"))).is_empty(), "it lies below");
        assert!(check(&workspace("runner", "anything", Value::Null)).is_empty());
    }

    #[test]
    fn an_allowed_edge_that_nobody_uses_is_found() {
        let room = |name, ours: &[&'static str], others: &[&'static str]| Room {
            name,
            row: "",
            ours: ours.to_vec(),
            others: others.to_vec(),
        };
        let rooms = [
            room(DIALECT, &[], &["http", "picky"]),
            room("oauth", &["model", "backoff"], &[DIALECT]),
            room("hsm", &[], &["thiserror"]),
            room("planned", &[], &[]),
        ];
        let edge = |name: &str, kind: Value| json!({ "name": name, "kind": kind });
        let oauth = [edge("model", Value::Null), edge("backoff", json!("dev")), edge("http", Value::Null)];
        let packages = [
            json!({ "name": "oauth", "dependencies": oauth }),
            json!({ "name": "hsm", "dependencies": [edge("thiserror", Value::Null)] }),
        ];
        let table = format!(": {TABLE_FILE}");
        let wanted = [
            format!("oauth may use backoff and does not{table}"),
            "planned has a line in the table of layers and is no crate".to_owned(),
            format!("{DIALECT} may use picky and none does{table}"),
        ];
        assert_eq!(unused_of(&rooms, &packages), wanted);
    }

    #[test]
    fn a_feature_is_found() {
        let package = json!({ "name": "oauth", "dependencies": [], "features": { "fast": [] } });
        assert_eq!(check(&json!({ "packages": [package] })).len(), 1);
    }
}
