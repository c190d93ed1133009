//! Whether this machine is as its policies want it: each setting of each policy judged by what was measured.
//!
//! Pure: no clock, no network, no disk, no serialisation framework.
//! What is not known is `Unknown`; nothing copies the expected value into the actual one (compliance.md 1).

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod dates;
mod distributions;
mod encryption;
mod explanation;
mod finding;
mod judge;
mod passwords;
mod policy;
mod rules;
mod scripts;
mod setting;
mod stack;
#[cfg(test)]
mod tests;
mod version;

pub use explanation::{
    Doubt, EncryptionFinding, Explanation, PasswordProof, ReleaseFinding, RuleFinding, RuleOutcome,
    RuleTrouble, ScriptFinding, VolumeFinding, VolumeState,
};
pub use finding::{Finding, State};
pub use judge::{judge, wanted};
pub use policy::{CustomRule, DataType, Operator, Policy, RuleId, Rules, Setting};
pub use setting::{CharacterCount, SettingKind};
pub use version::{Version, VersionError};
