//! Objects as Graph spells them; an `id` that the stand-in does not keep is invented from the one that it keeps.

use serde_json::{Value, json};
use tenant_model::applications::Group;
use tenant_model::devices::Device;
use tenant_model::directory::User;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

pub(crate) fn user(user: &User) -> Value {
    json!({ "id": user.oid.to_string(), "userPrincipalName": user.upn, "displayName": user.upn })
}

/// A group; what the token may not read is null.
pub(crate) fn group(group: &Group, named: bool) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.group", "id": group.id,
        "displayName": named.then_some(&group.name), "securityEnabled": named.then_some(true),
    })
}

pub(crate) fn device(device: &Device) -> Value {
    let at = OffsetDateTime::from_unix_timestamp(device.registered_at / 1000);
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH).format(&Rfc3339).unwrap_or_default();
    json!({
        "@odata.type": "#microsoft.graph.device", "id": object_id(device.id).to_string(),
        "deviceId": device.id.to_string(), "displayName": device.name, "accountEnabled": device.enabled,
        "isManaged": device.managed, "isCompliant": device.compliant, "trustType": device.trust_type(),
        "operatingSystem": "Linux", "operatingSystemVersion": device.os, "registrationDateTime": at,
    })
}

/// The object's id, which is not the device's.
fn object_id(device: Uuid) -> Uuid {
    Uuid::from_u128(device.as_u128() ^ 0x0b)
}
