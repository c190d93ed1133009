//! What led to a token, and may lead to others.

use uuid::Uuid;

/// What a refresh token stands for.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Tenant id, `tid` of its tokens.
    pub tenant: Uuid,
    /// Object id of the user.
    pub user: Uuid,
    /// `client_id`.
    pub client: String,
    /// The methods that led here: `pwd`, `rsa`, `mfa`, `ngcmfa`.
    pub amr: Vec<String>,
    /// When the second factor was used, if one was: milliseconds since 1970.
    pub mfa_at: Option<i64>,
    /// Whether it came by a device code, which rules can refuse.
    pub from_device_code: bool,
    /// The device that was proved for it; plain sign-ins have none (entra.md 8).
    pub device: Option<Uuid>,
    /// When the person gave their credentials, in milliseconds since 1970.
    pub signed_in_at: i64,
    /// What its last token was for, as the client spelled it: a refresh that names nothing is for the same.
    pub resource: Option<String>,
    /// `scope` as it was asked for with that token.
    pub scope: Option<String>,
}

impl Grant {
    /// What a person has just signed in with, by these methods, for this client.
    pub fn signed_in((tenant, user): (Uuid, Uuid), client: &str, amr: &[&str], now_ms: i64) -> Grant {
        Grant {
            tenant,
            user,
            client: client.to_owned(),
            amr: amr.iter().map(|method| (*method).to_owned()).collect(),
            mfa_at: None,
            from_device_code: false,
            device: None,
            signed_in_at: now_ms,
            resource: None,
            scope: None,
        }
    }

    /// Whether this method is among those that led here.
    pub fn has(&self, method: &str) -> bool {
        self.amr.iter().any(|it| it == method)
    }

    /// The grant behind a PRT: it names the device, and `rsa` among its methods; a second factor survives, its
    /// freshness does not (entra.md 8).
    pub fn with_device(&self, device: Uuid) -> Grant {
        let lasting = self.amr.iter().filter(|method| *method != "ngcmfa" && *method != "rsa").cloned();
        let amr = lasting.chain(["rsa".to_owned()]).collect();
        Grant { amr, device: Some(device), ..self.clone() }
    }

    /// The grant after a second factor at this moment (milliseconds since 1970).
    pub fn with_second_factor(&self, now_ms: i64) -> Grant {
        let mut grant = Grant { mfa_at: Some(now_ms), ..self.clone() };
        for method in ["mfa", "ngcmfa"] {
            if !grant.has(method) {
                grant.amr.push(method.to_owned());
            }
        }
        grant
    }
}
