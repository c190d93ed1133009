//! Who calls the registration service about a device (entra.md 6.1).

use crate::request_context::RequestContext;
use crate::rules::bearer::registration_token;
use crate::tenant::Tenant;
use tenant_model::knobs::ClientCertificate;
use tenant_wire::answer::Answer;
use tenant_wire::certificate::thumbprint;
use uuid::Uuid;

/// Who calls the registration service about a device.
pub(crate) struct DeviceCaller {
    /// The device whose certificate was taken.
    pub(crate) device: Option<Uuid>,
    /// The certificate is that of a device that was deleted.
    pub(crate) is_gone: bool,
    /// The user of the bearer token.
    pub(crate) owner: Option<Uuid>,
    /// Of the certificate, taken or not.
    pub(crate) thumbprint: Option<String>,
}

/// Who calls, by certificate and token.
pub(crate) fn caller(entra: &Tenant, context: &RequestContext) -> DeviceCaller {
    let owner = registration_token(entra, context).ok();
    let owner = owner.and_then(|claims| claims["oid"].as_str()?.parse::<Uuid>().ok());
    let thumbprint = context.peer.client_certificate.as_ref().map(|der| thumbprint(der));
    let taken = thumbprint.as_ref().filter(|_| takes_certificate(context, owner.is_some()));
    DeviceCaller {
        device: taken.and_then(|it| entra.devices.with_thumbprint(it)).map(|device| device.id),
        is_gone: taken.is_some_and(|it| entra.devices.is_gone(it)),
        owner,
        thumbprint,
    }
}

fn takes_certificate(context: &RequestContext, with_token: bool) -> bool {
    match context.knobs.client_certificate {
        ClientCertificate::Handshake => true,
        ClientCertificate::CertauthOnly => context.peer.host.starts_with("certauth."),
        ClientCertificate::WithBearer => with_token,
        ClientCertificate::Never => false,
    }
}

/// What the service says about a device that is not there.
pub(crate) fn missing_device(context: &RequestContext) -> Answer {
    context.bad_request("error_missing_device", "The device object was not found.")
}
