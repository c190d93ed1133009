//! One conversation from its first word to its last, which says how it ends when it is not the caller who ends it.

use crate::connection::Connection;
use crate::talk::tell_failure;
use crate::{Service, dispatch};
use callers::Place;
use ipc::{Ending, FailureReport, Message, Peer, Reader};
use log_limit::LogLimit;
use model::{Failure, FailureClass, Requester, Who};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// Why the service ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It was asked to.
    Asked,
    /// Its state cannot be written; whoever waits for a write is being told so.
    NotWritable,
}

/// Why a conversation ends before it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Stopped(Stop),
    /// Its place went to somebody who had none.
    TakenAway,
}

/// Whoever is at the other end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) peer: Peer,
    /// The group of the process at the other end.
    pub(crate) gid: u32,
    /// Who that is when attempts are counted.
    pub(crate) by: Requester,
}

/// What every conversation shares.
#[derive(Clone)]
pub(crate) struct Shared {
    /// The service, once it is.
    pub(crate) ready: watch::Receiver<Option<Arc<Service>>>,
    /// When it ends.
    pub(crate) stop: watch::Receiver<Option<Stop>>,
    pub(crate) log: LogLimit,
}

/// Holds one conversation to its end.
pub(crate) async fn hold(stream: UnixStream, caller: Caller, mut place: Place, shared: Shared) {
    let Shared { ready, mut stop, log } = shared;
    let mut connection = Connection::new(stream, Reader::of(caller.peer), log.clone());
    let cut = {
        let mut talk = pin!(dispatch::hold(&mut connection, caller, (ready, log)));
        let cut = tokio::select! {
            biased;
            () = &mut talk => return,
            why = stopped(&mut stop) => Cut::Stopped(why),
            _ = &mut place.taken_away => Cut::TakenAway,
        };
        // What fails for the same reason says so itself.
        if cut == Cut::Stopped(Stop::NotWritable) && timeout(OWN_WORDS, &mut talk).await.is_ok() {
            return;
        }
        cut
    };
    let last = async { last_words(&mut connection, cut).await };
    // A caller who does not listen is not waited for.
    drop(timeout(OWN_WORDS, last).await);
}

/// A caller for whom nothing was begun may ask the next daemon for the same.
async fn last_words(connection: &mut Connection, cut: Cut) {
    match cut {
        Cut::Stopped(_) if !connection.has_begun() => drop(connection.say(&Message::Again {}).await),
        Cut::Stopped(_) => {
            tell_failure(connection, &driver::service_ended()).await;
            connection.say(&Message::End { ending: Ending::Failed }).await;
        }
        Cut::TakenAway => {
            for message in too_many() {
                connection.say(&message).await;
            }
        }
    }
}

/// Ends when the service is to end.
pub(crate) async fn stopped(stop: &mut watch::Receiver<Option<Stop>>) -> Stop {
    // Whoever could say why has ended too.
    stop.wait_for(Option::is_some).await.ok().and_then(|why| *why).unwrap_or(Stop::Asked)
}

/// What a caller hears for whom there is no place.
pub(crate) fn too_many() -> [Message; 2] {
    let failure = Failure::local(
        FailureClass::Transient,
        Who::Nobody,
        "TooManyConnections",
        "too many callers are being served".to_owned(),
        "End other programs of yours that talk to firmamentd, or try again in a moment.",
    );
    let failure = Box::new(FailureReport::from(&failure));
    [Message::Failed { failure }, Message::End { ending: Ending::Failed }]
}

/// How long a conversation may take to say the reason itself, and a caller to hear the last words.
const OWN_WORDS: Duration = Duration::from_secs(1);
