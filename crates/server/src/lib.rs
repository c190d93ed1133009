//! The local socket: who calls, how much they may ask, and one conversation per connection.
//!
//! Requests become calls of the driver; its statuses become words of the socket.

mod accept;
mod connection;
mod dispatch;
mod limits;
mod report;
mod service;
mod talk;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use report::{DocumentParts, document};
pub use service::{About, AboutNow, Service};

use accept::Patience;
use connection::Connection;
use std::sync::Arc;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

/// Serves connections until `stop` changes; conversations under way end with it.
pub async fn serve(listener: UnixListener, service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    let limits = Arc::new(Limits::default());
    let mut patience = Patience::default();
    loop {
        let (stream, _) = tokio::select! {
            accepted = patience.next(|| listener.accept()) => accepted,
            _ = stop.changed() => return,
        };
        admit(stream, &service, &limits, stop.clone());
    }
}

fn admit(stream: UnixStream, service: &Arc<Service>, limits: &Arc<Limits>, mut stop: watch::Receiver<bool>) {
    let log = service.driver.log();
    let peer = match stream.peer_cred() {
        Ok(credentials) => ipc::Peer { uid: credentials.uid() },
        Err(error) => {
            if log.allows("caller without credentials") {
                tracing::warn!(%error, "A caller without credentials was turned away");
            }
            return;
        }
    };
    let Some(place) = limits.clone().enter(peer.uid) else {
        if log.allows("too many connections") {
            tracing::warn!(uid = peer.uid, "A caller with too many connections was turned away");
        }
        return;
    };
    let service = service.clone();
    tokio::spawn(async move {
        let _place = place;
        tokio::select! {
            () = dispatch::hold(Connection::new(stream, service.driver.log().clone()), peer, &service) => {}
            _ = stop.changed() => {}
        }
    });
}
