//! The auth value that opens the keys, and the PIN of a token: a text in a file or a systemd credential.

/// The systemd credential that holds the auth value.
pub const CREDENTIAL: &str = "hsm-pin";
/// The systemd credential that holds the PIN of a PKCS#11 token.
pub const PIN_CREDENTIAL: &str = "pkcs11-pin";
/// The shortest auth value, in bytes without white space at its ends; a PIN may have one.
pub const SHORTEST: usize = 16;
/// The longest auth value or PIN, in the same bytes.
pub const LONGEST: usize = 4096;

/// Why a value of so many bytes is of no use; `shortest` is [`SHORTEST`], or 1 for a PIN.
pub fn fault(length: usize, shortest: usize) -> Option<&'static str> {
    match length {
        0 => Some("it is empty"),
        _ if length < shortest => Some("it is shorter than 16 bytes"),
        _ if length > LONGEST => Some("it is longer than 4096 bytes"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_16_to_4096_bytes_and_a_pin_one_at_least() {
        for (length, of_value, of_pin) in [
            (0, Some("it is empty"), Some("it is empty")),
            (1, Some("it is shorter than 16 bytes"), None),
            (15, Some("it is shorter than 16 bytes"), None),
            (16, None, None),
            (4096, None, None),
            (4097, Some("it is longer than 4096 bytes"), Some("it is longer than 4096 bytes")),
        ] {
            assert_eq!((fault(length, SHORTEST), fault(length, 1)), (of_value, of_pin), "{length}");
        }
    }
}
