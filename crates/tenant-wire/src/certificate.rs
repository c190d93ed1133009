//! Device certificates as entra.md 5.6 shows them, in DER written by hand.

use crate::hex;
use crate::keys::OwnKey;
use sha1::{Digest, Sha1};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// What a certificate says.
pub struct Subject<'a> {
    /// `CN` of the subject.
    pub common_name: &'a str,
    /// Device id, OID .284.2 (entra.md 5.6).
    pub device: Uuid,
    /// Object id of the user who registered, OID .284.3 (entra.md 5.6).
    pub user: Uuid,
    /// Tenant id, OID .284.5 (entra.md 5.6).
    pub tenant: Uuid,
    /// OID .284.7: joined, not only registered.
    pub joined: bool,
    /// Of the key, big-endian.
    pub modulus: &'a [u8],
    /// Of the key, big-endian.
    pub exponent: &'a [u8],
    /// Random; an unsigned number in big-endian.
    pub serial: [u8; 16],
    /// When it begins to count.
    pub not_before: OffsetDateTime,
}

/// A certificate of the device CA, and its thumbprint (SHA-1, 40 upper-case hex digits).
pub fn issue(ca: &OwnKey, subject: &Subject<'_>) -> (Vec<u8>, String) {
    let algorithm = sequence(&[oid(SHA256_RSA), vec![0x05, 0x00]]);
    let tbs = sequence(&[
        tlv(0xa0, &integer(&[2])),
        integer(&subject.serial),
        algorithm.clone(),
        issuer(),
        // entra.md 5.6 [observed]: ten calendar years and 30 minutes.
        sequence(&[
            moment(subject.not_before),
            moment(subject.not_before + Duration::minutes(30) + Duration::days(3652)),
        ]),
        sequence(&[set(vec![attribute(CN, 0x13, subject.common_name)])]),
        public_key(subject.modulus, subject.exponent),
        tlv(0xa3, &sequence(&extensions(subject))),
    ]);
    let signature = ca.sign(&tbs);
    let der = sequence(&[tbs, algorithm, bit_string(&signature)]);
    let thumbprint = thumbprint(&der);
    (der, thumbprint)
}

/// The name of a certificate in DER: SHA-1, 40 upper-case hex digits.
pub fn thumbprint(der: &[u8]) -> String {
    hex::upper(&Sha1::digest(der))
}

/// One RDN with four attributes, sorted as DER wants it (observed).
fn issuer() -> Vec<u8> {
    let attributes = vec![
        attribute(DC, 0x16, "net"),
        attribute(DC, 0x16, "windows"),
        attribute(CN, 0x13, "MS-Organization-Access"),
        attribute(OU, 0x13, "82dbaca4-3e81-46ca-9c73-0950c1eaca97"),
    ];
    sequence(&[set(attributes)])
}

fn extensions(subject: &Subject<'_>) -> Vec<Vec<u8>> {
    let critical = vec![0x01, 0x01, 0xff];
    let guid = |arc: u8, id: Uuid| private(arc, &id.to_bytes_le());
    vec![
        sequence(&[oid(BASIC_CONSTRAINTS), critical.clone(), tlv(0x04, &sequence(&[]))]),
        sequence(&[oid(EXTENDED_KEY_USAGE), critical, tlv(0x04, &sequence(&[oid(CLIENT_AUTH)]))]),
        guid(2, subject.device),
        guid(3, subject.user),
        guid(5, subject.tenant),
        private(7, if subject.joined { b"1" } else { b"0" }),
        private(8, b"EU"),
    ]
}

/// 1.2.840.113556.1.5.284.x, its value in an OCTET STRING with a length in non-minimal form (observed).
fn private(arc: u8, value: &[u8]) -> Vec<u8> {
    let mut inner = vec![0x04, 0x81, value.len() as u8];
    inner.extend(value);
    sequence(&[oid(&[PRIVATE, &[arc]].concat()), tlv(0x04, &inner)])
}

fn attribute(kind: &[u8], tag: u8, value: &str) -> Vec<u8> {
    sequence(&[oid(kind), tlv(tag, value.as_bytes())])
}

fn public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = sequence(&[integer(modulus), integer(exponent)]);
    sequence(&[sequence(&[oid(RSA), vec![0x05, 0x00]]), bit_string(&key)])
}

/// UTCTime until 2049, GeneralizedTime after it (RFC 5280 section 4.1.2.5).
fn moment(at: OffsetDateTime) -> Vec<u8> {
    let (date, clock) = (at.date(), at.time());
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    );
    if date.year() < 2050 {
        tlv(0x17, format!("{:02}{rest}", date.year().rem_euclid(100)).as_bytes())
    } else {
        tlv(0x18, format!("{:04}{rest}", date.year()).as_bytes())
    }
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn set(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    tlv(0x31, &parts.concat())
}

/// DER INTEGER of an unsigned number in big-endian.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let significant = bytes.get(start..).unwrap_or_default();
    let sign = significant.first().is_none_or(|byte| *byte >= 0x80);
    let content: Vec<u8> = sign.then_some(0).into_iter().chain(significant.iter().copied()).collect();
    tlv(0x02, &content)
}

fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

fn oid(content: &[u8]) -> Vec<u8> {
    tlv(0x06, content)
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        length @ 0..0x80 => out.push(length as u8),
        length => {
            let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | bytes.len() as u8);
            out.extend(bytes);
        }
    }
    out.extend(content);
    out
}

const SHA256_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const CN: &[u8] = &[0x55, 0x04, 0x03];
const OU: &[u8] = &[0x55, 0x04, 0x0b];
const DC: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const PRIVATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x05, 0x82, 0x1c];
