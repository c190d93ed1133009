//! How often somebody may try to sign in under a name: wrong passwords lock the account at the service, and every
//! attempt goes out in the name of this machine. In memory only: a restart forgets it.
//!
//! | What | Passwords | Codes |
//! |---|---|---|
//! | for one account, whoever asks | 5 a minute | 60 a minute |
//! | of these by strangers, once somebody has signed in as the account | 3 | 40 |
//! | by one requester for one account, after five refusals in a row | one in 30 s, in 1 min, then in 2 min | |
//! | for all names that nobody has signed in under | 60 a minute, 20 of one requester | 600 a minute, 120 of one |
//!
//! Strangers to an account are those who never signed in as it since the start. So a stranger cannot keep the owner
//! out: their refusals make themselves wait, and two places of a minute are never theirs. An owner whom this machine
//! has not met yet shares the places with them; one behind the same requester as strangers (root, for every log-in
//! service) shares their rests too, of two minutes at most. Both have the code besides.
//!
//! Nothing is ever pushed out by other names. A name takes a place in the table with an attempt that was permitted,
//! the last row bounds how many of those there are, and what is 15 minutes old and proves nothing goes.
//!
//! Pure: the moment is an argument.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

#[cfg(test)]
mod tests;

use model::{Attempt, Failure, FailureClass, PasswordResult, Requester, Timestamp, Upn, Who};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What was tried of late.
#[derive(Debug, Default)]
pub struct Attempts {
    accounts: BTreeMap<Upn, Tries>,
    /// What was tried under names that nobody has signed in under.
    unseen: BTreeMap<Attempt, Recent>,
    /// When every account was last looked through for what is over.
    swept: Timestamp,
}

/// What was tried for one account.
#[derive(Debug, Default)]
struct Tries {
    recent: BTreeMap<Attempt, Recent>,
    /// Passwords in a row without a success, and when the last one was tried. One counts as refused until it is known
    /// not to be: whoever hangs up meanwhile does not learn more than one guess.
    refused: BTreeMap<Requester, (u32, Timestamp)>,
    /// Passwords that went out and whose results are not known yet.
    under_way: Recent,
    /// Who signed in as the account, the latest last.
    owners: VecDeque<Requester>,
}

/// The attempts of the last minute, the oldest first.
#[derive(Debug, Default)]
struct Recent(VecDeque<(Timestamp, Requester)>);

impl Attempts {
    /// Counts an attempt, or says why it may not be made yet. `is_seen`: somebody has signed in under this name.
    ///
    /// # Errors
    /// `TooManyAttempts`, with how long to wait.
    pub fn permit(
        &mut self,
        attempt: Attempt,
        account: &Upn,
        (by, is_seen): (Requester, bool),
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.forget_old(account, now);
        let limits = limits(attempt);
        let unseen = self.unseen.entry(attempt).or_default();
        let own = self.accounts.get(account).map_or(Duration::ZERO, |tries| tries.wait(attempt, by, now));
        let all = if is_seen { Duration::ZERO } else { unseen.wait(by, limits.unseen, now) };
        let wait = own.max(all);
        if !wait.is_zero() {
            return Err(too_many(attempt, account, wait));
        }
        if !is_seen {
            unseen.0.push_back((now, by));
        }
        let tries = self.accounts.entry(account.clone()).or_default();
        tries.recent.entry(attempt).or_default().0.push_back((now, by));
        if attempt == Attempt::Password {
            let count = tries.refused.get(&by).map_or(0, |(count, _)| *count);
            tries.refused.insert(by, (count.saturating_add(1), now));
            tries.under_way.0.push_back((now, by));
        }
        Ok(())
    }

    /// What became of the last password of this requester. One that was not sent keeps its place in the minute.
    pub fn password_tried(&mut self, account: &Upn, by: Requester, result: PasswordResult) {
        let Some(tries) = self.accounts.get_mut(account) else { return };
        tries.under_way.take_out(by);
        match result {
            PasswordResult::NotSent => {
                if let Some((count, _)) = tries.refused.get_mut(&by) {
                    *count = count.saturating_sub(1);
                }
            }
            PasswordResult::Accepted => {
                tries.refused.remove(&by);
                self.give_back(Attempt::Password, account, by);
            }
            PasswordResult::Refused => {}
        }
    }

    /// Whether what is refused now may be permitted in a moment: a password for the account is under way, and a right one
    /// takes no place.
    pub fn may_change(&self, attempt: Attempt, account: &Upn) -> bool {
        let tries = self.accounts.get(account).filter(|_| attempt == Attempt::Password);
        tries.is_some_and(|tries| !tries.under_way.0.is_empty())
    }

    /// Somebody signed in as the account: it is theirs.
    pub fn signed_in(&mut self, account: &Upn, by: Requester) {
        self.give_back(Attempt::Code, account, by);
        let tries = self.accounts.entry(account.clone()).or_default();
        tries.owners.retain(|owner| *owner != by);
        tries.owners.push_back(by);
        if tries.owners.len() > MOST_OWNERS {
            tries.owners.pop_front();
        }
    }

