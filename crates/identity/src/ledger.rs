//! The device objects that a service made or may have made, besides the identity.

use crate::Identity;
use model::{DeviceId, Failure, IntuneDeviceId, RequestId, Timestamp};

/// One device object that the server made or may have made and that is not the identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// When it was noted: as soon as the end of the request was known, or known to be in doubt.
    pub at: Timestamp,
    /// The `client-request-id` of the request that made the object or may have.
    pub request: RequestId,
    /// The id of the device in the directory, where it is known.
    pub device: Option<DeviceId>,
    /// The id that Intune gave the device, where it is known and the line is about Intune.
    pub intune: Option<IntuneDeviceId>,
    /// How the line came to be.
    pub kind: LedgerKind,
}

/// What is known of the object that a ledger line is about.
#[derive(Debug, Clone, Copy)]
pub enum LedgerObject<'a> {
    /// Nothing: no reply was read.
    Unknown,
    /// What a reply named that was of no other use.
    Named(&'a Failure),
    /// The object of an identity that is left.
    Of(&'a Identity),
}

impl<'a> From<&'a Identity> for LedgerObject<'a> {
    fn from(identity: &'a Identity) -> LedgerObject<'a> {
        LedgerObject::Of(identity)
    }
}

impl LedgerLine {
    /// A line that is noted now about a request. Each service's object has an id of its own.
    pub fn new(
        (at, request): (Timestamp, RequestId),
        object: LedgerObject<'_>,
        kind: LedgerKind,
    ) -> LedgerLine {
        use LedgerKind::{InDoubt, LeftBehind, UnusableReply};
        let in_directory = matches!(kind, InDoubt | LeftBehind | UnusableReply);
        let (device, intune) = match object {
            LedgerObject::Unknown => (None, None),
            LedgerObject::Named(failure) => {
                (failure.made.map(DeviceId::new), failure.made.map(IntuneDeviceId::new))
            }
            LedgerObject::Of(identity) => (Some(identity.issued.device), identity.intune.device()),
        };
        // A line about Intune names the machine in the directory too, where it has an identity.
        let device = device.filter(|_| in_directory || matches!(object, LedgerObject::Of(_)));
        LedgerLine { at, request, device, intune: intune.filter(|_| !in_directory), kind }
    }

    /// What an administrator can look for who wants to know whether the object exists; none where its id is known. The
    /// name is what the machine calls itself now.
    pub fn look_for(&self, display_name: Option<&str>) -> Option<String> {
        let name =
            display_name.map_or_else(|| "the name of this machine".to_owned(), |name| format!("'{name}'"));
        let LedgerLine { at, request, .. } = self;
        match self.kind {
            LedgerKind::InDoubt | LedgerKind::UnusableReply if self.device.is_none() => Some(format!(
                "In Entra's audit log: activity 'Register device' or 'Add device' within minutes before {at}, target \
                 {name}; client request id {request}. In the list of devices: {name}, registered at that time, without \
                 a sign-in since."
            )),
            LedgerKind::IntuneInDoubt | LedgerKind::IntuneUnusableReply if self.intune.is_none() => {
                Some(format!(
                    "In Intune's list of Linux devices: {name}, enrolled within minutes before {at}, without a check-in \
                 since; client request id {request}."
                ))
            }
            _ => None,
        }
    }
}

model::word_enum! {
    /// How a ledger line came to be.
    pub enum LedgerKind {
        /// The request left and no reply came: an object may exist.
        InDoubt = "in_doubt",
        /// A reply came that could not be used: an object exists as a rule.
        UnusableReply = "unusable_reply",
        /// `leave --force`: the object was left behind.
        LeftBehind = "left_behind",
        /// An enrolment request left and no certain reply came: a device of Intune may exist.
        IntuneInDoubt = "intune_in_doubt",
        /// A reply of Intune came that could not be used: a device of Intune exists as a rule.
        IntuneUnusableReply = "intune_unusable_reply",
        /// The machine left and Intune did not take its retirement: the device of Intune was left behind.
        IntuneLeftBehind = "intune_left_behind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: LedgerKind, device: Option<DeviceId>, intune: Option<IntuneDeviceId>) -> LedgerLine {
        let request = "5b0d7c1e-0000-4000-8000-0000000000aa".parse().unwrap();
        LedgerLine { at: Timestamp::from_secs(1_800_000_000), request, device, intune, kind }
    }

    #[test]
    fn what_is_not_known_to_exist_says_what_to_look_for() {
        let id = "11112222-3333-4444-5555-666677778888";
        let (device, intune) = (Some(id.parse().unwrap()), Some(id.parse().unwrap()));
        for (line, says) in [
            (line(LedgerKind::InDoubt, None, None), Some("'Register device'")),
            (line(LedgerKind::UnusableReply, None, None), Some("'Register device'")),
            (line(LedgerKind::IntuneInDoubt, None, None), Some("Intune's list of Linux devices")),
            (line(LedgerKind::IntuneUnusableReply, None, None), Some("Intune's list of Linux devices")),
            (line(LedgerKind::UnusableReply, device, None), None),
            (line(LedgerKind::IntuneUnusableReply, None, intune), None),
            (line(LedgerKind::LeftBehind, device, None), None),
            (line(LedgerKind::IntuneLeftBehind, None, None), None),
        ] {
            let told = line.look_for(Some("lap-0042"));
            assert_eq!(told.is_some(), says.is_some(), "{line:?}");
            let (Some(told), Some(says)) = (told, says) else { continue };
            for part in [says, "'lap-0042'", "2027-01-15T08:00:00Z", "5b0d7c1e-0000-4000-8000-0000000000aa"] {
                assert!(told.contains(part), "{part}: {told}");
            }
            assert!(line.look_for(None).unwrap().contains("the name of this machine"));
        }
    }
}
