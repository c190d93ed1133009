use model::Timestamp;

/// A moment of RFC 3339: whole seconds, and the digits of the fraction without those that say nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    seconds: i64,
    fraction: String,
}

impl Instant {
    /// `2026-11-24T02:03:04.5+01:00`; without an offset it is UTC. A space may stand for the T.
    pub(crate) fn parse(text: &str) -> Option<Instant> {
        let (date, rest) = text.split_once(['T', 't', ' '])?;
        let (clock, offset) = split_offset(rest)?;
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        let is_clock = hour < 24 && minute < 60 && second <= 60;
        let is_fraction = !fraction.is_empty() && fraction.bytes().all(|digit| digit.is_ascii_digit());
        if !is_clock || !is_fraction || !is_day(year, month, day) {
            return None;
        }
        let local = Timestamp::from_civil([year, month, day, hour, minute, second]).as_secs();
        Some(Instant { seconds: local - offset, fraction: fraction.trim_end_matches('0').to_owned() })
    }
}

/// The clock and what it is ahead of UTC, in seconds.
fn split_offset(rest: &str) -> Option<(&str, i64)> {
    if let Some(clock) = rest.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = rest.find(['+', '-']) else { return Some((rest, 0)) };
    let (clock, offset) = rest.split_at(at);
    let [hours, minutes] = numbers(offset.get(1..)?, ':', [2, 2])?;
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some((clock, if offset.starts_with('-') { -seconds } else { seconds }))
}

/// Whether the calendar has the day.
fn is_day(year: i64, month: i64, day: i64) -> bool {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Numbers of exactly so many digits each.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let parts: Vec<&str> = text.split(between).collect();
    let parts: [&str; N] = parts.try_into().ok()?;
    let mut numbers = [0; N];
    for ((number, part), digits) in numbers.iter_mut().zip(parts).zip(digits) {
        let is_whole = part.len() == digits && part.bytes().all(|digit| digit.is_ascii_digit());
        *number = part.parse().ok().filter(|_| is_whole)?;
    }
    Some(numbers)
}
