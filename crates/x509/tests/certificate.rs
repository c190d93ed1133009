//! A device certificate as openssl made it after entra.md 5.6, whole and damaged.
//!
//! `device.der`: issuer of one multi-valued RDN, device `11112222-…`, tenant `22222222-aaaa-…` in the
//! minimal form of the inner length, the other private OIDs in the form with `04 81`.

use model::Timestamp;
use proptest::prelude::*;
use x509::{DeviceCertificate, X509Error, csr, thumbprint};

const DEVICE: &[u8] = include_bytes!("device.der");

/// The certificate with bytes exchanged for as many others wherever they stand; no reader checks the signature.
fn patched(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut der = DEVICE.to_vec();
    let places: Vec<usize> = (0..der.len() - from.len()).filter(|at| der[*at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "{from:x?} is not in the certificate");
    for at in places {
        der[at..at + to.len()].copy_from_slice(to);
    }
    der
}

#[test]
fn every_field_of_the_page_is_read() {
    let read = DeviceCertificate::read(DEVICE).unwrap();
    assert_eq!(read.subject, "11112222-3333-4444-5555-666677778888");
    assert_eq!(read.not_before.to_string(), "2022-12-30T17:10:00Z");
    assert_eq!(read.not_after.to_string(), "2032-12-30T17:40:00Z");
    assert!(read.issuer.contains("CN=MS-Organization-Access"), "{}", read.issuer);
    assert_eq!((read.is_ca, read.key_usages), (false, vec!["1.3.6.1.5.5.7.3.2".to_owned()]));
    assert_eq!(read.device.unwrap().to_string(), read.subject);
    assert_eq!(read.user.unwrap().to_string(), "aaaabbbb-cccc-dddd-eeee-ffff00001111");
    assert_eq!(read.tenant.unwrap().to_string(), "22222222-aaaa-4bbb-8ccc-333333333333");
    assert_eq!((read.join_type.as_deref(), read.region.as_deref()), (Some("1"), Some("EU")));
    assert_eq!((read.public.modulus.len(), read.public.exponent), (256, vec![1, 0, 1]));
    assert!(read.unreadable.is_empty());
}

#[test]
fn the_thumbprint_is_that_of_openssl() {
    assert_eq!(thumbprint(DEVICE), "ECB55F397828D861803CE1B81ED9E249F57C196D");
}

#[test]
fn a_private_oid_of_another_form_is_named_and_gives_nothing() {
    let tenant = [0x04, 0x10, 0x22, 0x22, 0x22, 0x22];
    let read = DeviceCertificate::read(&patched(&tenant, &[0x04, 0x0f, 0x22, 0x22, 0x22, 0x22])).unwrap();
    assert_eq!((read.tenant, read.unreadable), (None, vec!["5"]));
    let read =
        DeviceCertificate::read(&patched(&[0x04, 0x81, 0x01, 0x31], &[0x04, 0x81, 0x01, 0x07])).unwrap();
    assert_eq!((read.join_type, read.unreadable), (None, vec!["7"]));
}

#[test]
fn a_subject_with_commas_and_equal_signs_stays_whole() {
    let device = b"11112222-3333-4444-5555-666677778888";
    let read = DeviceCertificate::read(&patched(device, b"a,CN=b+c=d-4444-5555-666677778888xyz")).unwrap();
    assert_eq!(read.subject, "a,CN=b+c=d-4444-5555-666677778888xyz");
}

#[test]
fn dates_of_the_last_century_and_the_next_are_told_apart() {
    let read = DeviceCertificate::read(&patched(b"221230171000Z", b"500101000000Z")).unwrap();
    assert_eq!(read.not_before, Timestamp::from_civil([1950, 1, 1, 0, 0, 0]));
}

#[test]
fn a_certificate_in_another_form_than_der_is_refused() {
    let date = |text: &[u8; 13]| patched(b"221230171000Z", text);
    for (what, der) in [
        // A reader that only looks at the low half of a byte takes these for digits.
        ("letters as digits", date(b"22123017100PZ")),
        ("another true", patched(&[0x01, 0x01, 0xff], &[0x01, 0x01, 0x01])),
        ("a negative form of the exponent", patched(&[0x02, 0x03, 1, 0, 1], &[0x02, 0x03, 0, 0, 1])),
        ("an integer of the version that is none", patched(&[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 7])),
    ] {
        let read = DeviceCertificate::read(&der);
        assert!(matches!(read, Err(X509Error::NotCanonical(_) | X509Error::Der { .. })), "{what}: {read:?}");
    }
    // The first two names of the issuer's RDN in another order: the same name to a reader, and other bytes.
    let (net, windows) = (&DEVICE[50..69], &DEVICE[69..92]);
    assert!(net.ends_with(b"net") && windows.ends_with(b"windows"));
    let unsorted = [&DEVICE[..50], windows, net, &DEVICE[92..]].concat();
    assert!(matches!(DeviceCertificate::read(&unsorted), Err(X509Error::NotCanonical(_))));
}

/// `authority.der` names the key, the name and the number of its issuer, which the reader writes otherwise than
/// openssl did; it is DER all the same.
#[test]
fn extensions_that_nothing_is_read_of_may_be_what_they_are() {
    let read = DeviceCertificate::read(include_bytes!("authority.der")).unwrap();
    assert_eq!(read.subject, "11112222-3333-4444-5555-666677778888");
    assert_eq!(read.key_usages, ["1.3.6.1.5.5.7.3.2"]);
}

#[test]
fn dates_that_no_calendar_has_are_refused() {
    for (text, good) in [
        (b"240229000000Z", true),
        (b"230229000000Z", false),
        (b"230431000000Z", false),
        (b"230400000000Z", false),
        (b"231332000000Z", false),
    ] {
        let read = DeviceCertificate::read(&patched(b"221230171000Z", text));
        assert_eq!(read.is_ok(), good, "{read:?}");
    }
    let read = DeviceCertificate::read(&patched(b"221230171000Z", b"230431000000Z"));
    assert_eq!(read, Err(X509Error::Date));
}

#[test]
fn what_is_no_certificate_is_refused() {
    let longer = [DEVICE, &[0]].concat();
    let (shorter, _) = DEVICE.split_at(DEVICE.len() - 1);
    for der in [&b""[..], b"\x30", b"\x30\x00", b"-----BEGIN", &[0x30; 400], &longer, shorter] {
        assert!(matches!(DeviceCertificate::read(der), Err(X509Error::Der { .. })), "{} bytes", der.len());
    }
}

#[test]
fn a_request_is_put_together_only_from_what_was_made() {
    let public = DeviceCertificate::read(DEVICE).unwrap().public;
    let to_sign = csr::to_sign(&public, "7E980AD9-B86D-4306-9425-9AC066FB014A").unwrap();
    let whole = csr::assemble(&to_sign, &[7; 256]).unwrap();
    assert!(
        whole.windows(to_sign.len()).any(|part| part == to_sign),
        "what was signed stands in it unchanged"
    );
    assert!(whole.ends_with(&[7; 256]));
    for other in [&[][..], &to_sign[1..], &[&to_sign[..], &[0]].concat()] {
        assert!(csr::assemble(other, &[7; 256]).is_err());
    }
    let empty = model::RsaPublicKey { modulus: Vec::new(), exponent: Vec::new() };
    let _ = csr::to_sign(&empty, "CN");
    for name in ["", "a\nb", "a\0"] {
        assert!(matches!(csr::to_sign(&public, name), Err(X509Error::CommonName(_))), "{name:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_damaged_certificate_never_breaks_the_reader(
        damage in prop::collection::vec((0..DEVICE.len(), any::<u8>()), 1..6),
        cut in prop::option::of(0..DEVICE.len()),
    ) {
        let mut der = DEVICE.to_vec();
        for (at, byte) in damage {
            der[at] = byte;
        }
        if let Some(cut) = cut {
            der.truncate(cut);
            // With a fitting outer length the damage reaches the inner readers.
            if let ([0x30, 0x82, high, low, ..], Some(rest)) = (&mut der[..], cut.checked_sub(4)) {
                [*high, *low] = (rest as u16).to_be_bytes();
            }
        }
        if let Ok(read) = DeviceCertificate::read(&der) {
            prop_assert_eq!(thumbprint(&der).len(), 40);
            let _ = csr::to_sign(&read.public, "CN");
        }
    }

    #[test]
    fn any_bytes_are_no_reason_to_panic(der in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = DeviceCertificate::read(&der);
        let _ = csr::assemble(&der, &der);
    }
}
