//! The way through a proxy: CONNECT over HTTP/1.1 (RFC 9110 section 9.3.6), and what a proxy says that lets nobody
//! through.

use crate::connect::{Resolver, Unresolved};
use crate::failure::{chain, find};
use bytes::Bytes;
use http::header::{HOST, HeaderMap, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::uri::Authority;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use model::printable;
use std::error::Error;
use tokio::net::TcpStream;
use tower_service::Service;
use transport::ProxyFault;

/// Why a proxy leads nowhere; the sentence goes on behind its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proxy {proxy} {why}")]
pub(crate) struct ProxyError {
    /// Its host and port.
    pub(crate) proxy: String,
    pub(crate) why: String,
    pub(crate) fault: ProxyFault,
}

/// A connection to a host through a proxy.
pub(crate) async fn tunnel(
    mut http: HttpConnector<Resolver>,
    proxy: &Intercept,
    to: &Uri,
) -> Result<TokioIo<TcpStream>, ProxyError> {
    let name = name(proxy);
    let unreachable = |why: String| ProxyError { proxy: name.clone(), why, fault: ProxyFault::Unreachable };
    let stream = http.call(proxy.uri().clone()).await.map_err(|error| unreachable(not_connected(&error)))?;
    let host = host_and_port(to);
    let target: Authority = host.parse().map_err(|_| unreachable(format!("cannot be asked for {host}")))?;
    let no_http =
        |error: hyper::Error| unreachable(format!("does not answer as an HTTP proxy: {}", chain(&error)));
    let (mut sender, connection) =
        http1::Builder::new().title_case_headers(true).handshake(stream).await.map_err(no_http)?;
    // It ends with the sender, or hands the stream over.
    tokio::spawn(connection.with_upgrades());
    let mut request = Request::connect(target.as_str()).header(HOST, host.as_str());
    if let Some(auth) = proxy.basic_auth() {
        request = request.header(PROXY_AUTHORIZATION, auth.clone());
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| unreachable(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(no_http)?;
    if !response.status().is_success() {
        let (why, fault) = refusal(&response, &host, proxy.basic_auth().is_some());
        return Err(ProxyError { proxy: name, why, fault });
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(no_http)?;
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io),
        // The host speaks second: these bytes are not its own.
        _ => Err(unreachable("does not answer as an HTTP proxy: it speaks before the host".to_owned())),
    }
}

/// Host and port of a proxy, without a user.
pub(crate) fn name(proxy: &Intercept) -> String {
    let uri = proxy.uri();
    format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80))
}

fn host_and_port(to: &Uri) -> String {
    format!("{}:{}", to.host().unwrap_or_default(), to.port_u16().unwrap_or(443))
}

fn not_connected(error: &(dyn Error + 'static)) -> String {
    match find::<Unresolved>(error) {
        Some(unresolved) => format!("is not known by name: {unresolved}"),
        None => format!("cannot be reached: {}", chain(error)),
    }
}

/// What a proxy said, and who has to act.
fn refusal<B>(response: &Response<B>, host: &str, named: bool) -> (String, ProxyFault) {
    let line = status_line(response);
    let headers = response.headers();
    match response.status() {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            let schemes = schemes(headers);
            let basic = schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
            let wants = if schemes.is_empty() {
                "names no way".to_owned()
            } else {
                format!("wants {}", schemes.join(", "))
            };
            let about = if named { "does not take this user and password" } else { "wants to know who asks" };
            let why = format!("refused with '{line}': it {about}, and {wants}");
            (why, ProxyFault::Credentials { basic })
        }
        status if status.is_server_error() => {
            let cause = match own_words(headers) {
                Some(words) if is_about_dns(&words) => {
                    format!(": its own DNS does not know the host ({words})")
                }
                Some(words) => format!(" ({words})"),
                None => String::new(),
            };
            (format!("answered '{line}': it could not reach {host}{cause}"), ProxyFault::Gateway)
        }
        _ => {
            let words = own_words(headers).map(|words| format!(" ({words})")).unwrap_or_default();
            (format!("refused {host} with '{line}'{words}"), ProxyFault::Refused)
        }
    }
}

fn status_line<B>(response: &Response<B>) -> String {
    let own = response
        .extensions()
        .get::<ReasonPhrase>()
        .map(|own| String::from_utf8_lossy(own.as_bytes()).into_owned());
    let reason = own.or_else(|| response.status().canonical_reason().map(str::to_owned)).unwrap_or_default();
    printable(&format!("{} {reason}", response.status().as_u16()), 80)
}

/// The schemes of every `Proxy-Authenticate`, without their parameters (RFC 9110 section 11.7.1).
fn schemes(headers: &HeaderMap) -> Vec<String> {
    let mut schemes: Vec<String> = Vec::new();
    let values = headers.get_all(PROXY_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    for word in values.flat_map(|value| value.split(',')).filter_map(|part| part.split_whitespace().next()) {
        let scheme = printable(word, 30);
        if !word.contains(['=', '"']) && !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    schemes
}

/// Why a proxy failed, as squid and RFC 9209 say it.
fn own_words(headers: &HeaderMap) -> Option<String> {
    let value = ["x-squid-error", "proxy-status"].into_iter().find_map(|name| headers.get(name));
    value.and_then(|value| value.to_str().ok()).map(|value| printable(value, 80))
}

fn is_about_dns(words: &str) -> bool {
    ["ERR_DNS_FAIL", "dns_error", "dns_timeout"].iter().any(|word| words.contains(word))
}
