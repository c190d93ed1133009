//! What Intune can be told to do otherwise.

use crate::records::custom_rules::{CustomRules, LANGUAGES};
use crate::records::policy::Policy;
use crate::routes::REQUESTS;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tenant_model::reading::{self, Wrong};
use tenant_model::throttle::Throttle;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// What the stand-in can be told to do otherwise; every guess about the real service is one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntuneKnobs {
    /// Client ids (`appid` or `azp`) that are served; others get the 400 without a reason (intune.md 8.1,
    /// rule 2).
    pub clients: BTreeSet<String>,
    /// Oldest `client-version` and `ssp-version` that is served, `1.YYMM.n` (guess: the real floor moves); where it
    /// is empty, a version has any form. An `ssp-version` is judged so where its `ssp` is the portal for Linux.
    pub version_floor: String,
    /// Whether a request to the Linux services must name its `client-version` (observed in December 2025,
    /// intune.md 2.1).
    pub client_version_needed: bool,
    /// The floor of `ssp-version` alone where it is not the same (guess: it is, intune.md 6.2).
    pub ssp_version_floor: Option<String>,
    /// Status for a token without `tid`, `oid` or `deviceid` (guess: intune.md 8.1, rule 3 names none).
    pub missing_claim_status: u16,
    /// By request name, or `*`: how often a request fails before it is looked at (intune.md 8.1, rule 12).
    pub faults: BTreeMap<String, Chance>,
    /// By request name, or `*`: how many of the next requests are throttled (guess: intune.md 8.2).
    pub throttle: BTreeMap<String, Throttle>,
    /// `providerName`s that the endpoint list leaves out.
    pub endpoints_missing: BTreeSet<String>,
    /// Whether the URIs of the endpoint list end with a slash.
    pub trailing_slash: bool,
    /// How the URIs spell the name of the service.
    pub mdm_casing: MdmCasing,
    /// By request name (`intune.enroll`, …): the case of the reply's property names where it is not the
    /// usual one (intune.md 2.3, 3.2, 3.4, 4.3).
    pub casing: BTreeMap<String, Casing>,
    /// Status is answered without `policyStatuses` (intune.md 3.4).
    pub omit_policy_statuses: bool,
    /// Milliseconds between a status and its verdict.
    pub verdict_delay_ms: i64,
    /// What the device view says while the verdict is awaited (guess).
    pub pending_state: PendingState,
    /// Until when a device that is not compliant passes for compliant, `2026-12-01T00:00:00Z`; `None`: no grace.
    pub grace_until: Option<String>,
    /// What the device view says in that time (guess: compliance.md 13).
    pub grace_state: GraceState,
    /// Milliseconds after which a status is too old and its device not compliant: the tenant's validity period,
    /// 30 days where it is not changed.
    pub validity_ms: i64,
    /// Milliseconds that errors leave the state before them standing, seven days; then the device is not
    /// compliant, or in grace.
    pub error_hold_ms: i64,
    /// What a setting counts as whose state the client does not know (guess: compliance.md 13).
    pub unknown_counts_as: UnknownCountsAs,
    /// How a rule counts that a status has no answer to (guess: compliance.md 13).
    pub partial_status: PartialStatus,
    /// After how many requests for its policies a device gets an empty list, although it has some (observed as
    /// a fault of the service, compliance.md 8); `None`: never.
    pub policies_empty_after: Option<u32>,
    /// The person's languages, the preferred one first, `de_DE`; custom rules speak `en_US` where they have none
    /// of them.
    pub languages: Vec<String>,
    /// Whether a device that no policy applies to is compliant: the tenant's own setting.
    pub compliant_without_policy: bool,
    /// Whether the values of a status are compared with the policy (guess: they are not, intune.md 3.4).
    pub verify: Verify,
    /// Built-in settings, by their item id, that a client may call `Unknown` without being doubted under `verify`;
    /// custom compliance and settings of other ids never are.
    pub may_be_unknown: BTreeSet<String>,
    /// The policies of everybody, spelled as on the wire; ids and paths that are missing are made up.
    ///
    /// `policyType` and `cspPath` are guesses for most settings (intune.md 3.2, 3.3): name them here.
    pub policies: Vec<Policy>,
    /// Custom compliance rules are delivered to the device, which then evaluates them (guess: they are not,
    /// intune.md 3.5).
    pub deliver_rules: bool,
    /// What happens when another user enrols a device that somebody owns (guess: intune.md 2.4 has both).
    pub second_user: SecondUser,
    /// Status for a user who does not own the device.
    pub second_user_status: u16,
    /// Status for an Intune id that is presented from another Entra device (guess: intune.md 8.1, rule 3).
    pub other_device_status: u16,
    /// Status of `details` for an id that is not known: 400 with "Device validation failed", 401 as a MAY
    /// (intune.md 8.1, rule 7), or another one.
    pub unknown_device_status: u16,
    /// Whether enrolling the same device again keeps its Intune id (guess: it gets a new one).
    pub re_enrol_keeps_id: bool,
    /// Users without a licence are refused (guess: the real refusal is not known, intune.md 1.1).
    pub licence_check: bool,
    /// Status of that refusal (guess).
    pub licence_status: u16,
    /// How many devices a user may have enrolled at a time; `None`: any number (guess, intune.md 8.2).
    pub enrolment_limit: Option<u32>,
    /// Status for one device more than that (guess).
    pub enrolment_limit_status: u16,
    /// The User-Agent must be `Linux Company Portal/<ID> <VERSION_ID>/<version>` (guess: it need not).
    pub user_agent_pattern: bool,
    /// Check-in calls must carry `client-request-id` (guess: they need not).
    pub client_request_id_needed: bool,
    /// Which query parameters IWService wants (intune.md 4.1).
    pub device_query: DeviceQuery,
    /// The device view has no `#CommonContainer.Retire` (intune.md 4.5).
    pub no_retire_action: bool,
    /// `certificate.renewPeriod`, presumably days (intune.md 2.3).
    pub renew_period: u32,
    /// Days that a certificate is valid (guess).
    pub certificate_days: i64,
    /// A device whose certificate has expired is refused at check-in (guess: it is not, intune.md 6.1).
    pub refuse_expired_certificates: bool,
    /// Status of the portal's question about terms of use: 200 with none to accept (guess), or the 400 and
    /// 500 of intune.md 1.1 (observed).
    pub terms_of_use_status: u16,
    /// Versions of the portal's package that its directory lists (intune.md 6.2).
    pub portal_versions: Vec<String>,
}

