//! How many answers of the stand-in come one after the other, from its transcript.
//!
//! Every answer is made to take the same time. One that is given at least so long after another began after that one:
//! it may have depended on it. A request that waits for nobody counts once, however busy this machine is, as long as it
//! is not late by a whole answer.

use crate::harness::Cloud;
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its name in the transcript.
    pub name: String,
    /// When the tenant looked at it, since midnight.
    pub at: Duration,
}

/// All of them so far, in their order.
pub fn answered(cloud: &Cloud) -> Vec<Answered> {
    let transcript = fs::read_to_string(cloud.dir.path().join("transcript.jsonl")).unwrap_or_default();
    let entries = transcript.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let entries = entries.filter(|entry| entry["processed"] != false);
    let mut all: Vec<Answered> = entries.map(|entry| of(&entry)).collect();
    let first = all.first().map(|it| it.at);
    // Past midnight it is a day more.
    all.iter_mut().filter(|it| Some(it.at) < first).for_each(|it| it.at += Duration::from_secs(86_400));
    all
}

fn of(entry: &Value) -> Answered {
    let at = entry["at"].as_str().and_then(since_midnight).unwrap_or_default();
    Answered { name: entry["request"].as_str().unwrap_or_default().to_owned(), at }
}

/// The time of day of an RFC 3339 date.
fn since_midnight(date: &str) -> Option<Duration> {
    let mut parts = date.split_once('T')?.1.trim_end_matches('Z').split(':');
    let mut number = || parts.next()?.parse::<f64>().ok();
    let (hours, minutes, seconds) = (number()?, number()?, number()?);
    Some(Duration::from_secs_f64(hours * 3_600.0 + minutes * 60.0 + seconds))
}

/// The names along the longest chain of answers of which each began when the one before was there, where each took so
/// long.
pub fn longest_chain(answered: &[Answered], each: Duration) -> Vec<&str> {
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for (number, it) in answered.iter().enumerate() {
        let before = (0..number).filter(|other| answered[*other].at + each <= it.at);
        let longest = before.map(|other| &chains[other]).max_by_key(|chain| chain.len());
        let chain = longest.into_iter().flatten().copied().chain([number]).collect();
        chains.push(chain);
    }
    let longest = chains.into_iter().max_by_key(Vec::len).unwrap_or_default();
    longest.into_iter().map(|number| answered[number].name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(times: &[u64]) -> Vec<Answered> {
        let one = |(number, at): (usize, &u64)| Answered {
            name: number.to_string(),
            at: Duration::from_millis(*at),
        };
        times.iter().enumerate().map(one).collect()
    }

    #[test]
    fn answers_side_by_side_count_once() {
        let each = Duration::from_millis(100);
        for (times, in_series) in [
            (vec![], 0),
            (vec![100], 1),
            (vec![100, 110, 199], 1),
            (vec![100, 200, 210, 310], 3),
            // The last one began when the first was there, and before the second was.
            (vec![100, 230, 240], 2),
            (vec![100, 500, 900], 3),
        ] {
            assert_eq!(longest_chain(&at(&times), each).len(), in_series, "{times:?}");
        }
        assert_eq!(longest_chain(&at(&[100, 110, 230]), each).last(), Some(&"2"));
    }

    #[test]
    fn a_date_gives_its_time_of_day() {
        let at = since_midnight("2026-11-30T16:03:25.457008698Z").unwrap();
        assert!((at.as_secs_f64() - 57_805.457_008_698).abs() < 1e-6, "{at:?}");
        assert_eq!(since_midnight("2026-11-30"), None);
    }
}
