use crate::clock::out_of_date;
use model::{Cause, Failure, Timestamp, Who};
use transport::{ProxyFault, TransportError};

/// The failure of a call that the transport reports, at this time by our clock.
pub fn transport_failure(error: &TransportError, now: Timestamp) -> Failure {
    let (code, who, advice) = match error {
        TransportError::Forbidden(_) => {
            ("ForbiddenHost", Who::MachineAdmin, "Check the hosts of the cloud in himmelblau.conf.")
        }
        TransportError::NotSent { .. } => {
            ("Unreachable", Who::MachineAdmin, "Check the network, the proxy and the firewall.")
        }
        TransportError::Proxy { fault, .. } => (
            if *fault == ProxyFault::Unreachable { "ProxyUnreachable" } else { "ProxyRefused" },
            Who::MachineAdmin,
            proxy_advice(*fault),
        ),
        TransportError::Tls { .. } => {
            ("Tls", Who::MachineAdmin, "Check ca_file and whether something on the way inspects TLS.")
        }
        TransportError::InDoubt { .. } => {
            ("NoAnswer", Who::Nobody, "Try again in a few minutes; check the network if it stays.")
        }
        TransportError::OutOfDate { host, not_yet, .. } => {
            return Failure { delivery: error.delivery(), ..out_of_date(host, *not_yet, now) };
        }
        TransportError::TooBig { .. } => {
            ("ReplyTooBig", Who::MachineAdmin, "Something on the way answers in the service's place.")
        }
    };
    let mut failure = Failure::local(error.class(), who, code, error.to_string(), advice);
    failure.delivery = error.delivery();
    failure.cause = is_silence(error).then_some(Cause::Unreachable);
    failure
}

/// Whether nobody said anything: neither the service, nor what answers in its place (a portal, a proxy, something that
/// inspects TLS).
fn is_silence(error: &TransportError) -> bool {
    matches!(
        error,
        TransportError::NotSent { .. }
            | TransportError::InDoubt { .. }
            | TransportError::Proxy { fault: ProxyFault::Unreachable, .. }
    )
}

fn proxy_advice(fault: ProxyFault) -> &'static str {
    match fault {
        ProxyFault::Unreachable => {
            "Check the option proxy in himmelblau.conf, or HTTPS_PROXY of the service's environment."
        }
        ProxyFault::Credentials { basic: true } => {
            "Write proxy = http://user@host:port and the password into proxy_password_file, or correct them, then restart \
             firmamentd."
        }
        ProxyFault::Credentials { basic: false } => {
            "Firmament can only give a user and a password (Basic): ask the proxy's administrator for that, or to let \
             this machine through without."
        }
        ProxyFault::Refused => "Ask the proxy's administrator to let this host through.",
        ProxyFault::Gateway => "Ask the proxy's administrator why it cannot reach this host.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_from_what_answers_in_the_place_of_the_service() {
        let (host, why) = (|| "host.example".to_owned(), || "x".to_owned());
        let proxy = |fault| TransportError::Proxy { host: host(), why: why(), fault };
        for (error, silent) in [
            (TransportError::NotSent { host: host(), why: why() }, true),
            (TransportError::InDoubt { host: host(), why: why() }, true),
            (proxy(ProxyFault::Unreachable), true),
            (proxy(ProxyFault::Refused), false),
            (proxy(ProxyFault::Gateway), false),
            (proxy(ProxyFault::Credentials { basic: true }), false),
            (TransportError::Tls { host: host(), why: why() }, false),
            (TransportError::TooBig { host: host(), limit: 1 }, false),
        ] {
            let failure = transport_failure(&error, Timestamp::from_secs(0));
            assert_eq!(failure.cause == Some(Cause::Unreachable), silent, "{error:?}");
        }
    }
}
