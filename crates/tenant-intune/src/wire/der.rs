//! As much DER (X.690) as a certificate request is read with and a certificate is written in.

/// One element: its tag, its content, and itself with its header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// Every element of the input, which must end with the last one.
pub(crate) fn elements(mut input: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        let element = first(input)?;
        input = input.get(element.whole.len()..)?;
        found.push(element);
    }
    Some(found)
}

/// The elements inside the one SEQUENCE that is the whole input.
pub(crate) fn sequence_in(input: &[u8]) -> Option<Vec<Element<'_>>> {
    let [only] = elements(input)?.try_into().ok()?;
    if only.tag == SEQUENCE { elements(only.content) } else { None }
}

/// The magnitude of a non-negative INTEGER, without leading zeros.
pub(crate) fn magnitude(element: Element<'_>) -> Option<&[u8]> {
    let negative = element.content.first().is_none_or(|byte| *byte >= 0x80);
    if element.tag != INTEGER || negative {
        return None;
    }
    let start = element.content.iter().position(|byte| *byte != 0).unwrap_or(element.content.len());
    element.content.get(start..)
}

/// The bytes of a BIT STRING without unused bits.
pub(crate) fn bits(element: Element<'_>) -> Option<&[u8]> {
    match element.content.split_first() {
        Some((0, bytes)) if element.tag == BIT_STRING => Some(bytes),
        _ => None,
    }
}

fn first(input: &[u8]) -> Option<Element<'_>> {
    let (tag, length) = (*input.first()?, *input.get(1)?);
    let (header, length) = match length {
        0..=0x7f => (2, usize::from(length)),
        // A megabyte is more than any request here has: three bytes of length are plenty.
        0x81..=0x83 => {
            let count = usize::from(length & 0x7f);
            let bytes = input.get(2..2 + count)?;
            (2 + count, bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
        }
        _ => return None,
    };
    let whole = input.get(..header + length)?;
    Some(Element { tag, content: whole.get(header..)?, whole })
}

/// An element of these parts.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut written = vec![tag];
    if length < 0x80 {
        written.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or_default();
        written.push(0x80 | (bytes.len() - start) as u8);
        written.extend(bytes.iter().skip(start));
    }
    written.extend(parts.iter().copied().flatten());
    written
}

/// A non-negative INTEGER of this magnitude.
pub(crate) fn integer(magnitude: &[u8]) -> Vec<u8> {
    let start = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len());
    let rest = magnitude.get(start..).unwrap_or_default();
    let needs_sign = rest.first().is_none_or(|byte| *byte >= 0x80);
    element(INTEGER, &[if needs_sign { &[0] } else { &[] }, rest])
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `AlgorithmIdentifier` sha256WithRSAEncryption with its NULL (RFC 4055 section 5).
pub(crate) const SHA256_WITH_RSA: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00];
/// `AlgorithmIdentifier` rsaEncryption with its NULL (RFC 3279 section 2.3.1).
pub(crate) const RSA_ENCRYPTION: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_whatever_its_length() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![7; length];
            let written = element(OCTET_STRING, &[&content]);
            let read = elements(&written).unwrap();
            assert_eq!((read.len(), read[0].tag, read[0].content), (1, OCTET_STRING, content.as_slice()));
            assert!(elements(&written[..written.len() - 1]).is_none(), "cut at {length}");
        }
    }

    #[test]
    fn integers_have_a_sign_byte_only_where_they_need_one() {
        for (magnitude, written) in [
            (&[0_u8][..], &[2_u8, 1, 0][..]),
            (&[0x7f], &[2, 1, 0x7f]),
            (&[0x80], &[2, 2, 0, 0x80]),
            (&[0, 0, 1], &[2, 1, 1]),
        ] {
            assert_eq!(integer(magnitude), written);
        }
        let negative = [2, 1, 0x80];
        assert!(super::magnitude(elements(&negative).unwrap()[0]).is_none());
    }
}
