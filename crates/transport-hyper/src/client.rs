use crate::body::Taken;
use crate::connect::{Connector, Resolver};
use crate::exchange::{self, Keeping};
use crate::failure::{through, tls, unanswered};
use crate::identity::Presented;
use crate::pool::Pool;
use crate::proxy::{Proxies, ProxySetting};
use crate::roots::Roots;
use crate::tunnel;
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use model::IpVersion;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
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
    pool: Arc<Pool<Keeping>>,
    connector: Connector,
    user_agent: HeaderValue,
    options: Options,
}

impl HyperTransport {
    /// Sets the network up; sends nothing.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(options: Options) -> Result<HyperTransport, SetupError> {
        let wrong = |_| SetupError::UserAgent(options.user_agent.clone());
        let user_agent = HeaderValue::from_str(&options.user_agent).map_err(wrong)?;
        let connector = connector(&options);
        let plain = config(options.roots.store(), None)?;
        let https = HttpsConnectorBuilder::new().with_tls_config(plain).https_only().enable_all_versions();
        // All clients share it, and with it the sessions that TLS resumes.
        let https = https.wrap_connector(connector.clone());
        let pool = Pool::new(move || {
            Client::builder(TokioExecutor::new())
                // What did not leave is sent again in its turn, and the pool closes what is idle.
                .retry_canceled_requests(false)
                .pool_idle_timeout(None)
                .build(https.clone())
        });
        Ok(HyperTransport { shared: Arc::new(Shared { pool, connector, user_agent, options }) })
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
        let result = match auth {
            RequestAuth::Nothing | RequestAuth::Credential => {
                let lent = self.pool.take(&host, matches!(auth, RequestAuth::Credential));
                let result = self.in_time(exchange::shared(&lent, &request, (&host, &taken))).await;
                if result.is_none() {
                    lent.give_up();
                }
                result
            }
            RequestAuth::Certificate(identity) | RequestAuth::CertificateAndCredential(identity) => {
                self.in_time(self.on_its_own(identity, request, (&host, &taken))).await
            }
        };
        let result = result.unwrap_or_else(|| Err(unanswered(&host, &taken, "the time is over")));
        result.map_err(|error| through(error, proxy.as_deref()))
    }

    /// None when the deadline of an exchange comes first.
    async fn in_time<T>(&self, exchange: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.options.request_timeout, exchange).await.ok()
    }

    async fn on_its_own(
        &self,
        identity: Arc<dyn ClientIdentity>,
        request: Request<Bytes>,
        (host, taken): (&str, &Taken),
    ) -> Result<Reply, TransportError> {
        let own = self.own_connection(identity).map_err(|error| tls(host, &error))?;
        exchange::alone(&own, request, (host, taken)).await
    }

    /// A client for one connection that presents a certificate, HTTP/1.1 only.
    fn own_connection(&self, identity: Arc<dyn ClientIdentity>) -> Result<Keeping, rustls::Error> {
        let config = config(self.options.roots.store(), Some(identity))?;
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
    roots: Arc<RootCertStore>,
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

/// The longest wait for a TCP connection.
const CONNECT: Duration = Duration::from_secs(3);
