//! The token that somebody gave beforehand for `join`: read here, because root reads it, and never shown.

use crate::error::CommandError;
use crate::options::AskCommand;
use crate::output::Output;
use ipc::{Answer, Ending, Request};
use model::Secret;
use provision::TokenFault;
use std::path::PathBuf;

/// The token of a join, and the file that it came from.
pub(crate) struct JoinToken {
    file: PathBuf,
    domain: Option<String>,
    token: Option<Secret<String>>,
}

/// The token that the command names; none where a code is to be shown.
pub(crate) fn of(ask: &AskCommand) -> Result<Option<JoinToken>, CommandError> {
    let AskCommand::Join { domain, token_file: Some(file), or_code } = ask else { return Ok(None) };
    match provision::join_token(file) {
        Ok(token) => Ok(Some(JoinToken { file: file.clone(), domain: domain.clone(), token: Some(token) })),
        Err(TokenFault::Missing(_)) if *or_code => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

impl JoinToken {
    /// What the daemon is asked.
    pub(crate) fn request(&self) -> Request {
        Request::JoinByToken { domain: self.domain.clone() }
    }

    /// What it is told, once.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        self.token.take().map(|token| Answer::JoinToken { token })
    }
}

/// A token that has done its work is not left behind.
pub(crate) fn ended(token: Option<JoinToken>, ending: Ending, output: &Output) -> Result<(), CommandError> {
    let Some(token) = token.filter(|it| ending == Ending::Done && !provision::is_credential(&it.file)) else {
        return Ok(());
    };
    provision::spend(&token.file)?;
    output.aside(&format!("{} is deleted: its token is not needed any more.\n", token.file.display()))?;
    Ok(())
}
