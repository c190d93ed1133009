use crate::boot;
use crate::connection::{Connection, ReadError};
use crate::rekey;
use crate::report::{self, ending_of};
use crate::{DocumentParts, Service, document};
use driver::{
    DomainView, LeaveStarted, PasswordPrompt, Registration, SignIn, SignInEvent, Status, StatusChange,
    StatusPhase, WaitsFor,
};
use ipc::{Answer, Ending, FailureReport, Message, Peer, Request, Wait};
use model::{DomainName, Failure, FailureClass, Timestamp, Upn, Who};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// Holds one conversation: reads the request, checks who asks, answers, and says how it ended.
pub(crate) async fn hold(mut connection: Connection, peer: Peer, service: &Arc<Service>) {
    let request = match connection.request().await {
        Ok(request) => request,
        Err(ReadError::Gone(_)) => return,
        Err(error) => return refuse(&mut connection, bad_request(&error.to_string())).await,
    };
    let opcode = request.opcode();
    if let Err(refused) = opcode.permit(peer) {
        tracing::info!(uid = peer.uid, ?opcode, "Refused: {refused}");
        return refuse(&mut connection, forbidden(&refused.to_string())).await;
    }
    tracing::debug!(uid = peer.uid, ?opcode, "Request");
    let ending = match answer(&mut connection, peer, service, request).await {
        Ok(ending) => ending,
        Err(failure) => return refuse(&mut connection, failure).await,
    };
    connection.say(&Message::End { ending }).await;
}

async fn answer(
    connection: &mut Connection,
    peer: Peer,
    service: &Arc<Service>,
    request: Request,
) -> Result<Ending, Failure> {
    match request {
        Request::SignIn { name, wait } => sign_in(connection, service, &name, wait).await,
        Request::Status { domain } => status(connection, peer, service, domain).await,
        Request::Leave { domain, force } => leave(connection, service, domain, force).await,
        Request::Rekey { name, to, force } => rekey::run(connection, service, &name, &to, force).await,
        Request::CancelRekey { domain } => rekey::cancel(connection, service, domain).await,
        Request::Rebind { domain } => rebind(connection, service, domain).await,
        Request::ForgetAccount { name } => forget(connection, service, &name).await,
        Request::Watch {} => watch_all(connection, service).await,
        Request::TpmRecoveryCode {} => boot::recovery_code(connection, service).await,
        Request::TpmReseal { with_code } => boot::reseal(connection, service, with_code).await,
    }
}

async fn refuse(connection: &mut Connection, failure: Failure) {
    let ending = ending_of(&failure);
    connection.say(&Message::Failed { failure: Box::new(FailureReport::from(&failure)) }).await;
    connection.say(&Message::End { ending }).await;
}

async fn sign_in(
    connection: &mut Connection,
    service: &Service,
    name: &str,
    wait: Wait,
) -> Result<Ending, Failure> {
    let asked = parse_name(name)?;
    let domain = asked.domain().clone();
    match identify(connection, service, asked).await? {
        Identified::Yes => settle(connection, service, &domain, wait).await,
        Identified::HungUp => Ok(Ending::Failed),
    }
}

/// How the talk with a person ended who is who was asked for, or went away.
pub(crate) enum Identified {
    Yes,
    HungUp,
}

/// Finds out whether a person is who was asked for.
pub(crate) async fn identify(
    connection: &mut Connection,
    service: &Service,
    asked: Upn,
) -> Result<Identified, Failure> {
    let mut session = service.driver.sign_in(asked).await?;
    loop {
        let event = tokio::select! {
            event = session.next() => event,
            () = connection.hung_up() => return Ok(Identified::HungUp),
        };
        match event {
            Some(SignInEvent::Prompt(prompt)) => drop(connection.say(&report::prompt(&prompt)).await),
            Some(SignInEvent::AskPassword(prompt)) => ask_password(connection, &mut session, &prompt).await?,
            Some(SignInEvent::SignedIn(account)) => {
                connection.say(&report::signed_in(&account)).await;
                return Ok(Identified::Yes);
            }
            Some(SignInEvent::Failed(failure)) => return Err(failure),
            None => return Err(bad_request("the sign-in ended without an answer")),
        };
    }
}

