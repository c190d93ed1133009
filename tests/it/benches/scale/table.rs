//! The figures beside what is wanted.

use it::goals::{Goal, judged};
use std::process::ExitCode;

/// What was measured so far.
#[derive(Default)]
pub(crate) struct Table {
    /// Counted figures that are above their goal.
    above: Vec<String>,
}

impl Table {
    /// A figure of a machine that is shared: it is told, and judged by nobody.
    pub(crate) fn timed(&mut self, figure: &str, unit: &str, measured: f64, goal: Option<f64>) {
        line(figure, unit, measured, goal);
    }

    /// A figure that is the same on every machine.
    pub(crate) fn counted(&mut self, figure: &str, unit: &str, measured: f64, goal: Option<f64>) {
        if !line(figure, unit, measured, goal) {
            self.above.push(figure.to_owned());
        }
    }

    /// Fails where something that is counted is above its goal.
    pub(crate) fn end(self) -> ExitCode {
        if self.above.is_empty() {
            return ExitCode::SUCCESS;
        }
        eprintln!("bench | above what is wanted: {}", self.above.join("; "));
        ExitCode::FAILURE
    }
}

/// Prints one, and says whether it is as wanted.
fn line(figure: &str, unit: &str, measured: f64, goal: Option<f64>) -> bool {
    match goal {
        Some(goal) => judged(figure, (measured, unit), Goal::AtMost(goal)),
        None => {
            println!("bench | {figure}: {measured:.1} {unit}");
            true
        }
    }
}
