//! One request from its arrival to its reply, with whatever faults befall it on the way.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value, json};
use tenant_model::setup::Peer;
use tenant_wire::{bare, mask, redact};

use crate::cloud;
use crate::faults::Action;
use crate::holds::{Release, Stage};
use crate::hub::Hub;
use crate::link::Link;
use crate::reply::{ReplyBody, canned, spoilt};

/// The exchange ends without a reply, and its connection with it.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset by a fault")]
pub(crate) struct Aborted;

/// Answers one request.
pub(crate) async fn exchange(
    hub: Arc<Hub>,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, Aborted> {
    let version = request.version();
    let request = match whole(request).await {
        Ok(request) => request,
        Err(head) => {
            hub.record(Exchange::new(&hub, &link, version, *head).unread());
            return Ok(spoilt(too_big(), &[]));
        }
    };
    let outcome = Exchange::new(&hub, &link, version, request).run().await;
    if outcome.is_err() {
        link.kill.fire();
    }
    outcome
}

struct Exchange<'a> {
    hub: &'a Hub,
    link: &'a Link,
    version: Version,
    name: &'static str,
    request: Request<Bytes>,
    actions: Vec<Action>,
}

impl<'a> Exchange<'a> {
    fn new(hub: &'a Hub, link: &'a Link, version: Version, request: Request<Bytes>) -> Exchange<'a> {
        Exchange { hub, link, version, name: cloud::name(&request), request, actions: Vec::new() }
    }

    async fn run(mut self) -> Result<Response<ReplyBody>, Aborted> {
        let latency;
        (latency, self.actions) = self.hub.struck(self.name);
        self.wait(latency).await;
        if let Some(own) = self.before().await? {
            return Ok(spoilt(own, &self.actions));
        }
        let processed = self.process();
        let response = self.after(processed).await?;
        Ok(spoilt(response, &self.actions))
    }

    async fn wait(&self, latency: u64) {
        let delays =
            self.actions.iter().map(|action| if let Action::Delay { ms } = action { *ms } else { 0 });
        let wait = delays.fold(latency, u64::saturating_add);
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }

    /// What happens before the tenant sees the request; a reply from here means that it never does.
    async fn before(&self) -> Result<Option<Response<Bytes>>, Aborted> {
        for action in &self.actions {
            let release = match action {
                Action::HoldBefore => self.hub.hold(self.name, Stage::Before).await,
                Action::Refuse { connections } => {
                    self.hub.change(|state| state.wire.refuse(*connections));
                    Release::Reset
                }
                Action::ResetBefore => Release::Reset,
                _ => Release::Go,
            };
            if release == Release::Reset {
                self.hub.record(self.unprocessed(None));
                return Err(Aborted);
            }
        }
        let own = self.actions.iter().filter(|action| !is_processed(action)).find_map(canned);
        if let Some(own) = &own {
            self.hub.record(self.unprocessed(Some(own)));
        }
        Ok(own)
    }

    /// The tenant's turn; the transcript has its line before anybody can hold the reply.
    fn process(&mut self) -> Response<Bytes> {
        let mut line = self.line();
        line.insert("asked".into(), redact::asked(&self.request));
        let path = mask::path(self.request.uri().path());
        let request = std::mem::take(&mut self.request);
        let host = host_of(&request);
        let peer = Peer { host, client_certificate: self.link.certificate.clone() };
        let replaced = self.actions.iter().find_map(canned);
        self.hub.change(|state| {
            *state.counters.processed_by_name.entry(self.name.to_owned()).or_default() += 1;
            let asked = state.log.bare.as_ref().map(|_| bare::asked(&request));
            let (response, entry) = cloud::handle(state, request, &peer);
            if let (Some(file), Some(asked)) = (&mut state.log.bare, asked) {
                let line = bare::line(&asked, &response, &state.tenant.session_keys());
                // Whoever asked for the file misses what it lacks; the service goes on.
                let _ = file.write_all(line.as_bytes());
            }
            line.extend(entry);
            line.insert("path".into(), json!(path));
            line.insert("answered".into(), redact::answered(&response));
            line.extend(replaced.map(|it| ("replaced_by".to_owned(), redact::answered(&it))));
            state.log.record(line);
            response
        })
    }

    async fn after(&self, response: Response<Bytes>) -> Result<Response<Bytes>, Aborted> {
        for action in &self.actions {
            let release = match action {
                Action::Hold => self.hub.hold(self.name, Stage::After).await,
                Action::ResetAfter => Release::Reset,
                _ => Release::Go,
            };
            if release == Release::Reset {
                return Err(Aborted);
            }
        }
        Ok(self.actions.iter().find_map(canned).unwrap_or(response))
    }

    fn line(&self) -> Map<String, Value> {
        let mut line = Map::new();
        line.insert("request".into(), json!(self.name));
        line.insert("connection".into(), json!(self.link.number));
        line.insert("server_name".into(), json!(self.link.server_name));
        line.insert("tls".into(), json!(self.link.tls));
        line.insert("http".into(), json!(format!("{:?}", self.version)));
        let kinds: Vec<_> = self.actions.iter().map(Action::kind).collect();
        if !kinds.is_empty() {
            line.insert("faults".into(), json!(kinds));
        }
        line
    }

    fn unprocessed(&self, own: Option<&Response<Bytes>>) -> Map<String, Value> {
        let mut line = self.line();
        line.insert("processed".into(), json!(false));
        line.insert("method".into(), json!(self.request.method().as_str()));
        line.insert("path".into(), json!(mask::path(self.request.uri().path())));
        line.insert("host".into(), json!(host_of(&self.request)));
        line.insert("status".into(), json!(own.map(|own| own.status().as_u16())));
        line.insert("asked".into(), redact::asked(&self.request));
        line.extend(own.map(|own| ("answered".to_owned(), redact::answered(own))));
        line
    }

    /// The line of a request whose body did not arrive whole.
    fn unread(&self) -> Map<String, Value> {
        let mut line = self.unprocessed(Some(&too_big()));
        line.insert("request".into(), json!("unread"));
        line.insert("rule".into(), json!("body too large or cut short"));
        line
    }
}

