//! Medians with their spread, and ratios of medians.

/// What was measured, in ascending order; never empty.
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) fn of(mut all: Vec<f64>) -> Figures {
        all.sort_by(f64::total_cmp);
        Figures(all)
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// The median, and from where to where the figures go.
    pub(crate) fn summary(&self, unit: &str) -> String {
        let (least, most, count) = (self.0[0], self.0[self.0.len() - 1], self.0.len());
        format!("{:.0} {unit} ({least:.0} to {most:.0}, measured {count} times)", self.median())
    }
}

/// Each median as a multiple of the last one, which is that of the TPM in the same process.
pub(crate) fn ratios(names: &[&str], all: &[Figures]) -> String {
    let base = all[all.len() - 1].median();
    let parts = names.iter().zip(all).map(|(name, figures)| format!("{name} {:.2}", figures.median() / base));
    parts.collect::<Vec<_>>().join(" : ")
}

/// How busy the machine was when the measurement began.
pub(crate) fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap();
    let load = load.split(' ').next().unwrap();
    let cores = std::thread::available_parallelism().unwrap();
    format!("{cores} cores, with a load of {load} in the minute before")
}
