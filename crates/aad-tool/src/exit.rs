//! The exit codes, documented in `--help` and docs/operations.md.

use crate::client::ClientError;
use crate::commands::CommandError;
use ipc::Ending;
use std::process::ExitCode;

pub(crate) fn code(ending: Ending) -> ExitCode {
    ExitCode::from(match ending {
        Ending::Done => 0,
        Ending::Failed => 1,
        Ending::NotRegistered => 3,
        Ending::NeedsSignIn => 4,
        Ending::Denied => 5,
        Ending::Suspended => 6,
    })
}

pub(crate) fn failure(error: &CommandError) -> ExitCode {
    ExitCode::from(match error {
        CommandError::Config(_) => USAGE,
        CommandError::Client(ClientError::Unreachable { .. }) => UNREACHABLE,
        CommandError::Client(ClientError::Broken(_)) | CommandError::Output(_) | CommandError::Input(_) => 1,
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
