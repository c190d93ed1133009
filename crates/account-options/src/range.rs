use std::fmt;
use std::str::FromStr;

/// `idmap_range` and `subid_range`: numbers of this system from `min` to `max`, both of them included; `min` is never
/// above `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRangeOption {
    min: u32,
    max: u32,
}

/// A text that is not `min-max`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "two numbers up to 4294967295 with a hyphen between them, the smaller one first, as 200000-2000200000"
)]
pub struct IdRangeOptionError;

impl IdRangeOption {
    /// The incumbent's numbers of people and groups.
    pub const PEOPLE: IdRangeOption = IdRangeOption { min: 200_000, max: 2_000_200_000 };
    /// The incumbent's subordinate numbers.
    pub const SUBORDINATE: IdRangeOption = IdRangeOption { min: 2_100_000_000, max: 4_200_000_000 };

    /// The first number.
    pub fn min(self) -> u32 {
        self.min
    }

    /// The last number.
    pub fn max(self) -> u32 {
        self.max
    }

    /// Whether two ranges have a number in common.
    pub fn overlaps(self, other: IdRangeOption) -> bool {
        self.min <= other.max && other.min <= self.max
    }
}

impl FromStr for IdRangeOption {
    type Err = IdRangeOptionError;

    fn from_str(text: &str) -> Result<IdRangeOption, IdRangeOptionError> {
        let (min, max) = text.split_once('-').ok_or(IdRangeOptionError)?;
        match (number(min), number(max)) {
            (Some(min), Some(max)) if min <= max => Ok(IdRangeOption { min, max }),
            _ => Err(IdRangeOptionError),
        }
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = text.trim();
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

impl fmt::Display for IdRangeOption {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.min, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_two_numbers_in_their_order_are_a_range() {
        for (text, range) in [
            ("200000-2000200000", Some((200_000, 2_000_200_000))),
            ("1000 - 1000", Some((1_000, 1_000))),
            ("0-4294967295", Some((0, u32::MAX))),
            ("0-4294967296", None),
            ("2-1", None),
            ("-1-5", None),
            ("+1-5", None),
            ("1-", None),
            ("1", None),
            ("", None),
            ("1-2-3", None),
            ("0x1-0x2", None),
        ] {
            let read = text.parse::<IdRangeOption>().ok().map(|range| (range.min(), range.max()));
            assert_eq!(read, range, "{text}");
        }
        assert_eq!(IdRangeOption::PEOPLE.to_string().parse(), Ok(IdRangeOption::PEOPLE));
        assert_eq!(IdRangeOption::SUBORDINATE.to_string(), "2100000000-4200000000");
    }

    proptest! {
        #[test]
        fn two_ranges_overlap_where_a_number_is_in_both(a in 0u32..9, b in 0u32..9, c in 0u32..9, d in 0u32..9) {
            let range = |x: u32, y: u32| format!("{}-{}", x.min(y), x.max(y)).parse::<IdRangeOption>().unwrap();
            let (one, other) = (range(a, b), range(c, d));
            let holds = |range: IdRangeOption, id: u32| range.min() <= id && id <= range.max();
            let common = (0..9).any(|id| holds(one, id) && holds(other, id));
            prop_assert_eq!((one.overlaps(other), other.overlaps(one)), (common, common));
        }
    }
}
