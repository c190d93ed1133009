//! What an error says in all its parts, and what it means for the request.

use crate::body::Taken;
use crate::tunnel::ProxyError;
use rustls::AlertDescription;
use std::error::Error;
use transport::TransportError;

/// The first cause of this kind; an `io::Error` hides what it wraps from `source`.
pub(crate) fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

/// Its sentence, and those of its causes behind it.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    text
}

pub(crate) fn failed(host: &str, taken: &Taken, error: &hyper_util::client::legacy::Error) -> TransportError {
    let why = chain(error);
    if let Some(refused) = find::<ProxyError>(error) {
        return TransportError::Proxy {
            host: host.to_owned(),
            why: refused.to_string(),
            fault: refused.fault,
        };
    }
    match find::<rustls::Error>(error) {
        Some(error) if !taken.is_set() => tls(host, error),
        Some(rustls::Error::AlertReceived(alert)) if is_about_our_certificate(*alert) => {
            TransportError::Tls { host: host.to_owned(), why }
        }
        _ if error.is_connect() => TransportError::NotSent { host: host.to_owned(), why },
        _ => unanswered(host, taken, &why),
    }
}

/// In TLS 1.3 a server judges our certificate, or that there is none, after we may have sent the request
/// (RFC 8446 section 4.4.2.4), and does not read it then; any other alert leaves open what it did.
fn is_about_our_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
    )
}

/// Whoever looks for the fault has to know of the proxy on the way.
pub(crate) fn through(error: TransportError, proxy: Option<&str>) -> TransportError {
    let Some(proxy) = proxy else { return error };
    let add = |why: String| format!("{why} (through the proxy {proxy})");
    match error {
        TransportError::NotSent { host, why } => TransportError::NotSent { host, why: add(why) },
        TransportError::Tls { host, why } => TransportError::Tls { host, why: add(why) },
        TransportError::InDoubt { host, why } => TransportError::InDoubt { host, why: add(why) },
        other => other,
    }
}

pub(crate) fn tls(host: &str, error: &rustls::Error) -> TransportError {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    let (host, why) = (host.to_owned(), error.to_string());
    match error {
        rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            TransportError::OutOfDate { host, not_yet: true, why }
        }
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            TransportError::OutOfDate { host, not_yet: false, why }
        }
        _ => TransportError::Tls { host, why },
    }
}

pub(crate) fn unanswered(host: &str, taken: &Taken, why: &str) -> TransportError {
    let (host, why) = (host.to_owned(), why.to_owned());
    if taken.is_set() { TransportError::InDoubt { host, why } } else { TransportError::NotSent { host, why } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_alert_is_ours_only_if_it_judges_the_certificate() {
        for (alert, ours) in [
            (AlertDescription::CertificateRequired, true),
            (AlertDescription::CertificateRevoked, true),
            (AlertDescription::UnknownCA, true),
            (AlertDescription::InternalError, false),
            (AlertDescription::UserCanceled, false),
            (AlertDescription::BadRecordMac, false),
            (AlertDescription::CloseNotify, false),
        ] {
            assert_eq!(is_about_our_certificate(alert), ours, "{alert:?}");
        }
    }
}
