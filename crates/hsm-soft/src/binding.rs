//! Which machine this is: the components that can be read, compared one by one.

use aws_lc_rs::digest;
use model::MachineBinding;
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

/// The first component of `recorded` that can be read now and differs; one that became unreadable
/// never changes the verdict.
pub fn changed<'a>(recorded: &'a MachineBinding, measured: &MachineBinding) -> Option<&'a str> {
    let differs = |(name, digest): &&(String, String)| {
        measured.components.iter().any(|(other, now)| other == name && now != digest)
    };
    recorded.components.iter().find(differs).map(|(name, _)| name.as_str())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
    fn only_a_component_that_is_read_and_differs_is_a_change() {
        let home = machine(Some("aa\n"), Some("bb"));
        for (now, verdict) in [
            (machine(Some("aa"), Some("bb")), None),
            (machine(Some("aa"), None), None),
            (machine(None, None), None),
            (machine(Some("uninitialized"), Some("bb")), None),
            (machine(Some("cc"), Some("bb")), Some("machine-id")),
            (machine(Some("aa"), Some("cc")), Some("product-uuid")),
        ] {
            assert_eq!(changed(&home, &now), verdict);
        }
        assert_eq!(changed(&machine(Some("aa"), None), &home), None);
    }
}
