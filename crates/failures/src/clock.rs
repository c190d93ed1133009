//! What the service says of this machine's clock: by the date of its replies, and by its certificates.

use model::{Delivery, Failure, FailureClass, Timestamp, Trace, Who};
use std::time::Duration;
use transport::Reply;

/// The rule of the four minutes: a wrong clock is named before anything else is read from a reply.
///
/// # Errors
/// `ClockSkew` where the reply's `Date` is further than that from `now`.
pub fn check_clock(reply: &Reply, now: Timestamp) -> Result<(), Failure> {
    let Some(server) = transport::server_date(reply.headers()) else { return Ok(()) };
    let (apart, word) = match server > now {
        true => (server.since(now), "behind"),
        false => (now.since(server), "ahead of"),
    };
    if apart > TOLERANCE {
        return Err(clock_skew(apart, word, reply.status().as_u16()));
    }
    Ok(())
}

/// The failure of a call whose reply came at another time (apart by so much) than our clock says: `behind` or `ahead of`.
fn clock_skew(apart: Duration, word: &str, status: u16) -> Failure {
    let minutes = (apart.as_secs() + 30) / 60;
    let mut failure = Failure::local(
        FailureClass::NeedsUser,
        Who::MachineAdmin,
        "ClockSkew",
        format!("the clock of this machine is {minutes} minutes {word} the service's"),
        "Set the clock (for example: timedatectl set-ntp true), then sign in again.",
    );
    failure.delivery = Delivery::Answered;
    failure.trace = Trace { http_status: Some(status), ..Trace::default() };
    failure
}

/// The failure of a connection to a server whose certificate is not valid yet (`not_yet`) or any more by our clock.
///
/// A wrong clock makes every certificate look so: it is compared with when this version was made, and named first.
pub(crate) fn out_of_date(host: &str, not_yet: bool, now: Timestamp) -> Failure {
    let early = now < MADE;
    let late = now.since(MADE) > IN_USE;
    let made = format!("this version of Firmament was made after {MADE}");
    let message = match not_yet {
        _ if early => format!("the clock of this machine says {now}, and {made}"),
        _ if late => format!("the clock of this machine says {now}, years after {made}"),
        true => format!("by the clock of this machine, {now}, the certificate of {host} is not valid yet"),
        false => format!("by the clock of this machine, {now}, the certificate of {host} has expired"),
    };
    let (code, advice) = match early || late || not_yet {
        true => ("ClockSkew", "Set the clock (for example: timedatectl set-ntp true)."),
        false => (
            "Tls",
            "If the clock is right, the certificate of the service, or of what inspects TLS on the way, has to be \
             renewed.",
        ),
    };
    Failure::local(FailureClass::Transient, Who::MachineAdmin, code, message, advice)
}

const TOLERANCE: Duration = Duration::from_secs(4 * 60);
/// 2026-11-29, the day of this line: this version was made after it, in every build of these sources.
const MADE: Timestamp = Timestamp::from_millis(1_795_910_400_000);
/// A machine whose clock is further ahead of that has a wrong one.
const IN_USE: Duration = Duration::from_secs(5 * 366 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_more_than_four_minutes_wrong_is_named_before_anything_else() {
        let now = Timestamp::from_http_date("Fri, 15 Jan 2027 08:00:00 GMT").unwrap();
        let reply = |date: Option<&str>| {
            let mut reply = http::Response::builder().status(418);
            if let Some(date) = date {
                reply = reply.header("date", date);
            }
            reply.body(bytes::Bytes::new()).unwrap()
        };
        for (date, told) in [
            ("Fri, 15 Jan 2027 08:04:00 GMT", None),
            ("Fri, 15 Jan 2027 07:56:00 GMT", None),
            (
                "Fri, 15 Jan 2027 08:04:01 GMT",
                Some("the clock of this machine is 4 minutes behind the service's"),
            ),
            (
                "Fri, 15 Jan 2027 07:55:59 GMT",
                Some("the clock of this machine is 4 minutes ahead of the service's"),
            ),
            (
                "Fri, 15 Jan 2027 09:00:31 GMT",
                Some("the clock of this machine is 61 minutes behind the service's"),
            ),
            ("not a date", None),
        ] {
            let judged = check_clock(&reply(Some(date)), now);
            let told_failure = judged.as_ref().err().map(|failure| failure.message.as_str());
            assert_eq!(told_failure, told, "{date}");
            if let Err(failure) = judged {
                assert_eq!((failure.class, failure.who), (FailureClass::NeedsUser, Who::MachineAdmin));
                assert_eq!((failure.delivery, failure.trace.http_status), (Delivery::Answered, Some(418)));
            }
        }
        assert!(check_clock(&reply(None), now).is_ok());
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_named_before_the_certificate() {
        let year = |years: i64| Timestamp::from_millis(years * 31_556_952_000);
        let made = MADE.after(Duration::ZERO);
        for (now, not_yet, code, words) in [
            (year(0), true, "ClockSkew", "says 1970-01-01T00:00:00Z, and this version"),
            (year(0), false, "ClockSkew", "says 1970-"),
            (year(50), true, "ClockSkew", "made after 2026-11-29"),
            (
                Timestamp::from_millis(2_208_988_800_000),
                false,
                "ClockSkew",
                "says 2040-01-01T00:00:00Z, years",
            ),
            (year(70), true, "ClockSkew", "years after this version"),
            (made, true, "ClockSkew", "host.example is not valid yet"),
            (made, false, "Tls", "host.example has expired"),
            (made.after(IN_USE), false, "Tls", "has expired"),
            (made.after(IN_USE + Duration::from_secs(1)), false, "ClockSkew", "years after"),
        ] {
            let failure = out_of_date("host.example", not_yet, now);
            assert_eq!(failure.code, code, "{now} {not_yet}");
            assert!(failure.message.contains(words), "{}", failure.message);
            assert_eq!((failure.class, failure.who), (FailureClass::Transient, Who::MachineAdmin));
        }
    }
}
