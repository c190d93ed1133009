//! Secrets that are remembered until they end, so that a long run does not grow without bound.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Values by secret, each with the time after which it is forgotten.
#[derive(Debug)]
pub struct Expiring<V> {
    by_secret: BTreeMap<Arc<str>, V>,
    ends: BTreeSet<(i64, Arc<str>)>,
}

impl<V> Default for Expiring<V> {
    fn default() -> Expiring<V> {
        Expiring { by_secret: BTreeMap::new(), ends: BTreeSet::new() }
    }
}

impl<V> Expiring<V> {
    /// Remembers a value until a time, and forgets what has ended by now; both in milliseconds since 1970.
    pub fn keep(&mut self, secret: &str, value: V, until_ms: i64, now_ms: i64) {
        while self.ends.first().is_some_and(|(end, _)| *end < now_ms) {
            if let Some((_, secret)) = self.ends.pop_first() {
                self.by_secret.remove(&secret);
            }
        }
        let secret: Arc<str> = Arc::from(secret);
        self.ends.insert((until_ms, Arc::clone(&secret)));
        self.by_secret.insert(secret, value);
    }

    /// The value of a secret that is still remembered.
    pub fn get(&self, secret: &str) -> Option<&V> {
        self.by_secret.get(secret)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, secret: &str) -> Option<&mut V> {
        self.by_secret.get_mut(secret)
    }

    /// Forgets a value before its time.
    pub fn forget(&mut self, secret: &str) {
        self.by_secret.remove(secret);
    }

    /// All that is remembered.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.by_secret.values()
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.by_secret.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_is_forgotten_when_something_new_comes() {
        let mut kept = Expiring::default();
        kept.keep("a", 1, 100, 0);
        kept.keep("b", 2, 300, 50);
        assert_eq!((kept.get("a"), kept.get("b")), (Some(&1), Some(&2)));
        kept.keep("c", 3, 400, 101);
        assert_eq!((kept.get("a"), kept.get("b"), kept.values().count()), (None, Some(&2), 2));
        assert_eq!(kept.ends.len(), 2);
    }
}
