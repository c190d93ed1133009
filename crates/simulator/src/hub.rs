//! The one state that connections, the admin API and the page share, behind one lock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;
use tenant::Tenant;
use tenant_intune::Intune;
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::faults::{Action, CONNECT};
use crate::holds::{Holds, Release, Stage};
use crate::knobs::Wire;
use crate::transcript::Transcript;

/// Shared by everything that serves; the lock is never held across a wait.
pub(crate) struct Hub {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

/// What the lock guards.
pub(crate) struct State {
    /// Sign-in, directory and registration.
    pub(crate) tenant: Tenant,
    /// Intune: enrolment, check-ins and verdicts.
    pub(crate) intune: Intune,
    /// What goes wrong on the wire.
    pub(crate) wire: Wire,
    /// What is being held.
    pub(crate) holds: Holds,
    /// What has happened.
    pub(crate) log: Transcript,
    /// How often it has happened.
    pub(crate) counters: Counters,
}

/// Figures of this run, for `GET /counters`.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Counters {
    /// TCP connections accepted.
    pub(crate) connections: u64,
    /// TLS handshakes completed, resumed ones included.
    pub(crate) tls_handshakes: u64,
    /// TLS handshakes completed by resumption.
    pub(crate) tls_resumed: u64,
    /// TLS handshakes begun and not completed.
    pub(crate) tls_failed: u64,
    /// Handshakes in which the client proved a certificate's key.
    pub(crate) client_certificates: u64,
    /// Requests received of any name, those that faults struck included.
    pub(crate) requests: u64,
    /// Requests received, by name.
    pub(crate) requests_by_name: BTreeMap<String, u64>,
    /// Requests that the tenant has processed, by name.
    pub(crate) processed_by_name: BTreeMap<String, u64>,
}

impl Hub {
    /// Shares a cloud.
    pub(crate) fn new(tenant: Tenant, intune: Intune, wire: Wire, log: Transcript) -> Hub {
        let state =
            State { tenant, intune, wire, holds: Holds::default(), log, counters: Counters::default() };
        Hub { state: Mutex::new(state), changed: watch::Sender::new(0) }
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and wakes whoever waits for a change.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.lock());
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
        outcome
    }

    /// Waits until the state is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&State) -> bool) {
        let mut changed = self.changed.subscribe();
        while !self.read(&wanted) {
            // The sender lives as long as the hub, so this cannot fail.
            let _ = changed.changed().await;
        }
    }

    /// Counts a new connection and says whether it is to be reset at once, and how long to wait before it.
    pub(crate) fn connected(&self) -> Welcome {
        self.change(|state| {
            state.counters.connections += 1;
            let struck = state.wire.faults.strike(CONNECT);
            let mut delay_ms = 0;
            let mut refused = state.wire.take_refusal();
            for action in struck {
                match action {
                    Action::Delay { ms } => delay_ms += ms,
                    _ => refused = true,
                }
            }
            Welcome { number: state.counters.connections, refused, delay_ms }
        })
    }

    /// Counts a request and says what befalls it.
    pub(crate) fn struck(&self, request: &str) -> (u64, Vec<Action>) {
        self.change(|state| {
            state.counters.requests += 1;
            *state.counters.requests_by_name.entry(request.to_owned()).or_default() += 1;
            (state.wire.latency(request), state.wire.faults.strike(request))
        })
    }

    /// Holds an exchange until it is released; a client that hangs up ends its hold.
    pub(crate) async fn hold(&self, request: &str, stage: Stage) -> Release {
        let (id, receiver) = self.change(|state| state.holds.hold(request, stage));
        let _ended = Ended { hub: self, id };
        receiver.await.unwrap_or(Release::Reset)
    }

    /// Adds a line to the transcript.
    pub(crate) fn record(&self, line: serde_json::Map<String, Value>) {
        self.change(|state| state.log.record(line));
    }

    // A panic while the lock was held can only have been in one request; the state is still the best there is.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens to a new connection.
pub(crate) struct Welcome {
    /// Number of the connection, from 1.
    pub(crate) number: u64,
    /// Whether it is reset at once.
    pub(crate) refused: bool,
    /// Milliseconds to wait before anything else.
    pub(crate) delay_ms: u64,
}

struct Ended<'a> {
    hub: &'a Hub,
    id: u64,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.hub.change(|state| state.holds.forget(self.id));
    }
}

/// Wall-clock milliseconds since 1970, the `now` of every call of the tenant.
pub(crate) fn now_ms() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
