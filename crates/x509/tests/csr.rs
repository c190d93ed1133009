//! Certificate requests, byte by byte where other readers are strict.

use model::RsaPublicKey;
use x509::csr;

fn public() -> RsaPublicKey {
    RsaPublicKey { modulus: vec![0xad; 256], exponent: vec![1, 0, 1] }
}

/// A TLV with its length in DER's shortest form, for content of less than 64 KiB.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        medium @ 0x80..0x100 => vec![0x81, medium as u8],
        long => [&[0x82][..], &(long as u16).to_be_bytes()].concat(),
    };
    [&[tag][..], &length, content].concat()
}

/// CertificationRequestInfo of RFC 2986 written by hand: version 0, one CN, rsaEncryption, no attributes.
fn expected(common_name: &str) -> Vec<u8> {
    let attribute = [b"\x06\x03\x55\x04\x03", tlv(0x0c, common_name.as_bytes()).as_slice()].concat();
    let subject = tlv(0x30, &tlv(0x31, &tlv(0x30, &attribute)));
    let modulus = [&[0][..], &public().modulus].concat();
    let key = tlv(0x30, &[tlv(2, &modulus), tlv(2, &[1, 0, 1])].concat());
    let algorithm = tlv(0x30, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
    let info = tlv(0x30, &[algorithm, tlv(3, &[&[0][..], &key].concat())].concat());
    tlv(0x30, &[vec![2, 1, 0], subject, info, vec![0xa0, 0]].concat())
}

#[test]
fn the_bytes_to_sign_are_those_of_rfc_2986_with_a_utf8_name() {
    let names = [
        "7E980AD9-B86D-4306-9425-9AC066FB014A",
        "lx-adele",
        "a,b+\"c\\<d>;e=f",
        " #lead and trail ",
        "Rechner für 会計 🦀",
        &"n".repeat(64),
        &"n".repeat(127),
        &"é".repeat(64),
        &"n".repeat(300),
    ];
    for name in names {
        assert_eq!(csr::to_sign(&public(), name).unwrap(), expected(name), "{name}");
    }
}

#[test]
fn the_signature_follows_under_sha256_with_rsa_and_null_parameters() {
    let to_sign = expected("lx-adele");
    let algorithm = tlv(0x30, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00");
    let signature = tlv(3, &[&[0][..], &[7; 256]].concat());
    let whole = tlv(0x30, &[to_sign.as_slice(), &algorithm, &signature].concat());
    assert_eq!(csr::assemble(&to_sign, &[7; 256]).unwrap(), whole);
}
