//! Whom this machine could let in without the network, for everybody to read: names are root's (`account show`).

use model::{Backend, Timestamp};

/// One or two sentences; none where that is nobody. With keys in software, what that means is said.
pub fn offline(until: &[Timestamp], place: Backend) -> Option<String> {
    let last = until.iter().max()?;
    let people = match until.len() {
        1 => "the password of one person".to_owned(),
        more => format!("the passwords of {more} people"),
    };
    let guessed = match place {
        Backend::Soft => " Its keys are in software: whoever has a copy of the disk can try passwords on it.",
        Backend::Tpm | Backend::Pkcs11 => "",
    };
    Some(format!("This machine can check {people} without the network until {last} at the latest.{guessed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_and_how_long_is_said_and_what_software_keys_mean() {
        let at = Timestamp::from_secs;
        assert_eq!(offline(&[], Backend::Tpm), None);
        let one = offline(&[at(60)], Backend::Tpm).unwrap();
        assert!(
            one.contains("one person") && one.ends_with("until 1970-01-01T00:01:00Z at the latest."),
            "{one}"
        );
        let two = offline(&[at(60), at(0)], Backend::Soft).unwrap();
        assert!(two.contains("2 people") && two.contains("until 1970-01-01T00:01:00Z"), "{two}");
        assert!(two.contains("a copy of the disk"), "{two}");
    }
}
