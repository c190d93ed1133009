//! What a tenant can be told to do otherwise.

use crate::reading::{self, Wrong};
use crate::sign_in::METHODS;
use crate::throttle::Throttle;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tenant_wire::clients::REGISTRATION;
use tenant_wire::drs_error::DrsErrorShape;
use tenant_wire::routes;

/// What the stand-in can be told to do otherwise; every guess about the real service is one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Seconds until the sign-in service knows a new device.
    pub replication_lag_s: i64,
    /// Whether join type 0 is allowed.
    pub join_allowed: bool,
    /// Whether any device registration is allowed.
    pub registration_allowed: bool,
    /// Devices a user may own.
    pub quota: usize,
    /// Every sign-in needs a second factor, which a code request without `claims` does not bring: 50076.
    pub mfa_required_sign_in: bool,
    /// Tokens for registration need a second factor: 50076 with a `claims` challenge.
    pub mfa_required_registration: bool,
    /// The legacy tenant switch: the join itself is refused without a second factor.
    pub mfa_required_join: bool,
    /// A rule demands a compliant device: 53000 unless the request proves one.
    pub compliant_device_required: bool,
    /// Intune enrolment (`d4ebce55-…`) is excluded from that rule, as Learn says (intune.md 1.1); registration
    /// never is.
    pub enrolment_excluded: bool,
    /// The rules are applied when a PRT is issued or renewed too, not only when it is used; inferred.
    pub conditional_access_on_prt: bool,
    /// Seconds for which a nonce is fresh (entra.md 7.1: 600 by the specification, said to be 300 in fact).
    pub nonce_lifetime_s: i64,
    /// Seconds for which a PRT can be used and renewed.
    pub prt_lifetime_s: i64,
    /// Seconds for which a PRT can still be used after its renewal; the real figure is not known.
    pub prt_overlap_s: i64,
    /// The AADSTS number for a deleted device: 50155, or 700003 as Learn has it.
    pub deleted_device_code: u32,
    /// How `authorize` shows a refusal.
    pub authorize_refusal: AuthorizeRefusal,
    /// Domains that are (true) or are not (false) federated; a domain that is not named is managed.
    pub federated: BTreeMap<String, bool>,
    /// Scopes that an administrator has consented to for every client's Graph tokens, for example
    /// `Device.Read.All`.
    pub extra_graph_scopes: Vec<String>,
    /// Where the groups of a person are told; which is right for the broker is not known (guess).
    pub groups_told: GroupsTold,
    /// Seconds until a device code expires.
    pub device_code_lives_s: i64,
    /// Device-code sign-in is blocked, in one of three ways.
    pub device_code_blocked: DeviceCodeBlock,
    /// Resources that protocol tracking leaves alone: by default the registration service, as an administrator
    /// has to exclude it (entra.md 2.3).
    pub device_code_excluded: BTreeSet<String>,
    /// Seconds until a refresh token that was not used is forgotten.
    pub refresh_token_lifetime_s: i64,
    /// The form of access tokens, by resource or `*`; a resource that is not named gets plain ones.
    pub access_tokens: BTreeMap<String, TokenForm>,
    /// A User-Agent that does not name Linux is refused: 53003.
    pub unknown_platform_blocked: bool,
    /// Whose name `--auto-approve` signs in; the tenant's first user where it is not given.
    pub auto_approve_as: Option<String>,
    /// Refusals by AADSTS number (as text) of every token request of a user name.
    pub user_refusals: BTreeMap<String, u32>,
    /// Refusals of single (client, resource, grant, endpoint) combinations.
    pub refuse: Vec<Refuse>,
    /// Discover answers 401 without a token.
    pub discover_needs_token: bool,
    /// Which shape the errors of the registration service have.
    pub drs_error_shape: DrsErrorShape,
    /// Where a client certificate is accepted.
    pub client_certificate: ClientCertificate,
    /// The next requests of these names are throttled.
    pub throttle: BTreeMap<String, Throttle>,
    /// When a join makes a new object.
    pub recognition: Recognition,
    /// Added to the clock of every reply.
    pub clock_offset_s: i64,
    /// What is wrong with the next certificates.
    pub certificate_twist: Option<Twist>,
    /// What is wrong with the next id_tokens: claim and its value.
    pub id_token_twist: BTreeMap<String, serde_json::Value>,
    /// Seconds for which a second factor is fresh: until then it is told as `ngcmfa`, and a PRT gets a token with
    /// it without a person (entra.md 11.2, I9).
    pub ngcmfa_lifetime_s: i64,
    /// A Hello key is added with `ngcmfa` only, as Entra does; else with any second factor, as in MS-KPP.
    pub key_needs_ngcmfa: bool,
    /// The methods that the second-factor page offers, the default first (entra.md 2.4, step 4).
    pub second_factors: Vec<String>,
    /// The code that is right for every method that takes one.
    pub second_factor_code: String,
    /// The page asks whether to stay signed in before a code is given (`KmsiInterrupt`).
    pub keep_signed_in_page: bool,
    /// `IfExistsResult` of a name in place of the truth (entra.md 1.5); 2 also tells of throttling.
    pub exists_results: BTreeMap<String, i32>,
    /// `error` by AADSTS number (as text) in place of what goes with the number: most of those are guesses.
    pub error_strings: BTreeMap<String, String>,
    /// Clients that the protocol page does not name get tokens for Graph with `User.Read` (guess); else 700016.
    pub unlisted_clients: bool,
    /// Wrong passwords in a row that lock an account: 50053 (guess: the default of smart lockout).
    pub lockout_after: u32,
    /// Seconds that it stays locked (guess: the default of smart lockout).
    pub lockout_s: i64,
    /// Seconds until an authorization code expires (guess).
    pub authorization_code_lives_s: i64,
    /// Seconds until a sign-in on the page has to begin anew (guess).
    pub sign_in_lives_s: i64,
    /// Who approves a device code gives a second factor on the phone, though the client has not asked for one:
    /// `amr` has `mfa`, and `ngcmfa` only where it was asked for.
    pub second_factor_unasked: bool,
    /// Device codes name the stand-in's own page `/devicelogin`, which is there in any case, instead of Microsoft's.
    pub device_login_page: bool,
    /// Version 3.0 of the PRT protocol is served at version 2 of the token endpoint (entra.md 7.8).
    pub prt_protocol_3: bool,
    /// What replies of version 3.0 are encrypted with (entra.md 7.6 knows the earlier ones only).
    pub prt_protocol_3_reply: SealedForm,
    /// Resources that take a token of the device alone; others get 221000. Which do is not known (guess).
    pub device_token_resources: BTreeSet<String>,
}

