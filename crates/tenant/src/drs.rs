//! The Device Registration Service: Discover, errors, leaving (entra.md 3, 5.7, 6.1).

use crate::asking::Ask;
use crate::policy::canonical;
use crate::world::Tenant;
use serde_json::{Value, json};
use tenant_model::knobs::ClientCertificate;
use tenant_wire::answer::{Answer, stamp};
use tenant_wire::certificate::thumbprint;
use tenant_wire::clients::REGISTRATION;
use uuid::Uuid;

impl Tenant {
    /// A refusal of a request that is wrong in itself, or whose object is not there.
    pub(crate) fn bad_request(&self, ask: &Ask, subcode: &str, message: &str) -> Answer {
        self.drs_error(ask, 400, "invalid_request", subcode, message)
    }

    /// A refusal of who asks.
    pub(crate) fn unauthorised(&self, ask: &Ask, status: u16, subcode: &str, message: &str) -> Answer {
        self.drs_error(ask, status, "authorization_error", subcode, message)
    }

    /// The claims of a token for registration (entra.md 11.2, I1).
    pub(crate) fn registration_token(&self, ask: &Ask) -> Result<Value, Answer> {
        let claims = self.bearer(ask, |aud| canonical(aud) == REGISTRATION);
        let text = "The access token is not valid.";
        claims.ok_or_else(|| self.unauthorised(ask, 401, "error_invalid_token", text))
    }

    pub(crate) fn discover(&self, ask: &Ask) -> Answer {
        let word = ask.path.first().map(String::as_str).unwrap_or_default();
        let Some(directory) = self.directories.named(word) else {
            return self.bad_request(ask, "error_fail", "AADSTS90002: tenant not found.");
        };
        if ask.knobs.discover_needs_token
            && let Err(refusal) = self.registration_token(ask)
        {
            return refusal;
        }
        let hosts = &ask.hosts;
        let (r, a, t) = (&hosts.drs, &hosts.login, directory.id);
        let (urn, name) = (&hosts.drs_resource, directory.domains.first());
        let federated = name.is_some_and(|domain| ask.knobs.federated.get(domain) == Some(&true));
        Answer::ok(json!({
            "DiscoveryService": { "DiscoveryEndpoint": format!("https://{r}/{t}/Discover"), "ServiceVersion": "1.9" },
            "DeviceRegistrationService": { "RegistrationEndpoint": format!("https://{r}/EnrollmentServer/DeviceEnrollmentWebService.svc"), "RegistrationResourceId": urn, "ServiceVersion": "1.0" },
            "AuthenticationService": { "OAuth2": { "AuthCodeEndpoint": format!("https://{a}/{t}/oauth2/authorize"), "TokenEndpoint": format!("https://{a}/{t}/oauth2/token") } },
            "IdentityProviderService": { "Federated": federated, "PassiveAuthEndpoint": format!("https://{a}/{t}/wsfed") },
            "DeviceJoinService": { "JoinEndpoint": format!("https://{r}/EnrollmentServer/device/"), "JoinResourceId": urn, "ServiceVersion": "2.0" },
            "KeyProvisioningService": { "KeyProvisionEndpoint": format!("https://{r}/EnrollmentServer/key/"), "KeyProvisionResourceId": urn, "ServiceVersion": "1.0" },
            "WebAuthNService": { "WebAuthNEndpoint": format!("https://{r}/webauthn/{t}/"), "WebAuthNResourceId": urn, "ServiceVersion": "1.0" },
            "DeviceManagementService": { "DeviceManagementEndpoint": format!("https://{r}/manage/{t}/"), "DeviceManagementResourceId": urn, "ServiceVersion": "1.0" },
            "MsaProviderData": { "SiteId": "000000", "SiteUrl": r },
            "PrecreateService": { "PrecreateEndpoint": format!("https://{r}/EnrollmentServer/device/precreate/{t}/"), "PrecreateResourceId": urn, "ServiceVersion": "2.0" },
            "TenantInfo": { "DisplayName": name, "TenantId": t.to_string(), "TenantName": name },
            "AzureRbacService": { "RbacPolicyEndpoint": hosts.rbac },
            "BPLService": { "BPLProxyServicePrincipalId": "44444444-0000-4000-8000-000000000000", "BPLResourceId": urn, "BPLServiceEndpoint": format!("https://{r}/aadpasswordpolicy/{t}/"), "ServiceVersion": "1.0" },
            "DeviceJoinResourceService": { "Endpoint": format!("https://{r}/EnrollmentServer/device/resource/{t}/"), "ResourceId": urn, "ServiceVersion": "2.0" },
            "NonceService": { "Endpoint": format!("https://{r}/EnrollmentServer/nonce/{t}/"), "ResourceId": urn, "ServiceVersion": "1.0" },
        }))
        .fact("tenant", t)
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
                Err(self.unauthorised(ask, 403, "error_user_not_registered_device_owner", text))
            }
            _ if caller.thumbprint.is_some() => {
                let text = "The client certificate is not that of the device.";
                Err(self.unauthorised(ask, 401, "error_authentication", text))
            }
            _ => Err(self.unauthorised(ask, 401, "error_authentication", "No client authentication.")),
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
            return self.unauthorised(ask, 401, "error_authentication", "No device authentication.");
        };
        match self.devices.get(id) {
            None => self.missing_device(ask),
            Some(device) if !device.enabled => {
                let text = "The device is disabled.";
                self.unauthorised(ask, 403, "error_authorization_request_denied", text)
            }
            Some(_) => self.bad_request(ask, "error_fail", "The feature is switched off for the tenant."),
        }
    }

    fn missing_device(&self, ask: &Ask) -> Answer {
        self.bad_request(ask, "error_missing_device", "The device object was not found.")
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
