//! Connections that are kept for the next request, and not a moment longer once a credential went over them.
//!
//! HTTP and TLS read into and write from buffers that live as long as their connection and are not wiped between two
//! exchanges.

use crate::body::Watched;
use crate::connect::Connector;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A client that keeps its connections.
pub(crate) type Keeping = Client<HttpsConnector<Connector>, Watched>;

/// One client at a time; dropping it closes its connections.
pub(crate) struct Pool {
    make: Box<dyn Fn() -> Keeping + Send + Sync>,
    kept: Mutex<Kept>,
}

struct Kept {
    client: Keeping,
    /// Whether a credential went over any of its connections.
    bore_credential: bool,
    /// Exchanges that have begun or ended, so that an old alarm knows that it is late.
    moment: u64,
}

impl Pool {
    pub(crate) fn new(make: impl Fn() -> Keeping + Send + Sync + 'static) -> Arc<Pool> {
        let kept = Kept { client: make(), bore_credential: false, moment: 0 };
        Arc::new(Pool { make: Box::new(make), kept: Mutex::new(kept) })
    }

    /// A client for one exchange, which ends when it is dropped, answered or not.
    pub(crate) fn take(self: &Arc<Pool>, bears_credential: bool) -> Lent {
        let mut kept = self.lock();
        kept.bore_credential |= bears_credential;
        kept.moment += 1;
        Lent { client: kept.client.clone(), pool: self.clone() }
    }

    /// Closes what was kept, unless another exchange has begun or ended since.
    fn close(&self, since: u64) {
        let mut kept = self.lock();
        if kept.moment == since {
            kept.client = (self.make)();
            kept.bore_credential = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client of one exchange.
pub(crate) struct Lent {
    pub(crate) client: Keeping,
    pool: Arc<Pool>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut kept = self.pool.lock();
        kept.moment += 1;
        let (bore_credential, since) = (kept.bore_credential, kept.moment);
        drop(kept);
        let pool = self.pool.clone();
        // A runtime that is ending closes everything by itself.
        if let (true, Ok(runtime)) = (bore_credential, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                tokio::time::sleep(QUIET).await;
                pool.close(since);
            });
        }
    }
}

/// How long connections wait for the next exchange of the same errand.
const QUIET: Duration = Duration::from_millis(500);
