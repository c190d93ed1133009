//! The exit codes, documented in `--help` and docs/operations.md.

use crate::commands::{CommandError, Outcome};
use client::ClientError;
use ipc::Ending;
use std::process::ExitCode;

pub(crate) fn code(outcome: Outcome) -> ExitCode {
    ExitCode::from(match outcome {
        Outcome::Ended(Ending::Done) => 0,
        Outcome::Ended(Ending::Failed) => 1,
        Outcome::Ended(Ending::NotRegistered) => 3,
        Outcome::Ended(Ending::NeedsSignIn) => 4,
        Outcome::Ended(Ending::Denied) => 5,
        Outcome::Ended(Ending::Suspended) => 6,
        Outcome::Ended(Ending::NotWritable) => NOT_WRITABLE,
        Outcome::KeyInSoftware => KEY_IN_SOFTWARE,
    })
}

pub(crate) fn failure(error: &CommandError) -> ExitCode {
    ExitCode::from(match error {
        CommandError::Config(_) => USAGE,
        CommandError::Client(
            ClientError::Unreachable { .. }
            | ClientError::Denied { .. }
            | ClientError::Silent(_)
            | ClientError::Foreign { .. },
        ) => UNREACHABLE,
        CommandError::Client(ClientError::Broken(_)) | CommandError::Output(_) | CommandError::Input(..) => 1,
    })
}

/// Help and version end well; everything else on the command line is a usage error.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // A closed terminal leaves nobody to tell.
    drop(error.print());
    let wanted =
        matches!(error.kind(), clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion);
    ExitCode::from(if wanted { 0 } else { USAGE })
}

const USAGE: u8 = 2;
const UNREACHABLE: u8 = 7;
const KEY_IN_SOFTWARE: u8 = 8;
const NOT_WRITABLE: u8 = 9;
