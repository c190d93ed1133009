use crate::fields::Fields;
use crate::refusal::judge;
use crate::{IntuneError, Service};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use model::{CertificateDer, IntuneDeviceId, RsaPublicKey, Timestamp, Trace, printable};
use serde_json::Value;
use std::time::Duration;
use x509::DeviceCertificate;

/// An answer that says "enrolled", as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status, always 2xx.
    pub status: u16,
    /// The raw body.
    pub body: Vec<u8>,
    /// The ids of the call.
    pub trace: Trace,
}

/// Judges the reply without reading its content: what says "enrolled" is to be stored before it is parsed.
///
/// # Errors
/// [`IntuneError::Refused`] and [`IntuneError::Reply`] for any status but 2xx.
pub fn read(reply: Response<Bytes>) -> Result<Answered, IntuneError> {
    judge(&reply, Service::Enrolment)?;
    Ok(Answered {
        status: reply.status().as_u16(),
        trace: ::reply::heading(&reply).trace,
        body: reply.into_body().to_vec(),
    })
}

/// What the certificate must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The key we asked for.
    pub key: &'a RsaPublicKey,
    /// When the reply came.
    pub now: Timestamp,
}

/// What a stored reply holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The device id of Intune, which every later call names.
    pub device: IntuneDeviceId,
    /// The certificate; no known client presents it anywhere (intune.md 2.3).
    pub certificate: CertificateDer,
    /// SHA-1 over the DER, 40 upper-case hex digits, computed here.
    pub thumbprint: String,
    /// `notBefore` of the certificate (UTC).
    pub not_before: Timestamp,
    /// `notAfter` of the certificate (UTC).
    pub not_after: Timestamp,
    /// `renewPeriod` in whole days.
    pub renew_after: Option<Duration>,
    /// What was not as expected and is no reason to refuse.
    pub warnings: Vec<String>,
}

/// Parses a stored body and makes the hard checks: `deviceId` is a GUID, the certificate is for our key, its
/// dates are sane with a day of skew (intune.md 2.3).
///
/// # Errors
/// [`IntuneError::Unusable`], [`IntuneError::Certificate`], and one variant per check.
pub fn parse(body: &[u8], expected: &Expected<'_>) -> Result<Enrolled, IntuneError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| unusable("it is not JSON"))?;
    let reply = Fields::of(&body).ok_or_else(|| unusable("it is no object"))?;
    let device = device_id(reply)?;
    let issued = reply.inner("certificate").ok_or_else(|| unusable("it holds no object as 'certificate'"))?;
    let der = cert_blob(issued.get("certBlob").ok_or_else(|| unusable("its certificate has no certBlob"))?)?;
    let certificate = DeviceCertificate::read(&der).map_err(IntuneError::Certificate)?;
    check(&certificate, expected)?;
    let thumbprint = x509::thumbprint(&der);
    Ok(Enrolled {
        device,
        warnings: surprises(&certificate.subject, device, issued.raw("thumbprint"), &thumbprint),
        thumbprint,
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        certificate: CertificateDer(der),
        renew_after: renew_period(issued.get("renewPeriod").or_else(|| reply.get("renewPeriod"))),
    })
}

/// The device that a stored body names, whatever else of it is of no use.
pub fn named_device(body: &[u8]) -> Option<IntuneDeviceId> {
    let body: Value = serde_json::from_slice(body).ok()?;
    device_id(Fields::of(&body)?).ok()
}

fn device_id(reply: Fields<'_>) -> Result<IntuneDeviceId, IntuneError> {
    let text = reply.raw("deviceId").unwrap_or_default();
    text.parse().map_err(|_| IntuneError::NoDeviceId(printable(text, 80)))
}

/// A list of the bytes as numbers, which is what the service sends, or their standard base64, which one page
/// says; line breaks in it are passed over.
fn cert_blob(blob: &Value) -> Result<Vec<u8>, IntuneError> {
    let byte = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
    let bytes = match blob {
        Value::Array(numbers) => numbers.iter().map(byte).collect(),
        Value::String(text) => STANDARD.decode(text.split_whitespace().collect::<String>()).ok(),
        _ => None,
    };
    bytes.ok_or_else(|| unusable("its certBlob is neither a list of bytes nor base64"))
}

fn check(certificate: &DeviceCertificate, expected: &Expected<'_>) -> Result<(), IntuneError> {
    if certificate.public != *expected.key {
        return Err(IntuneError::ForeignKey);
    }
    let (from, until) = (certificate.not_before, certificate.not_after);
    let is_valid = from <= expected.now.after(SKEW) && expected.now <= until.after(SKEW);
    if from < until && is_valid {
        return Ok(());
    }
    Err(IntuneError::Dates { from: from.to_string(), until: until.to_string() })
}

/// The subject is the Intune id \[client code\]; the service's thumbprint is of no use to us.
fn surprises(subject: &str, device: IntuneDeviceId, told: Option<&str>, thumbprint: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if subject.parse() != Ok(device) {
        warnings.push(format!("the certificate is for '{}', not for the device id", printable(subject, 80)));
    }
    if told.is_some_and(|told| !told.eq_ignore_ascii_case(thumbprint)) {
        warnings.push("the reply's thumbprint is not that of its certificate".to_owned());
    }
    warnings
}

/// That the number counts days is inferred (intune.md 2.3); nothing and zero say nothing.
fn renew_period(number: Option<&Value>) -> Option<Duration> {
    let days = u32::try_from(number?.as_u64()?).ok().filter(|days| *days > 0)?;
    Some(DAY * days)
}

fn unusable(why: &str) -> IntuneError {
    IntuneError::unusable(Service::Enrolment, why)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SKEW: Duration = DAY;