impl Default for IntuneKnobs {
    fn default() -> IntuneKnobs {
        IntuneKnobs {
            clients: CLIENTS.map(str::to_owned).into(),
            version_floor: "1.2503.0".to_owned(),
            client_version_needed: true,
            ssp_version_floor: None,
            missing_claim_status: 400,
            faults: BTreeMap::new(),
            throttle: BTreeMap::new(),
            endpoints_missing: BTreeSet::new(),
            trailing_slash: false,
            mdm_casing: MdmCasing::LinuxMDM,
            casing: BTreeMap::new(),
            omit_policy_statuses: false,
            verdict_delay_ms: 2_000,
            pending_state: PendingState::Noncompliant,
            grace_until: None,
            grace_state: GraceState::Noncompliant,
            validity_ms: 30 * DAY_MS,
            error_hold_ms: 7 * DAY_MS,
            unknown_counts_as: UnknownCountsAs::Error,
            partial_status: PartialStatus::NotReported,
            policies_empty_after: None,
            languages: Vec::new(),
            compliant_without_policy: true,
            verify: Verify::Trust,
            may_be_unknown: BTreeSet::new(),
            policies: Vec::new(),
            deliver_rules: false,
            second_user: SecondUser::Refuse,
            second_user_status: 400,
            other_device_status: 403,
            unknown_device_status: 400,
            re_enrol_keeps_id: false,
            licence_check: false,
            licence_status: 403,
            enrolment_limit: None,
            enrolment_limit_status: 403,
            user_agent_pattern: false,
            client_request_id_needed: false,
            device_query: DeviceQuery::Five,
            no_retire_action: false,
            renew_period: 181,
            certificate_days: 365,
            refuse_expired_certificates: false,
            terms_of_use_status: 200,
            portal_versions: PORTAL_VERSIONS.map(str::to_owned).into(),
        }
    }
}

impl IntuneKnobs {
    /// Refuses names that are not known, versions and dates that are none, and rules files that the service refuses.
    ///
    /// # Errors
    /// [`Wrong`], with the place of the first such word.
    pub fn check(&self) -> Result<(), Wrong> {
        let requests: Vec<&'static str> = REQUESTS.iter().map(|(name, _)| *name).chain(["*"]).collect();
        let (faults, throttle) = (self.faults.keys(), self.throttle.keys());
        let (faults, throttle) = (faults.map(|it| ("faults", it)), throttle.map(|it| ("throttle", it)));
        for (knob, name) in faults.chain(throttle).chain(self.casing.keys().map(|it| ("casing", it))) {
            reading::known(&[knob, name], name, &requests)?;
        }
        for name in &self.endpoints_missing {
            reading::known(&["endpoints_missing"], name, &PROVIDERS)?;
        }
        for (index, policy) in self.policies.iter().enumerate() {
            let checked = policy.custom_rules.as_ref().map_or(Ok(()), CustomRules::check);
            let place = |wrong: Wrong| wrong.in_member("customRules").in_item(index).in_member("policies");
            checked.map_err(place)?;
        }
        for name in &self.languages {
            reading::known(&["languages"], name, &LANGUAGES)?;
        }
        if self.grace_until.is_some() && self.grace_until_ms().is_none() {
            return Err(Wrong::rule("expected a date, `2026-12-01T00:00:00Z`").in_member("grace_until"));
        }
        let floors = [
            ("version_floor", Some(&self.version_floor)),
            ("ssp_version_floor", self.ssp_version_floor.as_ref()),
        ];
        for (knob, floor) in floors {
            if floor.is_some_and(|it| !it.is_empty() && numbers(it).is_none()) {
                return Err(Wrong::rule("expected a version, `1.YYMM.n`").in_member(knob));
            }
        }
        Ok(())
    }
}

