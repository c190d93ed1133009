use crate::exit::Exit;
use client::ClientError;
use model::{Failure, FailureClass, Who};
use std::io;

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] config::ConfigErrors),
    /// The daemon gave no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The answer could not be printed.
    #[error("could not print the answer: {0}")]
    Output(#[from] io::Error),
    /// The named secret could not be taken.
    #[error("could not take the {0}: {1}")]
    Input(&'static str, #[source] io::Error),
    /// Ctrl-C could not be provided for.
    #[error("could not prepare for being interrupted: {0}")]
    Signals(#[source] io::Error),
    /// The token of a join cannot be used.
    #[error(transparent)]
    Token(#[from] provision::TokenFault),
    /// The daemon asks for a token that there is none of.
    #[error("firmamentd asks for a token again, and there is one alone")]
    NoToken,
    /// The daemon ended the conversation as if it had answered.
    #[error("firmamentd ended without the answer, as one does whose answer is too long for it")]
    NoAnswer,
    /// The person did not agree to what was about to be done.
    #[error("nothing was changed: the answer was not yes")]
    NotAgreed,
}

impl CommandError {
    /// How the program ends with it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            CommandError::Config(_) => Exit::Usage,
            CommandError::Client(error) => error.into(),
            CommandError::Output(_) | CommandError::Input(..) | CommandError::Signals(_) => Exit::Failed,
            CommandError::Token(_) => Exit::Usage,
            CommandError::NoToken | CommandError::NoAnswer | CommandError::NotAgreed => Exit::Failed,
        }
    }

    /// In the form in which the daemon tells its own.
    pub(crate) fn failure(&self) -> Failure {
        let (class, who, code, advice) = match self {
            CommandError::Token(fault) => return fault.failure(),
            CommandError::NoAnswer => (
                FailureClass::Broken,
                Who::MachineAdmin,
                "AnswerTooLong",
                "Update firmamentd to the version of aad-tool, or name one domain.",
            ),
            CommandError::NoToken => (FailureClass::Broken, Who::MachineAdmin, "Input", "Run it again."),
            CommandError::Config(_) => {
                (FailureClass::Broken, Who::MachineAdmin, "Configuration", "Mend the file, then try again.")
            }
            CommandError::Client(error) => of_client(error),
            CommandError::Output(_) => {
                (FailureClass::Transient, Who::User, "Output", "See where the output goes, then try again.")
            }
            CommandError::Input(..) => {
                (FailureClass::NeedsUser, Who::User, "Input", "Try again, and type it on one line.")
            }
            CommandError::Signals(_) => {
                (FailureClass::Transient, Who::MachineAdmin, "Signals", "Try again in a moment.")
            }
            CommandError::NotAgreed => {
                (FailureClass::NeedsUser, Who::User, "NotAgreed", "Run it again and answer y, or add --yes.")
            }
        };
        Failure::local(class, who, code, self.to_string(), advice)
    }
}

fn of_client(error: &ClientError) -> (FailureClass, Who, &'static str, &'static str) {
    const STATUS: &str = "See systemctl status firmamentd, then try again.";
    match error {
        ClientError::Unreachable { .. } => (FailureClass::Transient, Who::MachineAdmin, "NoDaemon", STATUS),
        ClientError::Denied { .. } => (
            FailureClass::Denied,
            Who::MachineAdmin,
            "SocketDenied",
            "See who may enter the socket's directory, then try again.",
        ),
        ClientError::Silent { .. } => (FailureClass::Transient, Who::MachineAdmin, "DaemonSilent", STATUS),
        ClientError::Foreign { .. } => (
            FailureClass::Denied,
            Who::MachineAdmin,
            "ForeignServer",
            "Find out who listens there, before anything is said to it.",
        ),
        ClientError::Broken(_) => (FailureClass::Transient, Who::Nobody, "ConversationBroken", STATUS),
        ClientError::Newer(_) => (
            FailureClass::Broken,
            Who::MachineAdmin,
            "DaemonNewer",
            "Update aad-tool to the version of firmamentd.",
        ),
    }
}

/// Somebody pressed Ctrl-C, or ended the program otherwise.
pub(crate) fn interrupted() -> Failure {
    let message = "it was interrupted".to_owned();
    let advice = "Run it again; aad-tool status says how far it came.";
    Failure::local(FailureClass::NeedsUser, Who::User, "Interrupted", message, advice)
}

/// What clap says of a command line, on one line.
pub(crate) fn usage(text: &str) -> Failure {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    Failure::local(FailureClass::Broken, Who::User, "Usage", message, "See aad-tool --help.")
}

/// Nobody has an account of this machine under this name.
pub(crate) fn unknown_account(name: &str) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "UnknownAccount",
        format!("nobody has an account named '{}' on this machine", model::printable(name, 80)),
        "See the names that there are with aad-tool account list.",
    )
}
