use crate::X509Error;
use model::{DeviceId, Guid, ObjectId, RsaPublicKey, TenantId, Timestamp};
use picky_asn1_x509::{Certificate, Extension, ExtensionView, PublicKey};
use sha1::{Digest, Sha1};

/// What Firmament reads in a device certificate (entra.md 5.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Value of the subject's first RDN as text: the device id, if the issuer keeps to the rules.
    pub subject: String,
    /// The certified key.
    pub public: RsaPublicKey,
    /// `notBefore`.
    pub not_before: Timestamp,
    /// `notAfter`.
    pub not_after: Timestamp,
    /// The issuer's name as one line.
    pub issuer: String,
    /// Whether basicConstraints says CA.
    pub is_ca: bool,
    /// Dotted OIDs of extKeyUsage.
    pub key_usages: Vec<String>,
    /// Private OID `…284.2`: the device id once more.
    pub device: Option<DeviceId>,
    /// Private OID `…284.3`: the object id of the user who registered.
    pub user: Option<ObjectId>,
    /// Private OID `…284.5`: the tenant.
    pub tenant: Option<TenantId>,
    /// Private OID `…284.7`: `0` registered, `1` joined.
    pub join_type: Option<String>,
    /// Private OID `…284.8`: the tenant's region.
    pub region: Option<String>,
}

impl DeviceCertificate {
    /// Reads the DER of a certificate.
    ///
    /// # Errors
    /// [`X509Error::Der`] for anything that is no certificate, [`X509Error::NotRsa`] for another kind of key.
    pub fn read(der: &[u8]) -> Result<DeviceCertificate, X509Error> {
        let certificate: Certificate = picky_asn1_der::from_bytes(der).map_err(|error| X509Error::Der {
            what: "certificate",
            verb: "read",
            why: error.to_string(),
        })?;
        let tbs = &certificate.tbs_certificate;
        let extensions: &[Extension] = &tbs.extensions.0.0;
        Ok(DeviceCertificate {
            subject: first_value(&tbs.subject.to_string()),
            public: rsa_key(&tbs.subject_public_key_info.subject_public_key)?,
            not_before: moment(&tbs.validity.not_before),
            not_after: moment(&tbs.validity.not_after),
            issuer: tbs.issuer.to_string(),
            is_ca: extensions.iter().any(is_ca),
            key_usages: extensions.iter().flat_map(key_usages).collect(),
            device: guid(extensions, "2").map(DeviceId::new),
            user: guid(extensions, "3").map(ObjectId::new),
            tenant: guid(extensions, "5").map(TenantId::new),
            join_type: text(extensions, "7"),
            region: text(extensions, "8"),
        })
    }
}

/// SHA-1 over the DER, 40 upper-case hex digits.
pub fn thumbprint(der: &[u8]) -> String {
    Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The value of the first `TYPE=value` of a name printed as one line.
fn first_value(name: &str) -> String {
    let first = name.split(['+', ',']).next().unwrap_or_default();
    first.split_once('=').map_or(first, |(_, value)| value).trim().to_owned()
}

fn rsa_key(key: &PublicKey) -> Result<RsaPublicKey, X509Error> {
    match key {
        PublicKey::Rsa(rsa) => Ok(RsaPublicKey {
            modulus: rsa.0.modulus.as_unsigned_bytes_be().to_vec(),
            exponent: rsa.0.public_exponent.as_unsigned_bytes_be().to_vec(),
        }),
        _ => Err(X509Error::NotRsa),
    }
}

fn moment(time: &picky_asn1_x509::validity::Time) -> Timestamp {
    use picky_asn1_x509::validity::Time;
    let (date, clock) = match time {
        Time::Utc(t) => (
            [t.0.year().into(), t.0.month().into(), t.0.day().into()],
            [t.0.hour(), t.0.minute(), t.0.second()],
        ),
        Time::Generalized(t) => (
            [t.0.year().into(), t.0.month().into(), t.0.day().into()],
            [t.0.hour(), t.0.minute(), t.0.second()],
        ),
    };
    let [year, month, day] = date;
    let [hour, minute, second] = clock.map(i64::from);
    Timestamp::from_civil([year, month, day, hour, minute, second])
}

fn is_ca(extension: &Extension) -> bool {
    matches!(extension.extn_value(), ExtensionView::BasicConstraints(basic) if basic.ca() == Some(true))
}

fn key_usages(extension: &Extension) -> Vec<String> {
    match extension.extn_value() {
        ExtensionView::ExtendedKeyUsage(usages) => usages.iter().map(|oid| (&oid.0).into()).collect(),
        _ => Vec::new(),
    }
}

/// The content of the private extension with this last arc.
fn private<'a>(extensions: &'a [Extension], arc: &str) -> Option<&'a [u8]> {
    let wanted = format!("{PRIVATE_ARC}{arc}");
    let found = extensions.iter().find(|extension| {
        let oid: String = (&extension.extn_id().0).into();
        oid == wanted
    })?;
    match found.extn_value() {
        ExtensionView::Generic(value) => inner(&value.0),
        _ => None,
    }
}

/// The content of the inner OCTET STRING, whose length Entra writes in a non-minimal form
/// (`04 81 10`, entra.md 5.6); the minimal form is taken too.
fn inner(value: &[u8]) -> Option<&[u8]> {
    let (length, rest) = match value {
        [0x04, 0x81, length, rest @ ..] => (*length, rest),
        [0x04, length, rest @ ..] if *length < 0x80 => (*length, rest),
        _ => return None,
    };
    (rest.len() == usize::from(length)).then_some(rest)
}

fn guid(extensions: &[Extension], arc: &str) -> Option<Guid> {
    private(extensions, arc)?.try_into().ok().map(Guid::from_dotnet_bytes)
}

fn text(extensions: &[Extension], arc: &str) -> Option<String> {
    let bytes = private(extensions, arc)?;
    bytes.iter().all(u8::is_ascii_graphic).then(|| String::from_utf8_lossy(bytes).into_owned())
}

const PRIVATE_ARC: &str = "1.2.840.113556.1.5.284.";
