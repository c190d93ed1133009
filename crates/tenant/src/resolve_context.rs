//! Whose a request is, and what is in force for it.

use crate::request_context::RequestContext;
use crate::rules::bearer::tenant_of_token;
use crate::tenant::Tenant;
use bytes::Bytes;
use http::{Request, header};
use tenant_model::setup::Peer;
use tenant_wire::answer::Ids;
use tenant_wire::certificate::thumbprint;
use tenant_wire::cloud;
use tenant_wire::forms::Form;
use tenant_wire::request::Signed;
use tenant_wire::routes::segments;
use time::OffsetDateTime;
use uuid::Uuid;

/// The request with what is in force for it.
pub(crate) fn resolve_context(
    entra: &mut Tenant,
    request: Request<Bytes>,
    peer: &Peer,
    now_ms: i64,
) -> RequestContext {
    let text = |name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let bearer = text(header::AUTHORIZATION).and_then(|value| Some(value.split_once(' ')?.1.to_owned()));
    let correlation = request.headers().get("client-request-id").and_then(|value| value.to_str().ok());
    let mut context = RequestContext {
        now: OffsetDateTime::UNIX_EPOCH,
        now_ms,
        ids: Ids { request: entra.generator.guid(), correlation: correlation.map(str::to_owned) },
        method: request.method().clone(),
        user_agent: text(header::USER_AGENT).unwrap_or_default(),
        bearer,
        peer: peer.clone(),
        path: segments(request.uri().path()),
        query: Form::parse(request.uri().query().unwrap_or_default().as_bytes()),
        headers: request.headers().clone(),
        body: request.into_body(),
        tenant: None,
        knobs: entra.rules.of(None),
        hosts: entra.urls.hosts(cloud::of_host(&peer.host).unwrap_or_default()),
    };
    settle_whose(entra, &mut context);
    context
}

/// Fills in what depends on the tenant.
fn settle_whose(entra: &Tenant, context: &mut RequestContext) {
    context.tenant = whose(entra, context);
    context.knobs = entra.rules.of(context.tenant);
    if let Some(directory) = context.tenant.and_then(|id| entra.directories.get(id)) {
        context.hosts = entra.urls.hosts(directory.cloud);
    }
    context.now_ms = context.now_ms.saturating_add(context.knobs.clock_offset_s.saturating_mul(1000));
    let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(context.now_ms) * 1_000_000);
    context.now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH);
}

/// The tenant that a request names: in its path, else by what it brings.
fn whose(entra: &Tenant, context: &RequestContext) -> Option<Uuid> {
    let named = context.path.first().and_then(|word| entra.directories.named(word)).map(|it| it.id);
    let bearer = || tenant_of_token(entra, context.bearer.as_deref()?);
    let device = || {
        let thumbprint = thumbprint(context.peer.client_certificate.as_deref()?);
        entra.devices.with_thumbprint(&thumbprint).map(|device| device.tenant)
    };
    let domain =
        || entra.directories.named(&context.query.get("domain")?.to_ascii_lowercase()).map(|it| it.id);
    named
        .or_else(|| of_form(entra, &Form::parse(&context.body)))
        .or_else(bearer)
        .or_else(device)
        .or_else(domain)
}

/// The tenant of what a form redeems, or of the user that it names.
fn of_form(entra: &Tenant, form: &Form) -> Option<Uuid> {
    let secret = |name: &str| form.get(name).unwrap_or_default();
    let grant = entra.grants.get(secret("refresh_token")).map(|grant| grant.tenant);
    let signed = || of_signed(entra, &Signed::read(form.get("request")?)?);
    grant
        .or_else(signed)
        .or_else(|| entra.codes.tenant_of(form.get("device_code").unwrap_or(secret("code"))))
        .or_else(|| Some(entra.authorization_codes.get(secret("code"))?.grant.tenant))
        .or_else(|| Some(entra.directories.user_named(form.get("username")?)?.0))
}

/// The tenant of what a signed request brings, or of the user that it names.
fn of_signed(entra: &Tenant, signed: &Signed) -> Option<Uuid> {
    let token = signed.claim("refresh_token").unwrap_or_default();
    let grant = entra.grants.get(token).map(|grant| grant.tenant);
    let prt = || entra.prts.get(token).map(|prt| prt.grant.tenant);
    grant.or_else(prt).or_else(|| Some(entra.directories.user_named(signed.claim("username")?)?.0))
}
