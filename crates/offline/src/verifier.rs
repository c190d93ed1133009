use model::{ObjectId, TenantId, Timestamp};
use std::time::Duration;

/// What a person's password is checked by while there is no network, and how much of its use is used up.
///
/// One that was not marked by [`Verifier::marked`] for [`PERIOD`] is wrong by at most that much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    /// The tenant of the person.
    pub tenant: TenantId,
    /// The object of the person.
    pub object: ObjectId,
    /// What is compared.
    pub check: Check,
    /// When the service accepted that very password.
    pub proved_at: Timestamp,
    /// The latest time that the clock ever had since then.
    pub highest_clock: Timestamp,
    /// For how long the service has run since then; never less than it has, at the last mark.
    pub used: Duration,
    /// When the last mark was, in this run of the service; not on disk, where every mark is of an earlier run.
    pub mark: Duration,
    /// How many sign-ins it has let in.
    pub logins: u32,
    /// How many comparisons were begun since the last one that was right.
    pub failures: u32,
}

/// What a password is compared with; of no use to whoever cannot use the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What makes two equal passwords different.
    pub salt: [u8; 16],
    /// What the key makes of the password.
    pub mac: [u8; 32],
    /// What one try costs.
    pub cost: Cost,
}

/// The parameters of Argon2id (RFC 9106), one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// The second choice of RFC 9106 section 4, by its memory: 64 MiB and 3 passes; about a quarter of a second.
    pub const USUAL: Cost = Cost { memory: 65_536, passes: 3 };

    /// Whether a record may ask for so much: a damaged one would take the memory of the machine.
    pub fn is_bearable(self) -> bool {
        (8..=1_048_576).contains(&self.memory) && (1..=64).contains(&self.passes)
    }
}

/// What the clocks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Wall-clock time, which anybody may have set.
    pub now: Timestamp,
    /// For how long the service has run, which nobody can set.
    pub running: Duration,
}

/// Why a password may not be checked here now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Too many wrong ones: only the service can say who it is.
    Blocked,
    /// The clock is well before what it has been.
    ClockWentBack,
    /// The time since the service said so is over, by the clock or by how long this machine has run.
    Expired,
    /// It was used often enough.
    UsedUp,
}

impl Verifier {
    /// A new one, for a password that the service has just accepted.
    pub fn proved((tenant, object): (TenantId, ObjectId), check: Check, at: Moment) -> Verifier {
        Verifier {
            tenant,
            object,
            check,
            proved_at: at.now,
            highest_clock: at.now,
            used: Duration::ZERO,
            mark: at.running,
            logins: 0,
            failures: 0,
        }
    }

    /// As an earlier run of the service left it, which may have gone on for [`PERIOD`] since.
    #[must_use]
    pub fn of_before(self) -> Verifier {
        Verifier { used: self.used.saturating_add(PERIOD), mark: Duration::ZERO, ..self }
    }

    /// The same, with what the clocks say counted in.
    #[must_use]
    pub fn marked(&self, at: Moment) -> Verifier {
        Verifier {
            used: self.used.saturating_add(at.running.saturating_sub(self.mark)),
            mark: self.mark.max(at.running),
            highest_clock: self.highest_clock.max(at.now),
            ..self.clone()
        }
    }

    /// What has to be durable before a password is compared: the comparison counts as a wrong one until it is known to
    /// be none.
    #[must_use]
    pub fn counted(&self, at: Moment) -> Verifier {
        let marked = self.marked(at);
        Verifier { failures: self.failures.saturating_add(1), ..marked }
    }

    /// What has to be durable before somebody is let in whose password was right.
    #[must_use]
    pub fn was_right(&self, at: Moment) -> Verifier {
        Verifier { failures: 0, logins: self.logins.saturating_add(1), ..self.marked(at) }
    }

    /// Whether it is of no use for good, whatever the clocks will say: what passes need not be written any more. That the
    /// clock says so now is not enough, because somebody may set it back.
    pub fn is_over(&self, ttl: Duration) -> bool {
        let by_clock = self.highest_clock >= self.proved_at.after(ttl).after(TOLERANCE);
        self.used >= ttl || by_clock || self.logins >= MOST_LOGINS || self.failures >= MOST_FAILURES
    }

    /// Until when a password may be checked, unless more of it is used up before.
    ///
    /// # Errors
    /// Why none may be checked now.
    pub fn may_be_tried(&self, at: Moment, ttl: Duration) -> Result<Timestamp, Obstacle> {
        let marked = self.marked(at);
        if self.failures >= MOST_FAILURES {
            return Err(Obstacle::Blocked);
        }
        if at.now.after(TOLERANCE) < self.highest_clock {
            return Err(Obstacle::ClockWentBack);
        }
        let left = ttl.saturating_sub(marked.used);
        if left.is_zero() || at.now.since(self.proved_at) >= ttl {
            return Err(Obstacle::Expired);
        }
        if self.logins >= MOST_LOGINS {
            return Err(Obstacle::UsedUp);
        }
        Ok(self.proved_at.after(ttl).min(at.now.after(left)))
    }
}

/// How often what was used up is marked on disk.
pub const PERIOD: Duration = Duration::from_secs(5 * 60);
/// So many comparisons in a row that were not right block a verifier.
const MOST_FAILURES: u32 = 10;
/// So many sign-ins it lets in.
const MOST_LOGINS: u32 = 50;
/// So far a clock may be behind what it has been.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);
