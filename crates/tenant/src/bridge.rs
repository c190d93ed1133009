//! What the service for device management asks of the directory, and tells it.

use crate::jwt;
use crate::words::ApproveError;
use crate::world::Tenant;
use serde_json::Value;

impl Tenant {
    /// The claims of an access token that is ours and in time, whatever it is for.
    pub fn claims_of(&self, bearer: &str, now_ms: i64) -> Option<Value> {
        let now = now_ms / 1000 + self.knobs.clock_offset_s;
        let claims = jwt::verify(&self.signer, bearer)?;
        let in_time = claims["exp"].as_i64()? > now && claims["nbf"].as_i64()? <= now;
        let issuer = format!("https://sts.windows.net/{}/", claims["tid"].as_str()?);
        (in_time && claims["iss"] == issuer).then_some(claims)
    }

    /// Writes on a device object what device management says about it (entra.md 8).
    ///
    /// # Errors
    /// [`ApproveError::Unknown`] for a device that is not there.
    pub fn set_device_management(
        &mut self,
        device_id: &str,
        managed: bool,
        compliant: bool,
    ) -> Result<(), ApproveError> {
        let unknown = || ApproveError::Unknown(device_id.to_owned());
        let id = device_id.parse().map_err(|_| unknown())?;
        let device = self.devices.by_id.get_mut(&id).ok_or_else(unknown)?;
        device.compliant = managed && compliant;
        Ok(())
    }
}
