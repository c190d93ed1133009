//! Who may have which token: pre-authorisation and the rules a tenant can set.

use crate::request_context::RequestContext;
use crate::rules::client::unknown_client;
use crate::rules::demand::is_second_factor_due;
use crate::rules::proof::refused_device;
use crate::tenant::Tenant;
use crate::wish::{DEVICE_CODE, Wish};
use serde_json::json;
use tenant_model::directory::User;
use tenant_model::grant::Grant;
use tenant_model::knobs::{DeviceCodeBlock, Knobs};
use tenant_wire::answer::Answer;
use tenant_wire::clients::{self, ENROLMENT, GRAPH, canonical};
use tenant_wire::cloud::{ALL, Urls};
use uuid::Uuid;

/// The user of a grant, who may be gone by now.
pub(crate) fn user_of(entra: &Tenant, context: &RequestContext, wish: &Wish<'_>) -> Result<User, Answer> {
    let grant = wish.grant;
    let user = entra.directories.user(grant.tenant, grant.user);
    let (code, text) = match wish.means {
        DEVICE_CODE => (50_034, "The user account does not exist."),
        _ => (50_173, "The grant was revoked: the user is gone."),
    };
    let user = user.cloned().ok_or_else(|| context.deny(code, text))?;
    if grant.signed_in_at <= user.signed_out_at {
        return Err(context.deny(50_173, "The provided grant has been revoked."));
    }
    Ok(user)
}

/// Why this wish is not granted, if it is not.
pub(crate) fn forbid(
    entra: &Tenant,
    context: &RequestContext,
    wish: &Wish<'_>,
    user: &User,
) -> Option<Answer> {
    let (grant, resource) = (wish.grant, wish.resource);
    refused_by_list(context, &grant.client, resource, wish.means)
        .or_else(|| refused_user(context, user))
        .or_else(|| refused_device(entra, context, grant.device?))
        .or_else(|| not_authorised(entra, context, wish))
        .or_else(|| refused_by_rule(entra, context, grant, resource))
}

/// Why this grant does not become a PRT, if it does not; a PRT is for no resource.
pub(crate) fn forbid_prt(
    entra: &Tenant,
    context: &RequestContext,
    grant: &Grant,
    means: &'static str,
    user: &User,
) -> Option<Answer> {
    let rules = context.knobs.conditional_access_on_prt;
    refused_by_list(context, &grant.client, NO_RESOURCE, means)
        .or_else(|| refused_user(context, user))
        .or_else(|| refused_device(entra, context, grant.device?))
        .or_else(|| if rules { refused_by_rule(entra, context, grant, NO_RESOURCE) } else { None })
}

/// The refusal of a combination that a knob lists ([`crate::Refuse`]).
pub(crate) fn refused_by_list(
    context: &RequestContext,
    client: &str,
    resource: &str,
    means: &str,
) -> Option<Answer> {
    let same = |wanted: &Option<String>, found: &str| {
        wanted.as_ref().is_none_or(|wanted| canonical(wanted).eq_ignore_ascii_case(canonical(found)))
    };
    let endpoint = context.path.last().map(String::as_str).unwrap_or_default();
    let hit = context.knobs.refuse.iter().find(|line| {
        same(&line.client, client)
            && same(&line.resource, resource)
            && same(&line.grant, means)
            && same(&line.endpoint, endpoint)
    })?;
    let mut answer = context.refuse(hit.code);
    answer.status = hit.status.unwrap_or(answer.status);
    let error = hit.error.iter().map(|error| ("error".to_owned(), json!(error)));
    error.chain(hit.body.clone()).for_each(|(name, value)| answer.set(&name, value));
    Some(answer)
}

/// The refusal of a user who is disabled, or whom a knob refuses.
pub(crate) fn refused_user(context: &RequestContext, user: &User) -> Option<Answer> {
    let refused = context.knobs.user_refusals.get(&user.upn);
    refused.copied().or((!user.enabled).then_some(50_057)).map(|code| context.refuse(code))
}

