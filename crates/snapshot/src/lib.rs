//! What is decided as records of the store, and everything that the store holds back again.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod changes;
mod found;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use changes::to_change;
pub use found::{Recorded, failure, found, recorded_backends, upgrade};
pub use read::{SnapshotError, from_record, prepared_from_record};
pub use write::{prepared_to_record, to_record};

use lifecycle::{EndpointSource, LeaveStep, LedgerKind, Suspension};
use model::{Delivery, FailureClass, Who};

/// A word on disk for each value of an enumeration; read and written by the same table.
trait Words: Copy + PartialEq + 'static {
    const TABLE: &'static [(Self, &'static str)];

    fn word(self) -> String {
        Self::TABLE.iter().find(|(value, _)| *value == self).map_or("unknown", |(_, word)| word).to_owned()
    }

    fn of(word: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
    }
}

impl Words for EndpointSource {
    const TABLE: &'static [(Self, &'static str)] =
        &[(EndpointSource::Discovered, "discovered"), (EndpointSource::Documented, "documented")];
}

impl Words for LeaveStep {
    const TABLE: &'static [(Self, &'static str)] =
        &[(LeaveStep::Retire, "retire"), (LeaveStep::Unregister, "unregister"), (LeaveStep::Erase, "erase")];
}

impl Words for LedgerKind {
    const TABLE: &'static [(Self, &'static str)] = &[
        (LedgerKind::InDoubt, "in_doubt"),
        (LedgerKind::UnusableReply, "unusable_reply"),
        (LedgerKind::LeftBehind, "left_behind"),
        (LedgerKind::IntuneInDoubt, "intune_in_doubt"),
        (LedgerKind::IntuneUnusableReply, "intune_unusable_reply"),
        (LedgerKind::IntuneLeftBehind, "intune_left_behind"),
    ];
}

impl Words for Suspension {
    const TABLE: &'static [(Self, &'static str)] = &[
        (Suspension::Disabled, "disabled"),
        (Suspension::Deleted, "deleted"),
        (Suspension::KeyUnavailable, "key_unavailable"),
        (Suspension::ClonedMachine, "cloned_machine"),
    ];
}

impl Words for FailureClass {
    const TABLE: &'static [(Self, &'static str)] = &[
        (FailureClass::Transient, "transient"),
        (FailureClass::NeedsUser, "needs_user"),
        (FailureClass::Denied, "denied"),
        (FailureClass::Gone, "gone"),
        (FailureClass::Broken, "broken"),
    ];
}

impl Words for Who {
    const TABLE: &'static [(Self, &'static str)] = &[
        (Who::Nobody, "nobody"),
        (Who::User, "user"),
        (Who::TenantAdmin, "tenant_admin"),
        (Who::MachineAdmin, "machine_admin"),
        (Who::Developers, "developers"),
    ];
}

impl Words for Delivery {
    const TABLE: &'static [(Self, &'static str)] =
        &[(Delivery::NotSent, "not_sent"), (Delivery::Answered, "answered"), (Delivery::InDoubt, "in_doubt")];
}
