//! What of a domain somebody has to know or do; the rest is told with `--verbose`.

use crate::failures::wrapped;
use crate::lines::{Item, item, items, known};
use crate::status::{days, sign_in_words, waits_words};
use ipc::{DomainStatus, FailureReport, IdentityReport, SessionReport};
use std::collections::BTreeMap;

/// The lines below that of the domain.
pub(crate) fn details(domain: &DomainStatus) -> String {
    let identity = domain.identity.as_ref();
    let waits = domain.waits_for.as_ref().filter(|waits| *waits != "first_sign_in");
    let last = domain.last_sign_in.as_ref();
    let mut told: Vec<Item> = [
        waits.map(|waits| item("Waits for", waits_words(waits))),
        known("Goes on at", domain.next_at.as_ref()),
        known("Tenant", domain.tenant.as_ref()),
        identity.map(|it| item("Device id", &it.device_id)),
        identity.map(|it| item("Certificate", format!("until {} ({})", it.valid_until, days(it.days_left)))),
        identity.map(|it| item("Keys", keys(it))),
        identity.filter(|it| !it.changed.is_empty()).map(|it| item("Changed", it.changed.join(", "))),
        domain.intune.as_ref().map(|it| item("Intune", &it.summary)),
        last.map(|it| item("Last sign-in", sign_in_words(it))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let failed = last.filter(|it| it.failure.is_some());
    told.extend(failed.and_then(|it| known("  request id", it.request_id.as_ref())));
    told.extend(failed.and_then(|it| known("  correlation id", it.correlation_id.as_ref())));
    told.extend((!domain.sessions.is_empty()).then(|| item("Sessions", sessions(&domain.sessions))));
    told.extend(others(domain));
    told.extend(left(domain));
    let failure = domain.failure.as_ref().map(|report| wrapped(2, report)).unwrap_or_default();
    items(2, &told) + &failure + &lost(&domain.sessions)
}

/// `device and transport in tpm, intune in soft; transport does not work: it is gone`.
fn keys(identity: &IdentityReport) -> String {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in &identity.keys {
        places.entry(&key.backend).or_default().push(&key.purpose);
    }
    let places = places.iter().map(|(place, keys)| format!("{} in {place}", keys.join(" and ")));
    let mut text = places.collect::<Vec<_>>().join(", ");
    for key in &identity.keys {
        let problem = key.problem.as_ref().map(|why| format!("; {} does not work: {why}", key.purpose));
        text.push_str(&problem.unwrap_or_default());
    }
    text
}

/// `1 holding, 2 lost`.
fn sessions(sessions: &[SessionReport]) -> String {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for session in sessions {
        *states.entry(&session.state).or_default() += 1;
    }
    states.iter().map(|(state, people)| format!("{people} {state}")).collect::<Vec<_>>().join(", ")
}

/// Why sessions are lost, once for each code.
fn lost(sessions: &[SessionReport]) -> String {
    let lost = sessions.iter().filter(|session| session.state == "lost");
    let mut reasons: BTreeMap<&str, &FailureReport> = BTreeMap::new();
    for failure in lost.filter_map(|session| session.failure.as_ref()) {
        reasons.entry(&failure.code).or_insert(failure);
    }
    reasons.values().map(|failure| format!("  A session is lost\n{}", wrapped(4, failure))).collect()
}

fn others(domain: &DomainStatus) -> impl Iterator<Item = Item> {
    domain.others.iter().map(|other| {
        let why = other.failure.as_ref().map(|failure| format!(" {}", failure.advice)).unwrap_or_default();
        let name = if other.role == "successor" { "Keys to come" } else { "Keys of before" };
        item(name, format!("{}{why}", other.summary))
    })
}

/// What may be at the service beside the identity.
fn left(domain: &DomainStatus) -> Option<Item> {
    let entries = domain.ledger.len();
    let objects = if entries == 1 { "1 device object" } else { "device objects" };
    let text = match entries {
        0 => return None,
        1 => format!("{objects} may be left at the service; --verbose names it"),
        more => format!("{more} {objects} may be left at the service; --verbose names them"),
    };
    Some(item("Ledger", text))
}
