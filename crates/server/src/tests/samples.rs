//! One value of each kind, and the other end of a connection.

use crate::connection::Connection;
use identity::{Snapshot, Status, StatusPhase};
use ipc::{Message, Reader};
use log_limit::LogLimit;
use model::{Failure, FailureClass, Guid, Id, Timestamp, Who};
use std::sync::Arc;
use tenancy_model::{MemberId, MemberView, TenantView};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use views::DomainView;

/// A connection, and whoever called.
pub(super) fn connected() -> (Connection, Caller) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Connection::new(ours, Reader::Root, LogLimit::default()), Caller(theirs))
}

/// The client's end.
pub(super) struct Caller(pub(super) UnixStream);

impl Caller {
    /// Says it as one frame.
    pub(super) async fn says(&mut self, message: &impl serde::Serialize) {
        self.sends(&ipc::encode(message).unwrap()).await;
    }

    pub(super) async fn sends(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

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
pub(super) fn status(phase: StatusPhase, state: &str) -> Status {
    let state = state.parse().unwrap();
    let snapshot = Snapshot::absent(id(1));
    Status { tenant: id(1), phase, state, waits_for: None, wake_at: None, failure: None, snapshot }
}

/// A domain of a tenant, with the machine's status there if it has one.
pub(super) fn view(domain: &str, status: Option<Status>) -> DomainView {
    DomainView {
        domain: domain.parse().unwrap(),
        tenant: status.map(|status| TenantView {
            current: Some(MemberView { id: MemberId(1), status: Arc::new(status) }),
            ..TenantView::absent(id(1))
        }),
        config: None,
        missing: None,
        last_sign_in: None,
        users: vec![],
        key_tests: Default::default(),
        bound_to: Default::default(),
    }
}

pub(super) fn failure(class: FailureClass, code: &str) -> Failure {
    Failure::local(class, Who::Nobody, code, "it failed".to_owned(), "Do something.")
}

/// The id of which every byte is `n`.
pub(super) fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
