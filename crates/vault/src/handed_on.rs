//! What an enrolment found out on its way, for the inventory that follows it at once: both need the same tokens and the
//! same list of services.

use intune::endpoints::Endpoints;
use model::Timestamp;
use oauth::TokenSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What was found with one primary refresh token, until it is taken.
#[derive(Default)]
pub struct HandedOn(Mutex<Option<(Found, Timestamp)>>);

/// What the next work need not ask for again.
#[derive(Default)]
pub struct Found {
    /// What route one gave for Graph; its refresh token serves every other resource.
    pub for_graph: Option<TokenSet>,
    /// Where the tenant's services are.
    pub endpoints: Option<Endpoints>,
}

impl HandedOn {
    /// Keeps what was found for one work that comes soon.
    pub fn keep(&self, found: Found, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((found, now));
    }

    /// What was kept, once; nothing where that is long ago, so that whatever fails with it is asked for anew.
    pub fn take(&self, now: Timestamp) -> Found {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.filter(|(_, at)| *at <= now && now.since(*at) < SOON).map(|(found, _)| found).unwrap_or_default()
    }
}

const SOON: Duration = Duration::from_secs(5 * 60);
