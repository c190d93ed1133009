//! Whom a device-signed request is for (entra.md 7.3): by refresh token, password or Windows Hello key.

use crate::request_context::RequestContext;
use crate::rules::client::broker_only;
use crate::rules::hello::by_hello;
use crate::rules::password::check_password;
use crate::tenant::Tenant;
use tenant_model::devices::Device;
use tenant_model::grant::Grant;
use tenant_wire::answer::Answer;
use tenant_wire::clients::BROKER;
use tenant_wire::request::Signed;

/// The user's part of a device-signed request (entra.md 7.3), and the means by which the knobs refuse it.
pub(crate) fn credential(
    entra: &mut Tenant,
    context: &RequestContext,
    signed: &Signed,
    device: &Device,
) -> Result<(Grant, &'static str), Answer> {
    let refuse = |code, error: &str, text: &str| Err(context.error(code, error, text));
    match signed.claim("grant_type").unwrap_or_default() {
        "refresh_token" => Ok((by_refresh_token(entra, context, signed, device)?, "prt_refresh_token")),
        "password" => Ok((by_password(entra, context, signed, device)?, "prt_password")),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            Ok((by_hello(entra, context, signed, device)?, "prt_hello"))
        }
        "device_auth" => refuse(221_000, "invalid_grant", "Tokens by device_auth are not issued here."),
        _ => refuse(70_003, "unsupported_grant_type", "The grant type is not served here."),
    }
}

/// The refresh token must come from the broker, whatever its resource.
fn by_refresh_token(
    entra: &Tenant,
    context: &RequestContext,
    signed: &Signed,
    device: &Device,
) -> Result<Grant, Answer> {
    let grant = signed.claim("refresh_token").and_then(|token| entra.grants.get(token));
    let grant = grant.filter(|grant| grant.tenant == device.tenant);
    let grant = grant.ok_or_else(|| context.deny(70_008, "The refresh token is not known here."))?;
    if grant.client == BROKER && signed.claim("client_id") == Some(BROKER) {
        Ok(grant.with_device(device.id))
    } else {
        Err(context.deny(70_000, "The refresh token was not issued to the broker."))
    }
}

fn by_password(
    entra: &mut Tenant,
    context: &RequestContext,
    signed: &Signed,
    device: &Device,
) -> Result<Grant, Answer> {
    let text = |name: &str| signed.claim(name).unwrap_or_default();
    let client = broker_only(context, signed)?;
    let user = check_password(entra, context, device.tenant, text("username"), text("password"))?;
    let plain = Grant::signed_in((device.tenant, user.oid), client, &["pwd"], context.now_ms);
    Ok(plain.with_device(device.id))
}
