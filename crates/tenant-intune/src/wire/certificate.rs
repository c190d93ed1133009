//! Device certificates of Intune: the common name is the Intune device id (intune.md 2.3); the rest is a guess.

use crate::wire::der::{self, element};
use crate::wire::keys::Authority;
use tenant_wire::certificate::thumbprint;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// What a certificate says.
pub(crate) struct Subject<'a> {
    pub(crate) intune_device: Uuid,
    /// `SubjectPublicKeyInfo` in DER, of the request.
    pub(crate) key_info: &'a [u8],
    pub(crate) serial: [u8; 16],
    pub(crate) from: OffsetDateTime,
    pub(crate) days: i64,
}

/// A certificate (RFC 5280) in DER, and its thumbprint: SHA-1, 40 upper-case hex digits.
pub(crate) fn issue(authority: &Authority, subject: &Subject<'_>) -> (Vec<u8>, String) {
    let info = to_be_signed(subject);
    let signature = authority.sign(&info);
    let signature = element(der::BIT_STRING, &[&[0], &signature]);
    let whole = element(der::SEQUENCE, &[&info, der::SHA256_WITH_RSA, &signature]);
    let thumbprint = thumbprint(&whole);
    (whole, thumbprint)
}

fn to_be_signed(subject: &Subject<'_>) -> Vec<u8> {
    let version = element(0xa0, &[&der::integer(&[2])]);
    let until = subject.from + Duration::days(subject.days);
    let validity = element(der::SEQUENCE, &[&utc_time(subject.from), &utc_time(until)]);
    let purposes = element(der::SEQUENCE, &[&element(der::OID, &[CLIENT_AUTH])]);
    let purposes = element(der::OCTET_STRING, &[&purposes]);
    let extension = element(der::SEQUENCE, &[&element(der::OID, &[EXTENDED_KEY_USAGE]), &purposes]);
    let extensions = element(0xa3, &[&element(der::SEQUENCE, &[&extension])]);
    element(
        der::SEQUENCE,
        &[
            &version,
            &der::integer(&subject.serial),
            der::SHA256_WITH_RSA,
            &common_name(ISSUER),
            &validity,
            &common_name(&subject.intune_device.to_string()),
            subject.key_info,
            &extensions,
        ],
    )
}

/// A Name of one RDN: CN as a UTF8String.
fn common_name(value: &str) -> Vec<u8> {
    let pair = [element(der::OID, &[COMMON_NAME]), element(0x0c, &[value.as_bytes()])].concat();
    element(der::SEQUENCE, &[&element(der::SET, &[&element(der::SEQUENCE, &[&pair])])])
}

/// `YYMMDDHHMMSSZ`: the stand-in does not outlive 2049.
fn utc_time(at: OffsetDateTime) -> Vec<u8> {
    let text = format!(
        "{:02}{:02}{:02}{:02}{:02}{:02}Z",
        at.year().rem_euclid(100),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    element(0x17, &[text.as_bytes()])
}

const ISSUER: &str = "Stand-in Intune MDM Device CA";
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// DER content of id-kp-clientAuth, 1.3.6.1.5.5.7.3.2.
const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::keys::Generator;
    use tenant_wire::keys::KeySource;

    #[test]
    fn a_certificate_is_signed_by_the_ca_and_carries_the_requested_key() {
        let mut generator = Generator::new(1);
        let authority = Authority::new(KeySource::Pool, &mut generator).unwrap();
        let subject = Subject {
            intune_device: generator.guid(),
            key_info: &element(der::SEQUENCE, &[b"key"]),
            // Of an INTEGER that would be negative.
            serial: [0xff; 16],
            from: OffsetDateTime::from_unix_timestamp(1_795_341_600).unwrap(),
            days: 365,
        };
        let (der, _) = issue(&authority, &subject);
        let [info, algorithm, signature] = der::sequence_in(&der).unwrap().try_into().unwrap();
        assert_eq!(algorithm.whole, der::SHA256_WITH_RSA);
        assert!(authority.signed(info.whole, der::bits(signature).unwrap()));
        let parts = der::sequence_in(info.whole).unwrap();
        assert_eq!((parts.len(), parts[1].content.len(), parts[6].whole), (8, 17, subject.key_info));
        let dates = der::sequence_in(parts[4].whole).unwrap();
        assert_eq!((dates[0].content, dates[1].content), (&b"261122100000Z"[..], &b"271122100000Z"[..]));
    }
}
