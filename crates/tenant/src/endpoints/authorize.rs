//! `authorize`, with a PRT (entra.md 7.6, 7.7) or for a person.

use crate::replies::code::{code_or_refusal, redirect_with};
use crate::replies::pages::error_page;
use crate::replies::sign_in::begin_sign_in;
use crate::request_context::RequestContext;
use crate::rules::client::{is_registered, unknown_client, wrong_redirect_uri};
use crate::rules::demand::{is_met, with_fresh_factor};
use crate::rules::proof::{device_that_signed, fresh, proved, refused_device};
use crate::rules::tenants::tenant_of_path;
use crate::tenant::Tenant;
use tenant_model::grant::Grant;
use tenant_model::prt::Prt;
use tenant_model::sign_in::{SecondFactor, Stage};
use tenant_wire::answer::Answer;
use tenant_wire::delivery::sent_credential;
use tenant_wire::demand::Demand;
use tenant_wire::pkce::Challenge;
use tenant_wire::request::{Signed, Signer};
use uuid::Uuid;

/// A code for the client, a page for the person, or a refusal for either.
pub(crate) fn authorize(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let (Ok(answer) | Err(answer)) = code_for(entra, context);
    answer
}

fn code_for(entra: &mut Tenant, context: &RequestContext) -> Result<Answer, Answer> {
    // A redirect URI that is not registered is never redirected to.
    if let Some(refusal) = request_refusal(entra, context) {
        return Err(error_page(context, &refusal));
    }
    let prt = match sso(entra, context) {
        Ok(prt) if context.query.get("prompt") != Some("login") => prt,
        Ok(_) => return Err(person(entra, context, "a PRT: prompt=login")),
        Err(ignored) => return Err(person(entra, context, &ignored)),
    };
    let client = context.query.get("client_id").unwrap_or_default().to_owned();
    let demand = Demand::of(&context.query);
    let grant = with_fresh_factor(&demand, context, Grant { client, ..prt.grant });
    if is_met(&demand, context, &grant) {
        return Ok(code_or_refusal(entra, context, grant, Some(prt.session_key)));
    }
    Ok(begin_sign_in(
        entra,
        context,
        None,
        Some(prt.session_key),
        Stage::SecondFactor(SecondFactor::of(grant)),
    ))
}

/// What is wrong with the request itself.
fn request_refusal(entra: &Tenant, context: &RequestContext) -> Option<Answer> {
    let refuse = |code, text: &str| Some(context.error(code, "invalid_request", text));
    let tenant = match tenant_of_path(entra, context) {
        Ok(tenant) => tenant,
        Err(refusal) => return Some(refusal),
    };
    let (Some(client), Some(redirect_uri)) =
        (context.query.get("client_id"), context.query.get("redirect_uri"))
    else {
        return refuse(900_144, "The request must contain 'client_id' and 'redirect_uri'.");
    };
    if let Some(refusal) = unknown_client(entra, context, client, tenant) {
        return Some(refusal);
    }
    if !is_registered(entra, client, redirect_uri) {
        return Some(wrong_redirect_uri(context));
    }
    if context.query.get("response_type") != Some("code") {
        return refuse(700_054, "The response_type is not enabled for the application.");
    }
    Challenge::of(&context.query).err().and_then(|(code, text)| refuse(code, text))
}

/// The PRT that the request brings; the rule that a credential broke, where it brings none that is valid.
fn sso(entra: &Tenant, context: &RequestContext) -> Result<Prt, String> {
    let sent = sent_credential(&context.headers, "x-ms-refreshtokencredential");
    let device = sent_credential(&context.headers, "x-ms-devicecredential");
    let Some(sent) = sent else {
        return Err(device.map_or("none", |sent| device_only(entra, context, &sent)).to_owned());
    };
    let signed = Signed::read(&sent).ok_or("unreadable")?;
    proved(entra, context, &signed).map_err(|refusal| refusal.rule.unwrap_or_default())
}

/// A device credential alone signs nobody in.
fn device_only(entra: &Tenant, context: &RequestContext, sent: &str) -> &'static str {
    let signed = Signed::read(sent).filter(|signed| signed.signer() == Some(Signer::Device));
    let known = signed.is_some_and(|signed| device_that_signed(entra, context, &signed).is_ok());
    if known { "device only" } else { "unknown device" }
}

/// The device of a device credential that is valid.
fn credential_device(entra: &Tenant, context: &RequestContext) -> Option<Uuid> {
    let signed = Signed::read(&sent_credential(&context.headers, "x-ms-devicecredential")?)?;
    let (device, _) = device_that_signed(entra, context, &signed).ok()?;
    let good = fresh(entra, context, &signed).is_ok() && refused_device(entra, context, device.id).is_none();
    good.then_some(device.id)
}

/// Credentials were ignored: the person signs in, unless that is ruled out.
fn person(entra: &mut Tenant, context: &RequestContext, ignored: &str) -> Answer {
    let answer = if context.query.get("prompt") == Some("none") {
        let text = "Session information is not sufficient for single sign-on.";
        redirect_with(context, context.error(50_058, "login_required", text))
    } else {
        begin_sign_in(entra, context, credential_device(entra, context), None, Stage::Password)
    };
    answer.fact("ignored", ignored)
}
