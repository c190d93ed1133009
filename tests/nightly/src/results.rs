//! The file of results: `DATE COMMIT STEP passed|failed SECONDS s`, one line a step, only ever added to.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What follows the hash of a commit where something was not committed.
pub(crate) const CHANGED: &str = "+changes";

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it should.
    Passed,
    /// It did not, or could not be run.
    Failed,
}

/// One step that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// RFC 3339, UTC, when the step ended.
    pub date: String,
    /// Twelve digits, and `CHANGED` where the tree had changes.
    pub commit: String,
    /// Its name.
    pub step: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub seconds: u64,
}

/// All lines; none where there is no file.
///
/// # Errors
/// A sentence that names the line that is no result.
pub fn read(file: &Path) -> Result<Vec<Line>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let line = |(number, line)| {
        parse(line).ok_or_else(|| format!("{}:{number}: this is no result: {line}", file.display()))
    };
    (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#') && !line.is_empty()).map(line).collect()
}

/// Adds a line; the file begins with what it is.
///
/// # Errors
/// What the system says of the file.
pub(crate) fn append(file: &Path, line: &Line) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let head = if file.exists() { "" } else { HEAD };
    let mut to = OpenOptions::new().create(true).append(true).open(file).map_err(failed)?;
    to.write_all(format!("{head}{}\n", text(line)).as_bytes()).map_err(failed)
}

/// Whether the last result of a step at this very commit is that it passed.
pub fn passed(lines: &[Line], commit: &str, step: &str) -> bool {
    let of = |line: &&Line| line.commit == commit && line.step == step;
    !commit.ends_with(CHANGED)
        && lines.iter().rev().find(of).is_some_and(|line| line.verdict == Verdict::Passed)
}

const HEAD: &str = "# Results of `cargo xtask nightly`: date, commit, step, verdict, seconds.\n";

fn text(line: &Line) -> String {
    let verdict = match line.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
    };
    format!("{} {} {} {verdict} {} s", line.date, line.commit, line.step, line.seconds)
}

fn parse(line: &str) -> Option<Line> {
    let words: Vec<&str> = line.split(' ').collect();
    let [date, commit, step, verdict, seconds, "s"] = *words.as_slice() else { return None };
    let verdict = match verdict {
        "passed" => Verdict::Passed,
        "failed" => Verdict::Failed,
        _ => return None,
    };
    let (date, commit, step) = (date.to_owned(), commit.to_owned(), step.to_owned());
    Some(Line { date, commit, step, verdict, seconds: seconds.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(commit: &str, step: &str, verdict: Verdict) -> Line {
        let date = "2026-11-29T22:31:00Z".to_owned();
        Line { date, commit: commit.to_owned(), step: step.to_owned(), verdict, seconds: 12 }
    }

    #[test]
    fn a_line_reads_back_and_rubbish_is_named() {
        for verdict in [Verdict::Passed, Verdict::Failed] {
            let line = line("43fd3250aaaa", "faults/tenancy", verdict);
            assert_eq!(parse(&text(&line)), Some(line));
        }
        for rubbish in ["", "x", "a b c d 1 s", "a b c passed x s", "a b c passed 1 s more"] {
            assert_eq!(parse(rubbish), None, "{rubbish}");
        }
    }

    #[test]
    fn what_passed_last_at_this_commit_is_not_run_again() {
        let lines = [
            line("aaa", "one", Verdict::Failed),
            line("aaa", "one", Verdict::Passed),
            line("aaa", "two", Verdict::Passed),
            line("aaa", "two", Verdict::Failed),
            line("bbb", "three", Verdict::Passed),
            line("aaa+changes", "four", Verdict::Passed),
        ];
        for (commit, step, expected) in [
            ("aaa", "one", true),
            ("aaa", "two", false),
            ("aaa", "three", false),
            ("bbb", "three", true),
            ("aaa+changes", "four", false),
        ] {
            assert_eq!(passed(&lines, commit, step), expected, "{commit} {step}");
        }
    }

    #[test]
    fn the_file_is_only_added_to() {
        let file = std::env::temp_dir().join(format!("nightly-results-{}", std::process::id()));
        let (one, two) = (line("aaa", "one", Verdict::Passed), line("aaa", "two", Verdict::Failed));
        append(&file, &one).unwrap();
        append(&file, &two).unwrap();
        let (text, lines) = (fs::read_to_string(&file).unwrap(), read(&file));
        fs::remove_file(&file).unwrap();
        assert!(text.starts_with(HEAD));
        assert_eq!(lines, Ok(vec![one, two]));
    }
}
