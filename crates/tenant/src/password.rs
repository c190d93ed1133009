//! The resource-owner password grant (entra.md 2.5), and what guards passwords wherever they are checked.

use crate::asking::Ask;
use crate::policy::Wish;
use crate::token::Grant;
use crate::world::Tenant;
use tenant_model::directory::User;
use tenant_wire::answer::Answer;
use tenant_wire::forms::Form;
use uuid::Uuid;

impl Tenant {
    pub(crate) fn redeem_password(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let user = self.tenant_of_path(ask).and_then(|tenant| {
            let name = form.get("username").unwrap_or_default();
            let user = self.check_password(ask, tenant, name, form.get("password").unwrap_or_default())?;
            Ok((tenant, user))
        });
        let (tenant, user) = match user {
            Ok(user) => user,
            Err(refusal) => return refusal,
        };
        let grant = Grant {
            tenant,
            user: user.oid,
            client: form.get("client_id").unwrap_or_default().to_owned(),
            amr: vec!["pwd".to_owned()],
            mfa_at: None,
            from_device_code: false,
            device: None,
            signed_in_at: ask.now_ms,
        };
        let resource = form.resource().unwrap_or_default();
        self.redeem(ask, &Wish { resource: &resource, means: "password", ..Wish::of(&grant, &form) })
    }

    /// The user whose password this is; ten wrong ones in a row lock the account (entra.md 11.1, D12).
    pub(crate) fn check_password(
        &mut self,
        ask: &Ask,
        tenant: Uuid,
        name: &str,
        password: &str,
    ) -> Result<User, Answer> {
        let wanted = name.to_ascii_lowercase();
        let users = self.directories.users_mut(tenant);
        let found = users.and_then(|users| users.values_mut().find(|user| user.upn == wanted));
        let Some(user) = found else {
            return Err(ask.deny(50_034, "The user account does not exist in this directory."));
        };
        if user.locked_until > ask.now_ms {
            return Err(ask
                .deny(50_053, "The account is locked: too many wrong passwords.")
                .fact("user", name));
        }
        if user.password == password {
            user.wrong_passwords = 0;
            return Ok(user.clone());
        }
        user.wrong_passwords += 1;
        if user.wrong_passwords >= ask.knobs.lockout_after {
            user.locked_until = ask.now_ms + ask.knobs.lockout_s * 1000;
        }
        let text = "Error validating credentials due to invalid username or password.";
        Err(ask.deny(50_126, text).fact("user", name))
    }
}
