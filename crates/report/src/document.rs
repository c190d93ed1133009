//! The document of `aad-tool status`: pure, from what the driver shows.

use crate::{intune, still_there, summary, view_summary};
use identity::{Identity, LedgerLine, Snapshot, Stage, StateName, Status, StatusPhase, WaitsFor};
use ipc::{
    AttemptReport, DomainStatus, EndpointsReport, FailureReport, IdentityReport, KeyReport, LedgerReport,
    LeftReport, OtherIdentityReport, Piece, STATUS_SCHEMA, SessionReport, SignInReport, StatusDocument,
};
use model::{KeyHandle, Requester, Timestamp, Upcoming, printable};
use std::collections::BTreeMap;
use tenancy_model::{PreparedView, TenantView};
use views::{DomainView, KeyTest, SignInView, UserView};

/// What `status` says of the machine as a whole.
#[derive(Debug, Clone)]
pub struct About {
    /// Version of the daemon.
    pub version: String,
    /// What holds new keys, in one line.
    pub key_store: String,
    /// What an operator should know (remarks on the configuration, on the state directory, …).
    pub notices: Vec<String>,
    /// Those of them that keep the keys from being used now, with what to do.
    pub key_problems: Vec<String>,
}

/// What the status document is made of.
pub struct DocumentParts {
    /// The machine as a whole.
    pub about: About,
    /// How far the keys for the next registration are.
    pub prepared: PreparedView,
    /// Its domains, configured or remembered.
    pub views: Vec<DomainView>,
    /// Tenants that no domain leads to, with what stayed there.
    pub left: Vec<Snapshot>,
    /// Whether the reader may see who registered the machine.
    pub for_root: bool,
    /// Who the reader is, when it comes to who signed in.
    pub by: Requester,
    /// The moment of the document.
    pub now: Timestamp,
}

/// The document of `aad-tool status` without its lists.
pub fn document_head(parts: &DocumentParts) -> StatusDocument {
    StatusDocument {
        schema: STATUS_SCHEMA,
        version: parts.about.version.clone(),
        key_store: parts.about.key_store.clone(),
        spare_keys: prepared_word(parts.prepared).to_owned(),
        ..StatusDocument::default()
    }
}

/// Its lists, each line made when it is asked for.
pub fn document_pieces(parts: &DocumentParts) -> impl Iterator<Item = Piece> {
    let notices = parts.about.notices.iter().cloned().map(Piece::Notice);
    let domains = parts.views.iter().map(|view| Piece::Domain(Box::new(domain(view, parts))));
    notices.chain(domains).chain(parts.left.iter().map(|snapshot| Piece::Left(left(snapshot))))
}

fn domain(view: &DomainView, parts: &DocumentParts) -> DomainStatus {
    let status = view.status();
    let identity = status.and_then(|status| status.snapshot.stage.identity());
    let config = view.config.as_ref();
    let device_name = config.map(|config| config.device.display_name.as_str());
    let failure = view.blocked().or(status.and_then(|status| status.failure.as_ref()));
    let upcoming = status.filter(|_| view.blocked().is_none()).map_or(Upcoming::Nothing, Status::upcoming);
    DomainStatus {
        domain: view.domain.to_string(),
        tenant: view.tenant.as_ref().map(|tenant| tenant.tenant.to_string()),
        phase: status.map_or(StatusPhase::Unregistered, |status| status.phase).to_string(),
        state: status.map_or(StateName::Unregistered, |status| status.state).to_string(),
        summary: view_summary(view),
        waits_for: match status {
            Some(status) => status.waits_for.map(|who| who.to_string()),
            None => Some(WaitsFor::FirstSignIn.to_string()),
        },
        next_at: status.and_then(|status| status.wake_at).map(|at| at.to_string()),
        last_sign_in: view.last_sign_in.as_ref().map(|last| sign_in(last, parts)),
        sign_in: config.map_or("", |config| config.sign_in.as_str()).to_owned(),
        registration: config.map_or("", |config| config.registration.as_str()).to_owned(),
        cloud: config.map_or("", |config| config.cloud.as_str()).to_owned(),
        identity: identity.map(|identity| identity_report(identity, view, parts)),
        sessions: view.users.iter().map(|user| session(user, parts.for_root)).collect(),
        others: view.tenant.as_ref().map(others).unwrap_or_default(),
        intune: status.and_then(|status| intune::report(status, view.wants_intune(), parts.for_root)),
        failure: failure.map(|failure| FailureReport::of(failure, upcoming)),
        attempts: status.map(attempts).unwrap_or_default(),
        ledger: status
            .into_iter()
            .flat_map(|status| &status.snapshot.ledger)
            .chain(view.tenant.iter().flat_map(TenantView::other_ledger))
            .map(|line| ledger(line, device_name))
            .collect(),
    }
}

/// One that has nothing to say any more is not told.
fn others(tenant: &TenantView) -> Vec<OtherIdentityReport> {
    let both = [(SUCCESSOR, &tenant.successor), (PREDECESSOR, &tenant.predecessor)];
    let told = both.into_iter().filter_map(|(role, member)| Some((role, &*member.as_ref()?.status)));
    told.filter(|(_, status)| status.snapshot.stage != Stage::Unregistered { retained: None })
        .map(|(role, status)| other(role, status))
        .collect()
}

