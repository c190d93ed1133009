//! Signed requests (entra.md 7.2 to 7.6): a PRT for a device, its renewal, and tokens for it.

use crate::endpoints::device_exchange::device_exchange;
use crate::endpoints::device_token::device_token;
use crate::replies::prt::{new_prt, prt_reply, sealed};
use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::client::must_be_registered;
use crate::rules::credential::credential;
use crate::rules::policy::{forbid_prt, user_of};
use crate::rules::proof::{device_that_signed, fresh, proved};
use crate::rules::tenants::{is_at, tenant_of_path};
use crate::tenant::Tenant;
use crate::wish::Wish;
use serde_json::json;
use tenant_model::devices::Device;
use tenant_model::grant::Grant;
use tenant_model::knobs::SealedForm;
use tenant_model::prt::Prt;
use tenant_wire::answer::Answer;
use tenant_wire::clients::BROKER;
use tenant_wire::forms::Form;
use tenant_wire::keys::public_key;
use tenant_wire::request::{Signed, Signer};
use tenant_wire::session::{self, KdfVersion};
use tenant_wire::{clients, routes};

/// A form with a signed request.
pub(crate) fn signed(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    if let Err(refusal) = tenant_of_path(entra, context) {
        return refusal;
    }
    let unreadable = || context.error(50_027, "invalid_request", "The JWT cannot be read.");
    let Some(signed) = routes::signed_request(&form) else { return unreadable() };
    if context.is_v2() && !is_third(context, &form) {
        let text = "Version 2 of the endpoint takes signed requests with prt_protocol_version=3.0 only.";
        return context.error(70_003, "unsupported_grant_type", text);
    }
    // entra.md 7.8: optional, and a reply that is no certificate would be taken for one.
    if signed.claim("cert_token_use").is_some() {
        let text = "Certificates between devices are not issued here.";
        return context.error(70_003, "unsupported_grant_type", text);
    }
    let answer = match signed.signer() {
        Some(Signer::Device) => signed_by_device(entra, context, &form, &signed),
        Some(Signer::Session) => signed_by_session(entra, context, &form, &signed),
        None => Err(unreadable()),
    };
    let (Ok(answer) | Err(answer)) = answer;
    answer.fact("grant", signed.claim("grant_type").unwrap_or_default())
}

/// Whether a request is of the third version of the protocol, and that is served; the fourth, with other keys, is not.
fn is_third(context: &RequestContext, form: &Form) -> bool {
    context.knobs.prt_protocol_3 && form.get("prt_protocol_version") == Some("3.0")
}

fn signed_by_device(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    signed: &Signed,
) -> Result<Answer, Answer> {
    let (device, thumbprint) = device_that_signed(entra, context, signed)?;
    let with_device = |answer: Answer| answer.fact("prt_signed_by", &thumbprint).fact("device", device.id);
    prt_for(entra, context, form, signed, &device).map(with_device).map_err(with_device)
}

fn prt_for(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    signed: &Signed,
    device: &Device,
) -> Result<Answer, Answer> {
    fresh(entra, context, signed)?;
    if !is_at(entra, context, device.tenant) {
        return Err(context.deny(50_155, "The device is not in this tenant."));
    }
    if signed.claim("grant_type") == Some("device_token") {
        return device_token(entra, context, signed, device);
    }
    if signed.names_resource() {
        return device_exchange(entra, context, form, signed, device);
    }
    prt_scope(context, signed)?;
    let (grant, means) = credential(entra, context, signed, device)?;
    let user = user_of(entra, context, &Wish { means, ..Wish::of(&grant, form) })?;
    if let Some(refusal) = forbid_prt(entra, context, &grant, means, &user) {
        return Err(refusal.fact("user", &user.upn));
    }
    let session_key = entra.generator.bytes();
    let transport = public_key(&device.keys.transport);
    let wrapped = transport.and_then(|key| session::wrap(&session_key, &key, &mut entra.generator));
    let wrapped = wrapped.ok_or_else(|| context.deny(130_006, "The transport key is unusable."))?;
    let mut answer = prt_reply(entra, context, form, &Prt { grant, session_key, expires_at: 0 }, &user);
    answer.set("session_key_jwe", json!(wrapped));
    Ok(answer)
}

fn signed_by_session(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    signed: &Signed,
) -> Result<Answer, Answer> {
    let prt = proved(entra, context, signed)?;
    let version = if signed.kdf_version() == Some(KdfVersion::Two) { "2" } else { "1" };
    let with_facts = |answer: Answer| {
        let device = prt.grant.device.map(|id| id.to_string()).unwrap_or_default();
        answer.fact("kdf_ver", version).fact("device", device)
    };
    let answer = if signed.wants_prt() {
        renew(entra, context, form, signed, &prt)
    } else {
        exchange(entra, context, form, signed, &prt)
    };
    let form = if context.is_v2() { context.knobs.prt_protocol_3_reply } else { SealedForm::Cbc };
    answer.map(|answer| with_facts(sealed(entra, answer, &prt.session_key, form))).map_err(with_facts)
}

/// A new PRT under the same session key; the old one stays good for a while.
fn renew(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    signed: &Signed,
    prt: &Prt,
) -> Result<Answer, Answer> {
    prt_scope(context, signed)?;
    let wish = Wish { means: "prt_renew", ..Wish::of(&prt.grant, form) };
    let user = user_of(entra, context, &wish)?;
    if let Some(refusal) = forbid_prt(entra, context, &prt.grant, wish.means, &user) {
        return Err(refusal.fact("user", &user.upn));
    }
    if let Some(old) = signed.claim("refresh_token").and_then(|token| entra.prts.get_mut(token)) {
        old.expires_at = old.expires_at.min(context.now_ms + context.knobs.prt_overlap_s * 1000);
    }
    let client = signed.claim("client_id").unwrap_or_default().to_owned();
    let renewed = Prt { grant: Grant { client, ..prt.grant.clone() }, ..prt.clone() };
    Ok(prt_reply(entra, context, form, &renewed, &user))
}

/// A token for a client (entra.md 7.6), and with `aza` a new PRT in place of its refresh token.
fn exchange(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    signed: &Signed,
    prt: &Prt,
) -> Result<Answer, Answer> {
    let client = signed.claim("client_id").unwrap_or_default();
    // In the third version the broker names its own for every client (roadtx [client code]).
    if !(context.is_v2()
        && signed.claim("redirect_uri").is_some_and(|uri| clients::is_registered(BROKER, uri)))
    {
        must_be_registered(entra, context, signed)?;
    }
    let resource = signed.resource().unwrap_or_else(|| clients::DEFAULT_RESOURCE.to_owned());
    let grant = Grant { client: client.to_owned(), ..prt.grant.clone() };
    let scope = form.get("scope").or(signed.claim("scope").filter(|_| context.is_v2()));
    let wish = Wish { resource: &resource, means: "prt", scope, ..Wish::of(&grant, form) };
    let mut answer = redeem(entra, context, &wish);
    if answer.status != 200 {
        return Err(answer);
    }
    if signed.has_scope("aza") {
        answer.set("refresh_token", json!(new_prt(entra, context, prt)));
        answer.set("refresh_token_expires_in", json!(context.knobs.prt_lifetime_s));
    }
    Ok(answer)
}

/// entra.md 11.1, D4.
fn prt_scope(context: &RequestContext, signed: &Signed) -> Result<(), Answer> {
    if signed.has_scope("aza") && signed.has_scope("openid") {
        return Ok(());
    }
    let text = "A request for a PRT needs the scopes 'openid' and 'aza'.";
    Err(context.error(70_011, "invalid_request", text))
}
