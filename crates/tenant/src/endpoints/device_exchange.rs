//! A token for a refresh token and the proof of a device (entra.md 8, "Alternative proof").

use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::client::must_be_registered;
use crate::rules::credential::credential;
use crate::tenant::Tenant;
use crate::wish::Wish;
use tenant_model::devices::Device;
use tenant_wire::answer::Answer;
use tenant_wire::clients;
use tenant_wire::forms::Form;
use tenant_wire::request::Signed;

/// The ordinary reply, in the clear, for the resource of a device-signed request: its tokens name the device.
/// A second factor that is fresh stays so, unlike in a PRT.
pub(crate) fn device_exchange(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    signed: &Signed,
    device: &Device,
) -> Result<Answer, Answer> {
    let (mut grant, _) = credential(entra, context, signed, device)?;
    must_be_registered(entra, context, signed)?;
    let source = signed.claim("refresh_token").and_then(|token| entra.grants.get(token));
    if source.is_some_and(|source| source.has("ngcmfa")) {
        grant.amr.push("ngcmfa".to_owned());
    }
    let resource = signed.claim("resource").unwrap_or(clients::DEFAULT_RESOURCE);
    let wish = Wish { resource, means: "device_exchange", ..Wish::of(&grant, form) };
    let answer = redeem(entra, context, &wish);
    if answer.status == 200 { Ok(answer) } else { Err(answer) }
}