    /// The last attempt of this requester was a good one, and takes no place.
    fn give_back(&mut self, attempt: Attempt, account: &Upn, by: Requester) {
        let own = self.accounts.get_mut(account).and_then(|tries| tries.recent.get_mut(&attempt));
        [own, self.unseen.get_mut(&attempt)].into_iter().flatten().for_each(|recent| recent.take_out(by));
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Nobody is the owner of the name any more; what was tried stays tried.
    pub fn forget_owners(&mut self, account: &Upn) {
        if let Some(tries) = self.accounts.get_mut(account) {
            tries.owners.clear();
        }
    }

    /// Drops what is over of this account and of all that nobody has signed in under, and of every other once a
    /// minute: who comes pays for nobody else.
    fn forget_old(&mut self, account: &Upn, now: Timestamp) {
        self.unseen.values_mut().for_each(|recent| recent.forget_old(now, MINUTE));
        if self.swept > now || now.since(self.swept) >= MINUTE {
            self.swept = now;
            self.accounts.retain(|_, tries| tries.forget_old(now));
        } else if self.accounts.get_mut(account).is_some_and(|tries| !tries.forget_old(now)) {
            self.accounts.remove(account);
        }
    }
}

impl Tries {
    /// Drops what is over; whether anything is left.
    fn forget_old(&mut self, now: Timestamp) -> bool {
        self.recent.values_mut().for_each(|recent| recent.forget_old(now, MINUTE));
        self.recent.retain(|_, recent| !recent.0.is_empty());
        self.refused.retain(|_, (_, at)| is_younger(*at, now, MEMORY));
        self.under_way.forget_old(now, LONGEST_TRY);
        !(self.recent.is_empty() && self.refused.is_empty() && self.owners.is_empty())
    }

    /// How long this requester has to wait.
    fn wait(&self, attempt: Attempt, by: Requester, now: Timestamp) -> Duration {
        let limits = limits(attempt);
        let recent = self.recent.get(&attempt);
        let total = recent.map_or(Duration::ZERO, |recent| wait_for(recent.0.iter(), limits.account, now));
        let is_stranger = !self.owners.is_empty() && !self.owners.contains(&by);
        let strangers = recent.filter(|_| is_stranger).map_or(Duration::ZERO, |recent| {
            let theirs = recent.0.iter().filter(|(_, of)| !self.owners.contains(of));
            wait_for(theirs, limits.strangers, now)
        });
        let refused = self.refused.get(&by).filter(|_| attempt == Attempt::Password);
        let rest =
            refused.map_or(Duration::ZERO, |(count, at)| back_off(*count).saturating_sub(now.since(*at)));
        total.max(strangers).max(rest)
    }
}

impl Recent {
    fn forget_old(&mut self, now: Timestamp, age: Duration) {
        self.0.retain(|(at, _)| is_younger(*at, now, age));
    }

    /// Without the last of this requester.
    fn take_out(&mut self, by: Requester) {
        if let Some(last) = self.0.iter().rposition(|(_, of)| *of == by) {
            self.0.remove(last);
        }
    }

    /// How long a requester has to wait where so many are allowed to all, and to one.
    fn wait(&self, by: Requester, (all, one): (usize, usize), now: Timestamp) -> Duration {
        let own = self.0.iter().filter(|(_, of)| *of == by);
        wait_for(self.0.iter(), all, now).max(wait_for(own, one, now))
    }
}

/// What lies in the future is over too, for somebody has set the clock back.
fn is_younger(at: Timestamp, now: Timestamp, than: Duration) -> bool {
    at <= now && now.since(at) < than
}

/// How long until fewer than `most` of these are younger than a minute.
fn wait_for<'a>(
    tries: impl DoubleEndedIterator<Item = &'a (Timestamp, Requester)>,
    most: usize,
    now: Timestamp,
) -> Duration {
    let oldest_that_counts = tries.rev().nth(most.saturating_sub(1));
    oldest_that_counts.map_or(Duration::ZERO, |(at, _)| MINUTE.saturating_sub(now.since(*at)))
}

/// The refusal, which says how long to wait.
fn too_many(attempt: Attempt, account: &Upn, wait: Duration) -> Failure {
    // In whole seconds, and none of them too few.
    let wait = Duration::from_secs(wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
    let seconds = wait.as_secs();
    let (what, advice) = match attempt {
        Attempt::Password => (
            "passwords were tried",
            format!("Wait {seconds} s and sign in again, or press Enter at the question for a code instead."),
        ),
        Attempt::Code => ("codes were asked for", format!("Wait {seconds} s and sign in again.")),
    };
    let message = format!("too many {what} for {account} on this machine; the next is taken in {seconds} s");
    let failure = Failure::local(FailureClass::NeedsUser, Who::Nobody, "TooManyAttempts", message, &advice);
    Failure { retry_after: Some(wait), ..failure }
}

/// How long to wait after so many refusals in a row.
fn back_off(refusals: u32) -> Duration {
    match refusals.checked_sub(FREE_REFUSALS) {
        None => Duration::ZERO,
        Some(more) => (SHORTEST_REST * 2_u32.pow(more.min(8))).min(LONGEST_REST),
    }
}

struct Limits {
    /// For one account in a minute.
    account: usize,
    /// Of these for strangers, once there is an owner.
    strangers: usize,
    /// In a minute for all names that nobody has signed in under, and of these for one requester.
    unseen: (usize, usize),
}

fn limits(attempt: Attempt) -> Limits {
    match attempt {
        Attempt::Password => Limits { account: 5, strangers: 3, unseen: (60, 20) },
        Attempt::Code => Limits { account: 60, strangers: 40, unseen: (600, 120) },
    }
}

/// A password whose result nobody has told by then has none: somebody hung up.
const LONGEST_TRY: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_secs(60);
const FREE_REFUSALS: u32 = 5;
const SHORTEST_REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(120);
/// How long refusals in a row are remembered.
const MEMORY: Duration = Duration::from_secs(15 * 60);
const MOST_OWNERS: usize = 4;
