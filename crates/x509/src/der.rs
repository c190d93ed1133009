//! Whether bytes keep to the rules of DER (X.690 sections 10 and 11) that a lenient reader passes over. A certificate
//! that can be written in two ways may be read as two, and its thumbprint counts bytes.

/// One element: its tag and its content.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

/// Whether it is one element in DER and nothing else, at most [`DEEPEST`] deep. The content of an OCTET STRING is
/// nobody's business here: Entra writes its own extensions otherwise (entra.md 5.6).
pub(crate) fn is_canonical(bytes: &[u8]) -> bool {
    element(bytes).is_some_and(|(first, rest)| rest.is_empty() && keeps_to_rules(&first, DEEPEST))
}

/// The elements that the first one is made of, each with its tag and length.
pub(crate) fn parts(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut rest, mut parts) = (element(bytes)?.0.content, Vec::new());
    while !rest.is_empty() {
        let (part, behind) = element(rest)?;
        parts.push(part.whole);
        rest = behind;
    }
    Some(parts)
}

fn keeps_to_rules(it: &Element<'_>, depth: usize) -> bool {
    let minimal_integer = |content: &[u8]| match content {
        [] => false,
        [_] => true,
        // The first nine bits are neither all zero nor all one.
        [first, second, ..] => !matches!((first, second >> 7), (0x00, 0) | (0xff, 1)),
    };
    match it.tag {
        BOOLEAN => matches!(it.content, [0x00 | 0xff]),
        INTEGER => minimal_integer(it.content),
        BIT_STRING => matches!(it.content, [0] | [0..=7, .., _]),
        _ if it.tag & CONSTRUCTED == 0 => true,
        _ => depth > 0 && children_keep_to_rules(it, depth - 1),
    }
}

fn children_keep_to_rules(it: &Element<'_>, depth: usize) -> bool {
    let (mut rest, mut before) = (it.content, None);
    while !rest.is_empty() {
        let Some((child, behind)) = element(rest) else { return false };
        let in_order = it.tag != SET || before.is_none_or(|before| before < child.whole);
        if !in_order || !keeps_to_rules(&child, depth) {
            return false;
        }
        (rest, before) = (behind, Some(child.whole));
    }
    true
}

/// The first element, with a definite length in as few bytes as it needs, and what stands behind it.
fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, after_tag) = bytes.split_first()?;
    let (&first, after_first) = after_tag.split_first()?;
    let (length, after_length) = match first {
        0..=0x7f => (usize::from(first), after_first),
        _ => {
            let (length, rest) = after_first.split_at_checked(usize::from(first & 0x7f))?;
            let minimal = matches!(length, [0x80..=0xff] | [1..=0xff, _] | [1..=0xff, _, _]);
            let value = length.iter().fold(0, |value, byte| value << 8 | usize::from(*byte));
            (minimal.then_some(value)?, rest)
        }
    };
    let (content, rest) = after_length.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    // Tags of more than one byte stand in no certificate.
    (tag & MORE_TAG != MORE_TAG).then_some((Element { tag, content, whole }, rest))
}

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;
const MORE_TAG: u8 = 0x1f;
/// Deeper than any certificate is.
const DEEPEST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_der() {
        for (what, bytes, canonical) in [
            ("nothing", &b""[..], false),
            ("a null", b"\x05\x00", true),
            ("half a null", b"\x05", false),
            ("a tail", b"\x05\x00\x00", false),
            ("true", b"\x01\x01\xff", true),
            ("another true", b"\x01\x01\x01", false),
            ("a boolean of two bytes", b"\x01\x02\xff\xff", false),
            ("an integer", b"\x02\x02\x00\x80", true),
            ("a negative integer", b"\x02\x02\xff\x7f", true),
            ("an integer with a zero too many", b"\x02\x02\x00\x7f", false),
            ("a negative integer with a byte too many", b"\x02\x02\xff\x80", false),
            ("no integer", b"\x02\x00", false),
            ("an empty bit string", b"\x03\x01\x00", true),
            ("bits", b"\x03\x02\x07\x80", true),
            ("eight unused bits", b"\x03\x02\x08\x80", false),
            ("no bit string", b"\x03\x00", false),
            ("a length in too many bytes", b"\x04\x81\x01a", false),
            ("the same inside", b"\x30\x04\x04\x81\x01a", false),
            ("the same in an octet string", b"\x04\x04\x04\x81\x01a", true),
            ("an indefinite length", b"\x30\x80\x05\x00\x00\x00", false),
            ("a length that goes beyond", b"\x30\x04\x05\x00", false),
            ("a set in order", b"\x31\x06\x02\x01\x01\x02\x01\x02", true),
            ("a set out of order", b"\x31\x06\x02\x01\x02\x02\x01\x01", false),
            ("a set with the same twice", b"\x31\x06\x02\x01\x01\x02\x01\x01", false),
            ("a sequence in any order", b"\x30\x06\x02\x01\x02\x02\x01\x01", true),
            ("a tag of two bytes", b"\x1f\x81\x00", false),
        ] {
            assert_eq!(is_canonical(bytes), canonical, "{what}");
        }
        let nested = |depth: usize| {
            let inner = (0..depth).fold(vec![5, 0], |inner, _| {
                [vec![0x30, u8::try_from(inner.len()).unwrap()], inner].concat()
            });
            is_canonical(&inner)
        };
        assert_eq!((nested(DEEPEST), nested(DEEPEST + 1)), (true, false));
    }

    #[test]
    fn an_element_is_taken_apart() {
        assert_eq!(parts(b"\x30\x05\x05\x00\x02\x01\x07"), Some(vec![&b"\x05\x00"[..], b"\x02\x01\x07"]));
        assert_eq!(parts(b"\x30\x00"), Some(vec![]));
        assert_eq!((parts(b"\x30\x02\x05"), parts(b"\x30\x01\x05"), parts(b"")), (None, None, None));
    }

    #[test]
    fn a_long_length_is_as_short_as_it_can_be() {
        let with = |length: &[u8], size: usize| is_canonical(&[&[4], length, &vec![0; size]].concat());
        assert!(with(&[0x7f], 127) && with(&[0x81, 0x80], 128) && with(&[0x82, 1, 0], 256));
        assert!(with(&[0x83, 1, 0, 0], 65_536));
        assert!(!with(&[0x81, 0x7f], 127) && !with(&[0x82, 0, 0x80], 128) && !with(&[0x83, 0, 1, 0], 256));
        assert!(!with(&[0xff], 0) && !with(&[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0));
    }
}
