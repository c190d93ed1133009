//! The local socket: who calls, how much they may ask, and one conversation per connection.
//!
//! Requests become calls of the driver; its statuses become words of the socket.

mod accept;
mod connection;
mod conversation;
mod dispatch;
mod service;
mod talk;
#[cfg(test)]
mod tests;

pub use conversation::Stop;
pub use service::{AboutNow, Registrars, Service};

use accept::Patience;
use callers::{Limits, Owner, Owners};
use conversation::{Caller, Shared};
use log_limit::LogLimit;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Serves connections until `stop` changes; every conversation under way is then told so. Callers who come before the
/// service is `ready` are heard, and wait for it. `user` is the user id that this process runs as, whom it takes for
/// root.
pub async fn serve(
    listener: UnixListener,
    user: u32,
    ready: watch::Receiver<Option<Arc<Service>>>,
    mut stop: watch::Receiver<Option<Stop>>,
) {
    let mut acceptor = Acceptor::new(user, ready, stop.clone());
    let mut patience = Patience::default();
    loop {
        tokio::select! {
            (stream, _) = patience.next(|| listener.accept()) => acceptor.admit(stream),
            Some(_) = acceptor.conversations.join_next() => {}
            _ = conversation::stopped(&mut stop) => break,
        }
    }
    let last_words = async { while acceptor.conversations.join_next().await.is_some() {} };
    if timeout(LAST_WORDS, last_words).await.is_err() {
        tracing::warn!("A caller does not listen and was left");
    }
}

/// Where callers come in.
struct Acceptor {
    user: u32,
    limits: Arc<Limits>,
    owners: Owners,
    conversations: JoinSet<()>,
    shared: Shared,
}

impl Acceptor {
    fn new(
        user: u32,
        ready: watch::Receiver<Option<Arc<Service>>>,
        stop: watch::Receiver<Option<Stop>>,
    ) -> Acceptor {
        Acceptor {
            user,
            limits: Arc::default(),
            owners: Owners::system(),
            conversations: JoinSet::new(),
            shared: Shared { ready, stop, log: LogLimit::default() },
        }
    }

    fn admit(&mut self, stream: UnixStream) {
        let (peer, gid) = match stream.peer_cred() {
            Ok(credentials) => (ipc::Peer::of(credentials.uid(), self.user), credentials.gid()),
            Err(error) => {
                if self.shared.log.allows("caller without credentials") {
                    tracing::warn!(%error, "A caller without credentials was turned away");
                }
                return;
            }
        };
        let owner = if peer.is_root { Owner::Root } else { self.owners.owner(peer.uid) };
        let Some(place) = self.limits.enter(owner) else {
            return self.turn_away(stream, peer.uid);
        };
        let caller = Caller { peer, gid, by: owner.requester() };
        // A caller may send a password.
        let conversation = conversation::hold(stream, caller, place, self.shared.clone());
        self.conversations.spawn(model::wiping(conversation));
    }

    /// What can be said without waiting for the caller.
    fn turn_away(&mut self, stream: UnixStream, uid: u32) {
        if self.shared.log.allows("too many connections") {
            tracing::warn!(uid, "A caller with too many connections was turned away");
        }
        let words = conversation::too_many();
        let frames: Vec<u8> = words.iter().filter_map(|word| ipc::encode(word).ok()).flatten().collect();
        // Whoever does not hear it sees the end of the connection.
        drop(stream.into_std().and_then(|mut stream| stream.write(&frames)));
    }
}

/// How long the end waits for callers who are told that it is one.
const LAST_WORDS: Duration = Duration::from_secs(2);
