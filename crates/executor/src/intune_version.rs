use model::{ClientVersion, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Which version Intune's calls name.
#[derive(Debug)]
pub struct IntuneVersion {
    looked_up: Option<Mutex<Looked>>,
    fixed: ClientVersion,
}

#[derive(Debug, Clone, Copy)]
struct Looked {
    version: ClientVersion,
    at: Option<Timestamp>,
}

impl IntuneVersion {
    /// Always this version.
    pub fn fixed(version: ClientVersion) -> IntuneVersion {
        IntuneVersion { looked_up: None, fixed: version }
    }

    /// The newest that Microsoft's package directory names, looked up at most once a day.
    pub fn looked_up_daily() -> IntuneVersion {
        let looked = Looked { version: ClientVersion::COMPILED, at: None };
        IntuneVersion { looked_up: Some(Mutex::new(looked)), fixed: ClientVersion::COMPILED }
    }

    pub(crate) fn is_looked_up(&self) -> bool {
        self.looked_up.is_some()
    }

    pub(crate) fn known(&self) -> ClientVersion {
        self.fixed
    }

    /// What was looked up within the last day.
    pub(crate) fn fresh(&self, now: Timestamp) -> Option<ClientVersion> {
        let looked = *self.looked_up.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        (now.since(looked.at?) < DAY).then_some(looked.version)
    }

    /// Takes in what was found; nothing found keeps what was known, until tomorrow.
    pub(crate) fn looked_up(&self, found: Option<ClientVersion>, now: Timestamp) -> ClientVersion {
        let Some(looked) = &self.looked_up else { return self.fixed };
        let mut looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.at = Some(now);
        looked.version = looked.version.max(found.unwrap_or(looked.version));
        looked.version
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_counts_for_a_day_and_never_goes_back() {
        let version = IntuneVersion::looked_up_daily();
        let now = Timestamp::from_secs(1_000_000);
        assert_eq!(version.fresh(now), None);
        let newer = "1.2701.3".parse().unwrap();
        assert_eq!(version.looked_up(Some(newer), now), newer);
        assert_eq!(version.looked_up(None, now), newer, "a failed look keeps it");
        assert_eq!(version.looked_up("1.2210.50".parse().ok(), now), newer, "an older list too");
        assert_eq!(version.fresh(now.after(DAY - Duration::from_secs(1))), Some(newer));
        assert_eq!(version.fresh(now.after(DAY)), None);
    }

    #[test]
    fn a_fixed_version_is_never_looked_up() {
        let version = IntuneVersion::fixed(ClientVersion::COMPILED);
        assert!(!version.is_looked_up());
        assert_eq!(version.known(), ClientVersion::COMPILED);
    }
}
