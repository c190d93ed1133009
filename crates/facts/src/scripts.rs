use std::collections::BTreeMap;

/// How the script of a policy for custom compliance ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptOutcome {
    /// It printed one JSON object, whatever its exit status.
    Answered {
        /// What it printed, verbatim.
        stdout: String,
        /// The members of the object; of two with one name the last.
        members: BTreeMap<String, Value>,
    },
    /// Nothing of it can be used.
    Failed(ScriptFailure),
}

/// A value of JSON, as far as rules look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number as it is written: `3` and `3.0` are not the same here.
    Number(String),
    /// Text.
    Text(String),
    /// An array.
    Array,
    /// An object.
    Object,
}

/// Why a script has no result; the text is what the service is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFailure {
    /// It needs the session of the owner, and there is none.
    #[error("not run: nobody is signed in")]
    NobodySignedIn,
    /// An option of this machine says so.
    #[error("switched off on this machine")]
    SwitchedOff,
    /// The script of the policy cannot be decoded.
    #[error("not run: the script cannot be read")]
    Unusable,
    /// The program that its first line names is not on the machine.
    #[error("not run: there is no {0}")]
    NoInterpreter(String),
    /// It could not be started.
    #[error("not started: {0}")]
    NotStarted(String),
    /// It was ended because its time was over.
    #[error("ended: it ran longer than {0} s")]
    TimeOver(u64),
    /// A signal ended it.
    #[error("ended by signal {0}")]
    Killed(i32),
    /// It printed more than is taken.
    #[error("it printed more than {0} bytes")]
    TooLarge(usize),
    /// It printed what is not UTF-8.
    #[error("what it printed is not UTF-8")]
    NotText,
    /// It printed nothing.
    #[error("it printed nothing, exit status {status}: {stderr}")]
    Silent {
        /// Exit status.
        status: i32,
        /// The beginning of what it said of errors.
        stderr: String,
    },
    /// It printed what is no JSON object.
    #[error("what it printed is not one JSON object, exit status {status}: {stderr}")]
    NoObject {
        /// Exit status.
        status: i32,
        /// The beginning of what it said of errors.
        stderr: String,
    },
}
