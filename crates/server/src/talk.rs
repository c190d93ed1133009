//! What the conversations of several opcodes share: finding out who somebody is, following a machine, and the
//! failures of a request that cannot be understood.

use crate::Service;
use crate::connection::Connection;
use driver::{Purpose, SignIn, SignInEvent, WaitingFor};
use identity::{Status, StatusPhase, WaitsFor};
use ipc::{Answer, Ending, Message, RequestError};
use messages::Said;
use model::{
    Account, Asked, Asker, DomainName, Failure, FailureClass, Secret, Timestamp, Trace, Upcoming, Upn, Who,
};
use report::Hearer;
use signin::{PasswordPrompt, SessionState, UserStatus};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use views::DomainView;

/// Tells the caller one sentence; nothing stops for it.
pub(crate) async fn tell(connection: &mut Connection, text: &str) {
    connection.say(&Message::Notice { text: text.to_owned() }).await;
}

/// Tells the caller what is waited for from here on: what completes "Waiting for …".
pub(crate) async fn tell_waiting(connection: &mut Connection, text: &str) {
    connection.say(&Message::Waiting { text: text.to_owned(), until: None }).await;
}

/// Tells the caller what failed, who can fix it and what to do.
pub(crate) async fn tell_failure(connection: &mut Connection, failure: &Failure) {
    let failure = Box::new(connection.hearer.failure(failure, Upcoming::Nothing));
    connection.say(&Message::Failed { failure }).await;
}

/// How the talk with a person ended who is who was asked for, or went away.
pub(crate) enum Identified {
    Yes(Account),
    HungUp,
}

/// What a sign-in begins with.
pub(crate) enum By {
    /// Somebody is there, and signs in for this.
    Person(Purpose),
    /// Somebody gave this refresh token beforehand, to be known by it.
    Token(Secret<String>),
}

/// Finds out whether a person is who was asked for by this caller.
pub(crate) async fn identify(
    connection: &mut Connection,
    service: &Service,
    (asked, asker, by): (Asked, Asker, By),
) -> Result<Identified, Failure> {
    if let Some(name) = asked.person() {
        connection.reader.asks_for(name);
        connection.hearer.name = Some(name.clone());
    }
    let domain = asked.domain().clone();
    let mut session = match by {
        By::Person(purpose) => service.driver.sign_in(asked, asker, purpose).await?,
        By::Token(token) => service.driver.sign_in_by_token(asked, asker, token).await?,
    };
    loop {
        let event = tokio::select! {
            event = session.next() => event,
            () = connection.hung_up() => return Ok(Identified::HungUp),
            () = sleep(SIGN_OF_LIFE), if connection.gives_signs_of_life => {
                tell_waiting(connection, "the person to sign in").await;
                continue;
            }
        };
        match event {
            Some(SignInEvent::Prompt(prompt)) => {
                let now = service.driver.now();
                connection.say(&report::prompt(&prompt, &connection.hearer, now)).await;
                connection.say(&report::waiting_for_approval(&prompt, &connection.hearer)).await;
            }
            Some(SignInEvent::Waiting(waiting)) => {
                connection.say(&waiting_for(waiting, &domain, &connection.hearer)).await;
            }
            Some(SignInEvent::Notice(notice)) => {
                let text = connection.hearer.notice(&notice);
                tell(connection, &text).await;
            }
            Some(SignInEvent::AskPassword(prompt)) => ask_password(connection, &mut session, &prompt).await?,
            Some(SignInEvent::SignedIn(account)) => {
                connection.say(&report::signed_in(&account)).await;
                return Ok(Identified::Yes(account));
            }
            Some(SignInEvent::Failed(failure)) => {
                if is_about_who_came(&failure) {
                    connection.reader.hears_of_themselves();
                }
                return Err(failure);
            }
            None => return Err(without_answer()),
        }
    }
}

