//! `tpm_test`: whether the keys can be used; `tpm_recovery_code`, `tpm_reseal`: those that are bound to the boot state.

use super::status;
use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use crate::talk::{bad_request, tell, tell_waiting};
use ipc::{Answer, Ending, Message, RecoveryCode};
use model::{Failure, FailureClass, Secret, Who};
use std::time::Duration;
use tokio::time::timeout;

/// Tries every key, then shows what is known of each.
pub(crate) async fn test(
    connection: &mut Connection,
    service: &Service,
    caller: Caller,
) -> Result<Ending, Failure> {
    tell_waiting(connection, "the keys to be tried").await;
    service.driver.test_keys().await?;
    status::run(connection, service, None, caller).await
}

/// Makes a code and shows it, this once.
pub(crate) async fn recovery_code(connection: &mut Connection, service: &Service) -> Result<Ending, Failure> {
    tell_waiting(connection, THE_KEYS).await;
    let code = service.driver.recovery_code().await?;
    let code = RecoveryCode(code.expose().clone());
    let told = connection.say(&Message::RecoveryCode { code }).await;
    Ok(if told { Ending::Done } else { Ending::Failed })
}

pub(crate) async fn reseal(
    connection: &mut Connection,
    service: &Service,
    with_code: bool,
) -> Result<Ending, Failure> {
    let code = if with_code { Some(ask_code(connection).await?) } else { None };
    tell_waiting(connection, THE_KEYS).await;
    service.driver.reseal(code).await?;
    let text = "The keys are bound to the boot state as it is now; whoever is suspended signs in again.";
    tell(connection, text).await;
    Ok(Ending::Done)
}

pub(crate) async fn ask_code(connection: &mut Connection) -> Result<Secret<String>, Failure> {
    connection.say(&Message::AskRecoveryCode {}).await;
    match timeout(TYPING_TIME, connection.answer()).await {
        Ok(Ok(Answer::RecoveryCode { code })) => Ok(code),
        Ok(Ok(_)) => Err(bad_request("the answer is to another question")),
        Ok(Err(error)) => Err(bad_request(&error.to_string())),
        Err(_) => Err(too_late("the code was not typed within 15 minutes")),
    }
}

fn too_late(message: &str) -> Failure {
    let (class, advice) = (FailureClass::NeedsUser, "Run it again, with the code at hand.");
    Failure::local(class, Who::User, "TooLate", message.to_owned(), advice)
}

const THE_KEYS: &str = "the TPM to bind the keys anew";
const TYPING_TIME: Duration = Duration::from_secs(15 * 60);