/// Hands on what the person types; the sign-in ends by itself when they take too long.
async fn ask_password(
    connection: &mut Connection,
    session: &mut SignIn,
    prompt: &PasswordPrompt,
) -> Result<(), Failure> {
    connection.say(&report::ask_password(prompt)).await;
    let answer = tokio::select! {
        answer = connection.answer() => answer,
        event = session.next() => return Err(match event {
            Some(SignInEvent::Failed(failure)) => failure,
            _ => bad_request("the sign-in ended without an answer"),
        }),
    };
    let password = match answer {
        Ok(Answer::Password { password }) => Some(password),
        Ok(Answer::UseCode {}) => None,
        Ok(Answer::RecoveryCode { .. }) => return Err(bad_request("the answer is to another question")),
        Err(error) => return Err(bad_request(&error.to_string())),
    };
    session.answer(password).await;
    Ok(())
}

/// After the account is checked: follows the registration as far as the caller wants to wait.
async fn settle(
    connection: &mut Connection,
    service: &Service,
    domain: &DomainName,
    wait: Wait,
) -> Result<Ending, Failure> {
    let registration = service.driver.registration(domain);
    let background = registration != Some(Registration::Required) && wait == Wait::SignedIn;
    if background || registration == Some(Registration::Off) {
        return Ok(Ending::Done);
    }
    for text in service.driver.neighbours() {
        connection.say(&Message::Notice { text }).await;
    }
    match service.driver.follow(domain) {
        Some(status) => follow_registration(connection, service, status).await,
        None => Ok(Ending::NotRegistered),
    }
}

/// Follows a registration from the sign-in that it begins with, which may wait for its keys.
pub(crate) async fn follow_registration(
    connection: &mut Connection,
    service: &Service,
    status: watch::Receiver<Status>,
) -> Result<Ending, Failure> {
    let mut prepared = service.driver.prepared_keys();
    if prepared.borrow().waiting > 0 {
        connection.say(&Message::Notice { text: KEYS_ARE_MADE.to_owned() }).await;
        tokio::select! {
            // A driver that has ended makes none.
            _ = prepared.wait_for(|prepared| prepared.waiting == 0) => {}
            () = connection.hung_up() => return Ok(Ending::Failed),
        }
    }
    follow(connection, service, status, is_settled).await
}

/// Tells every change of one machine until `enough`.
pub(crate) async fn follow(
    connection: &mut Connection,
    service: &Service,
    status: watch::Receiver<Status>,
    enough: fn(&Status, Timestamp) -> bool,
) -> Result<Ending, Failure> {
    follow_by(connection, &|| service.driver.now(), status, enough).await
}

/// The same by any clock.
pub(crate) async fn follow_by(
    connection: &mut Connection,
    clock: &(dyn Fn() -> Timestamp + Sync),
    mut status: watch::Receiver<Status>,
    enough: fn(&Status, Timestamp) -> bool,
) -> Result<Ending, Failure> {
    loop {
        let now = status.borrow_and_update().clone();
        let at = clock();
        connection.say(&report::progress(&now, at)).await;
        if enough(&now, at) {
            return finish(connection, &now).await;
        }
        let more = tokio::select! {
            changed = status.changed() => changed.is_ok(),
            () = connection.hung_up() => return Ok(Ending::Failed),
        };
        if !more {
            return Ok(Ending::Failed);
        }
    }
}

async fn finish(connection: &mut Connection, status: &Status) -> Result<Ending, Failure> {
    if let Some(failure) = &status.failure {
        connection.say(&Message::Failed { failure: Box::new(FailureReport::from(failure)) }).await;
    }
    Ok(report::ending(status))
}

/// At rest, or waiting for somebody, or for long: nothing more happens soon by itself.
pub(crate) fn is_settled(status: &Status, now: Timestamp) -> bool {
    let waits_for_long = status.wake_at.is_some_and(|at| at.since(now) > PATIENCE);
    status.is_at_rest() || status.waits_for.is_some() || waits_for_long
}

pub(crate) fn has_left(status: &Status, _: Timestamp) -> bool {
    status.phase == StatusPhase::Unregistered || status.waits_for == Some(WaitsFor::Operator)
}