/// What a sign-in of this domain waits for.
fn waiting_for(waiting: WaitingFor, domain: &DomainName, hearer: &Hearer) -> Message {
    let entra = |does: &str| format!("Microsoft Entra ID to {does}");
    let of = domain.as_str();
    let (english, said) = match waiting {
        WaitingFor::Tenant => (entra(&format!("name the tenant of {of}")), Said::WaitsForTenant(of)),
        WaitingFor::Realm => {
            (entra(&format!("say who checks the passwords of {of}")), Said::WaitsForRealm(of))
        }
        WaitingFor::Code => (entra("give a sign-in code"), Said::WaitsForCode),
        WaitingFor::Password => (entra("check the password"), Said::WaitsForPassword),
        WaitingFor::Tokens => (entra("let the sign-in register a device"), Said::WaitsForTokens),
        WaitingFor::Account => ("Microsoft Graph to say who signed in".to_owned(), Said::WaitsForAccount),
    };
    Message::Waiting { text: hearer.hears(english, said), until: None }
}

/// Whether a sign-in ended because somebody else came than was asked for (entra.md 2.10, rule 6): the sentence is ours,
/// names them, and only they can mend it.
pub(crate) fn is_about_who_came(failure: &Failure) -> bool {
    failure.who == Who::User && failure.trace == Trace::default()
}

/// Hands on what the person types; the sign-in ends by itself when they take too long.
async fn ask_password(
    connection: &mut Connection,
    session: &mut SignIn,
    prompt: &PasswordPrompt,
) -> Result<(), Failure> {
    connection.say(&report::ask_password(prompt, &connection.hearer)).await;
    let answer = tokio::select! {
        answer = connection.answer() => answer,
        event = session.next() => return Err(match event {
            Some(SignInEvent::Failed(failure)) => failure,
            _ => without_answer(),
        }),
    };
    let password = match answer {
        Ok(Answer::Password { password }) => Some(password),
        Ok(Answer::UseCode {}) => None,
        Ok(Answer::RecoveryCode { .. } | Answer::JoinToken { .. }) => {
            return Err(bad_request("the answer is to another question"));
        }
        Err(error) => return Err(bad_request(&error.to_string())),
    };
    session.answer(password).await;
    Ok(())
}

/// Waits for the end of the first try of a person's session to use the keys, but not for long; why that suspended the
/// identity, if it did.
pub(crate) async fn first_use(
    mut status: watch::Receiver<Arc<Status>>,
    mut session: watch::Receiver<UserStatus>,
) -> Option<Failure> {
    let tried = |it: &UserStatus| {
        it.failure.is_some() || !matches!(it.state, SessionState::Empty | SessionState::Obtaining)
    };
    // A session that is over has left its last words.
    drop(timeout(FIRST_USE, session.wait_for(tried)).await);
    let gone = session.has_changed().is_err();
    let failure = session.borrow().failure.clone();
    if gone || failure.as_ref().is_some_and(|failure| failure.trouble.is_some()) {
        drop(timeout(SUSPENDING, status.wait_for(|status| is_suspended(status))).await);
    }
    let status = status.borrow();
    is_suspended(&status).then(|| failure.or_else(|| status.failure.clone()).unwrap_or_else(unusable))
}

/// Whether the identity is suspended by what a sign-in met here; what the service said of it says who can help.
pub(crate) async fn suspended_by(failure: &Failure, mut status: watch::Receiver<Arc<Status>>) -> bool {
    let met_here = failure.trouble.is_some() && failure.trace.http_status.is_none();
    met_here
        && timeout(SUSPENDING, status.wait_for(|status| is_suspended(status)))
            .await
            .is_ok_and(|it| it.is_ok())
}

fn is_suspended(status: &Status) -> bool {
    status.phase == StatusPhase::Suspended
}

fn unusable() -> Failure {
    let message = "the keys of this machine cannot be used".to_owned();
    Failure::local(FailureClass::Broken, Who::MachineAdmin, "KeyUnavailable", message, "See aad-tool status.")
}

