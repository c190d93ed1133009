//! The resource-owner password grant (entra.md 2.5).

use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::password::check_password;
use crate::rules::tenants::tenant_of_path;
use crate::tenant::Tenant;
use crate::wish::Wish;
use tenant_model::grant::Grant;
use tenant_wire::answer::Answer;
use tenant_wire::forms::Form;

/// Tokens for a name and its password.
pub(crate) fn redeem_password(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    let user = tenant_of_path(entra, context).and_then(|tenant| {
        let name = form.get("username").unwrap_or_default();
        let user = check_password(entra, context, tenant, name, form.get("password").unwrap_or_default())?;
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
        signed_in_at: context.now_ms,
    };
    let resource = form.resource().unwrap_or_default();
    redeem(entra, context, &Wish { resource: &resource, means: "password", ..Wish::of(&grant, &form) })
}
