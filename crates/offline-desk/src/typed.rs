use crate::desk::{Desk, Job};
use model::{Failure, Secret};
use offline::Person;
use signin::Reply;

/// What was typed in a sign-in, for as long as it goes on, and what the service said of it.
#[derive(Default)]
pub struct Typed {
    password: Option<Secret<String>>,
    said: Option<Said>,
    /// Whether any password was asked for.
    pub asked: bool,
}

/// What the service said of a password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Right,
    Wrong,
}

impl Typed {
    /// A password was typed.
    pub fn takes(&mut self, password: &Secret<String>) {
        self.password = Some(Secret::new(password.expose().clone()));
    }

    /// The service answered to it.
    pub fn hears(&mut self, result: &Result<Reply, Failure>) {
        self.said = match result {
            Ok(Reply::Tokens(_) | Reply::Vouched(_) | Reply::Exchanged) => Some(Said::Right),
            Ok(_) => None,
            Err(failure) if signin::proves_password(failure) => Some(Said::Right),
            Err(failure) if signin::refuses_password(failure) => Some(Said::Wrong),
            Err(_) => None,
        };
    }

    /// The person is in: what the service accepted is kept for the time without the network.
    pub fn accepted(&mut self, desk: &Desk, person: Person) {
        self.give(desk, Said::Right, |password| Job::Learn(person, password));
    }

    /// They are not: what the service refused may be what it accepted last.
    pub fn refused(&mut self, desk: &Desk, person: Person) {
        self.give(desk, Said::Wrong, |password| Job::Refused(person, password));
    }

    fn give(&mut self, desk: &Desk, said: Said, job: impl FnOnce(Secret<String>) -> Job) {
        if self.said == Some(said)
            && let Some(password) = self.password.take()
        {
            desk.give(job(password));
        }
    }
}
