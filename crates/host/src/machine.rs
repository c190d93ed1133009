//! Which machine this is: the components that can be read, each as a digest.

use aws_lc_rs::digest;
use model::{MachineBinding, hex};
use std::fs;
use std::path::Path;

/// Measures this machine (or the tree below `root`): machine-id and the DMI product uuid, each only
/// where it can be read.
pub fn measure(root: &Path) -> MachineBinding {
    let read = |(name, path): &(&str, &str)| {
        let text = fs::read_to_string(root.join(path)).ok()?;
        let value = text.trim();
        let meaningful = !value.is_empty() && value != "uninitialized";
        meaningful
            .then(|| ((*name).to_owned(), hex(digest::digest(&digest::SHA256, value.as_bytes()).as_ref())))
    };
    MachineBinding { components: COMPONENTS.iter().filter_map(read).collect() }
}

const COMPONENTS: [(&str, &str); 2] =
    [("machine-id", "etc/machine-id"), ("product-uuid", "sys/class/dmi/id/product_uuid")];

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(id: Option<&str>, uuid: Option<&str>) -> MachineBinding {
        let root = tempfile::tempdir().unwrap();
        for (value, (_, path)) in [id, uuid].into_iter().zip(COMPONENTS) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if let Some(value) = value {
                fs::write(path, value).unwrap();
            }
        }
        measure(root.path())
    }

    #[test]
    fn only_what_can_be_read_and_says_something_is_a_component() {
        for (id, uuid, names) in [
            (Some("aa\n"), Some("bb"), vec!["machine-id", "product-uuid"]),
            (Some("aa"), None, vec!["machine-id"]),
            (Some("uninitialized"), Some("bb"), vec!["product-uuid"]),
            (Some(" \n"), None, vec![]),
            (None, None, vec![]),
        ] {
            let found = machine(id, uuid);
            let found: Vec<&str> = found.components.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(found, names);
        }
        assert_eq!(machine(Some("aa"), None), machine(Some("aa\n"), None));
        assert_ne!(machine(Some("aa"), None), machine(Some("ab"), None));
    }
}
