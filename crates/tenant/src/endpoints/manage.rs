//! The management service, of which only what it says about the device is served.

use crate::request_context::RequestContext;
use crate::rules::bearer::registration_token;
use crate::rules::caller::{caller, missing_device};
use crate::tenant::Tenant;
use tenant_wire::answer::Answer;
use uuid::Uuid;

/// What it says about the device that asks (entra.md 5.7, 11.1 D9).
pub(crate) fn manage(entra: &Tenant, context: &RequestContext) -> Answer {
    let caller = caller(entra, context);
    if caller.is_gone {
        return missing_device(context);
    }
    let claimed = registration_token(entra, context).ok();
    let claimed = claimed.and_then(|claims| claims["deviceid"].as_str()?.parse::<Uuid>().ok());
    let Some(id) = caller.device.or(claimed) else {
        return context.unauthorised(401, "error_authentication", "No device authentication.");
    };
    match entra.devices.get(id) {
        None => missing_device(context),
        Some(device) if !device.enabled => {
            let text = "The device is disabled.";
            context.unauthorised(403, "error_authorization_request_denied", text)
        }
        Some(_) => context.bad_request("error_fail", "The feature is switched off for the tenant."),
    }
}
