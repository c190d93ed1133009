use crate::body::{Taken, Watched};
use crate::connect::{Connector, Resolver};
use crate::failure::{chain, find};
use crate::identity::Presented;
use crate::pool::{Keeping, Pool};
use crate::proxy::{Proxies, ProxySetting};
use crate::roots::Roots;
use crate::tunnel::{self, ProxyError};
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use model::IpVersion;
use rustls::crypto::aws_lc_rs;
use rustls::{AlertDescription, ClientConfig, RootCertStore};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use transport::{Call, ClientIdentity, Policy, Reply, ReplyFuture, RequestAuth, Transport, TransportError};

/// How the network is set up.
#[derive(Clone)]
pub struct Options {
    /// Which hosts may see credentials.
    pub policy: Policy,
    /// `User-Agent` of every request.
    pub user_agent: String,
    /// Whose signature under a server's certificate counts.
    pub roots: Roots,
    /// The proxy for everything but this machine.
    pub proxy: ProxySetting,
    /// Deadline of a whole exchange, from the name to the last byte of the reply; a TCP connection has half
    /// of it, and 3 s at most.
    pub request_timeout: Duration,
    /// Which addresses are used.
    pub ip_version: IpVersion,
}

impl fmt::Debug for Options {
    /// The roots are many.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("Options");
        shown.field("user_agent", &self.user_agent).field("proxy", &self.proxy);
        shown.field("request_timeout", &self.request_timeout).field("ip_version", &self.ip_version);
        shown.finish_non_exhaustive()
    }
}

/// Why the network cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The product name cannot stand in a header.
    #[error("'{0}' cannot be a User-Agent")]
    UserAgent(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// The transport on hyper.
pub struct HyperTransport {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Arc<Pool>,
    connector: Connector,
    roots: RootCertStore,
    user_agent: HeaderValue,
    options: Options,
}

impl HyperTransport {
    /// Sets the network up; sends nothing.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(options: Options) -> Result<HyperTransport, SetupError> {
        let roots = options.roots.store();
        let wrong = |_| SetupError::UserAgent(options.user_agent.clone());
        let user_agent = HeaderValue::from_str(&options.user_agent).map_err(wrong)?;
        let connector = connector(&options);
        let plain = config(roots.clone(), None)?;
        let https = HttpsConnectorBuilder::new().with_tls_config(plain).https_only().enable_all_versions();
        // All clients share it, and with it the sessions that TLS resumes.
        let https = https.wrap_connector(connector.clone());
        let pool = Pool::new(move || {
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(Duration::from_secs(60))
                .build(https.clone())
        });
        Ok(HyperTransport { shared: Arc::new(Shared { pool, connector, roots, user_agent, options }) })
    }
}

impl Transport for HyperTransport {
    fn send(&self, call: Call) -> ReplyFuture {
        let shared = self.shared.clone();
        Box::pin(async move { shared.send(call).await })
    }
}

impl Shared {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        let Call { mut request, auth } = call;
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let proxy = self.connector.proxies.to(request.uri()).ok().flatten().map(|proxy| tunnel::name(&proxy));
        if !matches!(auth, RequestAuth::Nothing) {
            self.options.policy.permit(request.uri())?;
        }
        request.headers_mut().entry(header::USER_AGENT).or_insert(self.user_agent.clone());
        let taken = Taken::default();
        let request = request.map(|bytes| Watched::new(bytes, taken.clone()));
        let exchange = async {
            match auth {
                RequestAuth::Nothing | RequestAuth::Credential => {
                    let pooled = self.pool.take(matches!(auth, RequestAuth::Credential));
                    exchange(&pooled.client, request, &host, &taken).await
                }
                RequestAuth::Certificate(identity) | RequestAuth::CertificateAndCredential(identity) => {
                    let own = self.own_connection(identity).map_err(|error| tls(&host, &error))?;
                    exchange(&own, request, &host, &taken).await
                }
            }
        };
        match tokio::time::timeout(self.options.request_timeout, exchange).await {
            Ok(result) => result.map_err(|error| through(error, proxy.as_deref())),
            Err(_) => Err(through(unanswered(&host, &taken, "the time is over"), proxy.as_deref())),
        }
    }

    /// A client for one connection that presents a certificate, HTTP/1.1 only.
    fn own_connection(&self, identity: Arc<dyn ClientIdentity>) -> Result<Keeping, rustls::Error> {
        let config = config(self.roots.clone(), Some(identity))?;
        let https = HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1();
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(https.wrap_connector(self.connector.clone()));
        Ok(client)
    }
}

fn connector(options: &Options) -> Connector {
    let mut http = HttpConnector::new_with_resolver(Resolver(options.ip_version));
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some((options.request_timeout / 2).min(CONNECT)));
    Connector { http, proxies: Arc::new(Proxies::new(&options.proxy)) }
}

fn config(
    roots: RootCertStore,
    identity: Option<Arc<dyn ClientIdentity>>,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_root_certificates(roots);
    Ok(match identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(Presented(identity))),
        None => builder.with_no_client_auth(),
    })
}

async fn exchange(
    client: &Keeping,
    request: Request<Watched>,
    host: &str,
    taken: &Taken,
) -> Result<Reply, TransportError> {
    let response = client.request(request).await.map_err(|error| failed(host, taken, &error))?;
    read(response, host).await
}

async fn read(response: Response<Incoming>, host: &str) -> Result<Reply, TransportError> {
    let (head, body) = response.into_parts();
    match Limited::new(body, LARGEST).collect().await {
        Ok(whole) => Ok(Response::from_parts(head, whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(TransportError::TooBig { host: host.to_owned(), limit: LARGEST })
        }
        Err(error) => Err(TransportError::InDoubt { host: host.to_owned(), why: chain(error.as_ref()) }),
    }
}

fn failed(host: &str, taken: &Taken, error: &hyper_util::client::legacy::Error) -> TransportError {
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
fn through(error: TransportError, proxy: Option<&str>) -> TransportError {
    let Some(proxy) = proxy else { return error };
    let add = |why: String| format!("{why} (through the proxy {proxy})");
    match error {
        TransportError::NotSent { host, why } => TransportError::NotSent { host, why: add(why) },
        TransportError::Tls { host, why } => TransportError::Tls { host, why: add(why) },
        TransportError::InDoubt { host, why } => TransportError::InDoubt { host, why: add(why) },
        other => other,
    }
}

fn tls(host: &str, error: &rustls::Error) -> TransportError {
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

fn unanswered(host: &str, taken: &Taken, why: &str) -> TransportError {
    let (host, why) = (host.to_owned(), why.to_owned());
    if taken.is_set() { TransportError::InDoubt { host, why } } else { TransportError::NotSent { host, why } }
}

/// The largest reply that is read.
const LARGEST: usize = 256 * 1024;
/// The longest wait for a TCP connection.
const CONNECT: Duration = Duration::from_secs(3);

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
