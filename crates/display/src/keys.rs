//! Where each key lives, and how it did at its last test.

use crate::lines::{Item, item, items, paragraph};
use crate::status::{key_words, prepared_keys};
use ipc::{DomainStatus, StatusDocument};
use model::for_terminal;

/// The keys of every identity; domains of one tenant share theirs.
pub fn keys(document: &StatusDocument) -> String {
    let mut text = paragraph(0, &format!("New keys: {}", document.key_store));
    text.push_str(&prepared_keys(document));
    for domain in registered(document) {
        text.push_str(&paragraph(0, &domain.domain));
        let keys = domain.identity.iter().flat_map(|identity| &identity.keys);
        let keys: Vec<Item> = keys.map(|key| item(&key.purpose, key_words(key))).collect();
        text.push_str(&items(2, &keys));
    }
    for_terminal(&text)
}

fn registered(document: &StatusDocument) -> impl Iterator<Item = &DomainStatus> {
    document.domains.iter().filter(|domain| domain.identity.is_some())
}