/// What a token for this wish permits (entra.md 0.5), if there may be one: at Graph also what of OpenID Connect was
/// asked for, at the API of an application what was asked for or all that it has.
pub(crate) fn scopes(entra: &Tenant, context: &RequestContext, wish: &Wish<'_>) -> Option<String> {
    let (client, asked) = (wish.grant.client.as_str(), wish.scope.unwrap_or_default());
    if let Some(api) = entra.directories.api(wish.grant.tenant, wish.resource) {
        let named: Vec<&str> = of_api(wish).collect();
        let all = || api.scopes.iter().map(String::as_str).collect();
        return Some(if named.is_empty() { all() } else { named }.join(" "));
    }
    let resource = if is_graph(entra, wish.resource) { GRAPH } else { canonical(wish.resource) };
    let own = clients::scopes(client, resource)?;
    let extra = context.knobs.extra_graph_scopes.iter().filter(|_| resource == GRAPH);
    let personal = ["openid", "profile", "email"].into_iter().filter(|_| resource == GRAPH);
    let personal = personal.filter(|it| asked.split_whitespace().any(|word| word == *it));
    Some(std::iter::once(own).chain(extra.map(String::as_str)).chain(personal).collect::<Vec<_>>().join(" "))
}

/// The scopes of a resource's own that a wish names one by one.
fn of_api<'a>(wish: &Wish<'a>) -> impl Iterator<Item = &'a str> {
    let words = wish.scope.unwrap_or_default().split_whitespace();
    let own = |word: &'a str| word.strip_prefix(wish.resource)?.strip_prefix('/');
    let own: Vec<&str> = words.filter_map(own).filter(|scope| *scope != ".default").collect();
    own.into_iter()
}

/// Whether a resource is Graph, by its id or by its host in any cloud.
pub(crate) fn is_graph(entra: &Tenant, resource: &str) -> bool {
    let host = resource.trim_start_matches("https://").trim_end_matches('/');
    let named = |cloud| entra.urls.hosts(cloud).graph == host || Urls::Public.hosts(cloud).graph == host;
    resource == "00000003-0000-0000-c000-000000000000" || ALL.into_iter().any(named)
}

fn not_authorised(entra: &Tenant, context: &RequestContext, wish: &Wish<'_>) -> Option<Answer> {
    let (client, resource, tenant) = (&wish.grant.client, wish.resource, wish.grant.tenant);
    if let Some(refusal) = unknown_client(entra, context, client, tenant) {
        return Some(refusal);
    }
    if let Some(api) = entra.directories.api(tenant, resource) {
        let known = |scope: &str| api.scopes.iter().any(|it| it == scope);
        return (!of_api(wish).all(known)).then(|| context.refuse(650_053));
    }
    if scopes(entra, context, wish).is_some() {
        return None;
    }
    if entra.directories.application(client).is_some() {
        return Some(context.refuse(500_011));
    }
    let text = format!(
        "Consent between first party application '{client}' and first party resource '{resource}' must be configured via preauthorization."
    );
    Some(context.deny(65_002, &text))
}

fn refused_by_rule(
    entra: &Tenant,
    context: &RequestContext,
    grant: &Grant,
    resource: &str,
) -> Option<Answer> {
    let knobs = &context.knobs;
    if knobs.unknown_platform_blocked && !context.user_agent.contains("Linux") {
        return Some(context.refuse(53_003));
    }
    if grant.from_device_code
        && let Some(code) = blocked_code(knobs, resource)
    {
        return Some(context.refuse(code));
    }
    if knobs.compliant_device_required && !meets_compliance(entra, context, grant.device, resource) {
        return Some(context.refuse(53_000));
    }
    is_second_factor_due(context, resource, grant).then(|| context.refuse(50_076))
}

/// intune.md 1.1: Learn says that enrolment is excluded from this rule; registration is not here.
fn meets_compliance(entra: &Tenant, context: &RequestContext, device: Option<Uuid>, resource: &str) -> bool {
    let excluded = context.knobs.enrolment_excluded && canonical(resource) == ENROLMENT;
    let device = device.and_then(|id| entra.devices.get(id));
    excluded || device.is_some_and(|device| device.compliant)
}

/// The number with which a grant that came by device code is refused for this resource (entra.md 2.3).
fn blocked_code(knobs: &Knobs, resource: &str) -> Option<u32> {
    let excluded = || knobs.device_code_excluded.iter().any(|it| canonical(it) == canonical(resource));
    match knobs.device_code_blocked {
        DeviceCodeBlock::TokenEndpoint => Some(53_003),
        DeviceCodeBlock::ProtocolTracking if !excluded() => Some(530_036),
        _ => None,
    }
}

const NO_RESOURCE: &str = "";
