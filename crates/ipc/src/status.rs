//! The status document. A member that its writer does not know is empty for its reader, whichever of them is older.

use crate::message::FailureReport;
use serde::{Deserialize, Serialize};

/// The schema of [`StatusDocument`]; grows when a member changes its meaning or goes.
pub const STATUS_SCHEMA: u32 = 2;

/// The answer of `aad-tool status --json`; docs/status.md is its reference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusDocument {
    /// [`STATUS_SCHEMA`] of the writer.
    pub schema: u32,
    /// Version of the daemon.
    pub version: String,
    /// What holds new keys, in one line.
    pub key_store: String,
    /// The keys for the next registration: `none`, `being_made` or `ready`.
    pub spare_keys: String,
    /// What an operator should know of the machine as a whole.
    pub notices: Vec<String>,
    /// One entry per configured domain, and per domain that is still registered.
    pub domains: Vec<DomainStatus>,
    /// What stayed in tenants that no domain leads to, because the machine has left them.
    pub left: Vec<LeftReport>,
}

/// What stayed in one tenant that the machine has left.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftReport {
    /// Its tenant id.
    pub tenant: String,
    /// Every device object that was left there or may have been.
    pub ledger: Vec<LedgerReport>,
}

/// One domain and the identity of its tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainStatus {
    /// A domain that is configured or remembered.
    pub domain: String,
    /// Its tenant id, once resolved.
    pub tenant: Option<String>,
    /// `unregistered`, `enrolling`, `registered`, `intune_enrolled`, `suspended` or `leaving`.
    pub phase: String,
    /// The machine's own state name.
    pub state: String,
    /// One sentence about the state for people.
    pub summary: String,
    /// For whom it waits: `first_sign_in`, `sign_in_to_finish`, `sign_in_to_verify`, `sign_in_for_intune`,
    /// `administrator` or `operator`.
    pub waits_for: Option<String>,
    /// When it goes on by itself, RFC 3339 in UTC.
    pub next_at: Option<String>,
    /// The last sign-in under a name of the domain since the daemon started.
    pub last_sign_in: Option<SignInReport>,
    /// `device_code`, `password` or `auto`.
    pub sign_in: String,
    /// `background`, `required` or `off`.
    pub registration: String,
    /// `public`, `usgov`, `china` or `custom`.
    pub cloud: String,
    /// The identity, once registered.
    pub identity: Option<IdentityReport>,
    /// The primary refresh token of every person who has one, or had one.
    pub sessions: Vec<SessionReport>,
    /// The identities that come before and after the one in force, while keys are moved.
    pub others: Vec<OtherIdentityReport>,
    /// The enrolment into Intune, once registered.
    pub intune: Option<IntuneReport>,
    /// What made it stop or wait.
    pub failure: Option<FailureReport>,
    /// The last attempt of every phase that was tried.
    pub attempts: Vec<AttemptReport>,
    /// Every other device object the service made or may have made.
    pub ledger: Vec<LedgerReport>,
}

/// One sign-in that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignInReport {
    /// When it ended, RFC 3339 in UTC.
    pub at: String,
    /// Who was asked for, `name@domain`; told to root, and to whoever asked.
    pub user: Option<String>,
    /// None when the person signed in.
    pub failure: Option<FailureReport>,
    /// The server's id of the request that decided.
    pub request_id: Option<String>,
    /// The id of that request that both sides know.
    pub correlation_id: Option<String>,
}

/// A committed identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentityReport {
    /// The device id.
    pub device_id: String,
    /// SHA-1 of the certificate, 40 upper-case hex digits.
    pub thumbprint: String,
    /// RFC 3339 in UTC.
    pub valid_from: String,
    /// RFC 3339 in UTC.
    pub valid_until: String,
    /// Whole days until `valid_until`, rounded down; negative once it has passed.
    pub days_left: i64,
    /// `join` or `register`.
    pub join_type: String,
    /// Who registered it; told to root only.
    pub owner: Option<String>,
    /// RFC 3339 in UTC.
    pub registered_at: String,
    /// When the directory proved to know it; none: "registered, not yet verified".
    pub verified_at: Option<String>,
    /// `disabled`, `deleted`, `key_unavailable` or `cloned_machine`.
    pub suspended: Option<String>,
    /// Where the machine was registered.
    pub endpoints: EndpointsReport,
    /// Where each key lives.
    pub keys: Vec<KeyReport>,
    /// Surprises in the certificate.
    pub warnings: Vec<String>,
    /// Components of the machine that the keys record: `machine-id`, `product-uuid`, `tpm-endorsement`, `tpm-srk`,
    /// `tpm-pcr7` and `token`, each where it could be read.
    pub bound_to: Vec<String>,
    /// Those of them that are known to differ now; a key that records one is not used.
    pub changed: Vec<String>,
}

