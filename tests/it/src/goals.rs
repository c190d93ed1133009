//! Figures of a measurement, each beside what is wanted.

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Goal {
    /// `ok`, or on which side of what is wanted the figure is.
    pub fn verdict(self, measured: f64) -> &'static str {
        match self {
            Goal::AtMost(most) if measured > most => "above",
            Goal::AtLeast(least) if measured < least => "below",
            Goal::AtMost(_) | Goal::AtLeast(_) => "ok",
        }
    }
}

/// Prints a figure with its unit, what is wanted, and the verdict; whether it is what is wanted.
pub fn judged(what: &str, (measured, unit): (f64, &str), goal: Goal) -> bool {
    let verdict = goal.verdict(measured);
    let (word, wanted) = match goal {
        Goal::AtMost(most) => ("at most", most),
        Goal::AtLeast(least) => ("at least", least),
    };
    // Two figures behind the point where there are few in front of it.
    let places = if wanted < 10.0 { 2 } else { usize::from(wanted < 50.0) };
    println!("bench | {what}: {measured:.places$} {unit} (wanted: {word} {wanted}): {verdict}");
    verdict == "ok"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_what_is_wanted_up_to_the_goal_itself() {
        for (goal, measured, verdict) in [
            (Goal::AtMost(0.1), 0.1, "ok"),
            (Goal::AtMost(0.1), 0.11, "above"),
            (Goal::AtLeast(30_000.0), 30_000.0, "ok"),
            (Goal::AtLeast(30_000.0), 29_999.0, "below"),
        ] {
            assert_eq!(goal.verdict(measured), verdict, "{goal:?} {measured}");
            assert_eq!(judged("it", (measured, "a second"), goal), verdict == "ok");
        }
    }
}
