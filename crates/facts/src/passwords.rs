use crate::{Control, Fact};

/// What a change of a local password goes through: the `password` lines of the service `passwd`, those of included
/// files in their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PasswordStack {
    /// In their order.
    pub lines: Vec<StackLine>,
}

/// One line of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackLine {
    /// Where it stands.
    pub place: Place,
    /// How many substacks it lies in. A line that is followed by deeper ones counts with them as one.
    pub level: usize,
    /// How its answers count.
    pub control: Control,
    /// What it runs.
    pub module: Module,
    /// Whether the module is on the machine.
    pub is_present: bool,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its path.
    pub file: String,
    /// From 1 on.
    pub line: usize,
}

/// A module, as far as passwords go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Module {
    /// pam_pwquality, with its files and the arguments of the line.
    Pwquality(Fact<Quality>),
    /// pam_cracklib, with the arguments of the line.
    Cracklib(Quality),
    /// pam_passwdqc, with its file and the arguments of the line.
    Passwdqc(Fact<Passwdqc>),
    /// pam_unix, which writes the password.
    Unix(UnixOptions),
    /// pam_deny, which always refuses.
    Deny,
    /// The start of a substack, whose lines follow one level deeper.
    Substack,
    /// It handles accounts of its own and no local ones: pam_sss and the like.
    OwnAccounts,
    /// It is known to say nothing of how a password is made: pam_pwhistory, pam_permit and the like.
    ProvesNothing,
    /// Any other: it may refuse what nobody knows.
    Other,
}

/// A number and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// As the module keeps it.
    pub value: i64,
    /// Where it was said last.
    pub origin: Origin,
}

/// Where a setting of a module is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: the module has it by itself.
    Default,
    /// The file of this path.
    File(String),
    /// An argument in the line of the stack.
    Argument,
}

/// The settings of pam_pwquality and pam_cracklib that say how a password is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// Characters, before credits.
    pub minlen: Number,
    /// Digits: a positive number is a credit towards the length, a negative one says how many there must be.
    pub dcredit: Number,
    /// Upper-case letters, likewise.
    pub ucredit: Number,
    /// Lower-case letters, likewise.
    pub lcredit: Number,
    /// All other characters, likewise.
    pub ocredit: Number,
    /// How many of the four classes there must be.
    pub minclass: Number,
    /// Whether a bad password is refused; else there is only a warning.
    pub is_enforcing: bool,
}

impl Quality {
    /// What pam_pwquality does without any setting (libpwquality 1.4).
    pub fn of_pwquality() -> Quality {
        Quality::defaults(8, 0)
    }

    /// What pam_cracklib does without any argument.
    pub fn of_cracklib() -> Quality {
        Quality::defaults(9, 1)
    }

    fn defaults(minlen: i64, credit: i64) -> Quality {
        let number = |value| Number { value, origin: Origin::Default };
        Quality {
            minlen: number(minlen),
            dcredit: number(credit),
            ucredit: number(credit),
            lcredit: number(credit),
            ocredit: number(credit),
            minclass: number(0),
            is_enforcing: true,
        }
    }
}

/// The settings of pam_passwdqc that say how long a password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passwdqc {
    /// Characters for passwords of one kind of characters, of two, for a phrase, of three and of four; none where such
    /// passwords are refused.
    pub min: [Option<u64>; 5],
    /// Where they are from.
    pub origin: Origin,
    /// Whether a bad password of an ordinary person is refused.
    pub is_enforcing: bool,
}

/// The options of pam_unix that say how a password is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnixOptions {
    /// `minlen=`, in characters.
    pub minlen: Option<u64>,
    /// `use_authtok`: it takes the password that a line above has asked for, and never asks by itself.
    pub takes_given: bool,
}
