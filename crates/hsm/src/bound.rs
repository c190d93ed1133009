//! What the keys record of their machine, and what of it is different now.

use crate::binding;
use model::{KeyHandle, MachineBinding};

/// What the keys of an identity record of their machine, by the names of its components.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoundTo {
    /// Every component that a key records, those of its TPM or token too.
    pub components: Vec<String>,
    /// Those of them that are known to differ now.
    pub changed: Vec<String>,
}

impl BoundTo {
    /// Reads the headers of the keys, and compares what can be measured without a key store.
    pub fn of<'k>(keys: impl Iterator<Item = &'k KeyHandle>, now: &MachineBinding) -> BoundTo {
        let mut found = BoundTo::default();
        for recorded in keys.filter_map(|key| binding::recorded(&key.wrapped)) {
            for component in recorded.components {
                let alone = MachineBinding { components: vec![component] };
                let differs = binding::changed(&alone, now).is_some();
                let names = alone.components.into_iter().map(|(name, _)| name);
                names.for_each(|name| found.add(name, differs));
            }
        }
        found
    }

    /// With what somebody else found to differ.
    pub fn with_changed(mut self, names: impl Iterator<Item = String>) -> BoundTo {
        names.for_each(|name| self.add(name, true));
        self
    }

    fn add(&mut self, name: String, differs: bool) {
        if differs && !self.changed.contains(&name) {
            self.changed.push(name.clone());
        }
        if !self.components.contains(&name) {
            self.components.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Backend, Guid, IntentId, KeyPurpose, RsaPublicKey};

    fn machine(components: &[(&str, &str)]) -> MachineBinding {
        let pair = |(name, digest): &(&str, &str)| ((*name).to_owned(), (*digest).to_owned());
        MachineBinding { components: components.iter().map(pair).collect() }
    }

    fn key(components: &[(&str, &str)]) -> KeyHandle {
        let wrapped = [binding::write(3, &machine(components)), vec![0xff; 9]].concat();
        let public = RsaPublicKey { modulus: vec![], exponent: vec![] };
        let (purpose, intent) = (KeyPurpose::Device, IntentId::new(Guid::from_bytes([0; 16])));
        KeyHandle { backend: Backend::Tpm, purpose, intent, public, wrapped }
    }

    #[test]
    fn every_component_of_every_key_is_named_once_and_what_differs_is_known() {
        let old = key(&[("tpm-srk", "s"), ("machine-id", "a"), ("product-uuid", "b")]);
        let new = key(&[("tpm-srk", "s"), ("machine-id", "c"), ("product-uuid", "b")]);
        let nothing = KeyHandle { wrapped: vec![], ..old.clone() };
        let all = ["tpm-srk", "machine-id", "product-uuid"];
        for (keys, now, changed) in [
            (
                vec![&old, &new],
                machine(&[("machine-id", "c"), ("product-uuid", "d")]),
                vec!["machine-id", "product-uuid"],
            ),
            (vec![&old, &new], machine(&[("machine-id", "c"), ("product-uuid", "b")]), vec!["machine-id"]),
            (vec![&new], machine(&[("machine-id", "c"), ("product-uuid", "b")]), vec![]),
            (vec![&new, &nothing], machine(&[("machine-id", "c")]), vec![]),
        ] {
            let found = BoundTo::of(keys.into_iter(), &now);
            assert_eq!(
                (found.components, found.changed),
                (all.map(str::to_owned).to_vec(), changed.into_iter().map(str::to_owned).collect())
            );
        }
        let tested =
            BoundTo::of([&new].into_iter(), &machine(&[])).with_changed(["tpm-srk".to_owned()].into_iter());
        assert_eq!((tested.components.len(), tested.changed), (3, vec!["tpm-srk".to_owned()]));
        assert_eq!(BoundTo::of([&nothing].into_iter(), &machine(&[])), BoundTo::default());
    }
}