impl Knobs {
    /// Refuses words that are known in no knob: names of requests, methods, grants and endpoints, and numbers.
    ///
    /// # Errors
    /// [`Wrong`], with the place of the first such word.
    pub fn check(&self) -> Result<(), Wrong> {
        let requests: Vec<&'static str> = routes::REQUESTS.iter().map(|(name, _)| *name).collect();
        for name in self.throttle.keys() {
            reading::known(&["throttle", name], name, &requests)?;
        }
        for method in &self.second_factors {
            reading::known(&["second_factors"], method, &METHODS)?;
        }
        for (index, line) in self.refuse.iter().enumerate() {
            line.check().map_err(|wrong| wrong.in_item(index).in_member("refuse"))?;
        }
        let number = |(code, _): &(&String, &String)| code.parse::<u32>().is_err();
        match self.error_strings.iter().find(number) {
            Some((code, _)) => {
                let wrong = Wrong::rule(format!("`{code}` is no AADSTS number"));
                Err(wrong.in_member("error_strings"))
            }
            None => Ok(()),
        }
    }
}

impl Refuse {
    fn check(&self) -> Result<(), Wrong> {
        self.grant.as_deref().map_or(Ok(()), |word| reading::known(&["grant"], word, &GRANTS))?;
        self.endpoint.as_deref().map_or(Ok(()), |word| reading::known(&["endpoint"], word, &ENDPOINTS))
    }
}

/// The words of [`Refuse::grant`].
pub const GRANTS: [&str; 14] = [
    "code_request",
    "device_code",
    "refresh_token",
    "password",
    "authorize",
    "authorization_code",
    "client_credentials",
    "prt",
    "prt_refresh_token",
    "prt_password",
    "prt_hello",
    "prt_renew",
    "device_exchange",
    "device_token",
];
/// The words of [`Refuse::endpoint`].
pub const ENDPOINTS: [&str; 3] = ["token", "authorize", "devicecode"];

impl Default for Knobs {
    fn default() -> Knobs {
        Knobs {
            replication_lag_s: 0,
            join_allowed: true,
            registration_allowed: true,
            quota: 50,
            mfa_required_sign_in: false,
            mfa_required_registration: false,
            mfa_required_join: false,
            compliant_device_required: false,
            enrolment_excluded: true,
            conditional_access_on_prt: true,
            nonce_lifetime_s: 600,
            // entra.md 7.4 [observed]: 14 days less one second.
            prt_lifetime_s: 1_209_599,
            prt_overlap_s: 1_209_599,
            deleted_device_code: 50_155,
            authorize_refusal: AuthorizeRefusal::Page,
            federated: BTreeMap::new(),
            extra_graph_scopes: Vec::new(),
            groups_told: GroupsTold::Graph,
            device_code_lives_s: DEVICE_CODE_LIVES_S,
            device_code_blocked: DeviceCodeBlock::No,
            device_code_excluded: BTreeSet::from([REGISTRATION.to_owned()]),
            // Ninety days, the documented default.
            refresh_token_lifetime_s: 7_776_000,
            access_tokens: BTreeMap::new(),
            unknown_platform_blocked: false,
            auto_approve_as: None,
            user_refusals: BTreeMap::new(),
            refuse: Vec::new(),
            discover_needs_token: false,
            drs_error_shape: DrsErrorShape::B,
            client_certificate: ClientCertificate::Handshake,
            throttle: BTreeMap::new(),
            recognition: Recognition::M1,
            clock_offset_s: 0,
            certificate_twist: None,
            id_token_twist: BTreeMap::new(),
            ngcmfa_lifetime_s: 600,
            key_needs_ngcmfa: true,
            second_factors: ["PhoneAppNotification", "PhoneAppOTP"].map(str::to_owned).to_vec(),
            second_factor_code: "123456".to_owned(),
            keep_signed_in_page: false,
            exists_results: BTreeMap::new(),
            error_strings: BTreeMap::new(),
            unlisted_clients: true,
            lockout_after: 10,
            lockout_s: 60,
            authorization_code_lives_s: 600,
            sign_in_lives_s: 900,
            second_factor_unasked: false,
            device_login_page: false,
            prt_protocol_3: true,
            prt_protocol_3_reply: SealedForm::Gcm,
            device_token_resources: BTreeSet::from([REGISTRATION.to_owned()]),
        }
    }
}

