//! The Device Registration Service: Discover, errors, leaving (entra.md 3, 5.7, 6.1).

use crate::asking::Ask;
use crate::world::Tenant;
use serde_json::{Value, json};
use tenant_model::knobs::ClientCertificate;
use tenant_wire::answer::{Answer, stamp};
use tenant_wire::certificate::thumbprint;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::documents;
use uuid::Uuid;

impl Tenant {
    /// The claims of a token for registration (entra.md 11.2, I1).
    pub(crate) fn registration_token(&self, ask: &Ask) -> Result<Value, Answer> {
        let claims = self.bearer(ask, |aud| canonical(aud) == REGISTRATION);
        let text = "The access token is not valid.";
        claims.ok_or_else(|| ask.unauthorised(401, "error_invalid_token", text))
    }

    pub(crate) fn discover(&self, ask: &Ask) -> Answer {
        let word = ask.path.first().map(String::as_str).unwrap_or_default();
        let Some(directory) = self.directories.named(word) else {
            return ask.bad_request("error_fail", "AADSTS90002: tenant not found.");
        };
        if ask.knobs.discover_needs_token
            && let Err(refusal) = self.registration_token(ask)
        {
            return refusal;
        }
        let name = directory.domains.first().map(String::as_str);
        let federated = name.is_some_and(|domain| ask.knobs.federated.get(domain) == Some(&true));
        let document = documents::discover(&ask.hosts, directory.id, name, federated);
        Answer::ok(document).fact("tenant", directory.id)
    }

    pub(crate) fn drs_nonce(&mut self, ask: &Ask) -> Answer {
        let value = self.generator.text(80, crate::codes::TOKEN_ALPHABET);
        Answer::ok(json!({
            "ReponseStatus": { "message": "Successfully created a nonce", "traceId": ask.ids.request, "time": stamp(ask.now) },
            "Value": value,
        }))
    }

    /// By the device's certificate, or by a token of its owner (entra.md 6.1, 11.1 D7 and D10).
    pub(crate) fn leave(&mut self, ask: &Ask) -> Answer {
        let id = ask.path.get(2).and_then(|text| text.parse::<Uuid>().ok());
        let caller = self.caller(ask);
        let answer = match self.may_leave(ask, id, &caller) {
            Err(refusal) => refusal,
            Ok(id) => match self.devices.remove(id) {
                Some(device) => Answer::ok(json!({})).fact("device_id", device.id),
                None => self.missing_device(ask),
            },
        };
        match caller.thumbprint {
            Some(thumbprint) => answer.fact("client_cert_thumbprint", thumbprint),
            None => answer,
        }
    }

    fn may_leave(&self, ask: &Ask, id: Option<Uuid>, caller: &DeviceCaller) -> Result<Uuid, Answer> {
        if caller.is_gone {
            return Err(self.missing_device(ask));
        }
        match id.and_then(|id| self.devices.get(id)) {
            Some(device) if caller.device == Some(device.id) || caller.owner == Some(device.owner) => {
                Ok(device.id)
            }
            None if caller.device.is_some() || caller.owner.is_some() => Err(self.missing_device(ask)),
            Some(_) if caller.device.is_none() && caller.owner.is_some() => {
                let text = "The user is not the registered owner of the device.";
                Err(ask.unauthorised(403, "error_user_not_registered_device_owner", text))
            }
            _ if caller.thumbprint.is_some() => {
                let text = "The client certificate is not that of the device.";
                Err(ask.unauthorised(401, "error_authentication", text))
            }
            _ => Err(ask.unauthorised(401, "error_authentication", "No client authentication.")),
        }
    }

    /// The management service, of which only what it says about the device is served (entra.md 5.7, 11.1 D9).
    pub(crate) fn manage(&self, ask: &Ask) -> Answer {
        let caller = self.caller(ask);
        if caller.is_gone {
            return self.missing_device(ask);
        }
        let claimed = self.registration_token(ask).ok();
        let claimed = claimed.and_then(|claims| claims["deviceid"].as_str()?.parse::<Uuid>().ok());
        let Some(id) = caller.device.or(claimed) else {
            return ask.unauthorised(401, "error_authentication", "No device authentication.");
        };
        match self.devices.get(id) {
            None => self.missing_device(ask),
            Some(device) if !device.enabled => {
                let text = "The device is disabled.";
                ask.unauthorised(403, "error_authorization_request_denied", text)
            }
            Some(_) => ask.bad_request("error_fail", "The feature is switched off for the tenant."),
        }
    }

    fn missing_device(&self, ask: &Ask) -> Answer {
        ask.bad_request("error_missing_device", "The device object was not found.")
    }

    fn caller(&self, ask: &Ask) -> DeviceCaller {
        let owner = self.registration_token(ask).ok();
        let owner = owner.and_then(|claims| claims["oid"].as_str()?.parse::<Uuid>().ok());
        let thumbprint = ask.peer.client_certificate.as_ref().map(|der| thumbprint(der));
        let taken = thumbprint.as_ref().filter(|_| takes_certificate(ask, owner.is_some()));
        DeviceCaller {
            device: taken.and_then(|it| self.devices.with_thumbprint(it)).map(|device| device.id),
            is_gone: taken.is_some_and(|it| self.devices.is_gone(it)),
            owner,
            thumbprint,
        }
    }
}

/// Who calls the registration service about a device.
struct DeviceCaller {
    /// The device whose certificate was taken.
    device: Option<Uuid>,
    /// The certificate is that of a device that was deleted.
    is_gone: bool,
    /// The user of the bearer token.
    owner: Option<Uuid>,
    /// Of the certificate, taken or not.
    thumbprint: Option<String>,
}

fn takes_certificate(ask: &Ask, with_token: bool) -> bool {
    match ask.knobs.client_certificate {
        ClientCertificate::Handshake => true,
        ClientCertificate::CertauthOnly => ask.peer.host.starts_with("certauth."),
        ClientCertificate::WithBearer => with_token,
        ClientCertificate::Never => false,
    }
}
