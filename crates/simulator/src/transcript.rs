//! The transcript: every exchange as one JSON line on disk, the last ones also in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Writes lines and remembers the last ones.
pub(crate) struct Transcript {
    file: File,
    /// The same unmasked, if somebody asked for that.
    pub(crate) bare: Option<File>,
    /// The last lines as they were written: as text they take a fraction of the room of parsed ones.
    recent: VecDeque<String>,
    held: usize,
    next: u64,
}

impl Transcript {
    /// Begins a transcript in empty files.
    pub(crate) fn of(file: File, bare: Option<File>) -> Transcript {
        Transcript { file, bare, recent: VecDeque::new(), held: 0, next: 1 }
    }

    /// Adds a line, with its number and time in front.
    pub(crate) fn record(&mut self, line: Map<String, Value>) {
        let mut whole = Map::new();
        whole.insert("seq".into(), json!(self.next));
        whole.insert("at".into(), json!(OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()));
        whole.extend(line);
        self.next += 1;
        let whole = format!("{}\n", Value::Object(whole));
        // One write per line, so that a kill leaves no half line; a full disk must not stop the service.
        if let Err(cause) = self.file.write_all(whole.as_bytes()) {
            let _ = writeln!(io::stderr(), "the transcript lacks a line: {cause}");
        }
        self.remember(whole);
    }

    fn remember(&mut self, line: String) {
        self.held += line.len();
        self.recent.push_back(line);
        while self.recent.len() > KEPT || self.held > HELD {
            self.held -= self.recent.pop_front().map_or(self.held, |line| line.len());
        }
    }

    /// The last lines, oldest first.
    pub(crate) fn last(&self, count: usize) -> impl DoubleEndedIterator<Item = Value> {
        let lines = self.recent.iter().skip(self.recent.len().saturating_sub(count));
        lines.filter_map(|line| serde_json::from_str(line).ok())
    }
}

/// Lines kept in memory.
const KEPT: usize = 2_000;
/// Bytes of lines kept in memory.
const HELD: usize = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(log: &Transcript) -> Vec<u64> {
        log.last(usize::MAX).map(|line| line["seq"].as_u64().unwrap()).collect()
    }

    #[test]
    fn memory_is_bounded_in_lines_and_in_bytes_and_the_file_has_all() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut log = Transcript::of(file.reopen().unwrap(), None);
        for _ in 0..KEPT + 3 {
            log.record(Map::new());
        }
        assert_eq!(numbers(&log), (4..=KEPT as u64 + 3).collect::<Vec<_>>());
        let long = Map::from_iter([("body".to_owned(), json!("x".repeat(HELD / 4)))]);
        for _ in 0..4 {
            log.record(long.clone());
        }
        assert!(log.held <= HELD && log.held == log.recent.iter().map(String::len).sum::<usize>());
        assert_eq!(numbers(&log), [KEPT as u64 + 5, KEPT as u64 + 6, KEPT as u64 + 7]);
        assert_eq!(std::fs::read_to_string(file.path()).unwrap().lines().count(), KEPT + 7);
    }
}
