use model::Timestamp;

/// The server's clock by its `Date` header (RFC 9110 section 5.6.7, IMF-fixdate); none where it gives none.
pub fn server_date(headers: &http::HeaderMap) -> Option<Timestamp> {
    parse_http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

/// A moment in the form `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
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

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_servers_are_read_and_nonsense_is_not() {
        let shown = |text: &str| parse_http_date(text).map(|at| at.to_string());
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
