use crate::X509Error;
use crate::der::{is_canonical, parts};
use model::{DeviceId, Guid, ObjectId, RsaPublicKey, TenantId, Timestamp};
use picky_asn1::wrapper::{Asn1SequenceOf, Asn1SetOf};
use picky_asn1_x509::{Certificate, Extension, ExtensionView, Name, PublicKey};
use sha1::{Digest, Sha1};

/// What Firmament reads in a device certificate (entra.md 5.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Value of the subject's first RDN as text: the device id, if the issuer keeps to the rules.
    pub subject: String,
    /// The certified key.
    pub public: RsaPublicKey,
    /// `notBefore`, in whole seconds.
    pub not_before: Timestamp,
    /// `notAfter`, in whole seconds.
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
    /// Last arcs of the private OIDs that are there but hold something else than they should.
    pub unreadable: Vec<&'static str>,
}

impl DeviceCertificate {
    /// Reads the DER of a certificate. What was read of it and is written again has to be the same bytes: a lenient
    /// reader takes as digits what are none. The content of extensions that nothing is read of is not looked at.
    ///
    /// # Errors
    /// [`X509Error::Der`] for anything that is no certificate, [`X509Error::NotCanonical`] for one in another form
    /// than DER, [`X509Error::Date`] for a 30th of February, [`X509Error::NotRsa`] for another kind of key.
    pub fn read(der: &[u8]) -> Result<DeviceCertificate, X509Error> {
        let failed = |why: String| X509Error::Der { what: "certificate", verb: "read", why };
        if !is_one_sequence(der) {
            return Err(failed("it is not one SEQUENCE and nothing else".to_owned()));
        }
        let certificate: Certificate =
            picky_asn1_der::from_bytes(der).map_err(|error| failed(error.to_string()))?;
        if !is_canonical(der) {
            return Err(X509Error::NotCanonical("a length, number or set has another form"));
        }
        if written_again(der, &certificate) != Some(true) {
            return Err(X509Error::NotCanonical("written again it is different"));
        }
        let tbs = &certificate.tbs_certificate;
        let extensions: &[Extension] = &tbs.extensions.0.0;
        Ok(DeviceCertificate {
            subject: first_value(&tbs.subject),
            public: rsa_key(&tbs.subject_public_key_info.subject_public_key)?,
            not_before: moment(&tbs.validity.not_before)?,
            not_after: moment(&tbs.validity.not_after)?,
            issuer: tbs.issuer.to_string(),
            is_ca: extensions.iter().any(is_ca),
            key_usages: extensions.iter().flat_map(key_usages).collect(),
            device: guid(extensions, "2").map(DeviceId::new),
            user: guid(extensions, "3").map(ObjectId::new),
            tenant: guid(extensions, "5").map(TenantId::new),
            join_type: text(extensions, "7"),
            region: text(extensions, "8"),
            unreadable: unreadable(extensions),
        })
    }
}

/// Whether everything that is read gives the bytes that it was read from.
fn written_again(der: &[u8], certificate: &Certificate) -> Option<bool> {
    let tbs = &certificate.tbs_certificate;
    let whole = parts(der)?;
    let fields = parts(whole.first()?)?;
    let is_version = |field: &&&[u8]| field.first() == Some(&VERSION);
    let named = fields.iter().skip(usize::from(fields.first().filter(is_version).is_some()) + BEFORE_ISSUER);
    let again = [
        picky_asn1_der::to_vec(&tbs.issuer).ok()?,
        picky_asn1_der::to_vec(&tbs.validity).ok()?,
        picky_asn1_der::to_vec(&tbs.subject).ok()?,
        picky_asn1_der::to_vec(&tbs.subject_public_key_info).ok()?,
    ];
    let extensions = fields.last().filter(|field| field.first() == Some(&EXTENSIONS));
    let found = extensions.map_or(Some(Vec::new()), |field| parts(parts(field)?.first()?))?;
    let read: &[Extension] = &tbs.extensions.0.0;
    let same = |(bytes, extension): (&&[u8], &Extension)| {
        !is_looked_at(extension) || picky_asn1_der::to_vec(extension).ok().as_deref() == Some(*bytes)
    };
    let fits = found.len() == read.len() && found.iter().zip(read).all(same);
    Some(fits && named.take(again.len()).eq(again.iter()))
}

