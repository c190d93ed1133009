//! Who may depend on whom: the table of docs/architecture.md, section 2, as data.

use serde_json::Value;

/// A crate, and what of ours and of others it may use.
struct Room {
    name: &'static str,
    ours: &'static [&'static str],
    others: &'static [&'static str],
    /// The row of the table in docs/architecture.md.
    row: &'static str,
}

const fn room(
    name: &'static str,
    row: &'static str,
    ours: &'static [&'static str],
    others: &'static [&'static str],
) -> Room {
    Room { name, ours, others, row }
}

const DIALECT: &[&str] = &[
    "http",
    "bytes",
    "serde",
    "serde_json",
    "picky",
    "picky-asn1",
    "picky-asn1-der",
    "picky-asn1-x509",
    "rsa",
    "sha1",
    "sha2",
    "hmac",
    "aes",
    "aes-gcm",
    "cbc",
    "base64",
    "time",
    "uuid",
    "url",
    "thiserror",
];
const STAND_IN: &[&str] = DIALECT;

const ROOMS: &[Room] = &[
    room("model", "0 words", &[], &["thiserror", "zeroize"]),
    room("backoff", "0 words", &["model"], &["thiserror"]),
    room("machine", "0 words", &["model"], &[]),
    room("hsm", "1 ports", &["model", "backoff"], &["thiserror"]),
    room("store", "1 ports", &["model", "backoff"], &["thiserror", "serde", "serde_json"]),
    room("transport", "1 ports", &["model", "backoff"], &["thiserror", "http", "bytes"]),
    room("lifecycle", "2a decision", &["model", "backoff", "machine"], &["statig", "thiserror"]),
    room("signin", "2a decision", &["model", "backoff", "machine"], &["statig", "thiserror"]),
    room("discovery", "2b dialects", &["model", "backoff"], DIALECT),
    room("oauth", "2b dialects", &["model", "backoff"], DIALECT),
    room("drs", "2b dialects", &["model", "backoff", "x509"], DIALECT),
    room("prt", "2b dialects", &["model", "backoff", "x509", "oauth"], DIALECT),
    room("intune", "2b dialects", &["model", "backoff", "x509"], DIALECT),
    room("x509", "2b dialects", &["model", "backoff"], DIALECT),
    room("hsm-soft", "3 adapters", &["model", "hsm"], &["aws-lc-rs", "thiserror", "tracing", "zeroize"]),
    room("hsm-pkcs11", "3 adapters", &["model", "hsm"], &["cryptoki", "aws-lc-rs", "tracing", "zeroize"]),
    room("hsm-tpm", "3 adapters", &["model", "hsm"], &["aws-lc-rs", "tss-esapi", "tracing", "zeroize"]),
    room(
        "store-sled",
        "3 adapters",
        &["model", "store"],
        &["sled", "aws-lc-rs", "crc32c", "thiserror", "tracing"],
    ),
    room(
        "transport-hyper",
        "3 adapters",
        &["model", "transport"],
        &[
            "http",
            "http-body",
            "http-body-util",
            "bytes",
            "hyper",
            "hyper-util",
            "hyper-rustls",
            "rustls",
            "rustls-native-certs",
            "tokio",
            "tower-service",
            "thiserror",
            "tracing",
        ],
    ),
    room(
        "executor",
        "4a work",
        &[
            "model",
            "backoff",
            "machine",
            "lifecycle",
            "signin",
            "discovery",
            "oauth",
            "drs",
            "prt",
            "intune",
            "x509",
            "hsm",
            "transport",
        ],
        &["http", "bytes", "thiserror", "tracing"],
    ),
    room("snapshot", "4a work", &["model", "lifecycle", "store"], &["thiserror"]),
    room(
        "driver",
        "4b loop",
        &[
            "model",
            "backoff",
            "machine",
            "executor",
            "snapshot",
            "lifecycle",
            "signin",
            "hsm",
            "store",
            "transport",
        ],
        &["tokio", "tracing", "thiserror", "getrandom"],
    ),
    room(
        "server",
        "4c service",
        &["model", "backoff", "ipc", "driver", "signin"],
        &["tokio", "tracing", "thiserror"],
    ),
    room("ipc", "4 edges", &["model"], &["serde", "serde_json", "thiserror"]),
    room("config", "4 edges", &["model"], &["serde", "thiserror"]),
    room("telemetry", "4 edges", &["model"], &["tracing", "tracing-subscriber"]),
    room(
        "aad-tool",
        "5 binaries",
        &["ipc", "config", "model", "telemetry"],
        &["clap", "indicatif", "qrcode", "rpassword", "serde_json", "signal-hook", "thiserror"],
    ),
    room("tenant-wire", "S stand-in", &["model"], STAND_IN),
    room("tenant", "S stand-in", &["model", "tenant-wire"], STAND_IN),
    room("tenant-intune", "S stand-in", &["model"], STAND_IN),
    room(
        "simulator",
        "S stand-in",
        &["tenant", "tenant-intune"],
        &[
            "tokio",
            "hyper",
            "hyper-util",
            "rustls",
            "tokio-rustls",
            "url",
            "http",
            "http-body-util",
            "bytes",
            "serde",
            "serde_json",
            "rcgen",
            "base64",
            "clap",
            "thiserror",
            "time",
            "rsa",
            "sha1",
        ],
    ),
    room("conformance", "T", &["model", "hsm", "store", "transport"], &["rsa", "sha1", "sha2"]),
    room(
        "world",
        "T",
        &[
            "model",
            "backoff",
            "machine",
            "hsm",
            "store",
            "transport",
            "lifecycle",
            "signin",
            "executor",
            "snapshot",
            "tenant",
            "tenant-intune",
        ],
        &["rsa", "sha1", "sha2", "http", "bytes"],
    ),
    room("manual", "T", &[], &["clap", "clap_mangen"]),
    room("xtask", "xtask", &["model", "lifecycle"], &["clap", "serde_json", "signal-hook"]),
];

