//! What goes with an AADSTS number: the `error`, the status and a text (entra.md 2.5, 2.8, 6.4, 6.5).
//!
//! Clients go by the number; most of the `error` strings are inferred, and this is the one place for them.

use crate::answer::{Answer, Ids};
use serde_json::json;
use time::OffsetDateTime;

impl Ids {
    /// The refusal with this number, with all that goes with it.
    pub fn refuse(&self, now: OffsetDateTime, code: u32) -> Answer {
        let row = ROWS.iter().find(|row| row.0.contains(&code));
        let (error, text) = row.map_or(("invalid_grant", "The request was refused."), |row| (row.1, row.2));
        let mut answer = self.error(now, code, error, text);
        if SECOND_FACTOR.contains(&code) {
            answer.set("suberror", json!("basic_action"));
            answer.set("claims", json!(r#"{"access_token":{"amr":{"values":["ngcmfa","mfa"]}}}"#));
        }
        if error == "invalid_client" && code != UNKNOWN_SCOPE {
            Answer { status: 401, ..answer }
        } else {
            answer
        }
    }
}

/// It is no matter of who the client is, although its `error` says so.
const UNKNOWN_SCOPE: u32 = 650_053;

/// Numbers, `error`, text.
type Row = (&'static [u32], &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        &[50_097, 50_129, 50_187],
        "interaction_required",
        "Device authentication is required: the device is not known to this sign-in.",
    ),
    (
        &[53_000, 530_003],
        "interaction_required",
        "Device is not in required device state: it must be managed and compliant.",
    ),
    (&[53_001], "interaction_required", "Device is not in required device state: it must be joined."),
    (
        &[53_003, 53_011, 530_032, 530_034, 530_035, 50_131, 50_105],
        "interaction_required",
        "Access has been blocked by Conditional Access policies.",
    ),
    (&[530_036], "invalid_grant", "Device code flow is blocked by protocol tracking."),
    (&[530_084], "invalid_grant", "Access has been blocked by token protection."),
    (
        SECOND_FACTOR,
        "invalid_grant",
        "Due to a configuration change made by your administrator, you must use multi-factor authentication.",
    ),
    (&[50_203, 50_125], "interaction_required", "The user must register or reset sign-in information."),
    (&[50_158], "interaction_required", "External security challenge was not satisfied."),
    (&[50_126], "invalid_grant", "Error validating credentials due to invalid username or password."),
    (&[50_053], "invalid_grant", "The account is locked: too many wrong passwords."),
    (&[50_055, 50_144, 50_056], "invalid_grant", "The password is expired or not set."),
    (&[50_057], "invalid_grant", "The user account is disabled."),
    (
        &[50_034, 51_004, 50_020, 90_072, 500_208, 16_000],
        "invalid_grant",
        "The user account does not exist in this directory.",
    ),
    (
        &[50_173, 70_008, 700_082, 700_084, 70_043, 50_089, 50_132, 50_133],
        "invalid_grant",
        "The grant was revoked or has expired: sign in again.",
    ),
    (&[50_155], "invalid_grant", "Device authentication failed: the device is not known."),
    (&[700_003], "invalid_grant", "Your organization has deleted this device."),
    (&[135_011], "invalid_grant", "Device used during the authentication is disabled."),
    (&[70_002], "invalid_client", "Error validating credentials."),
    (&[7_000_218], "invalid_client", "The request body must contain 'client_assertion' or 'client_secret'."),
    (&[7_000_215], "invalid_client", "Invalid client secret provided."),
    (
        &[700_025],
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    (&[700_016], "unauthorized_client", "The application was not found in the directory."),
    (&[650_053], "invalid_client", "The application asked for a scope that does not exist on the resource."),
    (
        &[1_002_012],
        "invalid_scope",
        "Client credential flows must have a scope value with /.default suffixed to the resource identifier.",
    ),
    (&[50_049], "invalid_instance", "Unknown or invalid instance."),
    (&[221_000], "invalid_grant", "The resource does not take device-only tokens."),
    (&[50_011], "invalid_request", "The redirect URI does not match those of the application."),
    (&[65_001], "invalid_grant", "The user or administrator has not consented to use the application."),
    (
        &[65_002],
        "invalid_grant",
        "Consent between first party applications must be configured via preauthorization.",
    ),
    (&[500_011], "invalid_resource", "The resource principal was not found in the tenant."),
    (&[70_011], "invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    (&[90_002, 50_059, 900_023], "invalid_request", "The tenant was not found."),
    (&[90_038], "invalid_request", "The tenant is in another national cloud: use its own host."),
    (&[90_055, 90_006, 90_033], "temporarily_unavailable", "The service is temporarily unavailable."),
    (
        &[130_004, 130_005, 130_006, 130_007, 130_008],
        "invalid_grant",
        "The key of the user was not accepted.",
    ),
    (&[140_000], "invalid_grant", "Request nonce is not provided, not ours or expired."),
    (&[140_001], "invalid_grant", "The session key is not valid."),
];
const SECOND_FACTOR: &[u32] = &[50_072, 50_074, 50_076, 50_078, 50_079, 500_121];
