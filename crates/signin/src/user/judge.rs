//! What follows from a failure, and when the next try is due.

use backoff::Backoff;
use model::{Cause, Failure, FailureClass};
use std::time::Duration;

/// What the session does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again soon.
    Soon,
    /// Somebody else has to do something first: keep the token set, and look again later.
    Later,
    /// The token set is of no use any more.
    SignIn,
}

/// Judges a failure by its class; blocked tokens alone have a cause that says more (entra.md 6.5).
pub(super) fn next(failure: &Failure) -> Next {
    match failure.class {
        _ if failure.cause == Some(Cause::DeviceCodeBlocked) => Next::SignIn,
        FailureClass::Transient => Next::Soon,
        FailureClass::Denied | FailureClass::Broken => Next::Later,
        FailureClass::NeedsUser | FailureClass::Gone => Next::SignIn,
    }
}

/// How long to wait after the `tries`-th failure in a row: what the server wishes, else a growing delay.
pub(super) fn retry_wait(failure: &Failure, tries: u32, entropy: u64) -> Duration {
    let wish = failure.retry_after.unwrap_or_default().min(LONGEST_WISH);
    wish.max(RETRY.delay(tries, entropy))
}

/// How long a fresh PRT that lives for `life` rests before it is renewed.
pub(super) fn rest(life: Duration, entropy: u64) -> Duration {
    let spread = u64::try_from(2 * JITTER.as_millis()).unwrap_or_default();
    let period = RENEWAL - JITTER + Duration::from_millis(entropy % spread.saturating_add(1));
    // A PRT that is said to live shorter than any known one is renewed in time, but not in a loop.
    period.min(life / 2).max(SHORTEST_REST.min(life)).max(LOOP_GUARD)
}

/// How long a token set of a sign-in may wait for its PRT: as long as its refresh token is kept, so that an outage of
/// hours ends without a second sign-in.
pub(super) const UNUSED_LIFE: Duration = Duration::from_secs(24 * 3600);
/// How long to wait where somebody else has to do something first.
pub(super) const LATER: Duration = Duration::from_secs(3600);
/// entra.md 7.9: as other clients do.
const RENEWAL: Duration = Duration::from_secs(4 * 3600);
/// A tenth of [`RENEWAL`] in each direction, so that machines do not renew together.
const JITTER: Duration = Duration::from_secs(24 * 60);
const SHORTEST_REST: Duration = Duration::from_secs(60);
const LOOP_GUARD: Duration = Duration::from_secs(10);
const RETRY: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(300) };
const LONGEST_WISH: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;
    use model::Who;
    use proptest::prelude::*;

    fn failure(code: &str, class: FailureClass) -> Failure {
        let line = model::refusal(code.trim_start_matches("AADSTS"));
        Failure::local(class, Who::User, code, "refused".to_owned(), "Do something.").classified(line)
    }

    #[test]
    fn the_table_of_failures() {
        for (code, class, wanted) in [
            ("Unreachable", FailureClass::Transient, Next::Soon),
            ("AADSTS70008", FailureClass::NeedsUser, Next::SignIn),
            ("error_missing_device", FailureClass::Gone, Next::SignIn),
            ("AADSTS530036", FailureClass::NeedsUser, Next::SignIn),
            ("AADSTS530036", FailureClass::Denied, Next::SignIn),
            ("AADSTS530036", FailureClass::Broken, Next::SignIn),
            ("AADSTS50057", FailureClass::Denied, Next::Later),
            ("Strange", FailureClass::Broken, Next::Later),
            ("AADSTS53000", FailureClass::NeedsUser, Next::SignIn),
            ("AADSTS135011", FailureClass::Denied, Next::Later),
            ("AADSTS50155", FailureClass::NeedsUser, Next::SignIn),
        ] {
            assert_eq!(next(&failure(code, class)), wanted, "{code}");
        }
    }

    #[test]
    fn a_short_life_is_renewed_in_time_and_none_at_all_not_in_a_loop() {
        for (life, wait) in [(0, 10), (30, 30), (90, 60), (600, 300), (7200, 3600)] {
            assert_eq!(rest(Duration::from_secs(life), 0), Duration::from_secs(wait));
        }
    }

    proptest! {
        #[test]
        fn a_usual_life_is_renewed_every_four_hours_or_so(entropy: u64) {
            let wait = rest(Duration::from_secs(14 * 24 * 3600), entropy).as_secs_f64() / 3600.0;
            prop_assert!((3.6..=4.4).contains(&wait), "{} h", wait);
        }

        #[test]
        fn a_wish_to_wait_is_honoured_up_to_an_hour(tries in 1u32..40, secs in 0u64..9_999, entropy: u64) {
            let mut busy = failure("AADSTS90055", FailureClass::Transient);
            let own = retry_wait(&busy, tries, entropy);
            prop_assert!(own <= Duration::from_secs(300));
            busy.retry_after = Some(Duration::from_secs(secs));
            let wished = retry_wait(&busy, tries, entropy);
            prop_assert_eq!(wished, own.max(Duration::from_secs(secs.min(3600))));
        }
    }
}
