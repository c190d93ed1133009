//! Documents that many ask for at once: how old each may become, and one fetch for all who wait for it.
//!
//! Knows no network and no runtime: whoever waits drives the fetch, so that it goes on when the one who began it leaves,
//! and ends when all have left. A wait is as long as the fetch, whose limit is its maker's.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod fetch;
mod handed_on;
mod seldom;

pub use fetch::Fetching;
pub use handed_on::HandedOn;
pub use seldom::Seldom;

use fetch::{Fetch, Waiter};
use model::{Failure, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// Documents of one kind by their address, or under whatever name they are asked for; a failure is told to all who waited and is not kept.
pub struct Documents<T, E = Failure> {
    oldest: Duration,
    known: Mutex<BTreeMap<String, Entry<T, E>>>,
}

enum Entry<T, E> {
    Here {
        document: T,
        at: Timestamp,
    },
    /// Of those who wait, if there still are any.
    Fetched(Weak<Fetch<T, E>>),
}

impl<T: Clone, E: Clone> Documents<T, E> {
    /// Documents that count for so long from the moment when they were asked for.
    pub fn new(oldest: Duration) -> Documents<T, E> {
        Documents { oldest, known: Mutex::default() }
    }

    /// The document at an address; fetches it where none is known that is young enough and nobody fetches it.
    ///
    /// # Errors
    /// Those of the fetch.
    pub async fn get(
        &self,
        address: &str,
        now: Timestamp,
        mut fetch: impl FnMut() -> Fetching<T, E>,
    ) -> Result<T, E> {
        loop {
            let fetch = match self.begin(address, now, &mut fetch) {
                Ok(document) => return Ok(document),
                Err(fetch) => fetch,
            };
            let result = Waiter::new(fetch.clone()).await;
            self.settle(address, &fetch, result.as_ref());
            // A fetch that crashed took its first asker along; whoever is left begins another.
            if let Some(result) = result {
                return result;
            }
        }
    }

    /// The first of the documents that are here for which `look` finds something.
    pub fn find<R>(&self, mut look: impl FnMut(&str, &T) -> Option<R>) -> Option<R> {
        self.lock().iter().find_map(|(address, entry)| match entry {
            Entry::Here { document, .. } => look(address, document),
            Entry::Fetched(_) => None,
        })
    }

    /// Something does not fit to these documents: those that were here for `tolerated` are fetched when they are wanted
    /// next.
    pub fn doubt(&self, now: Timestamp, tolerated: Duration, mut doubted: impl FnMut(&str, &T) -> bool) {
        self.lock().retain(|address, entry| match entry {
            Entry::Here { document, at } => is_younger(*at, now, tolerated) || !doubted(address, document),
            Entry::Fetched(_) => true,
        });
    }

    /// The document, or the fetch that it comes from.
    fn begin(
        &self,
        address: &str,
        now: Timestamp,
        fetch: &mut impl FnMut() -> Fetching<T, E>,
    ) -> Result<T, Arc<Fetch<T, E>>> {
        let mut known = self.lock();
        match known.get(address) {
            Some(Entry::Here { document, at }) if is_younger(*at, now, self.oldest) => {
                return Ok(document.clone());
            }
            Some(Entry::Fetched(fetch)) => {
                if let Some(fetch) = fetch.upgrade() {
                    return Err(fetch);
                }
            }
            _ => {}
        }
        known.retain(|_, entry| match entry {
            Entry::Here { at, .. } => is_younger(*at, now, self.oldest),
            Entry::Fetched(fetch) => fetch.strong_count() > 0,
        });
        let fetch = Arc::new(Fetch::new(now, fetch()));
        known.insert(address.to_owned(), Entry::Fetched(Arc::downgrade(&fetch)));
        Err(fetch)
    }

    /// Keeps what came, once.
    fn settle(&self, address: &str, fetch: &Arc<Fetch<T, E>>, result: Option<&Result<T, E>>) {
        let mut known = self.lock();
        let Some(Entry::Fetched(current)) = known.get(address) else { return };
        if !std::ptr::eq(current.as_ptr(), Arc::as_ptr(fetch)) {
            return;
        }
        match result {
            Some(Ok(document)) => {
                let here = Entry::Here { document: document.clone(), at: fetch.begun };
                known.insert(address.to_owned(), here);
            }
            _ => drop(known.remove(address)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry<T, E>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes from the future does so by a clock that was set back, but for the moments that works are apart.
fn is_younger(at: Timestamp, now: Timestamp, oldest: Duration) -> bool {
    if at > now { at.since(now) < APART } else { now.since(at) < oldest }
}

/// How far the moments of two works that go on at the same time can be apart.
const APART: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
