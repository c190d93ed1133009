use model::{Secret, Timestamp, TokenRef};
use oauth::TokenSet;
use signin::Scope;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The secrets of sign-ins, in memory only, each under a [`TokenRef`].
///
/// An entry is ended by one `forget`, and in any case when its time is over.
#[derive(Default)]
pub struct Vault {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    entries: BTreeMap<TokenRef, Entry>,
}

struct Entry {
    held: Held,
    expires: Timestamp,
}

#[derive(Clone)]
pub(crate) enum Held {
    /// A device code, and what its tokens will be for.
    Code(Arc<Secret<String>>, Scope),
    /// One person's tokens.
    Tokens(Arc<Tokens>),
}

/// One person's tokens; replaced as a whole when one of them is redeemed.
pub(crate) struct Tokens {
    /// As the last reply gave them.
    pub(crate) set: TokenSet,
    /// Whether the access token is for the Device Registration Service.
    pub(crate) for_registration: bool,
    /// The server's time when they came; their dates are judged by it.
    pub(crate) server_time: Timestamp,
}

impl Vault {
    /// Takes a secret in.
    pub(crate) fn keep(&self, held: Held, expires: Timestamp) -> TokenRef {
        let mut inner = self.lock();
        inner.next += 1;
        let name = TokenRef(inner.next);
        inner.entries.insert(name, Entry { held, expires });
        name
    }

    /// The device code under this name.
    pub(crate) fn code(&self, name: TokenRef, now: Timestamp) -> Option<(Arc<Secret<String>>, Scope)> {
        match self.held(name, now)? {
            Held::Code(code, scope) => Some((code, scope)),
            Held::Tokens(_) => None,
        }
    }

    /// The tokens under this name.
    pub(crate) fn tokens(&self, name: TokenRef, now: Timestamp) -> Option<Arc<Tokens>> {
        match self.held(name, now)? {
            Held::Tokens(tokens) => Some(tokens),
            Held::Code(..) => None,
        }
    }

    /// Puts newer tokens in the place of those under this name, if they are still wanted.
    pub(crate) fn replace(&self, name: TokenRef, tokens: Tokens) -> Arc<Tokens> {
        let tokens = Arc::new(tokens);
        if let Some(entry) = self.lock().entries.get_mut(&name) {
            entry.held = Held::Tokens(tokens.clone());
        }
        tokens
    }

    /// Ends a secret.
    pub fn forget(&self, name: TokenRef) {
        self.lock().entries.remove(&name);
    }

    /// The names of the secrets held; ended ones and those past their time are not among them.
    pub fn names(&self, now: Timestamp) -> Vec<TokenRef> {
        let mut inner = self.lock();
        inner.entries.retain(|_, entry| entry.expires > now);
        inner.entries.keys().copied().collect()
    }

    fn held(&self, name: TokenRef, now: Timestamp) -> Option<Held> {
        let mut inner = self.lock();
        inner.entries.retain(|_, entry| entry.expires > now);
        inner.entries.get(&name).map(|entry| entry.held.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
