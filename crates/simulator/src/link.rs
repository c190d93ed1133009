//! What the requests of one connection know of it, and how they end it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// What every request of one connection shares.
pub(crate) struct Link {
    /// Number of the connection, from 1.
    pub(crate) number: u64,
    /// The name in the client's hello.
    pub(crate) server_name: Option<String>,
    /// The version of TLS.
    pub(crate) tls: &'static str,
    /// The certificate (DER) whose key the client has proved.
    pub(crate) certificate: Option<Vec<u8>>,
    /// Resets the connection.
    pub(crate) kill: Arc<Kill>,
}

/// The switch that resets one connection.
#[derive(Default)]
pub(crate) struct Kill {
    fired: AtomicBool,
    notify: Notify,
}

impl Kill {
    /// Resets the connection at the next occasion.
    pub(crate) fn fire(&self) {
        self.fired.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    /// Whether the connection is to be reset.
    pub(crate) fn is_fired(&self) -> bool {
        self.fired.load(Ordering::Acquire)
    }

    /// Waits until the connection is to be reset.
    pub(crate) async fn fired(&self) {
        self.notify.notified().await;
    }
}
