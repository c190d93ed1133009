use crate::proxy::Proxies;
use crate::tunnel::tunnel;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use model::IpVersion;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tower_service::Service;

/// Whether a host is this machine; such a host is never reached through a proxy.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = bare.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Resolves names; those below `localhost` are this machine without asking anybody (RFC 6761).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver(pub(crate) IpVersion);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let wanted = self.0;
        Box::pin(async move {
            if is_loopback(name.as_str()) {
                let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                return Ok(fitting(here.into_iter().map(|ip| SocketAddr::new(ip, 0)), wanted));
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found =
                found.map_err(|cause| io::Error::other(Unresolved { name: name.to_string(), cause }))?;
            Ok(fitting(found, wanted))
        })
    }
}

/// The DNS of this machine gives no address for a name.
#[derive(Debug, thiserror::Error)]
#[error("the DNS of this machine has no address of {name} ({cause})")]
pub(crate) struct Unresolved {
    name: String,
    cause: io::Error,
}

fn fitting(found: impl Iterator<Item = SocketAddr>, wanted: IpVersion) -> std::vec::IntoIter<SocketAddr> {
    let fits = |address: &SocketAddr| match wanted {
        IpVersion::Both => true,
        IpVersion::V4 => address.is_ipv4(),
        IpVersion::V6 => address.is_ipv6(),
    };
    found.filter(fits).collect::<Vec<_>>().into_iter()
}

/// Connects straight, or through the proxy by CONNECT.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) http: HttpConnector<Resolver>,
    pub(crate) proxies: Arc<Proxies>,
}

type Opened = Result<TokioIo<TcpStream>, Box<dyn std::error::Error + Send + Sync>>;

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Opened> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let mut http = self.http.clone();
        match self.proxies.to(&to) {
            Ok(Some(proxy)) => Box::pin(async move { tunnel(http, &proxy, &to).await.map_err(Into::into) }),
            Ok(None) => Box::pin(async move { http.call(to).await.map_err(Into::into) }),
            Err(unusable) => Box::pin(async move { Err(unusable.into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_this_machine() {
        for (host, here) in [
            ("localhost", true),
            ("LOCALHOST", true),
            ("certauth.localhost", true),
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("[::1]", true),
            ("::1", true),
            ("localhost.", true),
            ("certauth.LocalHost.", true),
            ("", false),
            ("notlocalhost", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("128.0.0.1", false),
            ("::2", false),
            ("10.0.0.1", false),
            ("login.microsoftonline.com", false),
        ] {
            assert_eq!(is_loopback(host), here, "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_without_an_address_says_which_and_who_was_asked() {
        // No name of the DNS has so long a label, so nobody is asked for it.
        let name = format!("{}.invalid", "a".repeat(70));
        let error = Resolver(IpVersion::Both).call(name.parse().unwrap()).await.unwrap_err();
        let says = format!("the DNS of this machine has no address of {name} (");
        assert!(error.to_string().starts_with(&says), "{error}");
        assert!(crate::failure::find::<Unresolved>(&error).is_some());
    }

    #[test]
    fn only_addresses_of_the_wanted_kind_are_used() {
        let both = || [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let kinds = |wanted| {
            let found = fitting(both().into_iter().map(|ip| SocketAddr::new(ip, 1)), wanted);
            found.map(|address| address.is_ipv4()).collect::<Vec<_>>()
        };
        assert_eq!(kinds(IpVersion::Both), [true, false]);
        assert_eq!(kinds(IpVersion::V4), [true]);
        assert_eq!(kinds(IpVersion::V6), [false]);
    }
}
