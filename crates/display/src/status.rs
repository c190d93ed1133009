//! The status document: one line for each domain first, then what is to be known of it.

use crate::failures::wrapped;
use crate::lines::{Item, item, items, known, one_line, paragraph};
use crate::summary;
use ipc::{
    AttemptReport, ComplianceReport, DomainStatus, FailureReport, IdentityReport, IntuneReport, KeyReport,
    LedgerReport, LeftReport, OtherIdentityReport, RuleReport, STATUS_SCHEMA, SessionReport, SignInReport,
    StatusDocument,
};
use model::for_terminal;

/// How much of the document is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What somebody has to know or do.
    Short,
    /// Everything, in the groups that `dsregcmd /status` has.
    Everything,
}

/// The status document for people.
pub fn status(document: &StatusDocument, detail: Detail) -> String {
    let mut text = paragraph(0, &format!("Firmament {}; {}", document.version, document.key_store));
    if document.schema > STATUS_SCHEMA {
        let newer = "Note: firmamentd is newer than this aad-tool; some of this may be missing or wrong.";
        text.push_str(&paragraph(0, newer));
    }
    text.push_str(&prepared_keys(document));
    for notice in &document.notices {
        text.push_str(&paragraph(0, &format!("Note: {notice}")));
    }
    if document.domains.is_empty() {
        text.push_str("No domain is configured.\n");
    }
    if document.domains.len() > 1 {
        let line = |it: &DomainStatus| one_line(&format!("{}: {}", it.domain, it.summary));
        text.push('\n');
        text.push_str(&document.domains.iter().map(line).collect::<String>());
    }
    for domain in &document.domains {
        text.push('\n');
        text.push_str(&headline(&domain.domain, &domain.summary));
        text.push_str(&match detail {
            Detail::Short => summary::details(domain),
            Detail::Everything => everything(domain),
        });
    }
    document.left.iter().for_each(|left| text.push_str(&of_left(left)));
    for_terminal(&text)
}

/// The line of a domain.
fn headline(domain: &str, summary: &str) -> String {
    paragraph(0, &format!("{domain}: {summary}"))
}

/// The keys that wait for a registration, if there are any.
pub(crate) fn prepared_keys(document: &StatusDocument) -> String {
    match document.spare_keys.as_str() {
        "none" | "" => String::new(),
        word => paragraph(0, &format!("Keys for the next registration: {}", word.replace('_', " "))),
    }
}

fn of_left(left: &LeftReport) -> String {
    let entries: Vec<_> = left.ledger.iter().map(ledger).collect();
    let title = format!("Tenant {} was left; for its administrator to delete:", left.tenant);
    format!("\n{}{}", paragraph(0, &title), items(2, &entries))
}

