//! Joining or registering the device (entra.md 5).

use crate::call::{SERVICE, hint, set_headers};
use crate::refusal::{Exchange, Refusal};
use crate::{DrsError, transport_key_blob};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Uri, header};
use model::{
    CertificateDer, DeviceFacts, DeviceId, DomainName, JoinType, RequestId, RsaPublicKey, Secret, TenantId,
    Timestamp, Trace, printable,
};
use reply::{Document, Members};
use serde_json::json;
use std::time::Duration;
use x509::DeviceCertificate;

/// Everything a join request says.
#[derive(Debug)]
pub struct Join<'a> {
    /// `JoinEndpoint`: an https URL.
    pub endpoint: &'a str,
    /// `api-version` of the query, `2.0` as a rule.
    pub version: &'a str,
    /// The access token for registration.
    pub token: &'a Secret<String>,
    /// PKCS#10 in DER, as [`assemble`] gives it.
    pub certificate_request: &'a [u8],
    /// The key that session keys are encrypted to.
    pub transport_key: &'a RsaPublicKey,
    /// `TargetDomain`; not validated by the service.
    pub target_domain: &'a DomainName,
    /// What the device says of itself.
    pub facts: &'a DeviceFacts,
    /// 0 or 4.
    pub join_type: JoinType,
    /// The header `client-request-id`, which the service logs.
    pub request_id: RequestId,
    /// The header `ocp-adrs-client-version`.
    pub client_version: &'a str,
}

/// The bytes of the certificate request that the device key signs (entra.md 5.2).
///
/// # Errors
/// [`DrsError::Request`].
pub fn to_sign(device_key: &RsaPublicKey) -> Result<Vec<u8>, DrsError> {
    x509::csr::to_sign(device_key, COMMON_NAME).map_err(DrsError::Request)
}

/// The certificate request from what was signed and its RSASSA-PKCS1-v1_5 signature.
///
/// # Errors
/// [`DrsError::Request`].
pub fn assemble(to_sign: &[u8], signature: &[u8]) -> Result<Vec<u8>, DrsError> {
    x509::csr::assemble(to_sign, signature).map_err(DrsError::Request)
}

/// The POST (entra.md 5.1).
///
/// # Errors
/// [`DrsError::Endpoint`] when the endpoint is no https URL.
pub fn request(join: &Join<'_>) -> Result<Request<Bytes>, DrsError> {
    let uri = format!("{}?api-version={}", join.endpoint, join.version);
    let wrong = || DrsError::Endpoint(printable(join.endpoint, 200));
    let parsed: Uri = uri.parse().map_err(|_| wrong())?;
    if parsed.scheme_str() != Some("https") {
        return Err(wrong());
    }
    let mut request = Request::new(Bytes::from(body(join)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = parsed;
    set_headers(&mut request, Some(join.token), join.request_id, join.client_version);
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(request)
}

fn body(join: &Join<'_>) -> String {
    json!({
        "CertificateRequest": { "Type": "pkcs10", "Data": STANDARD.encode(join.certificate_request) },
        "TransportKey": STANDARD.encode(transport_key_blob(join.transport_key)),
        "TargetDomain": join.target_domain.as_str(),
        "DeviceType": "Linux",
        "OSVersion": join.facts.os_version,
        "DeviceDisplayName": join.facts.display_name,
        "JoinType": join.join_type.wire(),
        // Every known client sends these as strings (entra.md 5.1).
        "Attributes": { "ReuseDevice": "true", "ReturnClientSid": "true" },
    })
    .to_string()
}

/// An answer that says "made", as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status of the reply, 200 to 299.
    pub status: u16,
    /// The raw body.
    pub body: Vec<u8>,
    /// The ids of the call.
    pub trace: Trace,
}

/// Judges the reply without reading its content: what says "made" is to be stored before it is parsed.
///
/// # Errors
/// [`DrsError::Refused`] and [`DrsError::Reply`] for any status but 2xx.
pub fn read(reply: Response<Bytes>) -> Result<Answered, DrsError> {
    if !reply.status().is_success() {
        return Err(Refusal::read(&reply, Exchange::Join));
    }
    let trace = reply::heading(&reply).trace;
    Ok(Answered { status: reply.status().as_u16(), trace, body: reply.into_body().to_vec() })
}

/// What the certificate must agree with.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The key we asked for.
    pub device_key: &'a RsaPublicKey,
    /// The tenant we asked.
    pub tenant: TenantId,
    /// When the reply came.
    pub now: Timestamp,
}