fn is_processed(action: &Action) -> bool {
    matches!(action, Action::Html { processed: true, .. } | Action::Reply { processed: true, .. })
}

/// The request with its whole body, in one form for both versions of HTTP: a path and a `Host` header; or its
/// head alone, where the body is too large or does not come.
async fn whole(request: Request<Incoming>) -> Result<Request<Bytes>, Box<Request<Bytes>>> {
    let (mut parts, body) = request.into_parts();
    if let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        parts.headers.insert(HOST, host);
    }
    let path = parts.uri.path_and_query().cloned();
    parts.uri = path.map(Uri::from).unwrap_or_default();
    match Limited::new(body, MAX_REQUEST).collect().await {
        Ok(body) => Ok(Request::from_parts(parts, body.to_bytes())),
        Err(_) => Err(Box::new(Request::from_parts(parts, Bytes::new()))),
    }
}

fn host_of(request: &Request<Bytes>) -> String {
    let text = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match text.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => text,
    };
    name.to_ascii_lowercase()
}

fn too_big() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
}

/// Larger than any request of either protocol page.
const MAX_REQUEST: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_lower_case_without_port() {
        for (header, host) in [
            ("Login.MicrosoftOnline.com", "login.microsoftonline.com"),
            ("localhost:8443", "localhost"),
            ("127.0.0.1:1", "127.0.0.1"),
            ("[::1]:8443", "[::1]"),
            ("", ""),
        ] {
            let request = Request::builder().header(HOST, header).body(Bytes::new()).unwrap();
            assert_eq!(host_of(&request), host);
        }
    }
}
