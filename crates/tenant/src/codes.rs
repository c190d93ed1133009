//! The device authorization grant (entra.md 2.3).

use crate::asking::Ask;
use crate::authorize::REMEMBERED_MS;
use crate::policy::Wish;
use crate::token::Grant;
use crate::world::Tenant;
use serde_json::json;
use tenant_model::knobs::DeviceCodeBlock;
use tenant_model::views::{ApproveError, PendingCode};
use tenant_wire::answer::Answer;
use tenant_wire::forms::Form;
use tenant_wire::kept::Kept;
use uuid::Uuid;

#[derive(Debug, Default)]
pub(crate) struct Codes {
    by_device_code: Kept<Code>,
}

#[derive(Debug, Clone)]
struct Code {
    user_code: String,
    tenant: Uuid,
    client: String,
    resource: String,
    claims: bool,
    expires_at: i64,
    polls: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Approved(Uuid),
    Declined,
    Used,
}

impl Codes {
    pub(crate) fn deny(&mut self, user_code: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.waiting(user_code, now_ms)?.state = State::Declined;
        Ok(())
    }

    pub(crate) fn pending(&self, now_ms: i64) -> Vec<PendingCode> {
        let waits = |code: &&Code| code.state == State::Waiting && code.expires_at > now_ms;
        let view = |code: &Code| PendingCode {
            user_code: code.user_code.clone(),
            tenant: code.tenant.to_string(),
            expires_at: code.expires_at,
        };
        self.by_device_code.values().filter(waits).map(view).collect()
    }

    pub(crate) fn tenant_of(&self, device_code: &str) -> Option<Uuid> {
        self.by_device_code.get(device_code).map(|code| code.tenant)
    }

    fn waiting(&mut self, user_code: &str, now_ms: i64) -> Result<&mut Code, ApproveError> {
        let wanted = user_code.to_ascii_uppercase();
        let waits = |code: &&mut Code| {
            code.user_code == wanted && code.state == State::Waiting && code.expires_at > now_ms
        };
        self.by_device_code.values_mut().find(waits).ok_or(ApproveError::UnknownCode(wanted.clone()))
    }
}

impl Tenant {
    pub(crate) fn device_code(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let tenant = match self.tenant_of_path(ask) {
            Ok(tenant) => tenant,
            Err(answer) => return answer,
        };
        let (Some(client), Some(resource)) = (form.get("client_id"), form.resource()) else {
            let text = "The request body must contain 'client_id' and a scope.";
            return ask.error(900_144, "invalid_request", text);
        };
        if let Some(refusal) = self.refused_by_list(ask, client, &resource, "code_request") {
            return refusal;
        }
        let lives_s = ask.knobs.device_code_lives_s;
        let device_code = self.generator.text(120, TOKEN_ALPHABET);
        let user_code = self.generator.text(9, CODE_ALPHABET);
        let code = Code {
            user_code: user_code.clone(),
            tenant,
            client: client.to_owned(),
            resource: resource.clone(),
            claims: form.get("claims").is_some_and(|claims| claims.contains("mfa"))
                || form.get("amr_values").is_some(),
            expires_at: ask.now_ms + lives_s * 1000,
            polls: 0,
            state: State::Waiting,
        };
        let until = code.expires_at + REMEMBERED_MS;
        self.codes.by_device_code.keep(&device_code, code, until, ask.now_ms);
        let second = ask.path.iter().any(|part| part == "v2.0");
        let (uri, page) = (
            if second { "verification_uri" } else { "verification_url" },
            "https://microsoft.com/devicelogin",
        );
        let message = format!(
            "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
        );
        let number = |value: i64| if second { json!(value) } else { json!(value.to_string()) };
        Answer::ok(json!({
            "user_code": user_code, "device_code": device_code, uri: page, "message": message,
            "expires_in": number(lives_s), "interval": number(self.poll_interval.into()),
        }))
        .fact("tenant", tenant)
        .fact("resource", resource)
        .fact("claims", form.get("claims").is_some())
    }