/// entra.md 2.3: 900 seconds unless the service says otherwise.
const DEVICE_CODE_LIVES_S: i64 = 900;

/// entra.md 2.3: the three ways in which device-code sign-in is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceCodeBlock {
    /// Not.
    No,
    /// Shown in the browser only: the poll stays pending until the code expires.
    BrowserOnly,
    /// 53003 at the token endpoint.
    TokenEndpoint,
    /// 530036 for every resource derived from it, except the registration service.
    ProtocolTracking,
}

/// Where the groups of a person are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupsTold {
    /// By Graph, with the scope that every client has; no token tells them.
    Graph,
    /// In every `id_token` as `groups` (`groupMembershipClaims`); Graph refuses to: 403.
    Token,
    /// The `id_token` says in `_claim_names` that there are too many for it; Graph tells them.
    TooMany,
    /// Nowhere: Graph refuses to, with 403, until an administrator consents (`extra_graph_scopes`).
    Nowhere,
}

/// What an encrypted reply carries under its label `A256GCM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealedForm {
    /// AES-256-GCM with a nonce of 12 bytes, as the label says.
    Gcm,
    /// AES-256-CBC with an empty tag, as the replies of earlier versions.
    Cbc,
}

/// entra.md 2.10: what an access token looks like to a client, which is to take none apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenForm {
    /// Three parts, signed as they are.
    Plain,
    /// Three parts; the signature is over a header in which `nonce` is hashed, as in tokens for Graph. How it
    /// is hashed (SHA-256, base64url) is inferred.
    HashedNonce,
    /// Five parts that only the resource can read.
    Opaque,
}

/// entra.md 2.4: where a refusal of `authorize` is found; which of the two is real for which code is inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizeRefusal {
    /// On a page, in its `$Config`.
    Page,
    /// In the redirect, as `error` and `error_description`.
    Redirect,
}

/// entra.md 11.4, rule 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificate {
    /// On the registration host, asked for in the handshake.
    Handshake,
    /// On its `certauth.` twin only.
    CertauthOnly,
    /// Only together with a bearer token.
    WithBearer,
    /// Never; a bearer token of the owner alone is accepted.
    Never,
}

/// reliability.md D.2: when a join makes a new object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recognition {
    /// The same device key gets the same object.
    M1,
    /// The same display name with `ReuseDevice` gets the same object.
    M2,
    /// Every join makes a new object.
    M3,
}

/// One refused combination; a member that is not given matches anything.
///
/// What the Intune way of entra.md 7.6 uses is refused one by one with: `{"grant": "prt"}` for a PRT's signed
/// exchange, `{"grant": "refresh_token"}` for the redemptions after it, `{"endpoint": "authorize"}` for the way
/// over a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// `client_id`.
    #[serde(default)]
    pub client: Option<String>,
    /// The resource asked for; requests for a PRT have none.
    #[serde(default)]
    pub resource: Option<String>,
    /// `code_request`, `device_code`, `refresh_token`, `password`, `authorize`, `authorization_code`,
    /// `client_credentials`; `prt` (a token for a PRT), `prt_refresh_token`, `prt_password` and `prt_hello` (a PRT
    /// for each), `prt_renew`, `device_exchange` (a token for a refresh token and the proof of a device),
    /// `device_token` (a token of the device alone).
    #[serde(default)]
    pub grant: Option<String>,
    /// The last word of the path: `token`, `authorize` or `devicecode`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// AADSTS number.
    pub code: u32,
    /// `error`; where it is not given, what goes with the number.
    #[serde(default)]
    pub error: Option<String>,
    /// HTTP status; where it is not given, what goes with the number.
    #[serde(default)]
    pub status: Option<u16>,
    /// Members that join or replace those of the error object.
    #[serde(default)]
    pub body: serde_json::Map<String, serde_json::Value>,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Twist {
    /// It is for another key.
    AnotherKey,
    /// OID .284.5 names another tenant.
    AnotherTenant,
    /// The subject is no GUID.
    NoDeviceId,
    /// It has expired.
    Expired,
}
