//! Which tenant an endpoint serves: that of its path, in its own cloud (entra.md 6.5, 10.5).

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use tenant_wire::answer::Answer;
use tenant_wire::cloud::{self, Urls};
use uuid::Uuid;

/// The tenant of an STS path; at `common` and `organizations`, the tenant of what the request brings.
pub(crate) fn tenant_of_path(entra: &Tenant, context: &RequestContext) -> Result<Uuid, Answer> {
    let word = context.path.first().map(String::as_str).unwrap_or_default();
    let named = entra.directories.named(word).map(|directory| directory.id);
    let found = match context.is_for_any_tenant() {
        // A code without a name belongs to the first tenant: the real page asks the person.
        true => context.tenant.or_else(|| entra.directories.all().next().map(|it| it.id)),
        false => named,
    };
    let unknown = || context.error(90_002, "invalid_request", &format!("Tenant '{word}' not found."));
    let tenant = found.ok_or_else(unknown)?;
    wrong_cloud(entra, context, tenant).map_or(Ok(tenant), Err)
}

/// Whether the path is that of this tenant, or of any.
pub(crate) fn is_at(entra: &Tenant, context: &RequestContext, tenant: Uuid) -> bool {
    let word = context.path.first().map(String::as_str).unwrap_or_default();
    context.is_for_any_tenant()
        || entra.directories.named(word).is_some_and(|directory| directory.id == tenant)
}

/// Why a tenant is not served at this host, if it is not (entra.md 6.5, 10.5).
fn wrong_cloud(entra: &Tenant, context: &RequestContext, tenant: Uuid) -> Option<Answer> {
    (!is_in_cloud(entra, &context.peer.host, tenant)).then(|| context.refuse(90_038))
}

/// Whether a tenant is served at this host: at those of its own cloud, and at those of none.
pub(crate) fn is_in_cloud(entra: &Tenant, host: &str, tenant: Uuid) -> bool {
    let asked = cloud::of_host(host).filter(|_| entra.urls == Urls::Public);
    asked.is_none_or(|cloud| cloud == entra.directories.cloud_of(tenant))
}

/// The refusal of a request about a tenant of another cloud, in the shape of its service, where no path of the
/// sign-in service names the tenant. Whose sign-in it is, and in which cloud, is told everywhere.
pub(crate) fn misplaced(entra: &Tenant, context: &RequestContext, request: &str) -> Option<Answer> {
    let tenant = context.tenant.filter(|id| !is_in_cloud(entra, &context.peer.host, *id))?;
    match request {
        "metadata" => Some(context.refuse(50_049)),
        "discover" | "join" | "hybrid" | "leave" | "manage" | "key" => {
            // What the real one says is not known [inferred].
            let text = "AADSTS90038: the tenant is in another national cloud.";
            Some(context.bad_request("error_fail", text).fact("tenant", tenant))
        }
        "me" | "member_of" | "owned_devices" | "devices" | "device" | "userinfo" => {
            Some(tenant_graph::bad_token())
        }
        _ => None,
    }
}
