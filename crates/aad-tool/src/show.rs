//! Messages as lines for people; server text arrives without control characters and is filtered once more.

use ipc::{DomainStatus, FailureReport, IdentityReport, Message, StatusDocument};
use std::io::IsTerminal;

/// A message as text, or nothing for one that is not shown.
pub(crate) fn message(message: &Message) -> Option<String> {
    let text = match message {
        Message::Prompt { user_code, url, expires_at, reason } => {
            prompt(user_code, url, expires_at, reason.as_deref())
        }
        Message::SignedIn { name, tenant } => format!("Signed in: {name} (tenant {tenant})\n"),
        Message::Progress { at, phase, state, text, .. } => format!("{at}  {phase}/{state}  {text}\n"),
        Message::Notice { text } => format!("Note: {text}\n"),
        Message::Failed { failure: report } => failure(report, ""),
        Message::Status { document } => status(document),
        Message::End { .. } => return None,
    };
    Some(printable(&text))
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

/// The whole status document for people.
pub(crate) fn status(document: &StatusDocument) -> String {
    let mut text = line(&format!("Firmament {}; {}", document.version, document.key_store));
    for notice in &document.notices {
        text.push_str(&line(&format!("Note: {notice}")));
    }
    if document.domains.is_empty() {
        text.push_str(&line("No domain is configured."));
    }
    document.domains.iter().for_each(|domain| text.push_str(&domain_status(domain)));
    text
}

fn domain_status(domain: &DomainStatus) -> String {
    let mut text = format!("\n{}: {}\n", domain.domain, domain.summary);
    let mut add = |name: &str, value: &str| text.push_str(&format!("  {name:<14} {value}\n"));
    add("Phase", &format!("{} ({})", domain.phase, domain.state));
    add("Tenant", domain.tenant.as_deref().unwrap_or("not resolved yet"));
    if let Some(waits) = &domain.waits_for {
        add("Waits for", waits_words(waits));
    }
    if let Some(next) = &domain.next_at {
        add("Goes on at", next);
    }
    if let Some(identity) = &domain.identity {
        identity_lines(identity, &mut add);
    }
    for attempt in &domain.attempts {
        let result = attempt.failure.as_ref().map_or("ok".to_owned(), attempt_words);
        add(&format!("Last {}", attempt.phase), &format!("{}  {result}", attempt.at));
    }
    for entry in &domain.ledger {
        let device = entry.device_id.as_deref().unwrap_or("id not known");
        add("Ledger", &format!("{}  {} {device} (request {})", entry.at, entry.kind, entry.request_id));
    }
    if let Some(report) = &domain.failure {
        text.push_str(&failure(report, "  "));
    }
    text
}

fn identity_lines(identity: &IdentityReport, add: &mut impl FnMut(&str, &str)) {
    add("Device id", &identity.device_id);
    add("Thumbprint", &identity.thumbprint);
    add("Valid", &format!("{} to {}", identity.valid_from, identity.valid_until));
    add("Join type", &identity.join_type);
    if let Some(owner) = &identity.owner {
        add("Registered by", owner);
    }
    add("Registered at", &identity.registered_at);
    add("Verified at", identity.verified_at.as_deref().unwrap_or("not yet: needs one sign-in"));
    if let Some(intune) = &identity.intune_device_id {
        add("Intune id", intune);
    }
    for key in &identity.keys {
        add("Key", &format!("{} {} in {}", key.purpose, key.algorithm, key.backend));
    }
    add(
        "Bound to",
        &if identity.bound_to.is_empty() { "nothing".to_owned() } else { identity.bound_to.join(", ") },
    );
    identity.warnings.iter().for_each(|warning| add("Warning", warning));
}

/// One attempt that failed, on one line: code, HTTP status, ids.
fn attempt_words(report: &FailureReport) -> String {
    let mut text = format!("{}: {}", report.code, report.message);
    if let Some(status) = report.http_status {
        text.push_str(&format!("; HTTP {status}"));
    }
    if let Some(id) = &report.request_id {
        text.push_str(&format!("; request id {id}"));
    }
    text
}

fn waits_words(waits: &str) -> &str {
    match waits {
        "first_sign_in" => "the first sign-in",
        "sign_in_to_finish" => "a sign-in, to finish the registration",
        "sign_in_to_verify" => "a sign-in, to verify the registration",
        "sign_in_for_intune" => "a sign-in, to enrol into Intune",
        "administrator" => "an administrator to remove the cause, then a sign-in",
        "operator" => "an operator: leave again, or leave --force",
        other => other,
    }
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

/// Without control characters, save the line ends that this module wrote itself.
fn printable(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_server_cannot_steer_the_terminal() {
        let shown = message(&Message::Notice { text: "a\u{1b}[31mb\u{9b}c".into() }).unwrap();
        assert_eq!(shown, "Note: a[31mbc\n");
    }

    #[test]
    fn the_code_stands_on_a_line_of_its_own() {
        let shown = prompt("ABCD1234", "https://microsoft.com/devicelogin", "2026-01-01T00:00:00Z", None);
        assert!(shown.lines().any(|line| line == "Code: ABCD1234"));
        assert!(shown.contains("Microsoft Authentication Broker"));
    }
}