fn other(role: &str, status: &Status) -> OtherIdentityReport {
    let failure = if role == PREDECESSOR { still_there(status) } else { status.failure.clone() };
    OtherIdentityReport {
        role: role.to_owned(),
        state: status.state.to_string(),
        summary: summary(status),
        backend: status.snapshot.stage.backend().map(|backend| backend.as_str().to_owned()),
        device_id: status.snapshot.stage.identity().map(|identity| identity.issued.device.to_string()),
        failure: failure.as_ref().map(|failure| FailureReport::of(failure, status.upcoming())),
    }
}

fn sign_in(last: &SignInView, parts: &DocumentParts) -> SignInReport {
    let id = |id: &Option<String>| id.as_deref().map(|id| printable(id, LONGEST_ID));
    SignInReport {
        at: last.at.to_string(),
        user: (parts.for_root || parts.by == last.by).then(|| last.asked.to_string()),
        failure: last.failure.as_ref().map(FailureReport::from),
        request_id: id(&last.trace.request_id),
        correlation_id: id(&last.trace.correlation_id),
    }
}

fn session(user: &UserView, for_root: bool) -> SessionReport {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let status = &user.status;
    SessionReport {
        user: for_root.then(|| user.account.upn.to_string()),
        state: status.state.to_string(),
        obtained_at: text(status.obtained_at),
        renewed_at: text(status.renewed_at),
        expires_at: text(status.expires_at),
        next_at: text(status.next_at),
        failure: status.failure.as_ref().map(|failure| FailureReport::of(failure, status.upcoming())),
    }
}

fn identity_report(identity: &Identity, view: &DomainView, parts: &DocumentParts) -> IdentityReport {
    let (issued, tests) = (&identity.issued, &view.key_tests);
    let keys = [&identity.keys.device, &identity.keys.transport];
    IdentityReport {
        device_id: issued.device.to_string(),
        thumbprint: issued.thumbprint.clone(),
        valid_from: issued.not_before.to_string(),
        valid_until: issued.not_after.to_string(),
        days_left: (issued.not_after.as_secs() - parts.now.as_secs()).div_euclid(24 * 3600),
        join_type: identity.intent.join_type.as_str().to_owned(),
        owner: parts.for_root.then(|| identity.owner.upn.to_string()),
        registered_at: identity.registered_at.to_string(),
        verified_at: identity.verified_at.map(|at| at.to_string()),
        suspended: identity.suspended.map(|why| why.to_string()),
        endpoints: EndpointsReport {
            join_url: identity.endpoints.join.clone(),
            join_version: identity.endpoints.join_version.clone(),
            source: identity.endpoints.source.to_string(),
        },
        keys: keys.into_iter().chain(identity.intune.key()).map(|handle| key(handle, tests)).collect(),
        warnings: issued.warnings.clone(),
        bound_to: view.bound_to.components.clone(),
        changed: view.bound_to.changed.clone(),
    }
}

fn key(handle: &KeyHandle, tests: &BTreeMap<Vec<u8>, KeyTest>) -> KeyReport {
    let test = tests.get(&handle.wrapped);
    KeyReport {
        purpose: handle.purpose.as_str().to_owned(),
        backend: handle.backend.as_str().to_owned(),
        algorithm: format!("RSA-{}", handle.public.modulus.len() * 8),
        protection: protection(handle),
        tested_at: test.map(|test| test.at.to_string()),
        problem: test.and_then(|test| test.problem.clone()),
    }
}

/// What keeps a private key from whoever has the disk.
fn protection(handle: &KeyHandle) -> String {
    let bound = if views::is_boot_bound(handle) { ", and bound to the boot state (PCR 7)" } else { "" };
    format!("{}{bound}", handle.backend.protection())
}

fn attempts(status: &Status) -> Vec<AttemptReport> {
    let line = |attempt: &identity::Attempt| AttemptReport {
        phase: attempt.phase.as_str().to_owned(),
        at: attempt.at.to_string(),
        failure: attempt.failure.as_ref().map(FailureReport::from),
    };
    status.snapshot.attempts.iter().map(line).collect()
}

fn left(snapshot: &Snapshot) -> LeftReport {
    LeftReport {
        tenant: snapshot.tenant.to_string(),
        ledger: snapshot.ledger.iter().map(|line| ledger(line, None)).collect(),
    }
}

fn ledger(line: &LedgerLine, device_name: Option<&str>) -> LedgerReport {
    LedgerReport {
        at: line.at.to_string(),
        request_id: line.request.to_string(),
        device_id: line.device.map(|device| device.to_string()),
        intune_device_id: line.intune.map(|device| device.to_string()),
        kind: line.kind.to_string(),
        look_for: line.look_for(device_name),
    }
}

pub(crate) fn prepared_word(prepared: PreparedView) -> &'static str {
    match prepared {
        PreparedView { ready: 1.., .. } => "ready",
        PreparedView { being_made: 1.., .. } => "being_made",
        PreparedView { .. } => "none",
    }
}

/// Characters of an id of the service.
const LONGEST_ID: usize = 64;
pub(crate) const SUCCESSOR: &str = "successor";
pub(crate) const PREDECESSOR: &str = "predecessor";
