//! One conversation with the daemon: what it says is shown, and what it asks is asked.

use crate::ask::{self, Told};
use crate::commands::socket;
use crate::error::{self, CommandError};
use crate::exit::{self, Exit};
use crate::join_token::{self, JoinToken};
use crate::options::{AccountCommand, AskCommand, Options};
use crate::output::Output;
use crate::waiting::Waiting;
use client::{Conversation, Patience};
use display::Detail;
use ipc::{AccountEntry, Answer, FailureReport, Message, Request, StatusDocument};
use messages::{Language, ToolText};
use model::Timestamp;
use serde_json::json;
use std::os::fd::AsFd;
use std::path::Path;

/// Holds the conversation. How `tpm` ends is for the keys alone to say: what makes a machine wait otherwise is
/// the business of `status`.
pub(crate) fn converse(options: &Options, ask: &AskCommand, output: &Output) -> Result<Exit, CommandError> {
    let socket = socket(options)?;
    let waiting = Waiting::begin_in(output.language(), &ToolText::Daemon.say(output.language()));
    if let AskCommand::Leave { domain, force, yes } = ask {
        agree(&socket, (domain.as_deref(), *force, *yes), output, &waiting)?;
    }
    let mut token = join_token::of(ask)?;
    let request = token.as_ref().map_or_else(|| ask.request(output.language()), JoinToken::request);
    let mut conversation = Conversation::begin(&socket, &request, Patience::COMMAND)?;
    let (mut verdict, mut answered) = (None, !wants_a_document(&request));
    loop {
        let message = conversation.next_message()?;
        answered |=
            matches!(message, Message::Status { .. } | Message::Accounts { .. } | Message::Failed { .. });
        wait_for_next(&message, ask, (&waiting, output.language()));
        match (&message, ask) {
            (Message::End { .. }, _) if !answered => return Err(CommandError::NoAnswer),
            (Message::End { ending }, _) => {
                join_token::ended(token, *ending, output)?;
                return Ok(verdict.unwrap_or((*ending).into()));
            }
            (Message::AskJoinToken {}, _) => {
                let answer = token.as_mut().and_then(JoinToken::answer).ok_or(CommandError::NoToken)?;
                conversation.answer(&answer)?;
                continue;
            }
            (Message::Status { document, .. }, AskCommand::Tpm { .. }) => {
                // What only the files of root tell: a credential reaches the daemon decrypted.
                let sealing = provision::sealing(Path::new("/")).unwrap_or_default();
                output.document(document, &(display::keys(document) + &sealing))?;
                verdict = Some(exit::of_keys(document));
            }
            (Message::Status { document, .. }, AskCommand::Status { verbose, .. }) => {
                let detail = if *verbose { Detail::Everything } else { Detail::Short };
                output.document(document, &display::status(document, detail))?;
            }
            (Message::Accounts { accounts, .. }, AskCommand::Account { command }) => {
                verdict = show_accounts(accounts, command, output)?;
            }
            (change, AskCommand::Watch) => output.change(change)?,
            _ => output.message(&message)?,
        }
        if let Some(answer) = answer(&message, &conversation, (&waiting, output.language()))? {
            conversation.answer(&answer)?;
        }
    }
}

/// Whether it is answered by a document, or by why there is none.
fn wants_a_document(request: &Request) -> bool {
    matches!(request, Request::Status { .. } | Request::TpmTest {} | Request::Accounts {})
}

/// Shows everybody, or who is asked for; how the command ends where that is nobody.
fn show_accounts(
    accounts: &[AccountEntry],
    command: &AccountCommand,
    output: &Output,
) -> Result<Option<Exit>, CommandError> {
    let AccountCommand::Show { name } = command else {
        output.result("accounts", json!(accounts), &display::accounts(accounts))?;
        return Ok(None);
    };
    let is_meant =
        |it: &&AccountEntry| it.name.eq_ignore_ascii_case(name) || it.upn.eq_ignore_ascii_case(name);
    match accounts.iter().find(is_meant) {
        Some(account) => {
            output.result("account", json!(account), &display::account(account))?;
            Ok(None)
        }
        None => {
            output.failed(&FailureReport::from(&error::unknown_account(name)))?;
            Ok(Some(Exit::Usage))
        }
    }
}

/// What is waited for after this message.
fn wait_for_next(message: &Message, ask: &AskCommand, (waiting, language): (&Waiting, Language)) {
    match message {
        _ if matches!(ask, AskCommand::Watch) => waiting.showed("the next change; Ctrl-C ends this"),
        Message::Waiting { text, until } => {
            waiting.turns_to(text, until.as_deref().and_then(Timestamp::parse));
        }
        // The line that is shown says what goes on.
        Message::Progress { text, .. } => {
            waiting.showed(&ToolText::TheEnd(text.trim_end_matches(['.', '。'])).say(language));
        }
        _ => waiting.turns_to(&ToolText::Daemon.say(language), None),
    }
}

/// The answer to a question; none where there is none, or where nobody waits for it any more.
fn answer(
    message: &Message,
    conversation: &Conversation<'_>,
    (waiting, language): (&Waiting, Language),
) -> Result<Option<Answer>, CommandError> {
    let asker = conversation.as_fd();
    let (what, told) = match message {
        Message::AskPassword { .. } => {
            let question = ToolText::Password.say(language);
            ("password", waiting.asks(|| ask::password(&question, asker)))
        }
        Message::AskRecoveryCode {} => ("recovery code", waiting.asks(|| ask::recovery_code(asker))),
        _ => return Ok(None),
    };
    match told.map_err(|error| CommandError::Input(what, error))? {
        Told::Answer(answer) => Ok(Some(answer)),
        Told::Over => Ok(None),
    }
}

/// Says what a leave will do, and asks a person whether they mean it; a script means what it says.
fn agree(
    socket: &Path,
    (domain, force, yes): (Option<&str>, bool, bool),
    output: &Output,
    waiting: &Waiting,
) -> Result<(), CommandError> {
    // Where nothing is known of it, the leave itself says why.
    let Some(plan) = known(socket)?.and_then(|known| display::departure(&known, domain, force)) else {
        return Ok(());
    };
    output.aside(&plan)?;
    if yes || !ask::is_interactive() {
        return Ok(());
    }
    let agreed = waiting.asks(|| ask::agrees("Leave? [y/N] "));
    if agreed.map_err(|error| CommandError::Input("answer", error))? {
        Ok(())
    } else {
        Err(CommandError::NotAgreed)
    }
}

/// What the daemon knows of this machine.
fn known(socket: &Path) -> Result<Option<Box<StatusDocument>>, CommandError> {
    let request = Request::Status { domain: None };
    let mut conversation = Conversation::begin(socket, &request, Patience::COMMAND)?;
    loop {
        match conversation.next_message()? {
            Message::Status { document, .. } => return Ok(Some(document)),
            Message::End { .. } => return Ok(None),
            _ => {}
        }
    }
}
