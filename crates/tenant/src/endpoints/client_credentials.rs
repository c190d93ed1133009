//! A token of an application alone (RFC 6749 4.4), whose secret was judged before.

use crate::request_context::RequestContext;
use crate::rules::policy::{is_graph, refused_by_list};
use crate::rules::tenants::tenant_of_path;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_model::applications::Application;
use tenant_wire::answer::Answer;
use tenant_wire::jwt::{self, BACKDATED_S, LIFE_S};
use uuid::Uuid;

/// At the tenant of the application only, for all that it may do at one resource.
pub(crate) fn redeem_client_credentials(entra: &Tenant, context: &RequestContext) -> Answer {
    let (Ok(answer) | Err(answer)) = granted(entra, context);
    answer
}

fn granted(entra: &Tenant, context: &RequestContext) -> Result<Answer, Answer> {
    let tenant = tenant_of_path(entra, context)?;
    if context.is_for_any_tenant() {
        return Err(context.refuse(50_059));
    }
    let form = context.form();
    let found = entra.directories.application(form.get("client_id").unwrap_or_default());
    let (_, client) = found.filter(|(home, _)| *home == tenant).ok_or_else(|| context.refuse(700_016))?;
    if client.secret.is_none() {
        return Err(context.refuse(7_000_218));
    }
    let scope = || form.get("scope")?.strip_suffix("/.default").filter(|it| !it.contains(' '));
    let resource = form.get("resource").or_else(scope).ok_or_else(|| context.refuse(1_002_012))?;
    let roles = roles(entra, context, (tenant, client), resource).ok_or_else(|| context.refuse(500_011))?;
    if let Some(refusal) = refused_by_list(context, &client.id, resource, "client_credentials") {
        return Err(refusal);
    }
    let token = token(entra, context, (tenant, client), resource, &roles);
    let number = |value: i64| if context.is_v2() { json!(value) } else { json!(value.to_string()) };
    let answer = Answer::ok(json!({
        "token_type": "Bearer", "expires_in": number(LIFE_S), "ext_expires_in": number(LIFE_S),
        "access_token": token,
    }));
    Ok(answer.fact("tenant", tenant).fact("resource", resource).fact("client", &client.id))
}

/// What the application may do there: its roles at an API; at Graph what the knob adds for everybody.
fn roles(
    entra: &Tenant,
    context: &RequestContext,
    (tenant, client): (Uuid, &Application),
    resource: &str,
) -> Option<Vec<String>> {
    let api = entra.directories.api(tenant, resource).map(|api| api.roles_of(&client.id).to_vec());
    api.or_else(|| is_graph(entra, resource).then(|| context.knobs.extra_graph_scopes.clone()))
}

fn token(
    entra: &Tenant,
    context: &RequestContext,
    (tenant, client): (Uuid, &Application),
    resource: &str,
    roles: &[String],
) -> String {
    let now = context.now.unix_timestamp();
    let principal = service_principal(tenant, client).to_string();
    let mut claims = json!({
        "aud": resource, "iss": format!("https://sts.windows.net/{tenant}/"), "tid": tenant.to_string(),
        "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + LIFE_S, "idtyp": "app",
        "appid": client.id, "appidacr": "1", "oid": principal, "sub": principal, "ver": "1.0",
    });
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    jwt::sign(&entra.signer, &claims)
}

/// The object of an application in its tenant; its id is invented.
fn service_principal(tenant: Uuid, client: &Application) -> Uuid {
    let id: Uuid = client.id.parse().unwrap_or_default();
    Uuid::from_u128(id.as_u128() ^ tenant.as_u128() ^ 0x0a)
}
