//! A token for a refresh token (entra.md 2.8).

use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::tenants::{is_at, tenant_of_path};
use crate::tenant::Tenant;
use crate::wish::Wish;
use tenant_wire::answer::Answer;
use tenant_wire::clients::REGISTRATION;
use tenant_wire::forms::Form;

/// At any tenant that the token is of, for the client that got it.
pub(crate) fn redeem_refresh(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    if let Err(refusal) = tenant_of_path(entra, context) {
        return refusal;
    }
    let grant = form.get("refresh_token").and_then(|token| entra.grants.get(token)).cloned();
    let Some(grant) = grant else {
        return context.refuse(70_008);
    };
    if !is_at(entra, context, grant.tenant) || form.get("client_id") != Some(grant.client.as_str()) {
        return context.deny(70_000, "The refresh token was issued to another client or tenant.");
    }
    let resource = form.resource().unwrap_or_else(|| REGISTRATION.to_owned());
    redeem(entra, context, &Wish { resource: &resource, ..Wish::of(&grant, &form) })
}
