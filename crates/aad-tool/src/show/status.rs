use super::{failure, line};
use ipc::{
    AttemptReport, ComplianceReport, DomainStatus, FailureReport, IdentityReport, IntuneReport, KeyReport,
    LedgerReport, LeftReport, OtherIdentityReport, RuleReport, SessionReport, StatusDocument,
};

/// The whole status document for people, in the groups that `dsregcmd /status` has.
pub(super) fn text(document: &StatusDocument) -> String {
    let mut text = line(&format!("Firmament {}; {}", document.version, document.key_store));
    text.push_str(&prepared_keys(document));
    for notice in &document.notices {
        text.push_str(&line(&format!("Note: {notice}")));
    }
    if document.domains.is_empty() {
        text.push_str(&line("No domain is configured."));
    }
    document.domains.iter().for_each(|domain| text.push_str(&of_domain(domain)));
    document.left.iter().for_each(|left| text.push_str(&of_left(left)));
    text
}

/// The keys that wait for a registration, if there are any.
pub(super) fn prepared_keys(document: &StatusDocument) -> String {
    match document.spare_keys.as_str() {
        "none" => String::new(),
        word => line(&format!("Keys for the next registration: {}", word.replace('_', " "))),
    }
}

fn of_left(left: &LeftReport) -> String {
    let items: Vec<_> = left.ledger.iter().map(ledger).collect();
    let title = format!("\nTenant {} was left; for its administrator to delete:\n", left.tenant);
    title + &lines("  ", &items)
}

/// A name and what stands behind it.
type Item = (String, String);

fn of_domain(domain: &DomainStatus) -> String {
    let identity = domain.identity.as_ref();
    [
        format!("\n{}: {}\n", domain.domain, domain.summary),
        lines("  ", &head(domain)),
        domain.failure.as_ref().map(|report| failure(report, "  ")).unwrap_or_default(),
        group("Device", &identity.map(device).unwrap_or_default()),
        group("Tenant and endpoints", &tenant(domain)),
        group("Keys", &identity.map(keys).unwrap_or_default()),
        domain.others.iter().map(other).collect(),
        sessions(&domain.sessions),
        domain.intune.as_ref().map(intune).unwrap_or_default(),
        group("Last attempts", &domain.attempts.iter().map(attempt).collect::<Vec<_>>()),
        group("Ledger", &domain.ledger.iter().map(ledger).collect::<Vec<_>>()),
    ]
    .concat()
}

fn head(domain: &DomainStatus) -> Vec<Item> {
    let phase = item("Phase", format!("{} ({})", domain.phase, domain.state));
    let waits = domain.waits_for.as_ref().map(|waits| item("Waits for", waits_words(waits)));
    [Some(phase), waits, known("Goes on at", &domain.next_at)].into_iter().flatten().collect()
}

fn device(identity: &IdentityReport) -> Vec<Item> {
    let valid = format!("{} to {}", identity.valid_from, identity.valid_until);
    let verified = identity.verified_at.as_deref().unwrap_or("not yet: needs one sign-in");
    let bound =
        if identity.bound_to.is_empty() { "nothing".to_owned() } else { identity.bound_to.join(", ") };
    let items = [
        Some(item("Device id", &identity.device_id)),
        Some(item("Thumbprint", &identity.thumbprint)),
        Some(item("Valid", format!("{valid} ({})", days(identity.days_left)))),
        Some(item("Join type", &identity.join_type)),
        known("Registered by", &identity.owner),
        Some(item("Registered at", &identity.registered_at)),
        Some(item("Verified at", verified)),
        known("Suspended", &identity.suspended),
        Some(item("Bound to", bound)),
        (!identity.changed.is_empty()).then(|| item("Changed since", identity.changed.join(", "))),
    ];
    let warnings = identity.warnings.iter().map(|warning| item("Warning", warning));
    items.into_iter().flatten().chain(warnings).collect()
}

fn days(left: i64) -> String {
    match left {
        1 => "1 day left".to_owned(),
        0.. => format!("{left} days left"),
        _ => "expired".to_owned(),
    }
}

fn tenant(domain: &DomainStatus) -> Vec<Item> {
    let mut items = vec![
        item("Tenant", domain.tenant.as_deref().unwrap_or("not resolved yet")),
        item("Cloud", &domain.cloud),
        item("Sign-in", &domain.sign_in),
        item("Registration", &domain.registration),
    ];
    if let Some(identity) = &domain.identity {
        let endpoints = &identity.endpoints;
        let where_from = format!("api-version {}, {}", endpoints.join_version, endpoints.source);
        items.push(item("Join", format!("{} ({where_from})", endpoints.join_url)));
    }
    items
}

