use documents::HandedOn;
use model::{Account, ObjectId, Secret, TenantId, Timestamp, TokenRef, Trace};
use oauth::TokenSet;
use prt::SessionKey;
use signin::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    /// Every entry by its time, so that what is over is found without looking at the rest.
    expiries: BTreeSet<(Timestamp, TokenRef)>,
    /// The token set of each person's session.
    sessions: BTreeMap<(TenantId, ObjectId), TokenRef>,
    /// Whose session a token set is.
    seats: BTreeMap<TokenRef, (TenantId, ObjectId)>,
}

struct Entry {
    held: Held,
    expires: Timestamp,
}

/// A secret of a sign-in.
#[derive(Clone)]
pub enum Held {
    /// A device code, and what its tokens will be for.
    Code(Arc<Secret<String>>, Scope),
    /// What a person typed.
    Password(Arc<Secret<String>>),
    /// One person's tokens.
    Tokens(Arc<Tokens>),
}

/// One person's tokens; replaced as a whole when one of them is redeemed or a PRT comes.
#[derive(Clone)]
pub struct Tokens {
    /// As the last reply gave them.
    pub set: Arc<TokenSet>,
    /// Whether the access token is for the Device Registration Service.
    pub for_registration: bool,
    /// The server's time when they came; their dates are judged by it.
    pub server_time: Timestamp,
    /// Where the sign-in that they came of is found in the service's logs.
    pub trace: Trace,
    /// Whose they are, once that was checked.
    pub object: Option<ObjectId>,
    /// The primary refresh token, once the device was proved.
    pub primary: Option<Arc<Primary>>,
}

/// A primary refresh token of one person on this device.
pub struct Primary {
    /// As the service gave it; opaque.
    pub token: Secret<String>,
    /// Came with the first one and serves every renewal.
    pub key: Arc<SessionKey>,
    /// Whose it is.
    pub object: ObjectId,
    /// The machine's time at which the service stops to take it.
    pub expires: Timestamp,
    /// What one work with it leaves to the next.
    pub handed_on: HandedOn<Found>,
}

/// What an enrolment leaves to the inventory that follows it.
pub struct Found {
    /// What route one gave for Graph; its refresh token serves every other resource.
    pub for_graph: Option<TokenSet>,
    /// Where the tenant's services are.
    pub endpoints: intune::endpoints::Endpoints,
}

impl Inner {
    fn remove(&mut self, name: TokenRef) {
        if let Some(entry) = self.entries.remove(&name) {
            self.expiries.remove(&(entry.expires, name));
        }
    }

    fn end_old(&mut self, now: Timestamp) {
        while let Some((_, name)) = self.expiries.first().copied().filter(|(at, _)| *at <= now) {
            self.remove(name);
        }
    }
}

impl Vault {
    /// Takes a secret in.
    pub fn keep(&self, held: Held, expires: Timestamp) -> TokenRef {
        let mut inner = self.lock();
        inner.next += 1;
        let name = TokenRef(inner.next);
        inner.entries.insert(name, Entry { held, expires });
        inner.expiries.insert((expires, name));
        name
    }

    /// Takes in what a person typed, or a token that somebody gave beforehand, for one try.
    pub fn keep_password(&self, password: Secret<String>, now: Timestamp) -> TokenRef {
        self.keep(Held::Password(Arc::new(password)), now.after(PASSWORD_LIVES))
    }

    /// The device code under this name.
    pub fn code(&self, name: TokenRef, now: Timestamp) -> Option<(Arc<Secret<String>>, Scope)> {
        match self.held(name, now)? {
            Held::Code(code, scope) => Some((code, scope)),
            Held::Password(_) | Held::Tokens(_) => None,
        }
    }

    /// The password under this name.
    pub fn password(&self, name: TokenRef, now: Timestamp) -> Option<Arc<Secret<String>>> {
        match self.held(name, now)? {
            Held::Password(password) => Some(password),
            Held::Code(..) | Held::Tokens(_) => None,
        }
    }

    /// The tokens under this name.
    pub fn tokens(&self, name: TokenRef, now: Timestamp) -> Option<Arc<Tokens>> {
        match self.held(name, now)? {
            Held::Tokens(tokens) => Some(tokens),
            Held::Code(..) | Held::Password(_) => None,
        }
    }

    /// Changes the tokens under this name, if they are still wanted.
    pub fn change(&self, name: TokenRef, change: impl FnOnce(&mut Tokens)) -> Option<Arc<Tokens>> {
        let mut inner = self.lock();
        let Inner { entries, expiries, .. } = &mut *inner;
        let entry = entries.get_mut(&name)?;
        let Held::Tokens(tokens) = &mut entry.held else { return None };
        change(Arc::make_mut(tokens));
        if let Some(primary) = &tokens.primary {
            expiries.remove(&(entry.expires, name));
            entry.expires = primary.expires;
            expiries.insert((entry.expires, name));
        }
        Some(tokens.clone())
    }

    /// Where the sign-in that these tokens came of is found in the service's logs.
    pub fn trace(&self, name: TokenRef, now: Timestamp) -> Trace {
        self.tokens(name, now).map(|tokens| tokens.trace.clone()).unwrap_or_default()
    }

    /// From here on these tokens are the session of this person.
    pub fn seat(&self, account: &Account, name: TokenRef) {
        let (mut inner, person) = (self.lock(), (account.tenant, account.object));
        if let Some(before) = inner.sessions.insert(person, name) {
            inner.seats.remove(&before);
        }
        inner.seats.insert(name, person);
    }

    /// The session of this person, if they have one.
    pub fn session(&self, account: &Account, now: Timestamp) -> Option<(TokenRef, Arc<Tokens>)> {
        let name = self.lock().sessions.get(&(account.tenant, account.object)).copied()?;
        Some((name, self.tokens(name, now)?))
    }

    /// Any session of the tenant.
    pub fn any_session(&self, tenant: TenantId) -> Option<TokenRef> {
        self.lock().sessions.iter().find(|((of, _), _)| *of == tenant).map(|(_, name)| *name)
    }

    /// Ends a secret.
    pub fn forget(&self, name: TokenRef) {
        let mut inner = self.lock();
        inner.remove(name);
        if let Some(person) = inner.seats.remove(&name) {
            inner.sessions.remove(&person);
        }
    }

    /// The names of the secrets held; ended ones and those past their time are not among them.
    pub fn names(&self, now: Timestamp) -> Vec<TokenRef> {
        let mut inner = self.lock();
        inner.end_old(now);
        inner.entries.keys().copied().collect()
    }

    fn held(&self, name: TokenRef, now: Timestamp) -> Option<Held> {
        let mut inner = self.lock();
        inner.end_old(now);
        inner.entries.get(&name).map(|entry| entry.held.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A password is used at once or not at all.
const PASSWORD_LIVES: Duration = Duration::from_secs(5 * 60);
