//! From a request to the file of its opcode, once it is known that the caller may make it.

/// One file for each opcode, or for a few that belong together.
#[path = "requests"]
mod requests {
    pub(super) mod accounts;
    pub(super) mod forget_account;
    pub(super) mod join;
    pub(super) mod leave;
    pub(super) mod pam;
    pub(crate) mod rebind;
    pub(super) mod rekey;
    pub(super) mod sign_in;
    pub(crate) mod status;
    pub(crate) mod tpm;
    pub(super) mod watch;
}

#[cfg(test)]
pub(crate) use requests::{rebind::rebinding, status::tell as tell_status, tpm::ask_code};

use crate::Service;
use crate::connection::{Connection, ReadError};
use crate::conversation::Caller;
use crate::talk::{bad_request, tell_failure, tell_waiting, unknown_request};
use ipc::{Ending, Message, Request, RequestError};
use log_limit::LogLimit;
use model::{Failure, FailureClass, Who};
use report::ending_of;
use requests::{
    accounts, forget_account, join, leave, pam, rebind, rekey, sign_in, status, tpm, watch as changes,
};
use std::sync::Arc;
use tokio::sync::watch;

/// Holds one conversation: reads the request, checks who asks, answers, and says how it ended. The first word comes at
/// once, the answer when the service is ready.
pub(crate) async fn hold(
    connection: &mut Connection,
    caller: Caller,
    (mut ready, log): (watch::Receiver<Option<Arc<Service>>>, LogLimit),
) {
    let request = match connection.request().await {
        Ok(request) => request,
        Err(ReadError::Gone(_)) => return,
        Err(ReadError::Request(unknown @ RequestError::Unknown { .. })) => {
            return refuse(connection, unknown_request(&unknown)).await;
        }
        Err(error) => return refuse(connection, bad_request(&error.to_string())).await,
    };
    let (opcode, peer) = (request.opcode(), caller.peer);
    if let Err(refused) = request.permit(peer) {
        if log.allows("request refused") {
            tracing::info!(uid = peer.uid, opcode, ?refused, "Request refused");
        }
        return refuse(connection, forbidden(&refused.to_string())).await;
    }
    tracing::debug!(uid = peer.uid, opcode, "Request");
    if ready.borrow().is_some() && matches!(request, Request::Status { .. }) {
        // All of it is said at once.
        connection.gather();
    }
    connection.say(&Message::ACCEPTED).await;
    if ready.borrow().is_none() {
        tell_waiting(connection, "firmamentd to start").await;
    }
    let found = ready.wait_for(Option::is_some).await.ok().and_then(|service| service.clone());
    // A start that fails ends the conversation from outside.
    let Some(service) = found else { return std::future::pending().await };
    if !request.may_be_repeated() {
        connection.begin();
    }
    match answer(connection, caller, &service, request).await {
        Ok(ending) => drop(connection.say(&Message::End { ending }).await),
        Err(failure) => refuse(connection, failure).await,
    }
    connection.say_gathered().await;
}

async fn answer(
    connection: &mut Connection,
    caller: Caller,
    service: &Service,
    request: Request,
) -> Result<Ending, Failure> {
    match request {
        Request::SignIn { name, wait, language } => {
            connection.hearer = service.manners.to_caller(language.as_deref());
            let wanted = sign_in::of_command(service, (&name, wait), caller)?;
            sign_in::run(connection, service, wanted).await
        }
        Request::PamAuthenticate { name, asked, service: of_pam, .. } => {
            connection.hearer = service.manners.at(&of_pam);
            pam::run(connection, service, (&name, asked), caller).await
        }
        Request::PamSession { name, open, .. } => {
            pam::session(service, &name, open);
            Ok(Ending::Done)
        }
        Request::Status { domain } => status::run(connection, service, domain, caller).await,
        Request::Join { domain } => join::run(connection, service, domain, caller).await,
        Request::JoinByToken { domain } => join::by_token(connection, service, domain, caller).await,
        Request::Leave { domain, force } => leave::run(connection, service, domain, force).await,
        Request::Rekey { name, to, force } => rekey::run(connection, service, &name, &to, force).await,
        Request::CancelRekey { domain } => rekey::cancel(connection, service, domain).await,
        Request::Rebind { domain } => rebind::run(connection, service, domain).await,
        Request::ForgetAccount { name } => forget_account::run(connection, service, &name).await,
        Request::Accounts {} => accounts::list(connection, service).await,
        Request::ChangeAccount { name, new_name, uid } => {
            accounts::change(connection, service, &name, (new_name, uid)).await
        }
        Request::ReserveAccount { name, uid, home } => {
            accounts::reserve(connection, service, &name, (uid, home)).await
        }
        Request::Watch {} => changes::run(connection, service).await,
        Request::TpmTest {} => tpm::test(connection, service, caller).await,
        Request::TpmRecoveryCode {} => tpm::recovery_code(connection, service).await,
        Request::TpmReseal { with_code } => tpm::reseal(connection, service, with_code).await,
    }
}

async fn refuse(connection: &mut Connection, failure: Failure) {
    let ending = ending_of(&failure);
    tell_failure(connection, &failure).await;
    connection.say(&Message::End { ending }).await;
}

pub(crate) fn forbidden(message: &str) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "Forbidden",
        message.to_owned(),
        "Run it again as root.",
    )
}
