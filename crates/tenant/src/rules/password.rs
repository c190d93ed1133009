//! What guards passwords wherever they are checked.

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use tenant_model::directory::User;
use tenant_wire::answer::Answer;
use uuid::Uuid;

/// The user whose password this is; ten wrong ones in a row lock the account (entra.md 11.1, D12).
pub(crate) fn check_password(
    entra: &mut Tenant,
    context: &RequestContext,
    tenant: Uuid,
    name: &str,
    password: &str,
) -> Result<User, Answer> {
    let wanted = name.to_ascii_lowercase();
    let users = entra.directories.users_mut(tenant);
    let found = users.and_then(|users| users.values_mut().find(|user| user.upn == wanted));
    let Some(user) = found else {
        return Err(context.deny(50_034, "The user account does not exist in this directory."));
    };
    if user.locked_until > context.now_ms {
        return Err(context
            .deny(50_053, "The account is locked: too many wrong passwords.")
            .fact("user", name));
    }
    if user.password == password {
        user.wrong_passwords = 0;
        return Ok(user.clone());
    }
    user.wrong_passwords += 1;
    if user.wrong_passwords >= context.knobs.lockout_after {
        user.locked_until = context.now_ms + context.knobs.lockout_s * 1000;
    }
    let text = "Error validating credentials due to invalid username or password.";
    Err(context.deny(50_126, text).fact("user", name))
}
