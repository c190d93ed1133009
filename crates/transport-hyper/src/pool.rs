//! Connections that are kept for the next request, and not a moment longer once a credential went over them.
//!
//! HTTP and TLS read into and write from buffers that live as long as their connection and are not wiped between two
//! exchanges.

use crate::gate::Gate;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// One client for each host that is in use; dropping it closes its connections.
pub(crate) struct Pool<C> {
    make: Box<dyn Fn() -> C + Send + Sync>,
    hosts: Mutex<BTreeMap<String, Arc<Host<C>>>>,
}

/// The connections to one host.
struct Host<C> {
    name: String,
    client: C,
    gate: Gate,
    usage: Mutex<Usage>,
}

#[derive(Default)]
struct Usage {
    /// Exchanges that have begun and not ended.
    running: usize,
    /// When the first credential went over any of its connections.
    bore_credential: Option<Instant>,
    /// When the last exchange ended.
    ended: Option<Instant>,
    /// When somebody will look whether it is to be closed.
    alarm: Option<Instant>,
}

impl Usage {
    /// When the connections are closed, unless another exchange begins.
    fn closes_at(&self) -> Option<Instant> {
        let quiet = if self.bore_credential.is_some() { QUIET } else { IDLE };
        self.ended.filter(|_| self.running == 0).map(|ended| ended + quiet)
    }

    /// Whether no exchange may begin on these connections any more, as busy as they are.
    fn is_worn(&self, now: Instant) -> bool {
        self.bore_credential.is_some_and(|since| now >= since + WORN)
    }
}

impl<C: Send + Sync + 'static> Pool<C> {
    pub(crate) fn new(make: impl Fn() -> C + Send + Sync + 'static) -> Arc<Pool<C>> {
        Arc::new(Pool { make: Box::new(make), hosts: Mutex::default() })
    }

    /// The client of a host for one exchange, which ends when it is dropped, answered or not.
    pub(crate) fn take(self: &Arc<Pool<C>>, name: &str, bears_credential: bool) -> Lent<C> {
        let (mut hosts, now) = (self.lock(), Instant::now());
        let kept = hosts.get(name).filter(|host| !host.usage().is_worn(now)).cloned();
        let host = kept.unwrap_or_else(|| {
            let name = name.to_owned();
            let host = Host { name, client: (self.make)(), gate: Gate::new(), usage: Mutex::default() };
            let host = Arc::new(host);
            hosts.insert(host.name.clone(), host.clone());
            host
        });
        let mut usage = host.usage();
        usage.running += 1;
        if bears_credential {
            usage.bore_credential.get_or_insert(now);
        }
        drop(usage);
        Lent { host, pool: self.clone() }
    }

    /// Lends these connections to nobody any more; they are closed when their last exchange has ended.
    fn forget(&self, host: &Arc<Host<C>>) {
        let mut hosts = self.lock();
        if hosts.get(&host.name).is_some_and(|kept| Arc::ptr_eq(kept, host)) {
            hosts.remove(&host.name);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Host<C>>>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a host is to be closed, and closes it.
    async fn watch(self: Arc<Pool<C>>, host: Weak<Host<C>>, mut at: Instant) {
        loop {
            sleep_until(at).await;
            // The order of the locks is that of `take`, so that nobody is lent what is closed.
            let mut hosts = self.lock();
            let Some(host) = host.upgrade() else { return };
            let mut usage = host.usage();
            if usage.alarm != Some(at) {
                return;
            }
            match usage.closes_at() {
                Some(later) if later > Instant::now() => (at, usage.alarm) = (later, Some(later)),
                Some(_) => {
                    let kept = hosts.get(&host.name).is_some_and(|kept| Arc::ptr_eq(kept, &host));
                    return drop(kept.then(|| hosts.remove(&host.name)));
                }
                // Whoever is at it sets the next alarm.
                None => return usage.alarm = None,
            }
        }
    }
}

impl<C> Host<C> {
    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client of one exchange.
pub(crate) struct Lent<C: Send + Sync + 'static> {
    host: Arc<Host<C>>,
    pool: Arc<Pool<C>>,
}

impl<C: Send + Sync + 'static> Lent<C> {
    pub(crate) fn client(&self) -> &C {
        &self.host.client
    }

    /// Who may connect.
    pub(crate) fn gate(&self) -> &Gate {
        &self.host.gate
    }

    /// Nothing came back in time: the next exchange has another connection.
    pub(crate) fn give_up(&self) {
        self.pool.forget(&self.host);
    }
}

