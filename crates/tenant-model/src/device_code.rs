//! Device codes, and what their people said.

use crate::directory::Directories;
use crate::knobs::DeviceCodeBlock;
use crate::rules::Rules;
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
    /// `scope` as it was asked for, which the token's reply repeats.
    pub scope: Option<String>,
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
    /// A person approves, by this name, unless the page refuses them.
    ///
    /// # Errors
    /// [`ApproveError`] for a code that does not wait, a user that is not there, or what the page would refuse.
    pub fn approve(
        &mut self,
        user_code: &str,
        upn: &str,
        (directories, rules): (&Directories, &Rules),
        now_ms: i64,
    ) -> Result<(), ApproveError> {
        let user = directories.user_named(upn).map(|(home, user)| (home, user.oid));
        let (home, user) = user.ok_or_else(|| ApproveError::Unknown(upn.to_owned()))?;
        let code = self.waiting(user_code, now_ms)?;
        if rules.of(Some(code.tenant)).device_code_blocked == DeviceCodeBlock::BrowserOnly {
            return Err(ApproveError::Refused("53003: you don't have access to this".to_owned()));
        }
        if code.tenant != home {
            return Err(ApproveError::Refused("50020: the account is not in this tenant".to_owned()));
        }
        code.state = CodeState::Approved(user);
        Ok(())
    }

    /// A person declines, by this name.
    ///
    /// # Errors
    /// [`ApproveError`] for a code that does not wait or a user that is not there.
    pub fn deny(
        &mut self,
        user_code: &str,
        upn: &str,
        directories: &Directories,
        now_ms: i64,
    ) -> Result<(), ApproveError> {
        directories.user_named(upn).ok_or_else(|| ApproveError::Unknown(upn.to_owned()))?;
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
