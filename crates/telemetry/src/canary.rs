use model::hex;

/// How a secret was hidden in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is, or its first twelve bytes.
    Raw,
    /// In base64, either alphabet, at any alignment.
    Base64,
    /// In hexadecimal, either case.
    Hex,
    /// Percent-escaped, with hexadecimal digits in either case.
    Percent,
    /// Escaped as a JSON string.
    Json,
    /// The bytes of the whole secret, the last one first.
    Reversed,
}

/// Looks for a secret of at least 12 bytes in a text, in every encoding that logs and bodies use.
pub fn scan(text: &[u8], secret: &[u8]) -> Option<Encoding> {
    let head = secret.get(..HEAD)?;
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let lower = text.to_ascii_lowercase();
    let candidates = [
        (Encoding::Raw, contains(text, head)),
        (Encoding::Base64, in_base64(text, secret)),
        (Encoding::Hex, contains(&lower, hex(head).as_bytes())),
        (Encoding::Percent, contains(&lower, percent(head).to_ascii_lowercase().as_bytes())),
        (Encoding::Json, contains(text, json(head).as_bytes())),
        (Encoding::Reversed, contains(text, &reversed)),
    ];
    candidates.into_iter().find(|(_, found)| *found).map(|(encoding, _)| encoding)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|window| window == part)
}

/// The characters of base64 that depend on the secret alone, for each of the three alignments.
fn in_base64(text: &[u8], secret: &[u8]) -> bool {
    let plain: Vec<u8> = text
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    (0..3).any(|skip| {
        let whole = secret.get(skip..).unwrap_or_default();
        let body: Vec<u8> = whole.chunks_exact(3).flat_map(group).collect();
        body.len() >= HEAD && contains(&plain, &body)
    })
}

fn group(three: &[u8]) -> [u8; 4] {
    let number = three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    [18, 12, 6, 0].map(|shift| ALPHABET.get(number >> shift & 63).copied().unwrap_or(b'?'))
}

fn percent(bytes: &[u8]) -> String {
    let escape = |byte: &u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
        other => format!("%{other:02x}"),
    };
    bytes.iter().map(escape).collect()
}

fn json(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/")
}

/// Bytes of a secret that must not be seen in a row.
const HEAD: usize = 12;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"S3cret/with+odd \"bytes\" in it";

    #[test]
    fn every_hiding_place_is_found() {
        let backwards: String = String::from_utf8_lossy(SECRET).chars().rev().collect();
        for (text, found) in [
            ("xx S3cret/with+odd \"bytes\" in it", Encoding::Raw),
            ("UzNjcmV0L3dpdGgrb2RkICJieXRlcyIgaW4gaXQ", Encoding::Base64),
            ("eFMzY3JldC93aXRoK29kZCAiYnl0ZXMiIGluIGl0", Encoding::Base64),
            ("eHhTM2NyZXQvd2l0aCtvZGQgImJ5dGVzIiBpbiBpdA", Encoding::Base64),
            ("5333637265742F776974682B6F6464", Encoding::Hex),
            ("S3cret%2Fwith%2Bodd%20", Encoding::Percent),
            (r#""S3cret\/with+odd \"bytes"#, Encoding::Json),
            (backwards.as_str(), Encoding::Reversed),
        ] {
            assert_eq!(scan(text.as_bytes(), SECRET), Some(found), "{text}");
        }
    }

    #[test]
    fn an_innocent_text_is_left_in_peace() {
        assert_eq!(scan(b"nothing of the kind: S3cret/with", SECRET), None);
        assert_eq!(scan(b"short", b"short"), None);
    }
}
