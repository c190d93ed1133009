use accounts::{AccountSettings, verdicts};
use model::{Account, Backend, Cause, Failure, FailureClass, Timestamp, Upn};
use names::Verdict;
use offline::{Moment, Person, Verifier, refusals};
use views::Views;

/// How somebody may go on who cannot reach the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Who it is.
    pub who: Account,
    /// Until when their password may be checked here.
    pub until: Timestamp,
    /// Why the service cannot be reached.
    pub failure: Failure,
}

/// How the sign-in of somebody who is to be let in goes on that failed so before any password was asked for; none where
/// it has failed. Silence alone leads here: not what a portal, a proxy or a busy service says.
///
/// # Errors
/// Why this machine does not check the password of this person, where it could have.
pub fn way(
    (settings, views): (&AccountSettings, &Views),
    asked: &Upn,
    failure: &Failure,
    at: Moment,
) -> Option<Result<Way, Failure>> {
    if failure.cause != Some(Cause::Unreachable) || failure.class != FailureClass::Transient {
        return None;
    }
    let (ttl, who) = (settings.offline?, account_here((settings, views), asked)?);
    let verifier = views.verifier((who.tenant, who.object))?;
    let until = verifier.may_be_tried(at, ttl);
    let way = |until| Way { who, until, failure: failure.clone() };
    Some(until.map(way).map_err(refusals::obstacle))
}

/// Whose account of this machine a name is, where it may be used: as the directory and the configuration said last.
pub fn account_here((settings, views): (&AccountSettings, &Views), asked: &Upn) -> Option<Account> {
    let own = views.account_of(asked)?;
    let verdicts = verdicts(settings, std::slice::from_ref(&own));
    verdicts.iter().all(|it| it.verdict == Verdict::Allowed).then_some(own.person)
}

/// Whose passwords this machine could check without the network, and until when.
pub struct Usable {
    /// Each of them.
    pub people: Vec<(Person, Timestamp)>,
    /// Where the key is.
    pub place: Backend,
}

/// Those of whom it could be done at this moment.
pub fn usable((settings, views): (&AccountSettings, &Views), place: Backend, at: Moment) -> Usable {
    let ttl = settings.offline.unwrap_or_default();
    let until = |it: &Verifier| Some(((it.tenant, it.object), it.may_be_tried(at, ttl).ok()?));
    Usable { people: views.verifiers(until), place }
}
