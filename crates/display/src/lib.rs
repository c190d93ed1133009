//! What firmamentd says as lines for people; text of a service arrives without control characters and is filtered once
//! more.
//!
//! Pure: no terminal, no clock. A status fits 80 columns.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod accounts;
mod departure;
mod failures;
mod keys;
mod lines;
mod status;
mod summary;
#[cfg(test)]
mod tests;

pub use accounts::{account, accounts};
pub use departure::departure;
pub use failures::failure;
pub use keys::keys;
pub use status::{Detail, status};

use ipc::Message;
use messages::{Language, ToolText};
use model::for_terminal;

/// What the reader's terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Lines of text.
    Lines,
    /// A code as a picture, too.
    Pictures,
}

/// A message as text in a language, or nothing for one that is not shown. What an operator alone is told is English.
pub fn message(message: &Message, screen: Screen, language: Language) -> Option<String> {
    let text = match message {
        Message::Prompt { user_code, url, expires_at, reason, .. } => {
            prompt((user_code, url, expires_at), reason.as_deref(), screen, language)
        }
        Message::AskPassword { name, reason, .. } => ask_password(name, reason.as_deref(), language),
        Message::AskRecoveryCode {} => line("The recovery code is not shown while you type it."),
        Message::RecoveryCode { code } => recovery_code(&code.0),
        Message::SignedIn { name, tenant } => line(&ToolText::SignedIn(name, tenant).say(language)),
        Message::Progress { at, phase, state, text, .. } => format!("{at}  {phase}/{state}  {text}\n"),
        Message::Notice { text } => line(&ToolText::Note(text).say(language)),
        Message::Failed { failure: report } => failure(report, language),
        Message::Status { document, .. } => status(document, Detail::Short),
        Message::Accounts { accounts: all, .. } => accounts(all),
        Message::Accepted { .. }
        | Message::Again {}
        | Message::AskJoinToken {}
        | Message::Waiting { .. }
        | Message::Unknown
        | Message::End { .. } => return None,
    };
    Some(for_terminal(&text))
}

/// Whose password is asked for, and the way around it.
fn ask_password(name: &str, reason: Option<&str>, language: Language) -> String {
    let mut text = reason.map(line).unwrap_or_default();
    text.push_str(&line(&ToolText::PasswordFor(name).say(language)));
    text.push_str(&line(&ToolText::OrCode.say(language)));
    text
}

/// The code, and what it is good for.
fn recovery_code(code: &str) -> String {
    let once = "It is shown this once. Write it down and keep it away from this machine.";
    format!("Recovery code: {code}\n{once}\nAfter a change of Secure Boot: aad-tool tpm reseal --with-code\n")
}

/// The device code, and what the person is going to see (entra.md 2.10, rule 8: only they can check that).
fn prompt(
    (code, url, expires_at): (&str, &str, &str),
    reason: Option<&str>,
    screen: Screen,
    language: Language,
) -> String {
    let mut text = String::new();
    if let Some(reason) = reason {
        text.push_str(&line(reason));
    }
    text.push_str(&line(&ToolText::App.say(language)));
    text.push_str(&line(&ToolText::Yourself.say(language)));
    if screen == Screen::Pictures {
        text.push_str(&qr(url));
    }
    text.push_str(&line(&ToolText::Open(url).say(language)));
    text.push_str(&line(&ToolText::Code(code).say(language)));
    text.push_str(&line(&ToolText::Until(expires_at).say(language)));
    text
}

/// The URL alone as a QR code; nothing where it does not fit.
fn qr(url: &str) -> String {
    match qrcode::QrCode::new(url.as_bytes()) {
        Ok(code) => {
            let art = code.render::<qrcode::render::unicode::Dense1x2>().quiet_zone(true).build();
            format!("{art}\n")
        }
        Err(_) => String::new(),
    }
}

fn line(text: &str) -> String {
    format!("{text}\n")
}
