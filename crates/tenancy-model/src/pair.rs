use lifecycle::DeviceKeys;

/// How far a pair of keys is that is made ahead of time and is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair {
    /// Its id is on disk; nothing is done about it until the next start.
    Decided,
    /// Its keys are being made, or the decision to make them is being written.
    Generating,
    /// Its keys are being written.
    Storing(DeviceKeys),
    /// It was found on disk and is being tested.
    Testing(DeviceKeys),
    /// It waits for a registration.
    Ready(DeviceKeys),
    /// It is being destroyed.
    Destroying(DeviceKeys),
    /// It could not be tested or not be destroyed, and stays on disk for the next start.
    Left(DeviceKeys),
}

impl Pair {
    /// Its keys, where it waits for a registration.
    pub fn ready(&self) -> Option<&DeviceKeys> {
        match self {
            Pair::Ready(keys) => Some(keys),
            _ => None,
        }
    }

    /// Whether keys are being made, written or tested for it.
    pub fn is_under_way(&self) -> bool {
        matches!(self, Pair::Generating | Pair::Storing(_) | Pair::Testing(_))
    }
}
