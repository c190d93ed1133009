//! One value of each kind, and the other end of a connection.

use crate::connection::Connection;
use driver::{Snapshot, Status, StatusPhase};
use ipc::Message;
use model::{Failure, FailureClass, Guid, Id, Timestamp, Who};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

/// A connection, and whoever called.
pub(super) fn connected() -> (Connection, Caller) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Connection::new(ours), Caller(theirs))
}

/// The client's end.
pub(super) struct Caller(UnixStream);

impl Caller {
    /// The next thing that is said; none when the connection is over.
    pub(super) async fn hears(&mut self) -> Option<Message> {
        let mut header = [0; ipc::HEADER];
        self.0.read_exact(&mut header).await.ok()?;
        let mut payload = vec![0; ipc::payload_length(header).unwrap()];
        self.0.read_exact(&mut payload).await.unwrap();
        Some(ipc::decode(&payload).unwrap())
    }
}

/// A machine in this phase and state that waits for nothing.
pub(super) fn status(phase: StatusPhase, state: &'static str) -> Status {
    let snapshot = Snapshot::absent(id(1));
    Status { tenant: id(1), phase, state, waits_for: None, wake_at: None, failure: None, snapshot }
}

pub(super) fn failure(class: FailureClass, code: &str) -> Failure {
    Failure::local(class, Who::User, code, "it failed".to_owned(), "Do something.")
}

/// The id of which every byte is `n`.
pub(super) fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
