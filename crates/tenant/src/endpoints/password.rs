//! The resource-owner password grant (entra.md 2.5).

use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::password::check_password;
use crate::rules::tenants::tenant_of_path;
use crate::tenant::Tenant;
use crate::wish::Wish;
use tenant_model::grant::Grant;
use tenant_wire::answer::Answer;
use tenant_wire::clients::DEFAULT_RESOURCE;

/// Tokens for a name and its password.
pub(crate) fn redeem_password(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = context.form();
    let user = tenant_of_path(entra, context).and_then(|tenant| {
        let name = form.get("username").unwrap_or_default();
        let user = check_password(entra, context, tenant, name, form.get("password").unwrap_or_default())?;
        Ok((tenant, user))
    });
    let (tenant, user) = match user {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let client = form.get("client_id").unwrap_or_default();
    let grant = Grant::signed_in((tenant, user.oid), client, &["pwd"], context.now_ms);
    let resource = form.resource().unwrap_or_else(|| DEFAULT_RESOURCE.to_owned());
    redeem(entra, context, &Wish { resource: &resource, means: "password", ..Wish::of(&grant, &form) })
}
