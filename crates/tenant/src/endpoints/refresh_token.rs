//! A token for a refresh token (entra.md 2.8).

use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::tenants::{is_at, tenant_of_path};
use crate::tenant::Tenant;
use crate::wish::Wish;
use tenant_model::grant::Grant;
use tenant_wire::answer::Answer;
use tenant_wire::clients::{DEFAULT_RESOURCE, is_family};

/// At any tenant that the token is of, for the client that got it or another of its family; what names nothing is
/// for what the token was for.
pub(crate) fn redeem_refresh(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = context.form();
    if let Err(refusal) = tenant_of_path(entra, context) {
        return refusal;
    }
    let grant = form.get("refresh_token").and_then(|token| entra.grants.get(token)).cloned();
    let Some(grant) = grant else {
        return context.refuse(70_008);
    };
    let client = form.get("client_id").unwrap_or_default();
    let own = client == grant.client || (is_family(client) && is_family(&grant.client));
    if !own || !is_at(entra, context, grant.tenant) {
        return context.deny(70_000, "The refresh token was issued to another client or tenant.");
    }
    let before = || grant.resource.clone().unwrap_or_else(|| DEFAULT_RESOURCE.to_owned());
    let resource = form.resource().unwrap_or_else(before);
    let scope = form.get("scope").or(grant.scope.as_deref());
    let grant = Grant { client: client.to_owned(), ..grant.clone() };
    redeem(entra, context, &Wish { resource: &resource, scope, ..Wish::of(&grant, &form) })
}