    pub(crate) fn approve_code(
        &mut self,
        user_code: &str,
        upn: &str,
        now_ms: i64,
    ) -> Result<(), ApproveError> {
        let found = self.directories.user_named(upn).map(|(home, user)| (home, user.oid));
        let (home, user) = found.ok_or_else(|| ApproveError::Unknown(upn.to_owned()))?;
        let code = self.codes.waiting(user_code, now_ms)?;
        if self.rules.of(Some(code.tenant)).device_code_blocked == DeviceCodeBlock::BrowserOnly {
            return Err(ApproveError::Refused("53003: you don't have access to this".to_owned()));
        }
        if code.tenant != home {
            return Err(ApproveError::Refused("50020: the account is not in this tenant".to_owned()));
        }
        code.state = State::Approved(user);
        Ok(())
    }

    pub(crate) fn redeem_code(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let secret = form.get("device_code").or(form.get("code")).unwrap_or_default();
        let refuse = |code, error: &str, text: &str| ask.error(code, error, text);
        if let Err(refusal) = self.tenant_of_path(ask) {
            return refusal;
        }
        let elsewhere = self.codes.tenant_of(secret).is_some_and(|tenant| !self.is_at(ask, tenant));
        let auto = self.auto_approver(secret);
        let Some(code) = self.codes.by_device_code.get_mut(secret) else {
            return refuse(70_018, "bad_verification_code", "The verification code is not known.");
        };
        code.polls += 1;
        if code.expires_at <= ask.now_ms {
            let error = if ask.is_v2() { "expired_token" } else { "code_expired" };
            return refuse(70_019, error, "The verification code has expired.");
        }
        if elsewhere || form.get("client_id") != Some(code.client.as_str()) {
            return refuse(
                70_018,
                "bad_verification_code",
                "The code was issued to another client or tenant.",
            );
        }
        if let (Some(user), State::Waiting, 2..) = (auto, code.state, code.polls) {
            code.state = State::Approved(user);
        }
        match code.state {
            State::Waiting => refuse(
                70_016,
                "authorization_pending",
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            ),
            State::Declined => {
                refuse(70_020, "authorization_declined", "The end user denied the authorization request.")
            }
            State::Used => refuse(54_005, "invalid_grant", "OAuth2 code was already redeemed."),
            State::Approved(user) => {
                let code = code.clone();
                let answer = self.grant_code(ask, &form, &code, user);
                if answer.status == 200
                    && let Some(code) = self.codes.by_device_code.get_mut(secret)
                {
                    code.state = State::Used;
                }
                answer
            }
        }
    }

    /// Who approves a code by itself on its second poll: the user of the knob, else the tenant's first.
    fn auto_approver(&self, secret: &str) -> Option<Uuid> {
        let code = self.codes.by_device_code.get(secret)?;
        let knobs = self.rules.of(Some(code.tenant));
        if !self.auto_approve || knobs.device_code_blocked == DeviceCodeBlock::BrowserOnly {
            return None;
        }
        let users = &self.directories.get(code.tenant)?.users;
        let chosen = |name: &String| users.values().find(|user| user.upn == *name);
        let user = knobs.auto_approve_as.as_ref().map_or_else(|| users.values().next(), chosen)?;
        Some(user.oid)
    }

    fn grant_code(&mut self, ask: &Ask, form: &Form, code: &Code, user: Uuid) -> Answer {
        let amr: Vec<String> = match code.claims {
            true => ["pwd", "mfa", "ngcmfa"].map(str::to_owned).to_vec(),
            false => vec!["pwd".to_owned()],
        };
        let grant = Grant {
            tenant: code.tenant,
            user,
            client: code.client.clone(),
            amr,
            mfa_at: code.claims.then_some(ask.now_ms),
            from_device_code: true,
            device: None,
            signed_in_at: ask.now_ms,
        };
        self.redeem(ask, &Wish { resource: &code.resource, means: DEVICE_CODE, ..Wish::of(&grant, form) })
    }
}

/// The means by which a device code asks.
pub(crate) const DEVICE_CODE: &str = "device_code";
/// entra.md 11.4, rule 11.
pub(crate) const TOKEN_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CODE_ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXYZ23456789";