fn keys(identity: &IdentityReport) -> Vec<Item> {
    let words = |key: &KeyReport| item(&key.purpose, key_words(key));
    identity.keys.iter().map(words).collect()
}

/// `RSA-2048 in soft, made in …; works, tested at …`.
pub(super) fn key_words(key: &KeyReport) -> String {
    let test = match (&key.tested_at, &key.problem) {
        (None, _) => "not tested yet".to_owned(),
        (Some(at), None) => format!("works (tested {at})"),
        (Some(at), Some(problem)) => format!("does not work: {problem} (tested {at})"),
    };
    format!("{} in {}: {}; {test}", key.algorithm, key.backend, key.protection)
}

/// An identity that is on its way in or out while keys are moved.
fn other(identity: &OtherIdentityReport) -> String {
    let title = match identity.role.as_str() {
        "successor" => "Keys to come",
        "predecessor" => "Keys of before",
        role => role,
    };
    let items = [known("Where", &identity.backend), known("Device id", &identity.device_id)];
    let items: Vec<Item> = items.into_iter().flatten().collect();
    let failed = identity.failure.as_ref().map(|report| failure(report, "    ")).unwrap_or_default();
    format!("  {title}\n    {} ({})\n{}{failed}", identity.summary, identity.state, lines("    ", &items))
}

/// One paragraph for each person; the name is root's to see.
fn sessions(sessions: &[SessionReport]) -> String {
    let mut text = if sessions.is_empty() { String::new() } else { line("  Sessions") };
    for session in sessions {
        let user = session.user.as_deref().unwrap_or("somebody");
        text.push_str(&line(&format!("    {user}: {}", session.state)));
        let times = [
            known("Obtained at", &session.obtained_at),
            known("Renewed at", &session.renewed_at),
            known("Expires at", &session.expires_at),
            known("Goes on at", &session.next_at),
        ];
        text.push_str(&lines("      ", &times.into_iter().flatten().collect::<Vec<_>>()));
        text.push_str(&session.failure.as_ref().map(|report| failure(report, "      ")).unwrap_or_default());
    }
    text
}

fn intune(report: &IntuneReport) -> String {
    let items = [
        known("Device id", &report.device_id),
        known("Enrolled by", &report.owner),
        known("Enrolled at", &report.enrolled_at),
        known("Valid until", &report.certificate_until),
        known("Inventory sent", &report.inventory_sent_at),
    ];
    let verdict = report.compliance.as_ref().map(compliance).unwrap_or_default();
    let items: Vec<Item> = items.into_iter().flatten().chain(verdict).collect();
    format!("  Intune\n    {}\n{}", report.summary, lines("    ", &items))
}

/// The service's words, and when it said them: this machine never says so by itself.
fn compliance(report: &ComplianceReport) -> Vec<Item> {
    let verdict = item("Verdict", format!("{}, said by the service at {}", report.verdict, report.at));
    std::iter::once(verdict).chain(report.rules.iter().map(rule)).collect()
}

fn rule(rule: &RuleReport) -> Item {
    let description = rule.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    let more = rule.more.as_ref().map(|url| format!(" ({url})")).unwrap_or_default();
    item("Rule", format!("{}{description}{more}", rule.title))
}

fn attempt(attempt: &AttemptReport) -> Item {
    let result = attempt.failure.as_ref().map_or("ok".to_owned(), attempt_words);
    item(&attempt.phase, format!("{}  {result}", attempt.at))
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

fn ledger(entry: &LedgerReport) -> Item {
    let device = entry.device_id.as_deref().unwrap_or("id not known");
    let intune = entry.intune_device_id.as_ref().map(|id| format!(", in Intune {id}")).unwrap_or_default();
    let look = entry.look_for.as_ref().map(|look| format!(". {look}")).unwrap_or_default();
    item(&entry.kind, format!("{}  {device}{intune} (request {}){look}", entry.at, entry.request_id))
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

/// Nothing for a group that has nothing to say.
fn group(title: &str, items: &[Item]) -> String {
    if items.is_empty() { String::new() } else { format!("  {title}\n{}", lines("    ", items)) }
}

/// The values stand below each other.
fn lines(indent: &str, items: &[Item]) -> String {
    let width = items.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    items.iter().map(|(name, value)| format!("{indent}{name:<width$}  {value}\n")).collect()
}

fn item(name: &str, value: impl Into<String>) -> Item {
    (name.to_owned(), value.into())
}

fn known(name: &str, value: &Option<String>) -> Option<Item> {
    value.as_ref().map(|value| item(name, value))
}

#[cfg(test)]
mod tests;
