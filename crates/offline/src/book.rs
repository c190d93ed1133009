use crate::refusals;
use crate::verifier::{Moment, Verifier};
use model::{Backend, Cause, Failure, IntentId, KeyHandle, ObjectId, TenantId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who a verifier is of, whatever they are called.
pub type Person = (TenantId, ObjectId);

/// The verifiers of this machine and their one key. What changes of them comes out, to be made durable before it is
/// answered.
#[derive(Debug, Default)]
pub struct Book {
    key: Option<Key>,
    all: BTreeMap<Person, Verifier>,
}

/// How far the key is that every guess needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It is to be made under this name in this place, and may be there already.
    Wanted(IntentId, Backend),
    /// It is there.
    Made(Box<KeyHandle>),
}

/// What an earlier run of the service left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The key, or the decision to make it.
    pub key: Option<Key>,
    /// The verifiers that can be read; of what cannot, nothing is lost.
    pub verifiers: Vec<Verifier>,
}

/// What is asked of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The key, or the decision to make one under this name in this place.
    Key(IntentId, Backend),
    /// It is made.
    KeyMade(Box<KeyHandle>),
    /// The service has just accepted a password.
    Proved(Box<Verifier>),
    /// A password is about to be compared.
    Try(Person, Moment),
    /// The one that was compared was right.
    Right(Person, Moment),
    /// Time has passed.
    Passed(Moment),
    /// The password is another one by now.
    Ended(Person),
    /// Nobody's password is checked here any more; the key is to go.
    EndAll,
    /// The same where nothing is of use: it is not wanted, nobody's password is kept, or the key is not in the place where
    /// keys are made.
    Tidy(Backend),
    /// How far the key is.
    KeyAsItIs,
    /// The key is gone.
    KeyGone,
}

/// What is durable when it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// How far the key is, where there is one.
    Key(Option<Key>),
    /// The comparison is counted: with this, and this key.
    Counted(Box<Verifier>, Box<KeyHandle>),
    /// It is so.
    Done,
}

/// One change of what is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The key is so far.
    Key(Key),
    /// There is none.
    NoKey,
    /// The person's verifier is this.
    Verifier(Box<Verifier>),
    /// They have none.
    NoVerifier(Person),
}

impl Change {
    /// The tenant of whom it is about, where it is about somebody.
    pub fn tenant(&self) -> Option<TenantId> {
        self.published().map(|((tenant, _), _)| tenant)
    }

    /// Whose verifier it is about, and what that is from here on.
    pub fn published(&self) -> Option<(Person, Option<Box<Verifier>>)> {
        match self {
            Change::Verifier(it) => Some(((it.tenant, it.object), Some(it.clone()))),
            Change::NoVerifier(person) => Some((*person, None)),
            Change::Key(_) | Change::NoKey => None,
        }
    }
}

impl Request {
    /// The tenant of whom it is about, where it is about one person.
    pub fn tenant(&self) -> Option<TenantId> {
        match self {
            Request::Proved(it) => Some(it.tenant),
            Request::Try((tenant, _), _) | Request::Right((tenant, _), _) | Request::Ended((tenant, _)) => {
                Some(*tenant)
            }
            Request::Key(..)
            | Request::KeyMade(_)
            | Request::Passed(_)
            | Request::EndAll
            | Request::Tidy(_)
            | Request::KeyAsItIs
            | Request::KeyGone => None,
        }
    }
}

impl Book {
    /// What was found at the start, and what has to be durable before anything is asked: the run before may have gone on
    /// after its last mark.
    pub fn found(found: Found) -> (Book, Vec<Change>) {
        let before = found.verifiers.into_iter().map(|it| ((it.tenant, it.object), it.of_before()));
        let all: BTreeMap<Person, Verifier> = before.collect();
        let changes = all.values().cloned().map(put).collect();
        (Book { key: found.key, all }, changes)
    }

    /// Each of them.
    pub fn verifiers(&self) -> impl Iterator<Item = &Verifier> {
        self.all.values()
    }

