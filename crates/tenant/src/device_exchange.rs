//! A token for a refresh token and the proof of a device (entra.md 8, "Alternative proof").

use crate::asking::Ask;
use crate::policy::Wish;
use crate::prt::must_be_registered;
use crate::token::Grant;
use crate::world::Tenant;
use tenant_model::devices::Device;
use tenant_wire::answer::Answer;
use tenant_wire::clients;
use tenant_wire::forms::Form;
use tenant_wire::request::Signed;

impl Tenant {
    /// The ordinary reply, in the clear, for the resource of a device-signed request: its tokens name the device.
    /// A second factor that is fresh stays so, unlike in a PRT.
    pub(crate) fn device_exchange(
        &mut self,
        ask: &Ask,
        form: &Form,
        signed: &Signed,
        device: &Device,
    ) -> Result<Answer, Answer> {
        let (mut grant, _) = self.credential(ask, signed, device)?;
        must_be_registered(ask, signed)?;
        let source = signed.claim("refresh_token").and_then(|token| self.grants.get(token));
        if source.is_some_and(|source| source.has("ngcmfa")) {
            grant.amr.push("ngcmfa".to_owned());
        }
        let resource = signed.claim("resource").unwrap_or(clients::DEFAULT_RESOURCE);
        let wish = Wish { resource, means: "device_exchange", ..Wish::of(&grant, form) };
        let answer = self.redeem(ask, &wish);
        if answer.status == 200 { Ok(answer) } else { Err(answer) }
    }
}

impl Grant {
    /// Whether this method is among those that led here.
    pub(crate) fn has(&self, method: &str) -> bool {
        self.amr.iter().any(|it| it == method)
    }
}
