use crate::setting::CharacterCount;
use facts::{Origin, Place, Reason, Release, ScriptFailure, Volume};

/// Why a setting is judged as it is, for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explanation {
    /// The value of the setting is none that it can have.
    ValueNotUnderstood,
    /// What would answer it is not known.
    NotKnown(Reason),
    /// The setting asks for nothing: zero characters, or an empty bound.
    NothingRequired,
    /// By the distribution and its version.
    Release(ReleaseFinding),
    /// By the volumes.
    Encryption(EncryptionFinding),
    /// By the machine's own stack for passwords.
    Password(PasswordProof),
    /// By the script of the policy.
    Script(ScriptFinding),
    /// Scripts that configure are not run by this version.
    ConfigurationScriptNotRun,
    /// This version knows no setting of that id.
    NoReader,
}

/// What was found about the distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseFinding {
    /// This entry of the policy is the machine's distribution, or its bound was compared with the machine's version.
    Compared(Release),
    /// Another entry of the policy is the machine's distribution, so that this one does not apply.
    AnotherEntry(Release),
    /// No entry of the policy is the machine's distribution.
    NoEntry(Release),
    /// os-release has no `ID`.
    NoId(Release),
    /// os-release has no `VERSION_ID`, or one that is no version.
    NoVersion(Release),
    /// The entry of the bound names no distribution, or several.
    EntryUnclear,
}

/// What was found about the disks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionFinding {
    /// Each volume that counts, and what of it was found.
    pub volumes: Vec<VolumeFinding>,
    /// Why there may be more than these.
    pub unseen: Vec<Reason>,
    /// Swap devices that are not encrypted: a note that decides nothing.
    pub plain_swap: Vec<String>,
}

/// What was found about one volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeFinding {
    /// The volume with its mount points and chains.
    pub volume: Volume,
    /// What of it was found.
    pub state: VolumeState,
}

/// Whether a volume is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeState {
    /// Every way down passes dm-crypt.
    Encrypted,
    /// A way down reaches this device without passing dm-crypt.
    Plain {
        /// The kernel's name of the device.
        device: String,
    },
    /// It cannot be known.
    Unknown(Doubt),
}

/// What was found about passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordProof {
    /// A line of the stack insists on so many.
    Enforced {
        /// What is counted.
        count: CharacterCount,
        /// So many.
        least: u64,
        /// The line that decides.
        line: Place,
        /// Where its number is from.
        origin: Origin,
    },
    /// No line of the stack insists on any.
    NothingEnforces,
    /// It cannot be known.
    Doubtful(Doubt),
}

/// Why something that was read does not answer the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Something that it hangs on is not known.
    NotKnown(Reason),
    /// A device with the disk's own encryption, which shows not whether it is used.
    OpalDevice(String),
    /// A device of a network or of a pool.
    RemoteDevice(String),
    /// The way down from a file system ends at no disk.
    NoDisk,
    /// The module of the line is not on the machine, so that every change is refused.
    ModuleMissing(Place),
    /// The line may leave out or end what follows it.
    MayPassBy(Place),
    /// The line writes the password before it is looked at.
    WritesBefore(Place),
    /// After a refusal the line asks for a password by itself, and writes it.
    AsksAgain(Place),
    /// How a refusal by the line counts cannot be told.
    ControlUnclear(Place),
    /// The line may refuse more than is known of its module.
    MayBeStricter(Place),
    /// The module of the line counts in a way of its own.
    CountsOtherwise(Place),
}

/// What was found by a script of custom compliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptFinding {
    /// It answered, and the service applies the rules.
    ServiceJudges,
    /// It answered, and these rules were applied.
    Judged(Vec<RuleFinding>),
    /// It has no result.
    Failed(ScriptFailure),
    /// The rules that were delivered cannot be read; the service has its own.
    RulesUnreadable,
    /// What the setting asks of a machine is not known.
    MeaningUnknown,
}

/// What was found by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFinding {
    /// The member of the output that it is about.
    pub setting_name: String,
    /// Whether it holds.
    pub outcome: RuleOutcome,
}

/// Whether a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleOutcome {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// It cannot be compared.
    Unusable(RuleTrouble),
}

/// Why a rule cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleTrouble {
    /// The output has no such member.
    MemberMissing,
    /// The member has another type than the rule.
    WrongType,
    /// The operand has another type than the rule.
    OperandUnusable,
    /// The operator is not known, or orders what has no order.
    OperatorUnusable,
    /// The data type is not known.
    DataTypeUnknown,
}

impl RuleTrouble {
    /// The code that the service gives for the same; it has none for faults of the rule itself.
    pub fn service_code(self) -> Option<u32> {
        match self {
            RuleTrouble::MemberMissing => Some(65008),
            RuleTrouble::WrongType => Some(65010),
            RuleTrouble::OperandUnusable | RuleTrouble::OperatorUnusable | RuleTrouble::DataTypeUnknown => {
                None
            }
        }
    }
}
