use std::path::Path;

/// Names, one sentence each, the registrations that other products left on this machine.
///
/// Only the presence of public files is looked at; nothing of them is read.
pub(crate) fn find(root: &Path) -> Vec<String> {
    let found = |paths: &[&'static str]| paths.iter().find(|path| root.join(path).exists()).copied();
    TABLE
        .iter()
        .filter_map(|(product, paths)| Some((product, found(paths)?)))
        .map(|(product, path)| {
            format!(
                "{product} seems to have registered this machine too (/{path} is there): \
                 its device object stays in the directory until it is removed there."
            )
        })
        .collect()
}

/// Product, and the files whose presence tells of a registration, relative to the root.
const TABLE: &[(&str, &[&str])] = &[
    (
        "himmelblau",
        &[
            "var/cache/himmelblaud/himmelblau.conf",
            "var/cache/private/himmelblaud/himmelblau.conf",
            "var/cache/himmelblaud/himmelblau.cache.db",
            "var/cache/private/himmelblaud/himmelblau.cache.db",
        ],
    ),
    ("authd", &["var/snap/authd-msentraid/current/broker.conf", "var/lib/authd/authd.sqlite3"]),
    (
        "Microsoft's identity broker",
        &[
            "var/lib/microsoft-identity-device-broker",
            "var/opt/microsoft/identity-broker",
            "etc/opt/microsoft/identity-broker",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_of_another_product_is_named_and_an_empty_machine_names_none() {
        let root = tempfile::tempdir().unwrap();
        assert!(find(root.path()).is_empty());
        let dir = root.path().join("var/cache/himmelblaud");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("himmelblau.conf"), "").unwrap();
        let found = find(root.path());
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("himmelblau "));
    }
}