/// What a stored reply holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The device id.
    pub device: DeviceId,
    /// The device certificate.
    pub certificate: CertificateDer,
    /// SHA-1 over the DER, 40 upper-case hex digits, computed here.
    pub thumbprint: String,
    /// `notBefore` of the certificate, in whole seconds.
    pub not_before: Timestamp,
    /// `notAfter` of the certificate, in whole seconds.
    pub not_after: Timestamp,
    /// `User.Upn` of the reply: who joined, as the service names them.
    pub upn: Option<String>,
    /// What was not as expected and is no reason to refuse.
    pub warnings: Vec<String>,
}

/// Parses a stored body and makes the hard checks: the key is ours, the subject is a device id, the
/// tenant is ours if it is named, the dates are sane with a day of skew.
///
/// `MembershipChanges` is not read, on purpose: it names who should become local administrator, and who
/// administers this machine is not the tenant's to set.
///
/// # Errors
/// One variant of [`DrsError`] per check.
pub fn parse(body: &[u8], expected: &Expected<'_>) -> Result<Joined, DrsError> {
    let document = Document::stored(body, SERVICE)?;
    let body = document.members();
    let issued = body.object("Certificate")?.ok_or_else(|| body.wrong("Certificate", "an object"))?;
    let der = raw_body(issued)?;
    let certificate = DeviceCertificate::read(&der).map_err(DrsError::Certificate)?;
    let device = check(&certificate, expected)?;
    let thumbprint = x509::thumbprint(&der);
    let mut warnings = surprises(&certificate, device);
    if hint(issued, "Thumbprint").is_some_and(|told| !told.eq_ignore_ascii_case(&thumbprint)) {
        warnings.push("the reply's thumbprint is not that of its certificate".to_owned());
    }
    // Who joined is for people alone.
    let user = body.object("User").ok().flatten();
    Ok(Joined {
        device,
        thumbprint,
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        certificate: CertificateDer(der),
        upn: user.and_then(|user| hint(user, "Upn")),
        warnings,
    })
}

/// `RawBody` is standard base64; line breaks in it are passed over.
fn raw_body(issued: Members<'_>) -> Result<Vec<u8>, DrsError> {
    let text: String = issued.required_text("RawBody")?.split_whitespace().collect();
    STANDARD.decode(text).map_err(|error| DrsError::Unreadable(format!("RawBody is not base64: {error}")))
}

fn check(certificate: &DeviceCertificate, expected: &Expected<'_>) -> Result<DeviceId, DrsError> {
    if certificate.public != *expected.device_key {
        return Err(DrsError::ForeignKey);
    }
    let no_id = |_| DrsError::NoDeviceId(printable(&certificate.subject, 80));
    let device = certificate.subject.parse().map_err(no_id)?;
    if let Some(found) = certificate.tenant.filter(|tenant| *tenant != expected.tenant) {
        let (found, wanted) = (found.to_string(), expected.tenant.to_string());
        return Err(DrsError::ForeignTenant { found, wanted });
    }
    let (from, until) = (certificate.not_before, certificate.not_after);
    if from > expected.now.after(SKEW) || expected.now > until.after(SKEW) || until <= from {
        return Err(DrsError::Dates { from: from.to_string(), until: until.to_string() });
    }
    Ok(device)
}

/// Issuer, EKU and private OIDs are recorded; a surprise in them is a warning only (docs/architecture.md,
/// section 5).
fn surprises(certificate: &DeviceCertificate, device: DeviceId) -> Vec<String> {
    let mut warnings = Vec::new();
    if !certificate.issuer.contains(ISSUER) {
        warnings.push(format!("the issuer is '{}'", printable(&certificate.issuer, 200)));
    }
    if certificate.is_ca {
        warnings.push("the certificate says it is a CA".to_owned());
    }
    if !certificate.key_usages.iter().any(|usage| usage == CLIENT_AUTH) {
        warnings.push("the certificate is not for TLS client authentication".to_owned());
    }
    if certificate.device.is_some_and(|named| named != device) {
        warnings.push("OID .284.2 names another device than the subject".to_owned());
    }
    warnings.extend(certificate.unreadable.iter().map(|arc| format!("OID .284.{arc} cannot be read")));
    warnings
}

/// The constant CN of every join request (entra.md 5.2).
const COMMON_NAME: &str = "7E980AD9-B86D-4306-9425-9AC066FB014A";
const ISSUER: &str = "MS-Organization-Access";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const SKEW: Duration = Duration::from_secs(24 * 60 * 60);