impl IntuneKnobs {
    /// When grace ends, in milliseconds since 1970.
    pub(crate) fn grace_until_ms(&self) -> Option<i64> {
        let until = OffsetDateTime::parse(self.grace_until.as_ref()?, &Rfc3339).ok()?;
        i64::try_from(until.unix_timestamp_nanos() / 1_000_000).ok()
    }
}

/// The three numbers of a version `1.YYMM.n`; `None` for any other form.
pub(crate) fn numbers(version: &str) -> Option<[u32; 3]> {
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    numbers.ok()?.try_into().ok()
}

/// How often a request fails for no reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chance {
    /// Probability of a 404, from 0 to 1.
    pub not_found: f64,
    /// Probability of a 500, from 0 to 1.
    pub server_error: f64,
}

/// What is made of a built-in setting that is called compliant with a value that the policy forbids, or unknown
/// although the client can know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// Nothing: `NewComplianceState` is believed.
    Trust,
    /// The transcript says so (`doubted`); the verdict stands.
    Flag,
    /// The transcript says so, and the setting is not compliant.
    Distrust,
}

/// intune.md 1.3: both spellings have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MdmCasing {
    /// `LinuxMDM`.
    LinuxMDM,
    /// `LinuxMdm`.
    LinuxMdm,
}

/// The case of property names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Casing {
    /// `PolicyStatuses`.
    Pascal,
    /// `policyStatuses`.
    Camel,
}

/// `ComplianceState` while a verdict is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PendingState {
    /// As for any other failing rule.
    Noncompliant,
    /// Nothing is known yet.
    Unknown,
}

/// `ComplianceState` of a device that is not compliant yet in grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GraceState {
    /// As without grace; only the date tells.
    Noncompliant,
    /// As the directory has it.
    Compliant,
}

/// What a client's `Unknown` counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownCountsAs {
    /// As an error, which leaves the state before it standing.
    Error,
    /// As itself: the device view says `Unknown`.
    Unknown,
    /// As a rule that does not hold.
    Noncompliant,
}

/// What a rule counts as that a status leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialStatus {
    /// Not compliant, with the rule "Sync your device with Intune".
    NotReported,
    /// As an error, which leaves the state before it standing.
    Error,
    /// As if the device did not have the rule.
    Ignored,
}

/// What a second user's enrolment leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondUser {
    /// It is refused.
    Refuse,
    /// The device is theirs from now on, under a new id.
    Overwrite,
}

/// Which query parameters must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceQuery {
    /// The five of older clients.
    Five,
    /// The eight that the portal was seen to send; otherwise 500 (guess).
    Eight,
}

/// The knobs in force: those of everybody, and those of single tenants.
#[derive(Debug, Clone, Default)]
pub(crate) struct InForce {
    pub(crate) general: IntuneKnobs,
    pub(crate) tenants: BTreeMap<Uuid, IntuneKnobs>,
}

impl InForce {
    /// The knobs of a tenant, or of nobody's.
    pub(crate) fn of(&self, tenant: Option<Uuid>) -> &IntuneKnobs {
        tenant.and_then(|tenant| self.tenants.get(&tenant)).unwrap_or(&self.general)
    }

    /// Uses up one throttled answer to a request of this name, if there is one left.
    pub(crate) fn take_throttle(&mut self, tenant: Option<Uuid>, name: &str) -> Option<Throttle> {
        let own = tenant.and_then(|tenant| self.tenants.get_mut(&tenant));
        let throttle = &mut own.unwrap_or(&mut self.general).throttle;
        let key = if throttle.contains_key(name) { name } else { "*" };
        throttle.get_mut(key)?.take()
    }
}

/// The `providerName`s of the endpoint list (intune.md 1.3), in its order.
pub(crate) const PROVIDERS: [&str; 6] = [
    "AndroidEnrollment",
    "LinuxEnrollmentService",
    "BrandingService",
    "IWService",
    "LinuxDeviceCheckinService",
    "TokenRenewalService",
];
const DAY_MS: i64 = 86_400_000;
/// Seen in the world (intune.md 6.2).
const PORTAL_VERSIONS: [&str; 5] = ["1.2503.10", "1.2511.7", "1.2511.11", "1.2607.4", "1.2609.5"];
/// Company Portal for Linux, and Company Portal (intune.md 0.3).
const CLIENTS: [&str; 2] = ["b743a22d-6705-4147-8670-d92fa515ee2b", "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223"];