/// An identity beside the one in force, while keys are moved to another place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OtherIdentityReport {
    /// `successor`: it is to take the place of the one in force; `predecessor`: its place was taken.
    pub role: String,
    /// The machine's own state name.
    pub state: String,
    /// One sentence about the state for people.
    pub summary: String,
    /// A word of [`Backend`](model::Backend), once its keys are made.
    pub backend: Option<String>,
    /// Its device id, once it has one.
    pub device_id: Option<String>,
    /// What made it stop or wait.
    pub failure: Option<FailureReport>,
}

/// The registration service of an identity (entra.md 3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointsReport {
    /// Where a device joins.
    pub join_url: String,
    /// The `api-version` of the join.
    pub join_version: String,
    /// `discovered`: the service named them; `documented`: it did not answer.
    pub source: String,
}

/// The primary refresh token of one person: what it is worth, never what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionReport {
    /// `name@domain`; told to root only.
    pub user: Option<String>,
    /// `empty`, `obtaining`, `holding`, `renewing` or `lost`.
    pub state: String,
    /// When the first token of the session came, RFC 3339 in UTC.
    pub obtained_at: Option<String>,
    /// When it was last renewed, RFC 3339 in UTC.
    pub renewed_at: Option<String>,
    /// Until when it can be used, RFC 3339 in UTC.
    pub expires_at: Option<String>,
    /// When the session goes on by itself, RFC 3339 in UTC.
    pub next_at: Option<String>,
    /// What made it wait or be lost.
    pub failure: Option<FailureReport>,
}

/// The enrolment into Intune, which never decides about the registration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IntuneReport {
    /// `off`, `waiting_for_sign_in`, `under_way` or `enrolled`.
    pub state: String,
    /// Intune's id of the device, once enrolled.
    pub device_id: Option<String>,
    /// Who enrolled it, `name@domain`; told to root only.
    pub owner: Option<String>,
    /// RFC 3339 in UTC.
    pub enrolled_at: Option<String>,
    /// Until when Intune's certificate is valid, RFC 3339 in UTC.
    pub certificate_until: Option<String>,
    /// When the service last took the inventory, RFC 3339 in UTC.
    pub inventory_sent_at: Option<String>,
    /// What the service says of the machine, once it was asked.
    pub compliance: Option<ComplianceReport>,
    /// One sentence for people.
    pub summary: String,
}

/// The service's verdict; the machine has none of its own (intune.md 4.3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ComplianceReport {
    /// `ComplianceState` in the service's own words: `Compliant`, `Noncompliant`, `Unknown` or `Error`.
    pub verdict: String,
    /// When the service said so, RFC 3339 in UTC.
    pub at: String,
    /// Every rule that the service says is broken.
    pub rules: Vec<RuleReport>,
}

/// A rule that the service says is broken (intune.md 4.3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleReport {
    /// `Title`, or `SettingID` where there is none.
    pub title: String,
    /// `Description`, for people; none where the service sent none.
    pub description: Option<String>,
    /// `MoreInfoUri`: a page that says what to do; none where the service sent none.
    pub more: Option<String>,
}

/// One key of an identity, as `status` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyReport {
    /// `device`, `transport` or `intune`.
    pub purpose: String,
    /// A word of [`Backend`](model::Backend).
    pub backend: String,
    /// Algorithm and size, `RSA-2048`.
    pub algorithm: String,
    /// What protects it, in one line for people.
    pub protection: String,
    /// When it was last tested (sign and verify, or encrypt and decrypt), RFC 3339 in UTC.
    pub tested_at: Option<String>,
    /// What the key store said at that test, unless all was well.
    pub problem: Option<String>,
}

/// The last attempt of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptReport {
    /// The word of the phase (docs/words.md).
    pub phase: String,
    /// RFC 3339 in UTC.
    pub at: String,
    /// None when it went well.
    pub failure: Option<FailureReport>,
}

/// A device object that is not the identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerReport {
    /// RFC 3339 in UTC.
    pub at: String,
    /// `client-request-id` of the request that made it or may have made it.
    pub request_id: String,
    /// The id of the device in the directory, where it is known.
    pub device_id: Option<String>,
    /// The id that Intune gave the device, where it is known.
    pub intune_device_id: Option<String>,
    /// `in_doubt`, `unusable_reply`, `left_behind`, `intune_in_doubt`, `intune_unusable_reply` or
    /// `intune_left_behind`.
    pub kind: String,
    /// What an administrator can look for, where it is not known whether the object exists.
    pub look_for: Option<String>,
}
