//! Which machine a key or a sealed text belongs to, as adapters write it in front of what they wrap.
//!
//! Version (1 byte), length of the lines (2 bytes, big-endian), then a line `name=digest` for each component.

use model::{Backend, KeyHandle, MachineBinding};

/// The header that records a machine.
pub fn write(version: u8, machine: &MachineBinding) -> Vec<u8> {
    let lines: String =
        machine.components.iter().map(|(name, digest)| format!("{name}={digest}\n")).collect();
    let length = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    [&[version], length.to_be_bytes().as_slice(), lines.as_bytes()].concat()
}

/// Header and rest of what an adapter wrapped; `None` for another version or a text that is too short.
pub fn split(version: u8, wrapped: &[u8]) -> Option<(&[u8], &[u8])> {
    let (fixed, _) = wrapped.split_first_chunk::<3>()?;
    let [found, high, low] = *fixed;
    let length = 3 + usize::from(u16::from_be_bytes([high, low]));
    if found == version { wrapped.split_at_checked(length) } else { None }
}

/// The machine that a header records; `None` for one that [`write()`] did not make.
pub fn read(header: &[u8]) -> Option<MachineBinding> {
    let text = std::str::from_utf8(header.get(3..)?).ok()?;
    let pair = |line: &str| line.split_once('=').map(|(name, digest)| (name.to_owned(), digest.to_owned()));
    Some(MachineBinding { components: text.lines().map(pair).collect::<Option<_>>()? })
}

/// The machine that a handle or a sealed text records, whichever adapter wrapped it in whichever version.
///
/// Only the adapter can say whether that was changed; this is for people.
pub fn recorded(wrapped: &[u8]) -> Option<MachineBinding> {
    let (header, _) = split(*wrapped.first()?, wrapped)?;
    read(header)
}

/// Whether a key can be used only while the machine is started as it was: its handle says so.
pub fn is_boot_bound(key: &KeyHandle) -> bool {
    let recorded = split(TPM_VERSION, &key.wrapped).and_then(|(header, _)| read(header));
    let has = |machine: MachineBinding| machine.components.iter().any(|(name, _)| name == BOOT_STATE);
    key.backend == Backend::Tpm && recorded.is_some_and(has)
}

/// The first component of `recorded` that can be read now and differs; one that became unreadable
/// never changes the verdict.
pub fn changed<'a>(recorded: &'a MachineBinding, measured: &MachineBinding) -> Option<&'a str> {
    let differs = |(name, digest): &&(String, String)| {
        measured.components.iter().any(|(other, now)| other == name && now != digest)
    };
    recorded.components.iter().find(differs).map(|(name, _)| name.as_str())
}

/// The component of a key's machine that stands for the secret which only opens in the same boot state.
pub const BOOT_STATE: &str = "tpm-pcr7";
/// The version of the headers that the TPM adapter writes.
pub const TPM_VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Guid, IntentId, KeyPurpose, RsaPublicKey};

    fn machine(components: &[(&str, &str)]) -> MachineBinding {
        let pair = |(name, digest): &(&str, &str)| ((*name).to_owned(), (*digest).to_owned());
        MachineBinding { components: components.iter().map(pair).collect() }
    }

    #[test]
    fn only_a_component_that_is_read_and_differs_is_a_change() {
        let home = machine(&[("machine-id", "a"), ("product-uuid", "b")]);
        for (now, verdict) in [
            (machine(&[("machine-id", "a"), ("product-uuid", "b")]), None),
            (machine(&[("machine-id", "a")]), None),
            (machine(&[]), None),
            (machine(&[("machine-id", "c"), ("product-uuid", "b")]), Some("machine-id")),
            (machine(&[("machine-id", "a"), ("product-uuid", "c")]), Some("product-uuid")),
        ] {
            assert_eq!(changed(&home, &now), verdict);
        }
        assert_eq!(changed(&machine(&[("machine-id", "a")]), &home), None);
    }

    #[test]
    fn a_key_says_whether_it_is_bound_to_the_boot_state() {
        let bound = machine(&[("tpm-srk", "a"), ("tpm-pcr7", "b")]);
        for (backend, wrapped, expected) in [
            (Backend::Tpm, write(1, &bound), true),
            (Backend::Tpm, write(1, &machine(&[("tpm-srk", "a")])), false),
            (Backend::Tpm, write(2, &bound), false),
            (Backend::Tpm, vec![], false),
            (Backend::Soft, write(1, &bound), false),
        ] {
            let public = RsaPublicKey { modulus: vec![], exponent: vec![] };
            let (purpose, intent) = (KeyPurpose::Device, IntentId::new(Guid::from_bytes([0; 16])));
            let key = KeyHandle { backend, purpose, intent, public, wrapped };
            assert_eq!(is_boot_bound(&key), expected, "{key:?}");
        }
    }

    #[test]
    fn a_header_is_read_as_it_was_written_and_nothing_else_is() {
        let home = machine(&[("machine-id", "a"), ("product-uuid", "b")]);
        let wrapped = [write(1, &home), b"rest".to_vec()].concat();
        let (header, rest) = split(1, &wrapped).unwrap();
        assert_eq!((read(header), rest), (Some(home.clone()), b"rest".as_slice()));
        let newer = [write(7, &home), b"rest".to_vec()].concat();
        assert_eq!((recorded(&wrapped), recorded(&newer)), (Some(home.clone()), Some(home)));
        assert_eq!((recorded(&[]), recorded(&wrapped[..10])), (None, None));
        assert_eq!(split(2, &wrapped), None, "another version");
        assert_eq!(split(1, &wrapped[..10]), None, "cut");
        assert_eq!(split(1, &[1, 0]), None, "no length");
        assert_eq!(read(&[1, 0, 1, b'x']), None, "no component");
    }
}