impl<C: Send + Sync + 'static> Drop for Lent<C> {
    fn drop(&mut self) {
        let mut usage = self.host.usage();
        usage.running -= 1;
        usage.ended = Some(Instant::now());
        let Some(at) = usage.closes_at().filter(|at| usage.alarm.is_none_or(|alarm| *at < alarm)) else {
            return;
        };
        // A runtime that is ending closes everything by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            usage.alarm = Some(at);
            runtime.spawn(self.pool.clone().watch(Arc::downgrade(&self.host), at));
        }
    }
}

/// How long connections that bore a credential wait for the next exchange of the same errand.
const QUIET: Duration = Duration::from_millis(500);
/// How long other connections wait.
const IDLE: Duration = Duration::from_secs(60);
/// How long exchanges begin on connections that bore a credential, where one follows the other without a pause.
const WORN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::{advance, sleep};

    /// Numbers of clients, and what tells whether one was dropped.
    type Client = Arc<usize>;

    fn pool() -> Arc<Pool<Client>> {
        let made = AtomicUsize::new(0);
        Pool::new(move || Arc::new(made.fetch_add(1, Ordering::SeqCst) + 1))
    }

    fn exchange(pool: &Arc<Pool<Client>>, host: &str, bears_credential: bool) -> Weak<usize> {
        Arc::downgrade(pool.take(host, bears_credential).client())
    }

    fn number(client: &Weak<usize>) -> Option<usize> {
        client.upgrade().map(|number| *number)
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_has_one_client_and_keeps_it_as_long_as_what_went_over_it_allows() {
        for (bears_credential, open, closed) in [(false, 59_900, 60_100), (true, 400, 600)] {
            let pool = pool();
            let (first, other) = (exchange(&pool, "a", bears_credential), exchange(&pool, "b", false));
            assert_eq!((number(&first), number(&other)), (Some(1), Some(2)));
            sleep(Duration::from_millis(open)).await;
            assert_eq!(number(&exchange(&pool, "a", false)), Some(1), "it is used again");
            sleep(Duration::from_millis(open)).await;
            assert_eq!(number(&first), Some(1), "the last exchange counts");
            sleep(Duration::from_millis(closed - open)).await;
            assert_eq!(number(&first), None, "{bears_credential}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_hastens_the_end_of_what_was_open_before() {
        let pool = pool();
        let client = exchange(&pool, "a", false);
        sleep(Duration::from_secs(1)).await;
        exchange(&pool, "a", true);
        sleep(Duration::from_millis(600)).await;
        assert_eq!(number(&client), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_in_use_stays_open_and_is_closed_after_it() {
        let pool = pool();
        let long = pool.take("a", true);
        let client = exchange(&pool, "a", true);
        sleep(Duration::from_secs(5)).await;
        assert_eq!(number(&exchange(&pool, "a", true)), Some(1));
        sleep(Duration::from_secs(5)).await;
        drop(long);
        sleep(Duration::from_millis(400)).await;
        assert_eq!(number(&client), Some(1));
        sleep(Duration::from_millis(200)).await;
        assert_eq!(number(&client), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_connection_that_bore_a_credential_is_replaced_in_time() {
        for (bears_credential, clients) in [(true, 2), (false, 1)] {
            let pool = pool();
            let mut last = exchange(&pool, "a", bears_credential);
            for _ in 0..WORN.as_millis() / 400 + 1 {
                advance(Duration::from_millis(400)).await;
                last = exchange(&pool, "a", false);
            }
            assert_eq!(number(&last), Some(clients), "{bears_credential}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_did_not_answer_is_not_lent_again() {
        let pool = pool();
        let (deaf, beside) = (pool.take("a", true), pool.take("a", true));
        deaf.give_up();
        assert_eq!(number(&exchange(&pool, "a", true)), Some(2));
        beside.give_up();
        assert_eq!(number(&exchange(&pool, "a", true)), Some(2), "only what it was on is given up");
        let client = Arc::downgrade(deaf.client());
        drop((deaf, beside));
        assert_eq!(number(&client), None);
    }
}
