use std::cmp::Ordering;
use std::str::FromStr;

/// A version of dotted decimal numbers, of any length: `22.4` is `22.04` and `22.4.0` (compliance.md 3.2).
///
/// Kept as digits, so that no number is too large to be compared.
#[derive(Debug, Clone, Eq)]
pub struct Version(Vec<String>);

/// A text that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is decimal numbers with dots between them")]
pub struct VersionError;

impl Version {
    /// How many numbers it was written with.
    pub fn parts(&self) -> usize {
        self.0.len()
    }

    fn part(&self, at: usize) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Version, VersionError> {
        let part = |part: &str| {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.trim_start_matches('0').to_owned())
        };
        let parts: Option<Vec<String>> = text.split('.').map(part).collect();
        parts.map(Version).ok_or(VersionError)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let parts = self.parts().max(other.parts());
        // Without leading zeros the longer number is the greater one.
        let of = |version: &Version, at| (version.part(at).len(), version.part(at).to_owned());
        (0..parts).map(|at| of(self, at).cmp(&of(other, at))).find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other).is_eq()
    }
}
