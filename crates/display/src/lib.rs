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
use model::for_terminal;

/// What the reader's terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Lines of text.
    Lines,
    /// A code as a picture, too.
    Pictures,
}

/// A message as text, or nothing for one that is not shown.
pub fn message(message: &Message, screen: Screen) -> Option<String> {
    let text = match message {
        Message::Prompt { user_code, url, expires_at, reason } => {
            prompt((user_code, url), expires_at, reason.as_deref(), screen)
        }
        Message::AskPassword { name, reason } => ask_password(name, reason.as_deref()),
        Message::AskRecoveryCode {} => line("The recovery code is not shown while you type it."),
        Message::RecoveryCode { code } => recovery_code(&code.0),
        Message::SignedIn { name, tenant } => format!("Signed in: {name} (tenant {tenant})\n"),
        Message::Progress { at, phase, state, text, .. } => format!("{at}  {phase}/{state}  {text}\n"),
        Message::Notice { text } => format!("Note: {text}\n"),
        Message::Failed { failure: report } => failure(report),
        Message::Status { document } => status(document, Detail::Short),
        Message::Accounts { accounts: all } => accounts(all),
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
fn ask_password(name: &str, reason: Option<&str>) -> String {
    let mut text = reason.map(line).unwrap_or_default();
    text.push_str(&line(&format!("Sign in as {name}. The password is not shown while you type it;")));
    text.push_str(&line("press Enter alone to sign in with a code instead."));
    text
}

/// The code, and what it is good for.
fn recovery_code(code: &str) -> String {
    let once = "It is shown this once. Write it down and keep it away from this machine.";
    format!("Recovery code: {code}\n{once}\nAfter a change of Secure Boot: aad-tool tpm reseal --with-code\n")
}

/// The device code, and what the person is going to see (entra.md 2.10, rule 8: only they can check that).
fn prompt((code, url): (&str, &str), expires_at: &str, reason: Option<&str>, screen: Screen) -> String {
    let mut text = String::new();
    if let Some(reason) = reason {
        text.push_str(&line(reason));
    }
    text.push_str(&line("The page will show the app \"Microsoft Authentication Broker\". Sign in there with your own account and no other."));
    text.push_str(&line(
        "Go on only if you started this sign-in yourself, here: nobody else should have sent you this code.",
    ));
    if screen == Screen::Pictures {
        text.push_str(&qr(url));
    }
    text.push_str(&line(&format!("Open: {url}")));
    text.push_str(&line(&format!("Code: {code}")));
    text.push_str(&line(&format!("The code can be used until {expires_at}.")));
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