fn everything(domain: &DomainStatus) -> String {
    let identity = domain.identity.as_ref();
    [
        items(2, &head(domain)),
        domain.failure.as_ref().map(|report| wrapped(2, report)).unwrap_or_default(),
        domain.last_sign_in.as_ref().map(sign_in).unwrap_or_default(),
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
    [Some(phase), waits, known("Goes on at", domain.next_at.as_ref())].into_iter().flatten().collect()
}

/// What is told of the last sign-in; the name where it is told at all.
pub(crate) fn sign_in_words(report: &SignInReport) -> String {
    let name = report.user.as_ref().map(|user| format!(" by {user}")).unwrap_or_default();
    let result = report.failure.as_ref().map_or("ok", |failure| failure.code.as_str());
    format!("{}{name}: {result}", report.at)
}

fn sign_in(report: &SignInReport) -> String {
    let ids = [
        known("Request id", report.request_id.as_ref()),
        known("Correlation id", report.correlation_id.as_ref()),
    ];
    let why = report.failure.as_ref().map(|failure| {
        [
            item("Problem", &failure.message),
            item("Who can fix it", &failure.who),
            item("What to do", &failure.advice),
        ]
    });
    let told: Vec<Item> = std::iter::once(item("Ended", sign_in_words(report)))
        .chain(why.into_iter().flatten())
        .chain(ids.into_iter().flatten())
        .collect();
    group("Last sign-in", &told)
}

fn device(identity: &IdentityReport) -> Vec<Item> {
    let valid = format!("{} to {}", identity.valid_from, identity.valid_until);
    let verified = identity.verified_at.as_deref().unwrap_or("not yet: needs one sign-in");
    let bound =
        if identity.bound_to.is_empty() { "nothing".to_owned() } else { identity.bound_to.join(", ") };
    let told = [
        Some(item("Device id", &identity.device_id)),
        Some(item("Thumbprint", &identity.thumbprint)),
        Some(item("Valid", format!("{valid} ({})", days(identity.days_left)))),
        Some(item("Join type", &identity.join_type)),
        known("Registered by", identity.owner.as_ref()),
        Some(item("Registered at", &identity.registered_at)),
        Some(item("Verified at", verified)),
        known("Suspended", identity.suspended.as_ref()),
        Some(item("Bound to", bound)),
        (!identity.changed.is_empty()).then(|| item("Changed since", identity.changed.join(", "))),
    ];
    let warnings = identity.warnings.iter().map(|warning| item("Warning", warning));
    told.into_iter().flatten().chain(warnings).collect()
}

pub(crate) fn days(left: i64) -> String {
    match left {
        1 => "1 day left".to_owned(),
        0.. => format!("{left} days left"),
        _ => "expired".to_owned(),
    }
}

fn tenant(domain: &DomainStatus) -> Vec<Item> {
    let mut told = vec![
        item("Tenant", domain.tenant.as_deref().unwrap_or("not resolved yet")),
        item("Cloud", &domain.cloud),
        item("Sign-in", &domain.sign_in),
        item("Registration", &domain.registration),
    ];
    if let Some(identity) = &domain.identity {
        let endpoints = &identity.endpoints;
        let where_from = format!("api-version {}, {}", endpoints.join_version, endpoints.source);
        told.push(item("Join", format!("{} ({where_from})", endpoints.join_url)));
    }
    told
}

fn keys(identity: &IdentityReport) -> Vec<Item> {
    let words = |key: &KeyReport| item(&key.purpose, key_words(key));
    identity.keys.iter().map(words).collect()
}

/// `RSA-2048 in soft, made in …; works, tested at …`.
pub(crate) fn key_words(key: &KeyReport) -> String {
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
    let told = [known("Where", identity.backend.as_ref()), known("Device id", identity.device_id.as_ref())];
    let told: Vec<Item> = told.into_iter().flatten().collect();
    let failed = identity.failure.as_ref().map(|report| wrapped(4, report)).unwrap_or_default();
    let line = paragraph(4, &format!("{} ({})", identity.summary, identity.state));
    format!("  {title}\n{line}{}{failed}", items(4, &told))
}

/// One paragraph for each person; the name is root's to see.
fn sessions(sessions: &[SessionReport]) -> String {
    let mut text = if sessions.is_empty() { String::new() } else { "  Sessions\n".to_owned() };
    for session in sessions {
        let user = session.user.as_deref().unwrap_or("somebody");
        text.push_str(&paragraph(4, &format!("{user}: {}", session.state)));
        let times = [
            known("Obtained at", session.obtained_at.as_ref()),
            known("Renewed at", session.renewed_at.as_ref()),
            known("Expires at", session.expires_at.as_ref()),
            known("Goes on at", session.next_at.as_ref()),
        ];
        text.push_str(&items(6, &times.into_iter().flatten().collect::<Vec<_>>()));
        text.push_str(&session.failure.as_ref().map(|report| wrapped(6, report)).unwrap_or_default());
    }
    text
}

fn intune(report: &IntuneReport) -> String {
    let told = [
        known("Device id", report.device_id.as_ref()),
        known("Enrolled by", report.owner.as_ref()),
        known("Enrolled at", report.enrolled_at.as_ref()),
        known("Valid until", report.certificate_until.as_ref()),
        known("Inventory sent", report.inventory_sent_at.as_ref()),
    ];
    let verdict = report.compliance.as_ref().map(compliance).unwrap_or_default();
    let told: Vec<Item> = told.into_iter().flatten().chain(verdict).collect();
    format!("  Intune\n{}{}", paragraph(4, &report.summary), items(4, &told))
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
    for (name, id) in [("request id", &report.request_id), ("correlation id", &report.correlation_id)] {
        text.push_str(&id.as_ref().map(|id| format!("; {name} {id}")).unwrap_or_default());
    }
    text
}

pub(crate) fn ledger(entry: &LedgerReport) -> Item {
    let device = entry.device_id.as_deref().unwrap_or("id not known");
    let intune = entry.intune_device_id.as_ref().map(|id| format!(", in Intune {id}")).unwrap_or_default();
    let look = entry.look_for.as_ref().map(|look| format!(". {look}")).unwrap_or_default();
    item(&entry.kind, format!("{}  {device}{intune} (request {}){look}", entry.at, entry.request_id))
}

pub(crate) fn waits_words(waits: &str) -> &str {
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
fn group(title: &str, told: &[Item]) -> String {
    if told.is_empty() { String::new() } else { format!("  {title}\n{}", items(4, told)) }
}
