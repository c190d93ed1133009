//! `watch`: every change of every domain.

use crate::Service;
use crate::connection::Connection;
use crate::talk::not_writable;
use ipc::{Ending, Message};
use model::Failure;
use report::progress;
use tokio::sync::broadcast::error::RecvError;
use views::StatusChange;

/// Tells every change until the caller hangs up, or nothing can change any more.
pub(crate) async fn run(connection: &mut Connection, service: &Service) -> Result<Ending, Failure> {
    let mut changes = service.driver.changes();
    loop {
        let received = tokio::select! {
            received = changes.recv() => received,
            failure = not_writable(service.driver.not_writable()) => return Err(failure),
            () = connection.hung_up() => return Ok(Ending::Done),
        };
        let message = match received {
            Ok(StatusChange { at, status }) => progress(&status, at, &connection.hearer),
            Err(RecvError::Lagged(lost)) => {
                Message::Notice { text: format!("{lost} changes were too fast to be shown") }
            }
            Err(RecvError::Closed) => return Ok(Ending::Done),
        };
        if !connection.say(&message).await {
            return Ok(Ending::Done);
        }
    }
}
