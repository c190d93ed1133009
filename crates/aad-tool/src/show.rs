//! Messages as lines for people; server text arrives without control characters and is filtered once more.

mod keys;
mod status;

pub(crate) use keys::{keys, verdict};

use ipc::{FailureReport, Message, StatusDocument};
use model::{for_terminal, json_for_terminal};
use std::io::IsTerminal;

/// A message as text, or nothing for one that is not shown.
pub(crate) fn message(message: &Message) -> Option<String> {
    let text = match message {
        Message::Prompt { user_code, url, expires_at, reason } => {
            prompt(user_code, url, expires_at, reason.as_deref())
        }
        Message::AskPassword { name, reason } => ask_password(name, reason.as_deref()),
        Message::AskRecoveryCode {} => line("The recovery code is not shown while you type it."),
        Message::RecoveryCode { code } => recovery_code(&code.0),
        Message::SignedIn { name, tenant } => format!("Signed in: {name} (tenant {tenant})\n"),
        Message::Progress { at, phase, state, text, .. } => format!("{at}  {phase}/{state}  {text}\n"),
        Message::Notice { text } => format!("Note: {text}\n"),
        Message::Failed { failure: report } => failure(report, ""),
        Message::Status { document } => status::text(document),
        Message::Accepted { .. } | Message::Again {} | Message::Waiting { .. } | Message::Unknown | Message::End { .. } => return None,
    };
    Some(for_terminal(&text))
}

/// A status document as `status --json` prints it.
pub(crate) fn json(document: &StatusDocument) -> String {
    // A document of strings and numbers has a JSON form always.
    json_for_terminal(&serde_json::to_string_pretty(document).unwrap_or_default()) + "\n"
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
fn prompt(code: &str, url: &str, expires_at: &str, reason: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(reason) = reason {
        text.push_str(&line(reason));
    }
    text.push_str(&line("The page will show the app \"Microsoft Authentication Broker\". Sign in there with your own account and no other."));
    text.push_str(&line(
        "Go on only if you started this sign-in yourself, here: nobody else should have sent you this code.",
    ));
    if std::io::stdout().is_terminal() {
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

/// A failure with everything the sign-in log search needs.
pub(crate) fn failure(report: &FailureReport, indent: &str) -> String {
    let mut text = String::new();
    let mut add = |line: String| text.push_str(&format!("{indent}{line}\n"));
    add(format!("Problem: {} [{}]", report.message, report.code));
    add(format!("Who can fix it: {}", report.who));
    add(format!("What to do: {}", report.advice));
    let details = [
        ("HTTP status", report.http_status.map(|status| status.to_string())),
        ("Request id", report.request_id.clone()),
        ("Correlation id", report.correlation_id.clone()),
        ("Time", report.time.clone()),
    ];
    for (name, value) in details {
        if let Some(value) = value {
            add(format!("{name}: {value}"));
        }
    }
    text
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_server_cannot_steer_the_terminal() {
        let shown = message(&Message::Notice { text: "a\u{1b}[31mb\u{9b}c".into() }).unwrap();
        assert_eq!(shown, "Note: a[31mbc\n");
        let turned = "moc.live\u{202e}\u{2066}//\u{200f}\u{200b}:sptth\nDone.".to_owned();
        let shown = message(&Message::Notice { text: turned }).unwrap();
        assert_eq!(shown, "Note: moc.live//:sptth\nDone.\n");
    }

    #[test]
    fn json_is_shown_with_escapes_for_what_steers_a_terminal() {
        let known: StatusDocument = serde_json::from_str(include_str!("../tests/golden/full.json")).unwrap();
        let document = StatusDocument { version: "1\u{202e}".to_owned(), ..known };
        assert!(json(&document).contains("\"1\\u202e\""));
    }

    #[test]
    fn who_is_asked_for_a_password_and_why_comes_before_the_question() {
        let ask = |reason| Message::AskPassword { name: "alex@contoso.com".into(), reason };
        let plain = "Sign in as alex@contoso.com. The password is not shown while you type it;\n\
                     press Enter alone to sign in with a code instead.\n";
        assert_eq!(message(&ask(None)).unwrap(), plain);
        let again = message(&ask(Some("The password was wrong.".into()))).unwrap();
        assert_eq!(again, format!("The password was wrong.\n{plain}"));
    }

    #[test]
    fn the_code_stands_on_a_line_of_its_own() {
        let shown = prompt("ABCD1234", "https://microsoft.com/devicelogin", "2026-01-01T00:00:00Z", None);
        assert!(shown.lines().any(|line| line == "Code: ABCD1234"));
        assert!(shown.contains("Microsoft Authentication Broker"));
    }
}
