//! The Device Registration Service: Discover, errors, leaving (entra.md 3, 5.7, 6.1).

use crate::answer::{Answer, stamp};
use crate::asking::Ask;
use crate::clients::REGISTRATION;
use crate::knobs::{ClientCertificate, DrsErrorShape};
use crate::policy::canonical;
use crate::world::Tenant;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use uuid::Uuid;

impl Tenant {
    /// A refusal of the service in the shape in force.
    pub(crate) fn drs_error(
        &self,
        ask: &Ask,
        status: u16,
        code: &str,
        subcode: &str,
        message: &str,
    ) -> Answer {
        let at = stamp(ask.now);
        let body = match ask.knobs.drs_error_shape {
            DrsErrorShape::A => {
                let kind =
                    if code == "authorization_error" { "AuthorizationError" } else { "DirectoryError" };
                json!({ "ErrorType": kind, "Message": format!("{message} ({subcode})"), "TraceId": ask.ids.request, "Time": at })
            }
            DrsErrorShape::B => json!({
                "code": code, "subcode": subcode, "operation": "DeviceJoin", "message": message,
                "requestid": ask.ids.request, "time": at,
            }),
            DrsErrorShape::C => json!({ "odata.error": {
                "code": "directory_error", "message": { "lang": "en", "value": message },
                "values": [{ "item": "subCode", "value": subcode }, { "item": "requestId", "value": ask.ids.request }, { "item": "date", "value": at }],
            } }),
        };
        Answer::refusal(status, subcode, body)
    }

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
        let Some(directory) = self.tenant_named(word) else {
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

    pub(crate) fn leave(&mut self, ask: &Ask) -> Answer {
        let id = ask.path.get(2).and_then(|text| text.parse::<Uuid>().ok());
        let thumbprint = ask.peer.client_certificate.as_ref().map(|der| thumbprint(der));
        let tell = |answer: Answer| match &thumbprint {
            Some(thumbprint) => answer.fact("client_cert_thumbprint", thumbprint),
            None => answer,
        };
        let owner =
            self.registration_token(ask).ok().and_then(|claims| claims["oid"].as_str()?.parse::<Uuid>().ok());
        let by_certificate =
            thumbprint.as_ref().and_then(|it| self.devices.with_thumbprint(it)).map(|device| device.id);
        let by_certificate = by_certificate.filter(|_| self.takes_certificate(ask, owner.is_some()));
        let target = id.and_then(|id| self.devices.by_id.get(&id));
        let may = match target {
            Some(device) => by_certificate == Some(device.id) || owner == Some(device.owner),
            None => by_certificate.is_some() || owner.is_some(),
        };
        // entra.md 11.1, D10 before D7: the certificate is known, its device is not there any more.
        let gone = thumbprint.as_ref().is_some_and(|it| self.devices.is_gone(it));
        if target.is_none() && gone && self.takes_certificate(ask, owner.is_some()) {
            return tell(self.bad_request(ask, "error_missing_device", "The device object was not found."));
        }
        if !may {
            let known = thumbprint.is_some();
            let text =
                if known { "The client certificate is not known." } else { "No client authentication." };
            return tell(self.unauthorised(ask, 401, "error_authentication", text));
        }
        match id.and_then(|id| self.devices.remove(&id)) {
            Some(device) => tell(Answer::ok(json!({})).fact("device_id", device.id)),
            None => tell(self.bad_request(ask, "error_missing_device", "The device object was not found.")),
        }
    }

    fn takes_certificate(&self, ask: &Ask, with_token: bool) -> bool {
        match ask.knobs.client_certificate {
            ClientCertificate::Handshake => true,
            ClientCertificate::CertauthOnly => ask.peer.host.starts_with("certauth."),
            ClientCertificate::WithBearer => with_token,
            ClientCertificate::Never => false,
        }
    }
}

/// SHA-1 of the DER, in upper-case hex.
pub(crate) fn thumbprint(der: &[u8]) -> String {
    Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect()
}
