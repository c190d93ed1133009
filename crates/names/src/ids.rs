//! From a name or an object to a number, as the incumbent does it (login.md 4.2).

use crate::hash::murmur3;
use std::fmt;

/// The numbers that people of a domain get: from `min` to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    min: u32,
    max: u32,
}

/// Why two numbers are no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRangeError {
    min: u32,
    max: u32,
}

impl fmt::Display for IdRangeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{} is no range: its first number is above its last", self.min, self.max)
    }
}

impl std::error::Error for IdRangeError {}

impl IdRange {
    /// The incumbent's range of people and groups.
    pub const DEFAULT: IdRange = IdRange { min: 200_000, max: 2_000_200_000 };
    /// The incumbent's range of subordinate ids.
    pub const SUB_IDS: IdRange = IdRange { min: 2_100_000_000, max: 4_200_000_000 };

    /// Both ends belong to the range.
    pub fn new(min: u32, max: u32) -> Result<IdRange, IdRangeError> {
        if min <= max { Ok(IdRange { min, max }) } else { Err(IdRangeError { min, max }) }
    }

    /// The first number.
    pub fn min(self) -> u32 {
        self.min
    }

    /// The last number.
    pub fn max(self) -> u32 {
        self.max
    }

    /// Whether a number is in it.
    pub fn holds(self, id: u32) -> bool {
        (self.min..=self.max).contains(&id)
    }

    /// Whether two ranges have a number in common.
    pub fn touches(self, other: IdRange) -> bool {
        self.min <= other.max && other.min <= self.max
    }

    /// The number of a name (`id_attr_map = name`), both ends counted; none for a name that is not ASCII.
    ///
    /// The incumbent folds in Unicode (lower case, then NFKC), which leaves ASCII as it is.
    pub fn by_name(self, name: &str) -> Option<u32> {
        let count = u64::from(self.max - self.min) + 1;
        Some(self.at(u64::from(folded_hash(name)?) % count))
    }

    /// The number of an object (`id_attr_map = uuid`) by the last four of its bytes; the last number of the range
    /// is never given, and a range of one number has none.
    pub fn by_object(self, object: [u8; 16]) -> Option<u32> {
        let [.., a, b, c, d] = object;
        let value = u32::from_le_bytes([a, b, c, d]);
        value.checked_rem(self.max - self.min).map(|rest| self.min + rest)
    }

    fn at(self, offset: u64) -> u32 {
        // The offset is below the count of the range.
        u32::try_from(u64::from(self.min) + offset).unwrap_or(self.max)
    }
}

/// The first of a person's 65,536 subordinate ids; none where the range has no room for so many.
pub fn sub_ids(range: IdRange, name: &str) -> Option<u32> {
    let places = (range.max - range.min) / SUB_IDS;
    folded_hash(name)?.checked_rem(places).map(|place| range.min + place * SUB_IDS)
}

/// How many subordinate ids a person gets.
pub const SUB_IDS: u32 = 65_536;

fn folded_hash(name: &str) -> Option<u32> {
    name.is_ascii().then(|| murmur3(name.to_ascii_lowercase().as_bytes()))
}
