use crate::policy::Forbidden;
use model::{Delivery, FailureClass};

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The policy forbids the host; nothing was sent.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The host could not be reached or broke off before the whole request left.
    #[error("{host} could not be reached: {why}")]
    NotSent {
        /// Host and port.
        host: String,
        /// The cause, without secrets.
        why: String,
    },
    /// The proxy on the way lets nothing through, or is not there; nothing was sent.
    #[error("{host} could not be reached: {why}")]
    Proxy {
        /// Host and port of what was to be reached.
        host: String,
        /// The proxy by host and port, and what it said; without secrets.
        why: String,
        /// Who has to act.
        fault: ProxyFault,
    },
    /// TLS failed before the request left: the certificate is not trusted, not for this host, or refused ours.
    #[error("no secure connection to {host}: {why}")]
    Tls {
        /// Host and port.
        host: String,
        /// The cause, without secrets.
        why: String,
    },
    /// TLS failed because the server's certificate is not valid yet, or not any more, by this machine's clock.
    #[error("no secure connection to {host}: {why}")]
    OutOfDate {
        /// Host and port.
        host: String,
        /// It is not valid yet; else it has expired.
        not_yet: bool,
        /// The cause, without secrets.
        why: String,
    },
    /// The whole request may have left and no whole reply came.
    #[error("{host} did not answer: {why}")]
    InDoubt {
        /// Host and port.
        host: String,
        /// The cause, without secrets.
        why: String,
    },
    /// The reply is larger than 256 KiB.
    #[error("the reply of {host} is larger than {limit} bytes")]
    TooBig {
        /// Host and port.
        host: String,
        /// The cap in bytes.
        limit: usize,
    },
}

/// What keeps a proxy from leading to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyFault {
    /// It cannot be reached, or is no HTTP proxy.
    Unreachable,
    /// It wants to know who asks (407).
    Credentials {
        /// Whether it takes a user and a password as they are.
        basic: bool,
    },
    /// It does not let this host through (403 and the like).
    Refused,
    /// It could not reach the host itself (502 and the like).
    Gateway,
}

impl TransportError {
    /// How far the request got.
    pub fn delivery(&self) -> Delivery {
        match self {
            TransportError::Forbidden(_)
            | TransportError::NotSent { .. }
            | TransportError::Proxy { .. }
            | TransportError::Tls { .. }
            | TransportError::OutOfDate { .. } => Delivery::NotSent,
            TransportError::InDoubt { .. } | TransportError::TooBig { .. } => Delivery::InDoubt,
        }
    }

    /// What the machine may do about it.
    pub fn class(&self) -> FailureClass {
        match self {
            TransportError::Forbidden(_) => FailureClass::Broken,
            _ => FailureClass::Transient,
        }
    }
}