    /// Decides; `ttl` is how long after a sign-in with the network a password is checked here, none where the
    /// configuration does not want that.
    ///
    /// # Errors
    /// Why not; then nothing has changed.
    pub fn decide(
        &mut self,
        request: Request,
        ttl: Option<Duration>,
    ) -> Result<(Vec<Change>, Answer), Failure> {
        match request {
            Request::Key(name, place) => Ok(self.key(name, place)),
            Request::KeyMade(handle) => self.key_made(handle),
            Request::Proved(verifier) => {
                let wanted = ttl.is_some() && self.key_is_made();
                let changes = if wanted { vec![self.put(*verifier)] } else { Vec::new() };
                Ok((changes, Answer::Done))
            }
            Request::Try(person, at) => self.counted(person, at, ttl),
            Request::Right(person, at) => {
                let right = self.all.get(&person).map(|it| it.was_right(at)).ok_or_else(refusals::ended)?;
                Ok((vec![self.put(right)], Answer::Done))
            }
            Request::Passed(at) => {
                let ttl = ttl.unwrap_or_default();
                let in_use = self.all.values().filter(|it| !it.is_over(ttl));
                let marked: Vec<Verifier> = in_use.map(|it| it.marked(at)).collect();
                Ok((marked.into_iter().map(|it| self.put(it)).collect(), Answer::Done))
            }
            Request::Ended(person) => Ok((self.end(person).into_iter().collect(), Answer::Done)),
            Request::Tidy(place) if self.is_of_use(place, ttl) => Ok((Vec::new(), Answer::Done)),
            Request::EndAll | Request::Tidy(_) => {
                let all: Vec<Person> = self.all.keys().copied().collect();
                let changes = all.into_iter().filter_map(|person| self.end(person)).collect();
                Ok((changes, Answer::Key(self.key.clone())))
            }
            Request::KeyAsItIs => Ok((Vec::new(), Answer::Key(self.key.clone()))),
            Request::KeyGone => {
                Ok((self.key.take().map(|_| Change::NoKey).into_iter().collect(), Answer::Done))
            }
        }
    }

    /// The service said something of somebody; whether that ends what it said of their password before.
    pub fn heard_of(&mut self, person: Option<Person>, failure: &Failure) -> Option<Change> {
        self.end(person.filter(|_| ended_by(failure))?)
    }

    /// Ends the verifier of a person, if there is one.
    pub fn end(&mut self, person: Person) -> Option<Change> {
        self.all.remove(&person).map(|_| Change::NoVerifier(person))
    }

    /// Ends those of a tenant that was left.
    pub fn end_tenant(&mut self, tenant: TenantId) -> Vec<Change> {
        let of: Vec<Person> = self.all.keys().filter(|(of, _)| *of == tenant).copied().collect();
        of.into_iter().filter_map(|person| self.end(person)).collect()
    }

    fn key(&mut self, name: IntentId, place: Backend) -> (Vec<Change>, Answer) {
        let changes = match self.key {
            Some(_) => Vec::new(),
            None => vec![Change::Key(self.key.insert(Key::Wanted(name, place)).clone())],
        };
        (changes, Answer::Key(self.key.clone()))
    }

    fn key_made(&mut self, handle: Box<KeyHandle>) -> Result<(Vec<Change>, Answer), Failure> {
        match &self.key {
            Some(Key::Wanted(name, _)) if *name == handle.intent => {
                let made = self.key.insert(Key::Made(handle)).clone();
                Ok((vec![Change::Key(made)], Answer::Key(self.key.clone())))
            }
            _ => Err(refusals::key_ended()),
        }
    }

    fn key_is_made(&self) -> bool {
        matches!(self.key, Some(Key::Made(_)))
    }

    fn is_of_use(&self, place: Backend, ttl: Option<Duration>) -> bool {
        let is_there = matches!(&self.key, Some(Key::Made(key)) if key.backend == place);
        ttl.is_some() && is_there && !self.all.is_empty()
    }

    fn counted(
        &mut self,
        person: Person,
        at: Moment,
        ttl: Option<Duration>,
    ) -> Result<(Vec<Change>, Answer), Failure> {
        let (Some(Key::Made(key)), Some(ttl)) = (self.key.clone(), ttl) else {
            return Err(refusals::ended());
        };
        let verifier = self.all.get(&person).ok_or_else(refusals::ended)?;
        verifier.may_be_tried(at, ttl).map_err(refusals::obstacle)?;
        let counted = verifier.counted(at);
        let answer = Answer::Counted(Box::new(counted.clone()), key);
        Ok((vec![self.put(counted)], answer))
    }

    fn put(&mut self, verifier: Verifier) -> Change {
        self.all.insert((verifier.tenant, verifier.object), verifier.clone());
        put(verifier)
    }
}

fn put(verifier: Verifier) -> Change {
    Change::Verifier(Box::new(verifier))
}

/// Whether what the service said of a person ends what it said of their password before. A wrong password does not:
/// whoever asks may have typed it, and has to be shown to have typed the one that was right.
pub fn ended_by(failure: &Failure) -> bool {
    matches!(
        failure.cause,
        Some(Cause::AccountDisabled | Cause::NoSuchAccount | Cause::PasswordExpired | Cause::GrantEnded)
    )
}
