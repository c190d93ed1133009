//! Device codes, and what their people said.

use crate::views::{ApproveError, PendingCode};
use tenant_wire::expiring::Expiring;
use uuid::Uuid;

/// Every device code.
#[derive(Debug, Default)]
pub struct DeviceCodes {
    /// By `device_code`, which only the client knows.
    pub by_device_code: Expiring<DeviceCode>,
}

/// A sign-in that waits for its person on another device.
#[derive(Debug, Clone)]
pub struct DeviceCode {
    /// What the person types.
    pub user_code: String,
    /// The tenant that it was asked for at.
    pub tenant: Uuid,
    /// `client_id`.
    pub client: String,
    /// What was asked for, as the client spelled it.
    pub resource: String,
    /// Whether a second factor was asked for.
    pub claims: bool,
    /// Milliseconds since 1970.
    pub expires_at: i64,
    /// How often the client has asked for tokens.
    pub polls: u32,
    /// What the person said.
    pub state: CodeState,
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeState {
    /// Nothing yet: polls get `authorization_pending`.
    Waiting,
    /// By the user with this object id.
    Approved(Uuid),
    /// No: polls get `authorization_declined`.
    Declined,
    /// Yes, and the client has its tokens.
    Used,
}

impl DeviceCodes {
    /// The person of this user code declines.
    ///
    /// # Errors
    /// [`ApproveError::UnknownCode`].
    pub fn deny(&mut self, user_code: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.waiting(user_code, now_ms)?.state = CodeState::Declined;
        Ok(())
    }

    /// Those that wait for their person.
    pub fn pending(&self, now_ms: i64) -> Vec<PendingCode> {
        let waits = |code: &&DeviceCode| code.state == CodeState::Waiting && code.expires_at > now_ms;
        let view = |code: &DeviceCode| PendingCode {
            user_code: code.user_code.clone(),
            tenant: code.tenant.to_string(),
            expires_at: code.expires_at,
        };
        self.by_device_code.values().filter(waits).map(view).collect()
    }

    /// The tenant that a code was asked for at.
    pub fn tenant_of(&self, device_code: &str) -> Option<Uuid> {
        self.by_device_code.get(device_code).map(|code| code.tenant)
    }

    /// The code that waits for what a person types.
    ///
    /// # Errors
    /// [`ApproveError::UnknownCode`].
    pub fn waiting(&mut self, user_code: &str, now_ms: i64) -> Result<&mut DeviceCode, ApproveError> {
        let wanted = user_code.to_ascii_uppercase();
        let waits = |code: &&mut DeviceCode| {
            code.user_code == wanted && code.state == CodeState::Waiting && code.expires_at > now_ms
        };
        self.by_device_code.values_mut().find(waits).ok_or(ApproveError::UnknownCode(wanted.clone()))
    }
}
