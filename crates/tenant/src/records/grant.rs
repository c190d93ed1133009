//! What led to a token, and may lead to others.

use uuid::Uuid;

/// What a refresh token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    pub(crate) client: String,
    pub(crate) amr: Vec<String>,
    /// When the second factor was used, if one was: milliseconds since 1970.
    pub(crate) mfa_at: Option<i64>,
    pub(crate) from_device_code: bool,
    /// The device that was proved for it; plain sign-ins have none (entra.md 8).
    pub(crate) device: Option<Uuid>,
    /// When the person gave their credentials, in milliseconds since 1970.
    pub(crate) signed_in_at: i64,
}

impl Grant {
    /// Whether this method is among those that led here.
    pub(crate) fn has(&self, method: &str) -> bool {
        self.amr.iter().any(|it| it == method)
    }

    /// The grant behind a PRT: it names the device, and `rsa` among its methods; a second factor survives, its
    /// freshness does not (entra.md 8).
    pub(crate) fn with_device(&self, device: Uuid) -> Grant {
        let lasting = self.amr.iter().filter(|method| *method != "ngcmfa" && *method != "rsa").cloned();
        let amr = lasting.chain(["rsa".to_owned()]).collect();
        Grant { amr, device: Some(device), ..self.clone() }
    }
}
