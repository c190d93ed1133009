//! What may stand in a field of passwd(5) and be used by whoever reads it.

/// Whether a text is a name of a person or a group that we give out: the characters of a user principal name
/// (entra.md 2.10, rule 6), no leading hyphen, dots alone or digits alone, at most 256 bytes.
///
/// Digits alone are taken for a number by chown(1), a leading hyphen for an option.
pub fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'.-_!#^~@".contains(&byte);
    (1..=256).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with(['-', '~'])
        && !text.bytes().all(|byte| byte == b'.')
        && !text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is an absolute path that a line of passwd(5) can hold: no colon, no control character, no `..`.
pub fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && text.len() <= 1024
        && !text.chars().any(|it| it == ':' || it.is_control())
        && text.split('/').all(|part| part != "..")
}

/// Whether a text can stand in the comment field of passwd(5).
pub(crate) fn is_comment(text: &str) -> bool {
    text.len() <= 256 && !text.chars().any(|it| it == ':' || it.is_control())
}
