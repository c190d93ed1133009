use std::fmt;
use std::time::Duration;

/// A moment: wall-clock milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment from its milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Timestamp {
        Timestamp(millis)
    }

    /// A moment from its seconds since 1970; saturates.
    pub const fn from_secs(secs: i64) -> Timestamp {
        Timestamp(secs.saturating_mul(1000))
    }

    /// The moment of a date and time of day in UTC: `[year, month, day, hour, minute, second]`
    /// (proleptic Gregorian calendar); a part out of its range counts on into the next.
    pub fn from_civil([year, month, day, hour, minute, second]: [i64; 6]) -> Timestamp {
        let shifted_year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        Timestamp::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second)
    }

    /// A moment in the form `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 section 5.6.7).
    pub fn from_http_date(text: &str) -> Option<Timestamp> {
        let (_, rest) = text.split_once(", ")?;
        let parts: Vec<&str> = rest.split(' ').collect();
        let [day, month, year, clock, "GMT"] = parts.as_slice() else { return None };
        let month = MONTHS.iter().position(|name| name == month)? as i64 + 1;
        let clock: Vec<i64> = clock.split(':').map_while(|part| part.parse().ok()).collect();
        let [hour, minute, second] = clock.as_slice() else { return None };
        let (day, year): (i64, i64) = (day.parse().ok()?, year.parse().ok()?);
        let sane = (1..=31).contains(&day) && (1970..=9999).contains(&year);
        let sane = sane && (0..24).contains(hour) && (0..60).contains(minute) && (0..=60).contains(second);
        sane.then(|| Timestamp::from_civil([year, month, day, *hour, *minute, *second]))
    }

    /// A moment as services write it: RFC 3339 in UTC (`2026-11-28T22:00:00Z`, with or without a fraction, which is
    /// dropped), the same with a space for the T, as AADSTS texts have it, or an HTTP date.
    pub fn parse(text: &str) -> Option<Timestamp> {
        Timestamp::from_http_date(text).or_else(|| {
            let (date, rest) = text.trim().split_once(['T', ' '])?;
            let rest = rest.strip_suffix(['Z', 'z']).or_else(|| rest.strip_suffix("+00:00"))?;
            let (clock, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
            let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
            let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
            let sane = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
            let sane = sane && second <= 60 && fraction.bytes().all(|digit| digit.is_ascii_digit());
            sane.then(|| Timestamp::from_civil([year, month, day, hour, minute, second]))
        })
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and a while; saturates.
    #[must_use]
    pub fn after(self, wait: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is from `earlier` until this moment; zero if `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Year, month, day, hour, minute, second in UTC (proleptic Gregorian calendar).
    fn civil(self) -> (i64, i64, i64, i64, i64, i64) {
        let secs = self.as_secs();
        let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// Three numbers of so many digits each.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[i64; 3]> {
    let parts: Vec<&str> = text.split(between).collect();
    let parts: [&str; 3] = parts.try_into().ok()?;
    let whole = |part: &str, digits| part.len() == digits && part.bytes().all(|digit| digit.is_ascii_digit());
    let mut numbers = [0; 3];
    for ((number, part), digits) in numbers.iter_mut().zip(parts).zip(digits) {
        *number = part.parse().ok().filter(|_| whole(part, digits))?;
    }
    Some(numbers)
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with whole seconds, for example `2026-11-23T00:00:00Z`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second) = self.civil();
        write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}+{}ms", self.0.rem_euclid(1000))
    }
}

/// The wish of a `Retry-After` header, at most an hour: seconds, or a date that is read against the `Date`
/// of the same reply, since the server's clock may not be ours (RFC 9110 section 10.2.3).
pub fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let wait = match value.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Timestamp::from_http_date(value)?.since(Timestamp::from_http_date(date?)?),
    };
    Some(wait.min(LONGEST_WAIT))
}

const LONGEST_WAIT: Duration = Duration::from_secs(3600);
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_print_as_rfc_3339() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_secs(secs).to_string(), text);
        }
    }

    #[test]
    fn dates_become_moments_and_back() {
        for date in [
            [1970, 1, 1, 0, 0, 0],
            [2000, 2, 29, 1, 2, 3],
            [2100, 2, 28, 23, 59, 59],
            [1969, 12, 31, 0, 0, 0],
        ] {
            let moment = Timestamp::from_civil(date);
            assert_eq!(<[i64; 6]>::from(moment.civil()), date);
        }
    }

    #[test]
    fn sums_saturate_and_differences_never_go_below_zero() {
        let late = Timestamp::from_millis(i64::MAX);
        assert_eq!(late.after(Duration::from_secs(9)), late);
        assert_eq!(Timestamp::from_millis(1).since(late), Duration::ZERO);
    }

    #[test]
    fn a_wish_to_wait_is_seconds_or_a_date_and_an_hour_at_most() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (value, date, secs) in [
            ("17", None, Some(17)),
            (" 0 ", None, Some(0)),
            ("99999999999", None, Some(3600)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(date), Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(date), Some(0)),
            ("Mon, 07 Nov 1994 08:50:07 GMT", Some(date), Some(3600)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", None, None),
            ("-1", Some(date), None),
            ("soon", Some(date), None),
        ] {
            assert_eq!(retry_after(value, date).map(|wait| wait.as_secs()), secs, "{value}");
        }
    }

    #[test]
    fn moments_are_read_in_every_writing_of_a_service_and_nonsense_is_not() {
        let shown = |text: &str| Timestamp::parse(text).map(|at| at.to_string());
        for text in [
            "2026-11-28T22:00:05Z",
            "2026-11-28 22:00:05Z",
            "2026-11-28T22:00:05.1234567Z",
            "2026-11-28T22:00:05+00:00",
            " 2026-11-28 22:00:05Z ",
            "Sat, 28 Nov 2026 22:00:05 GMT",
        ] {
            assert_eq!(shown(text).as_deref(), Some("2026-11-28T22:00:05Z"), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-11-28",
            "2026-11-28T22:00:05",
            "2026-11-28T22:00:05+01:00",
            "2026-13-28T22:00:05Z",
            "2026-11-28T24:00:05Z",
            "26-11-28T22:00:05Z",
            "2026-11-28T22:00:5Z",
            "2026-11-28T22:00:05.x1Z",
            "+026-11-28T22:00:05Z",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn dates_of_servers_are_read_and_nonsense_is_not() {
        let shown = |text: &str| Timestamp::from_http_date(text).map(|at| at.to_string());
        assert_eq!(shown("Sun, 06 Nov 1994 08:49:37 GMT").as_deref(), Some("1994-11-06T08:49:37Z"));
        assert_eq!(shown("Thu, 29 Feb 2024 23:59:59 GMT").as_deref(), Some("2024-02-29T23:59:59Z"));
        for text in [
            "",
            "now",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 8:49 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
