//! Where each key lives, and how it did at its last test.

use super::line;
use super::status::{key_words, prepared_keys};
use crate::commands::Outcome;
use ipc::{DomainStatus, Ending, StatusDocument};
use model::for_terminal;

/// The keys of every identity; domains of one tenant share theirs.
pub(crate) fn keys(document: &StatusDocument) -> String {
    let mut text = line(&format!("New keys: {}", document.key_store));
    text.push_str(&prepared_keys(document));
    for domain in registered(document) {
        text.push_str(&line(&domain.domain));
        let keys = domain.identity.iter().flat_map(|identity| &identity.keys);
        for key in keys {
            text.push_str(&line(&format!("  {:<10} {}", key.purpose, key_words(key))));
        }
    }
    for_terminal(&text)
}

/// A token of PKCS#11 counts as hardware, whatever it is made of: its own description says what it is.
pub(crate) fn verdict(document: &StatusDocument) -> Outcome {
    let keys: Vec<_> =
        registered(document).flat_map(|domain| &domain.identity).flat_map(|it| &it.keys).collect();
    if keys.is_empty() {
        return Outcome::Ended(Ending::NotRegistered);
    }
    if keys.iter().any(|key| key.problem.is_some()) {
        return Outcome::Ended(Ending::Failed);
    }
    match keys.iter().all(|key| key.backend == "tpm" || key.backend == "pkcs11") {
        true => Outcome::Ended(Ending::Done),
        false => Outcome::KeyInSoftware,
    }
}

fn registered(document: &StatusDocument) -> impl Iterator<Item = &DomainStatus> {
    document.domains.iter().filter(|domain| domain.identity.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> StatusDocument {
        serde_json::from_str(include_str!("../../tests/golden/full.json")).unwrap()
    }

    fn with_keys(backends: &[&str], problem: Option<&str>) -> StatusDocument {
        let mut document = document();
        for identity in document.domains.iter_mut().filter_map(|domain| domain.identity.as_mut()) {
            identity.keys.truncate(backends.len());
            for (key, backend) in identity.keys.iter_mut().zip(backends) {
                key.backend = (*backend).to_owned();
                key.problem = problem.map(str::to_owned);
            }
        }
        document
    }

    #[test]
    fn the_exit_code_says_whether_every_key_is_in_hardware_and_works() {
        for (backends, problem, outcome) in [
            (&["tpm", "tpm"][..], None, Outcome::Ended(Ending::Done)),
            (&["tpm", "pkcs11"], None, Outcome::Ended(Ending::Done)),
            (&["tpm", "soft"], None, Outcome::KeyInSoftware),
            (&["soft"], None, Outcome::KeyInSoftware),
            (&["tpm"], Some("it is gone"), Outcome::Ended(Ending::Failed)),
            (&[], None, Outcome::Ended(Ending::NotRegistered)),
        ] {
            assert_eq!(verdict(&with_keys(backends, problem)), outcome, "{backends:?}");
        }
    }

    #[test]
    fn each_key_has_a_line_with_its_place_and_its_test() {
        let text = keys(&document());
        let line = |word: &str| text.lines().find(|line| line.contains(word)).unwrap();
        assert!(line("device").ends_with("works (tested 2026-03-10T06:00:03Z)"), "{text}");
        assert!(line("transport").contains("does not work: the key cannot be opened"), "{text}");
        assert!(line("intune").ends_with("not tested yet"), "{text}");
    }
}
