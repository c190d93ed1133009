use crate::Settings;
use crate::clouds::selected_by;
use crate::options::{self, Row, Show, rows};
use crate::scope::{BREAKGLASS, GLOBAL, PATHS};
use crate::settings::DomainSettings;
use ini::Place;
use option_values::is_foreign;
use std::fmt;
use std::path::PathBuf;

/// One effective option and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// `global`, a domain, or `offline_breakglass`.
    pub section: String,
    /// The option.
    pub option: &'static str,
    /// Its value as used.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
    },
    /// Nobody set it.
    Default,
    /// It was set, and ours is used for this reason.
    Ours(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line } => write!(out, "{}:{line}", path.display()),
            Origin::Default => out.write_str("default"),
            Origin::Ours(why) => write!(out, "ours: {why}"),
        }
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{}] {} = {}  ({})", self.section, self.option, self.value, self.origin)
    }
}

pub(crate) fn effective(settings: &Settings) -> Vec<Effective> {
    let line = |section: &str, option, value| {
        let origin = origin(settings, section, option);
        Effective { section: section.to_owned(), option, value, origin }
    };
    let in_global = |row: Row| match row.show {
        Show::Global(show) => Some(line(GLOBAL, row.name, show(&settings.global)?)),
        _ => None,
    };
    let in_domain = |domain: &DomainSettings, row: Row| match row.show {
        Show::Domain(show) => Some(line(domain.name.as_str(), row.name, show(&domain.options)?)),
        _ => None,
    };
    let in_breakglass = |row: Row| match row.show {
        Show::Breakglass(show) => Some(line(BREAKGLASS, row.name, show(&settings.offline_breakglass)?)),
        _ => None,
    };
    let mut lines: Vec<Effective> = rows().filter_map(in_global).collect();
    for domain in &settings.domains {
        lines.extend(rows().filter_map(|row| in_domain(domain, row)));
    }
    lines.extend(rows().filter_map(in_breakglass));
    lines
}

fn origin(settings: &Settings, section: &str, option: &str) -> Origin {
    let named = |option| options::entry(&settings.parsed, section, option);
    let entry = match option {
        "domain" => named(option).or_else(|| named("domains")),
        "cloud" => named(option).or_else(|| cloud_host(settings, section).and_then(named)),
        _ => named(option),
    };
    match entry {
        Some(entry) if PATHS.contains(&option) && is_foreign(&entry.value) => {
            Origin::Ours("the configured value is under a directory of himmelblau")
        }
        Some(entry) if entry.value.is_empty() => Origin::Default,
        Some(entry) => {
            let Place { path, line } = entry.place.clone();
            Origin::File { path, line }
        }
        None => Origin::Default,
    }
}

/// The option whose host says which cloud it is.
fn cloud_host(settings: &Settings, section: &str) -> Option<&'static str> {
    let domain = settings.domains.iter().find(|domain| domain.name.as_str() == section)?;
    let selects = selected_by(&domain.options)?;
    options::entry(&settings.parsed, section, selects).map(|_| selects)
}
