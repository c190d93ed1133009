use crate::local_groups::GroupError;
use crate::programs::Program;
use crate::sshd::SshFinding;
use files::FileError;
use model::{Failure, FailureClass, Who};
use pam_stack::{Finding, StackError};
use std::io;
use std::path::PathBuf;

/// Why something was not done, or is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is not root.
    #[error("only root may change that")]
    NotRoot,
    /// Every service would refuse everybody.
    #[error("pam_firmament.so is not installed, and a stack that names it would let nobody in")]
    NoModule,
    /// Nothing in /etc/pam.d has a stack that this program knows.
    #[error("neither /etc/pam.d/common-auth nor /etc/pam.d/system-auth lets local people in by pam_unix.so")]
    NoStack,
    /// A file of PAM cannot be understood.
    #[error("{path}, {error}")]
    Stack {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: StackError,
    },
    /// pam-auth-update leaves all files alone, because one was edited.
    #[error("{path} was edited by hand{}, so pam-auth-update changes none of its files", shown(rule.as_deref()))]
    EditedByHand {
        /// The file.
        path: String,
        /// The first rule that pam-auth-update did not write.
        rule: Option<String>,
    },
    /// What was found in the stack after it was changed.
    #[error("{}", joined(.0))]
    StackWrong(Vec<(String, Finding)>),
    /// The module is named in these files after it was taken out.
    #[error("pam_firmament.so is still named in {}", .0.join(", "))]
    StillThere(Vec<String>),
    /// A local group that is not given.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The configuration names no domain.
    #[error("the configuration names no domain, so there is nobody to let in")]
    NoDomain,
    /// sshd does not accept its configuration as it is.
    #[error("sshd does not accept its configuration as it is: {0}")]
    SshdBroken(String),
    /// sshd reads no drop-ins.
    #[error("/etc/ssh/sshd_config does not include the files of /etc/ssh/sshd_config.d for everybody")]
    SshdReadsNone,
    /// sshd is not as it should be with the drop-in.
    #[error("{}; the old state is back", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    SshdWrong(Vec<SshFinding>),
    /// A program is not here.
    #[error("there is no {} here", named(*.0))]
    NoProgram(Program),
    /// A program was not content.
    #[error("{} failed: {said}", named(*program))]
    Program {
        /// Which one.
        program: Program,
        /// What it said on its standard error.
        said: String,
    },
    /// Somebody else could have changed a file, or a directory on the way to it.
    #[error(transparent)]
    Untrusted(FileError),
    /// A file is not UTF-8.
    #[error("{} is no text", .0.display())]
    NoText(PathBuf),
    /// The operating system refused.
    #[error("{}: {cause}", path.display())]
    File {
        /// What was used.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl From<FileError> for Refusal {
    fn from(error: FileError) -> Refusal {
        match error {
            FileError::Io { path, cause } => Refusal::File { path, cause },
            FileError::Denied { path, .. } => {
                Refusal::File { path, cause: io::ErrorKind::PermissionDenied.into() }
            }
            refused => Refusal::Untrusted(refused),
        }
    }
}

impl Refusal {
    /// In the form in which the daemon tells its own.
    pub fn failure(&self) -> Failure {
        let class = match self {
            Refusal::NotRoot => FailureClass::Denied,
            _ => FailureClass::Broken,
        };
        let (code, advice) = self.advice();
        Failure::local(class, Who::MachineAdmin, code, self.to_string(), advice)
    }

    fn advice(&self) -> (&'static str, &'static str) {
        match self {
            Refusal::NotRoot => ("Forbidden", "Nothing was changed. Run it again as root."),
            Refusal::NoModule => ("PamModuleMissing", INSTALL),
            Refusal::NoStack => ("PamStackUnknown", BY_HAND),
            Refusal::Stack { .. } => ("PamStackUnreadable", MEND_THE_LINE),
            Refusal::EditedByHand { .. } => ("PamEditedByHand", FORCE),
            Refusal::StackWrong(_) => ("PamStackWrong", TAKE_OUT),
            Refusal::StillThere(_) => ("PamStackWrong", REMOVE_LINES),
            Refusal::Group(_) => ("LocalGroupRefused", MEND_THE_OPTION),
            Refusal::NoDomain => ("NoDomain", NAME_A_DOMAIN),
            Refusal::SshdBroken(_) => ("SshdConfigBroken", MEND_SSHD),
            Refusal::SshdReadsNone => ("SshdReadsNoDropIns", INCLUDE),
            Refusal::SshdWrong(_) => ("SshdCheckFailed", LOOK_AT_SSHD),
            Refusal::NoProgram(_) => ("ProgramMissing", INSTALL_PROGRAM),
            Refusal::Program { .. } => ("ProgramFailed", LOOK_AT_PROGRAM),
            Refusal::Untrusted(_) => ("FileUntrusted", MEND_THE_OWNER),
            Refusal::NoText(_) => ("FileNotText", MEND_THE_LINE),
            Refusal::File { .. } => ("FileFailed", MEND_THE_DISK),
        }
    }
}

fn named(program: Program) -> &'static str {
    match program {
        Program::PamAuthUpdate => "pam-auth-update",
        Program::Sshd => "sshd",
    }
}

fn shown(rule: Option<&str>) -> String {
    rule.map(|rule| format!(" (\"{}\")", rule.replace('\t', " "))).unwrap_or_default()
}

fn joined(found: &[(String, Finding)]) -> String {
    found.iter().map(|(path, finding)| format!("{path}: {finding}")).collect::<Vec<_>>().join("; ")
}

const INSTALL: &str = "Nothing was changed. Install the package of Firmament, then run it again.";
const BY_HAND: &str = "Nothing was changed. Put the lines of pam_firmament(8) into the stack of this distribution by \
    hand, before pam_unix.";
const MEND_THE_LINE: &str = "Nothing was changed. Mend that file, then run it again.";
const FORCE: &str = "Nothing was changed. Run pam-auth-update --force, which gives up that edit, or put the lines of \
    the difference above in by hand; then run it again.";
const TAKE_OUT: &str = "Keep a root shell open until it is mended. aad-tool configure-pam --undo --really takes \
    everything out again.";
const REMOVE_LINES: &str = "Remove those lines by hand before the module is removed: a stack that names a module \
    that is not there lets nobody in.";
const MEND_THE_OPTION: &str =
    "Nothing was changed. Mend local_groups or local_sudo_group in the configuration, then run it again.";
const NAME_A_DOMAIN: &str = "Nothing was changed. Set domains in the configuration, then run it again.";
const MEND_SSHD: &str = "Nothing was changed. Mend what sshd names, then run it again.";
const INCLUDE: &str = "Nothing was changed. Make \"Include /etc/ssh/sshd_config.d/*.conf\" the first line of \
    /etc/ssh/sshd_config, then run it again.";
const LOOK_AT_SSHD: &str =
    "Look for what stands before it in /etc/ssh/sshd_config and its drop-ins, then run it again.";
const INSTALL_PROGRAM: &str = "Nothing was changed. Install it, then run it again.";
const LOOK_AT_PROGRAM: &str = "See what it says, then run it again.";
const MEND_THE_OWNER: &str = "Do what stands above, then run it again.";
const MEND_THE_DISK: &str = "See what keeps this from it (no root, or a disk that is full or read-only), then run it \
    again.";
