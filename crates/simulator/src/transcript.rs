//! The transcript: every exchange as one JSON line on disk, the last ones also in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Writes lines and remembers the last ones.
pub(crate) struct Transcript {
    file: File,
    recent: VecDeque<Value>,
    next: u64,
}

impl Transcript {
    /// Begins an empty transcript in the file.
    pub(crate) fn create(path: &Path) -> io::Result<Transcript> {
        Ok(Transcript { file: File::create(path)?, recent: VecDeque::new(), next: 1 })
    }

    /// Adds a line, with its number and time in front.
    pub(crate) fn record(&mut self, line: Map<String, Value>) {
        let mut whole = Map::new();
        whole.insert("seq".into(), json!(self.next));
        whole.insert("at".into(), json!(OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()));
        whole.extend(line);
        self.next += 1;
        let whole = Value::Object(whole);
        // One write per line, so that a kill leaves no half line; a full disk must not stop the service.
        if let Err(cause) = self.file.write_all(format!("{whole}\n").as_bytes()) {
            let _ = writeln!(io::stderr(), "the transcript lacks a line: {cause}");
        }
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(whole);
    }

    /// The last lines, oldest first.
    pub(crate) fn last(&self, count: usize) -> impl Iterator<Item = &Value> {
        self.recent.iter().skip(self.recent.len().saturating_sub(count))
    }
}

/// Lines kept in memory.
const KEPT: usize = 2_000;