/// Whether anything of the extension counts.
fn is_looked_at(extension: &Extension) -> bool {
    let oid: String = (&extension.extn_id().0).into();
    let view = extension.extn_value();
    matches!(view, ExtensionView::BasicConstraints(_) | ExtensionView::ExtendedKeyUsage(_))
        || oid.starts_with(PRIVATE_ARC)
}

/// SHA-1 over the DER, 40 upper-case hex digits.
pub fn thumbprint(der: &[u8]) -> String {
    Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Whether the bytes are one DER SEQUENCE of less than 64 KiB with nothing behind it: the reader would
/// pass over a tail that the thumbprint counts.
fn is_one_sequence(der: &[u8]) -> bool {
    let (length, rest) = match der {
        [0x30, 0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0x30, 0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x30, length, rest @ ..] if *length < 0x80 => (usize::from(*length), rest),
        _ => return false,
    };
    rest.len() == length
}

/// The value of the first attribute of a name's first RDN.
fn first_value(name: &Name) -> String {
    let Some(attribute) = name.0.0.first().and_then(|rdn| rdn.0.first()) else { return String::new() };
    // Printed as a name of its own, so that commas and equal signs in the value stay what they are.
    let alone = Name(Asn1SequenceOf(vec![Asn1SetOf(vec![attribute.clone()])])).to_string();
    alone.split_once('=').map_or(alone.as_str(), |(_, value)| value).to_owned()
}

fn rsa_key(key: &PublicKey) -> Result<RsaPublicKey, X509Error> {
    match key {
        // It stands in a BIT STRING, which the check of the whole does not look into.
        PublicKey::Rsa(rsa) if !picky_asn1_der::to_vec(&rsa.0).is_ok_and(|key| is_canonical(&key)) => {
            Err(X509Error::NotCanonical("a number of its key has another form"))
        }
        PublicKey::Rsa(rsa) => Ok(RsaPublicKey {
            modulus: rsa.0.modulus.as_unsigned_bytes_be().to_vec(),
            exponent: rsa.0.public_exponent.as_unsigned_bytes_be().to_vec(),
        }),
        _ => Err(X509Error::NotRsa),
    }
}

fn moment(time: &picky_asn1_x509::validity::Time) -> Result<Timestamp, X509Error> {
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
    let moment = Timestamp::from_civil([year, month, day, hour, minute, second]);
    // A day that the month does not have counts on into the next.
    let told = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    (moment.to_string() == told).then_some(moment).ok_or(X509Error::Date)
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

/// The raw value of the private extension with this last arc.
fn private<'a>(extensions: &'a [Extension], arc: &str) -> Option<&'a [u8]> {
    let wanted = format!("{PRIVATE_ARC}{arc}");
    let found = extensions.iter().find(|extension| {
        let oid: String = (&extension.extn_id().0).into();
        oid == wanted
    })?;
    match found.extn_value() {
        ExtensionView::Generic(value) => Some(&value.0),
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
    inner(private(extensions, arc)?)?.try_into().ok().map(Guid::from_dotnet_bytes)
}

fn text(extensions: &[Extension], arc: &str) -> Option<String> {
    let bytes = inner(private(extensions, arc)?)?;
    bytes.iter().all(u8::is_ascii_graphic).then(|| String::from_utf8_lossy(bytes).into_owned())
}

fn unreadable(extensions: &[Extension]) -> Vec<&'static str> {
    let is_there = |arc: &&str| private(extensions, arc).is_some();
    let guids = GUID_ARCS.into_iter().filter(is_there).filter(|arc| guid(extensions, arc).is_none());
    let texts = TEXT_ARCS.into_iter().filter(is_there).filter(|arc| text(extensions, arc).is_none());
    guids.chain(texts).collect()
}

const GUID_ARCS: [&str; 3] = ["2", "3", "5"];
const TEXT_ARCS: [&str; 2] = ["7", "8"];
/// The tags of version and extensions, and the fields between the version and the issuer.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const BEFORE_ISSUER: usize = 2;
const PRIVATE_ARC: &str = "1.2.840.113556.1.5.284.";
