//! `pam_authenticate`: a sign-in for a program that lets people in.

use super::sign_in;
use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use ipc::{Ending, Wait};
use model::Failure;

/// Finds out who it is; the registration goes on by itself. The caller hears of us every few seconds, and takes
/// silence for our end (login.md 1.2, rule 6).
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    name: &str,
    caller: Caller,
) -> Result<Ending, Failure> {
    connection.gives_signs_of_life = true;
    sign_in::run(connection, service, (name, Wait::SignedIn), caller).await
}