/// How far a machine is followed.
#[derive(Clone, Copy)]
pub(crate) struct Until {
    /// Nothing more is waited for.
    over: fn(&Status, Timestamp) -> bool,
    /// What was asked for is on disk, whatever cannot be written afterwards.
    done: fn(&Status) -> bool,
    /// Whether what fails and is tried again is watched for [`PATIENCE`] alone, however soon it is tried.
    limited: bool,
}

impl Until {
    /// A registration that is there, or waits for somebody or for long.
    pub(crate) const SETTLED: Until = Until { over: is_settled, done: is_registered, limited: true };
    /// New handles of keys that are there.
    pub(crate) const BOUND: Until = Until { over: is_settled, done: |_| false, limited: true };
    /// A leave that is over, or stuck.
    pub(crate) const LEFT: Until = Until { over: has_left, done: is_gone, limited: false };
}

/// When it is, and why nothing can be written, once that is so.
pub(crate) type Signs<'a> = (&'a (dyn Fn() -> Timestamp + Sync), watch::Receiver<Option<Failure>>);

/// Follows a registration from the sign-in that it begins with, which may wait for its keys.
pub(crate) async fn follow_registration(
    connection: &mut Connection,
    service: &Service,
    status: watch::Receiver<Arc<Status>>,
) -> Result<Ending, Failure> {
    let mut prepared = service.driver.prepared_keys();
    if prepared.borrow().waiting > 0 {
        let told = connection.hearer.hears(KEYS_ARE_MADE, Said::KeysAreMade);
        let waiting = connection.hearer.hears("the keys to be made", Said::WaitsForKeys);
        tell(connection, &told).await;
        tell_waiting(connection, &waiting).await;
        tokio::select! {
            // A driver that has ended makes none, and neither does one that cannot write.
            _ = prepared.wait_for(|prepared| prepared.waiting == 0) => {}
            _ = not_writable(service.driver.not_writable()) => {}
            () = connection.hung_up() => return Ok(Ending::Failed),
        }
    }
    follow(connection, service, status, Until::SETTLED).await
}

/// Ends at this moment; never where there is none.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Ends when nothing can be written any more, and says why.
pub(crate) async fn not_writable(mut why: watch::Receiver<Option<Failure>>) -> Failure {
    match why.wait_for(Option::is_some).await.ok().and_then(|why| why.clone()) {
        Some(failure) => failure,
        None => std::future::pending().await,
    }
}

/// Tells every change of one machine until it is enough, or nothing can be written any more.
pub(crate) async fn follow(
    connection: &mut Connection,
    service: &Service,
    status: watch::Receiver<Arc<Status>>,
    until: Until,
) -> Result<Ending, Failure> {
    let signs: Signs<'_> = (&|| service.driver.now(), service.driver.not_writable());
    follow_by(connection, signs, status, until).await
}

/// The same by any clock.
pub(crate) async fn follow_by(
    connection: &mut Connection,
    (clock, unwritable): Signs<'_>,
    mut status: watch::Receiver<Arc<Status>>,
    until: Until,
) -> Result<Ending, Failure> {
    let mut limit = None;
    loop {
        let now = status.borrow_and_update().clone();
        let at = clock();
        if until.limited && report::again(&now).is_some() {
            limit = limit.or_else(|| Some(Instant::now() + PATIENCE));
        }
        let late = limit.is_some_and(|limit| limit <= Instant::now());
        let over = late || (until.over)(&now, at);
        // What is shown is on disk, but after a write that failed nothing goes on from there.
        let failed = unwritable.borrow().clone();
        if let Some(failure) = failed.filter(|_| !(over && (until.done)(&now))) {
            return Err(failure);
        }
        connection.say(&report::progress(&now, at, &connection.hearer)).await;
        if over {
            return finish(connection, &now).await;
        }
        let more = tokio::select! {
            changed = status.changed() => changed.is_ok(),
            _ = not_writable(unwritable.clone()) => true,
            () = reached(limit) => true,
            () = connection.hung_up() => return Ok(Ending::Failed),
        };
        if !more && unwritable.borrow().is_none() {
            return Ok(Ending::Failed);
        }
    }
}