async fn status(
    connection: &mut Connection,
    peer: Peer,
    service: &Service,
    domain: Option<String>,
) -> Result<Ending, Failure> {
    let wanted = domain.map(|text| parse_domain(&text)).transpose()?;
    let mut views = service.driver.view();
    if let Some(wanted) = wanted {
        views.retain(|view| view.domain == wanted);
        if views.is_empty() {
            return Err(unknown_domain(&wanted));
        }
    }
    let mut about = service.about.clone();
    about.notices.extend((service.live)());
    about.notices.extend(service.driver.neighbours());
    let ending = views.iter().map(report::ending_of_view).max().unwrap_or(Ending::NotRegistered);
    let document = document(&DocumentParts {
        about,
        prepared: *service.driver.prepared_keys().borrow(),
        views,
        left: service.driver.left(),
        for_root: peer.uid == 0,
        now: service.driver.now(),
    });
    connection.say(&Message::Status { document: Box::new(document) }).await;
    Ok(ending)
}

async fn leave(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
    force: bool,
) -> Result<Ending, Failure> {
    let domain = which_domain(service, domain, "There is nothing to leave.")?;
    let ask = if force { driver::Ask::ForceLeave } else { driver::Ask::Leave };
    let LeaveStarted { domains, status } = service.driver.leave(&domain, ask).await?;
    let names: Vec<String> = domains.iter().map(ToString::to_string).collect();
    connection.say(&Message::Notice { text: format!("Leaving the tenant of {}.", names.join(", ")) }).await;
    let ending = follow(connection, service, status, has_left).await?;
    Ok(if ending == Ending::NotRegistered { Ending::Done } else { ending })
}

/// Binds the keys anew, and follows the machine until it has settled.
async fn rebind(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
) -> Result<Ending, Failure> {
    let domain = which_domain(service, domain, "There is nothing to bind.")?;
    let started = service.driver.rebind(&domain).await?;
    for text in report::rebinding(&started) {
        connection.say(&Message::Notice { text }).await;
    }
    let last = started.status.clone();
    let ending = follow(connection, service, started.status, is_settled).await?;
    let status = last.borrow().clone();
    let Some(failure) = report::rebind_failure(&status) else { return Ok(ending) };
    if status.failure.as_ref() != Some(failure) {
        connection.say(&Message::Failed { failure: Box::new(FailureReport::from(failure)) }).await;
    }
    Ok(if ending == Ending::Suspended { ending } else { ending_of(failure) })
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

async fn forget(connection: &mut Connection, service: &Service, name: &str) -> Result<Ending, Failure> {
    let name = parse_name(name)?;
    let known = service.driver.forget_account(name.clone()).await?;
    let text = if known {
        format!("{name} is forgotten: the next sign-in under this name is taken as a new person.")
    } else {
        format!("{name} was not known.")
    };
    connection.say(&Message::Notice { text }).await;
    Ok(Ending::Done)
}

async fn watch_all(connection: &mut Connection, service: &Service) -> Result<Ending, Failure> {
    let mut changes = service.driver.changes();
    loop {
        let received = tokio::select! {
            received = changes.recv() => received,
            () = connection.hung_up() => return Ok(Ending::Done),
        };
        let message = match received {
            Ok(StatusChange { at, status }) => report::progress(&status, at),
            Err(broadcast::error::RecvError::Lagged(lost)) => {
                Message::Notice { text: format!("{lost} changes were too fast to be shown") }
            }
            Err(broadcast::error::RecvError::Closed) => return Ok(Ending::Done),
        };
        if !connection.say(&message).await {
            return Ok(Ending::Done);
        }
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

pub(crate) fn bad_request(message: &str) -> Failure {
    usage("BadRequest", message, "Use the aad-tool of the same version as firmamentd.")
}

pub(crate) fn bad_name(message: &str) -> Failure {
    usage("BadName", message, "Check the name and try again.")
}

fn forbidden(message: &str) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "Forbidden",
        message.to_owned(),
        "Run it again as root.",
    )
}

fn unknown_domain(domain: &DomainName) -> Failure {
    bad_name(&format!("{domain} is neither configured nor registered"))
}

const KEYS_ARE_MADE: &str = "The keys for the registration are being made.";
/// How long a person is asked to watch a registration that is tried again by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
