use crate::explanation::Explanation;
use crate::policy::RuleId;
use facts::PolicyId;

model::word_enum! {
    /// What is said of a setting; no other word is known to the service (compliance.md 7).
    pub enum State {
        /// Measured, and as it should be.
        Compliant = "Compliant",
        /// Measured, and not as it should be.
        NonCompliant = "NonCompliant",
        /// It cannot be known.
        Unknown = "Unknown",
        /// The setting is not understood, or its script failed.
        Error = "Error",
    }
}

/// What is said of one setting of one policy, to the service and to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The policy, as received.
    pub policy: PolicyId,
    /// What the answer is filed under, as received; without it the setting cannot be answered, only shown.
    pub rule: Option<RuleId>,
    /// The setting, as received.
    pub setting: String,
    /// What is wanted, in the words of the service.
    pub expected: String,
    /// What was measured; empty where it is not known or does not apply.
    pub actual: String,
    /// What was said before, as far as the service wants to know.
    pub old_state: State,
    /// What is said now.
    pub state: State,
    /// Why, for the person.
    pub explanation: Explanation,
}

/// The part of a finding that judging decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) actual: String,
    pub(crate) explanation: Explanation,
}

impl Verdict {
    pub(crate) fn new(state: State, actual: impl Into<String>, explanation: Explanation) -> Verdict {
        Verdict { state, actual: actual.into(), explanation }
    }

    /// Nothing was measured that would answer.
    pub(crate) fn unknown(explanation: Explanation) -> Verdict {
        Verdict::new(State::Unknown, "", explanation)
    }

    /// The setting itself cannot be understood.
    pub(crate) fn not_understood() -> Verdict {
        Verdict::new(State::Error, "", Explanation::ValueNotUnderstood)
    }
}