async fn finish(connection: &mut Connection, status: &Status) -> Result<Ending, Failure> {
    if let Some(failure) = &status.failure {
        let failure = Box::new(connection.hearer.failure(failure, status.upcoming()));
        connection.say(&Message::Failed { failure }).await;
    }
    Ok(report::ending(status))
}

/// At rest, or waiting for somebody, or for long: nothing more happens soon by itself.
pub(crate) fn is_settled(status: &Status, now: Timestamp) -> bool {
    let waits_for_long = status.wake_at.is_some_and(|at| at.since(now) > PATIENCE);
    status.is_at_rest() || status.waits_for.is_some() || waits_for_long
}

/// Nothing is left, or an operator has to decide.
pub(crate) fn has_left(status: &Status, _: Timestamp) -> bool {
    status.phase == StatusPhase::Unregistered || status.waits_for == Some(WaitsFor::Operator)
}

fn is_registered(status: &Status) -> bool {
    matches!(status.phase, StatusPhase::Registered | StatusPhase::IntuneEnrolled)
}

fn is_gone(status: &Status) -> bool {
    status.phase == StatusPhase::Unregistered
}

/// The domain that is named, or the only one; `otherwise` is what to say where there is none.
pub(crate) fn which_domain(
    service: &Service,
    domain: Option<String>,
    otherwise: &str,
) -> Result<DomainName, Failure> {
    match domain {
        Some(text) => parse_domain(&text),
        None => only_domain(service.driver.view(), otherwise),
    }
}

/// The only one of these domains that leads to a tenant.
pub(crate) fn only_domain(views: Vec<DomainView>, otherwise: &str) -> Result<DomainName, Failure> {
    let mut known = views.into_iter().filter(|view| view.tenant.is_some());
    match (known.next(), known.next()) {
        (Some(view), None) => Ok(view.domain),
        (None, _) => Err(Failure::local(
            FailureClass::Gone,
            Who::Nobody,
            "NotRegistered",
            "this machine is not registered with any tenant".to_owned(),
            otherwise,
        )),
        (Some(_), Some(_)) => Err(bad_name("there is more than one domain: name it with --domain")),
    }
}

pub(crate) fn parse_name(text: &str) -> Result<Upn, Failure> {
    text.parse().map_err(|error: model::NameError| bad_name(&error.to_string()))
}

pub(crate) fn parse_domain(text: &str) -> Result<DomainName, Failure> {
    text.parse().map_err(|error: model::NameError| bad_name(&error.to_string()))
}

fn usage(code: &str, message: &str, advice: &str) -> Failure {
    Failure::local(FailureClass::Broken, Who::User, code, message.to_owned(), advice)
}

/// Never said by a driver that keeps its promise.
fn without_answer() -> Failure {
    let message = "the sign-in ended without an answer".to_owned();
    Failure::local(FailureClass::Broken, Who::Developers, "NoEnd", message, "Try again, and report it.")
}

pub(crate) fn bad_request(message: &str) -> Failure {
    usage("BadRequest", message, "Use the aad-tool of the same version as firmamentd.")
}

/// A request of another version of the tool.
pub(crate) fn unknown_request(error: &RequestError) -> Failure {
    usage(
        "UnknownRequest",
        &error.to_string(),
        "Restart firmamentd if it was updated; else use the aad-tool of its version.",
    )
}

pub(crate) fn bad_name(message: &str) -> Failure {
    usage("BadName", message, "Check the name and try again.")
}

/// How long a caller hears nothing who takes silence for our end.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
const KEYS_ARE_MADE: &str = "The keys for the registration are being made.";
/// How long the first use of the keys is waited for, and then what follows from it.
const FIRST_USE: Duration = Duration::from_secs(20);
const SUSPENDING: Duration = Duration::from_secs(2);
/// How long a person is asked to watch a registration that is tried again by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3 * 60);
