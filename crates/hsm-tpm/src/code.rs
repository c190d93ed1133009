//! The recovery code: what a person writes down, and what of it counts.

use crate::software::{fresh, sha256};
use hsm::HsmError;
use model::Secret;

/// A new code of 130 random bits and 10 that show a slip: seven groups of four letters of [`LETTERS`].
pub(crate) fn made() -> Result<Secret<String>, HsmError> {
    let bits = fresh::<RANDOM>()?;
    let mut letters = String::with_capacity(RANDOM + CHECKS);
    letters.extend(bits.iter().map(|byte| letter(*byte)));
    let checks = checks(&letters);
    letters.extend(checks);
    let letters = Secret::new(letters);
    let mut code = String::with_capacity(2 * letters.expose().len());
    for (at, letter) in letters.expose().chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            code.push('-');
        }
        code.push(letter);
    }
    Ok(Secret::new(code))
}

/// The random letters of a code as a person typed it: small letters, blanks and lines between groups do not
/// matter, nor O for 0, nor I and L for 1.
pub(crate) fn read(typed: &Secret<String>) -> Result<Secret<String>, HsmError> {
    let mut letters = String::with_capacity(typed.expose().len());
    letters.extend(typed.expose().chars().filter(|c| !c.is_whitespace() && *c != '-').map(plain));
    let known = letters.bytes().all(|letter| LETTERS.contains(&letter));
    let whole = known && letters.len() == RANDOM + CHECKS;
    let letters = Secret::new(letters);
    match letters.expose().split_at_checked(RANDOM) {
        Some((random, check)) if whole && check.chars().eq(checks(random)) => {
            Ok(Secret::new(random.to_owned()))
        }
        _ => Err(HsmError::RecoveryCode("a letter is wrong or missing")),
    }
}

fn plain(typed: char) -> char {
    match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

fn checks(random: &str) -> [char; CHECKS] {
    let digest = sha256(random.as_bytes());
    [letter(digest[0]), letter(digest[1])]
}

/// Five bits of a byte.
fn letter(byte: u8) -> char {
    LETTERS.get(usize::from(byte % 32)).copied().map_or('0', char::from)
}

/// Crockford's base 32: no letter that reads like a digit.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RANDOM: usize = 26;
const CHECKS: usize = 2;
const GROUP: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = made().unwrap();
        let code = code.expose();
        assert_eq!((code.len(), code.matches('-').count()), (34, 6));
        let random: String = code.replace('-', "").chars().take(26).collect();
        let sloppy = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        for typed in [code.to_owned(), code.replace('-', ""), sloppy, format!(" {code}\n")] {
            assert_eq!(read(&Secret::new(typed.clone())).unwrap().expose(), &random, "{typed}");
        }
        assert_ne!(made().unwrap().expose(), code);
    }

    #[test]
    fn a_slip_is_told_from_another_code() {
        let code = "00000-00000-00000-00000-000000".to_owned() + &String::from_iter(checks(&"0".repeat(26)));
        assert!(read(&Secret::new(code.clone())).is_ok());
        let swapped = code.replacen('0', "5", 1);
        let short = code[1..].to_owned();
        for typed in
            [swapped, short, format!("{code}0"), code.replacen('0', "U", 1), "ä".repeat(14), String::new()]
        {
            let slip = HsmError::RecoveryCode("a letter is wrong or missing");
            assert_eq!(read(&Secret::new(typed.clone())).unwrap_err(), slip, "{typed}");
        }
    }
}