/// The runner wires everything and the integration tests may see everything.
const FREE: [&str; 2] = ["runner", "it"];

/// Every edge that the table forbids, of each kind and whatever its new name.
pub(super) fn check(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    packages.iter().flat_map(|package| faults(package, &names)).collect()
}

fn faults(package: &Value, workspace: &[&str]) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    if FREE.contains(&name) {
        return Vec::new();
    }
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![format!("{name} has no line in the table of layers")];
    };
    let edges = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut faults: Vec<String> = edges.iter().filter_map(|edge| fault(room, edge, workspace)).collect();
    let features = package["features"].as_object().is_some_and(|features| !features.is_empty());
    if features {
        faults.push(format!("{name} has cargo features; only the runner may"));
    }
    faults
}

fn fault(room: &Room, edge: &Value, workspace: &[&str]) -> Option<String> {
    let to = edge["name"].as_str().unwrap_or_default();
    let dev = edge["kind"] == "dev";
    let allowed = room.ours.contains(&to) || room.others.contains(&to);
    // Tests may use any library, and of ours what lies below or serves tests.
    let for_tests = dev && (!workspace.contains(&to) || TESTS_MAY.contains(&to));
    if allowed || for_tests {
        return None;
    }
    let kind = edge["kind"].as_str().unwrap_or("normal");
    Some(format!(
        "{} may not use {to} ({kind}): see the row '{}' in docs/architecture.md, section 2",
        room.name, room.row
    ))
}

/// Test helpers, manual pages, and the words of the socket for the programs' own tests.
const TESTS_MAY: [&str; 4] = ["conformance", "ipc", "manual", "model"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn workspace(package: &str, to: &str, kind: Value) -> Value {
        let edge = json!({ "name": to, "kind": kind, "rename": "innocent" });
        let other = json!({ "name": "driver", "dependencies": [], "features": {} });
        json!({ "packages": [{ "name": package, "dependencies": [edge], "features": {} }, other] })
    }

    #[test]
    fn one_forbidden_edge_of_each_kind_is_found() {
        for (package, to, kind) in [
            ("lifecycle", "serde", Value::Null),
            ("lifecycle", "driver", json!("dev")),
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
        assert!(check(&workspace("runner", "anything", Value::Null)).is_empty());
    }

    #[test]
    fn a_feature_is_found() {
        let package = json!({ "name": "oauth", "dependencies": [], "features": { "fast": [] } });
        assert_eq!(check(&json!({ "packages": [package] })).len(), 1);
    }
}
