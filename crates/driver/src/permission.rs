//! Whether a password or a code may be tried for a name, of many who come at once.

use crate::computer::Ports;
use crate::inbox::Inbox;
use in_flight::rest;
use model::{Attempt, Failure, Requester, Upn};
use signin::Reply;
use std::sync::Arc;
use std::time::Duration;
use tenancy::Answer;

/// Whether something may be tried now. Who comes with many others of the same account waits until those before have their
/// answers: right passwords take no place.
pub(crate) async fn permission(
    ports: Arc<Ports>,
    inbox: Inbox,
    (attempt, asked, by): (Attempt, Upn, Requester),
) -> Result<Reply, Failure> {
    let until = ports.clock.now().after(LONGEST_TURN);
    loop {
        let name = asked.clone();
        let event = move |caller| tenancy::Event::AttemptAsked { caller, attempt, asked: name, by };
        match inbox.ask(event).await? {
            (Answer::Later(refused), _) if until <= ports.clock.now() => return Err(*refused),
            (Answer::Later(_), _) => {
                rest(&*ports.clock, Some(ports.clock.now().after(TURN))).await;
            }
            _ => return Ok(Reply::Permitted),
        }
    }
}

/// How often it is asked again.
const TURN: Duration = Duration::from_millis(100);
/// So long nobody waits who would be refused in the end.
const LONGEST_TURN: Duration = Duration::from_secs(10);
