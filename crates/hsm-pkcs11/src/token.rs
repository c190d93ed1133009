//! Which token is ours: by label and serial, because slot numbers change.

use cryptoki::slot::TokenInfo;
use hsm::HsmError;

/// A token as it names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) label: String,
    pub(crate) serial: String,
    pub(crate) maker: String,
    pub(crate) model: String,
}

impl From<&TokenInfo> for Token {
    fn from(info: &TokenInfo) -> Token {
        Token {
            label: text(info.label()),
            serial: text(info.serial_number()),
            maker: text(info.manufacturer_id()),
            model: text(info.model()),
        }
    }
}

/// The place in `found` of the one token with this label, and serial if one is given.
///
/// # Errors
/// [`HsmError::Absent`] when there is none, with what is there instead; [`HsmError::Backend`] when several
/// tokens have the label, with their serials.
pub(crate) fn choose(found: &[Token], label: &str, serial: Option<&str>) -> Result<usize, HsmError> {
    let named = found.iter().enumerate().filter(|(_, token)| token.label == label);
    let ours = named.clone().filter(|(_, token)| serial.is_none_or(|serial| token.serial == serial));
    let serials = || named.clone().map(|(_, token)| token.serial.as_str()).collect::<Vec<_>>().join(", ");
    let places: Vec<usize> = ours.map(|(place, _)| place).collect();
    match (places.as_slice(), serial) {
        ([place], _) => Ok(*place),
        ([], _) if named.clone().next().is_none() => {
            Err(HsmError::Absent(format!("no token is labelled {label}; there is {}", listed(found))))
        }
        ([], _) => Err(HsmError::Absent(format!(
            "the token {label} has serial {}, not the configured one: it was replaced or re-initialised",
            serials()
        ))),
        (several, _) => Err(HsmError::Backend(format!(
            "{} tokens are labelled {label}: configure one of the serials {}",
            several.len(),
            serials()
        ))),
    }
}

fn listed(found: &[Token]) -> String {
    let names: Vec<String> =
        found.iter().map(|token| format!("{} (serial {})", token.label, token.serial)).collect();
    if names.is_empty() { "no token at all".to_owned() } else { names.join(", ") }
}

/// What tokens say of themselves is shown to people: nothing of it may move a terminal's cursor.
fn text(field: &str) -> String {
    field.trim_end_matches(['\0', ' ']).chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(label: &str, serial: &str) -> Token {
        Token { label: label.into(), serial: serial.into(), maker: "m".into(), model: "m".into() }
    }

    #[test]
    fn one_token_is_chosen_or_the_error_says_what_is_there() {
        let found = [token("a", "1"), token("b", "2"), token("b", "3")];
        for (label, serial, verdict) in [
            ("a", None, Ok(0)),
            ("a", Some("1"), Ok(0)),
            ("b", Some("3"), Ok(2)),
            ("b", None, Err("2 tokens are labelled b: configure one of the serials 2, 3")),
            ("a", Some("9"), Err("has serial 1, not the configured one")),
            ("c", None, Err("no token is labelled c; there is a (serial 1), b (serial 2), b (serial 3)")),
        ] {
            let chosen = choose(&found, label, serial).map_err(|error| error.to_string());
            match (chosen, verdict) {
                (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
                (chosen, verdict) => assert_eq!(chosen.ok(), verdict.ok()),
            }
        }
        assert!(choose(&[], "a", None).unwrap_err().to_string().contains("no token at all"));
    }

    #[test]
    fn the_same_label_and_serial_twice_is_no_choice() {
        let found = [token("a", "1"), token("a", "1")];
        assert!(matches!(choose(&found, "a", Some("1")), Err(HsmError::Backend(_))));
    }

    #[test]
    fn padding_and_control_characters_are_dropped() {
        assert_eq!(text("firmament  \0\0"), "firmament");
        assert_eq!(text("a\u{1b}[2Jb c "), "a[2Jb c");
    }
}
