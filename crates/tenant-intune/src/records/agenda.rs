//! When the verdict on which device has to be looked at again.

use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// One time for each device at most, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    by_device: BTreeMap<Uuid, i64>,
    in_order: BTreeSet<(i64, Uuid)>,
}

impl Agenda {
    /// Looks at a device at this time, and not at the one that was named before.
    pub(crate) fn set(&mut self, device: Uuid, at_ms: i64) {
        if let Some(before) = self.by_device.insert(device, at_ms) {
            self.in_order.remove(&(before, device));
        }
        self.in_order.insert((at_ms, device));
    }

    /// Takes out a device whose time has come.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Option<Uuid> {
        let first = *self.in_order.first().filter(|(at, _)| *at <= now_ms)?;
        self.in_order.remove(&first);
        self.by_device.remove(&first.1);
        Some(first.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_due_once_at_its_last_named_time() {
        let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut agenda = Agenda::default();
        for (device, at) in [(first, 5), (second, 7), (first, 9), (first, 8)] {
            agenda.set(device, at);
        }
        assert_eq!(agenda.take_due(6), None);
        assert_eq!((agenda.take_due(7), agenda.take_due(7)), (Some(second), None));
        assert_eq!((agenda.take_due(8), agenda.take_due(99)), (Some(first), None));
        assert!(agenda.by_device.is_empty());
    }
}
