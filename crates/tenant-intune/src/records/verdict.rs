//! A verdict as data: what holds for a device, and on what grounds.

/// `ComplianceState`, in the order in which the worse one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Compliant,
    Unknown,
    Error,
    Noncompliant,
}

impl State {
    /// The service's spelling, with a small c in `Noncompliant`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            State::Compliant => "Compliant",
            State::Unknown => "Unknown",
            State::Error => "Error",
            State::Noncompliant => "Noncompliant",
        }
    }
}

/// One line of `NoncompliantRules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failing {
    pub(crate) setting: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) more_info: Option<String>,
    pub(crate) expected: String,
    /// `LinuxMDM` or `CustomCompliance`.
    pub(crate) source: &'static str,
}

/// What the rules came to when they could last be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: State,
    pub(crate) failing: Vec<Failing>,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// Nothing yet: the last status has not been worked through, or there is none.
    Awaited,
    /// The last status.
    Evaluated,
    /// What stood before errors began.
    Held,
    /// Errors that have lasted too long.
    HeldTooLong,
    /// The last status is too old.
    NotReporting,
}

impl Basis {
    /// A word for the transcript.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Basis::Awaited => "awaited",
            Basis::Evaluated => "evaluated",
            Basis::Held => "held",
            Basis::HeldTooLong => "held_too_long",
            Basis::NotReporting => "not_reporting",
        }
    }
}

/// What holds for a device at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) failing: Vec<Failing>,
    pub(crate) basis: Basis,
    /// Not compliant, but this does not count before this time.
    pub(crate) grace_until: Option<i64>,
    /// When it becomes another one although nothing arrives.
    pub(crate) changes_at: Option<i64>,
}

impl Verdict {
    /// What the directory is told: a device in grace passes for compliant \[inferred\].
    pub(crate) fn passes(&self) -> bool {
        self.state == State::Compliant || self.grace_until.is_some()
    }
}
