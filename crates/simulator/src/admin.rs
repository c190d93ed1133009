//! The admin API: plain HTTP/1.1 with JSON on a loopback port of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tenant_model::reading;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::faults::Fault;
use crate::holds::{Release, Which};
use crate::hub::{Hub, State, now_ms};
use crate::knobs;
use crate::names;
use crate::refused::AdminError;
use crate::wire::prompt;
use crate::{act, cloud, page};

/// What a call gets.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Data, sent as `application/json`.
    Json(Value),
    /// HTML of the page, sent as it is.
    Page(String),
}

/// One call, taken apart.
pub(crate) struct Call {
    /// Method and path segments, for example `POST approve`.
    pub(crate) words: Vec<String>,
    /// Parameters of the query, decoded; of a repeated name the last one counts.
    pub(crate) query: BTreeMap<String, String>,
    /// At most `MAX_BODY` bytes, not parsed yet.
    pub(crate) body: Bytes,
}

/// Serves the admin API until `stop` changes.
pub(crate) async fn serve(hub: Arc<Hub>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else { continue };
        prompt(&stream);
        let hub = Arc::clone(&hub);
        connections.spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&hub), request));
            // A caller that hangs up early has nobody to be told.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
    connections.shutdown().await;
}

async fn respond(hub: Arc<Hub>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let answer = match taken_apart(request).await {
        Ok(call) => route(&hub, &call).await,
        Err(error) => Err(error),
    };
    let (status, kind, body) = match answer {
        Ok(Answer::Json(value)) => (StatusCode::OK, JSON, value.to_string()),
        Ok(Answer::Page(text)) => (StatusCode::OK, HTML, text),
        Err(error) => (error.status(), JSON, json!({ "error": error.to_string() }).to_string()),
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

async fn taken_apart(request: Request<Incoming>) -> Result<Call, AdminError> {
    if is_foreign(request.headers()) {
        return Err(AdminError::Foreign);
    }
    let (parts, body) = request.into_parts();
    let mut words = vec![parts.method.as_str().to_owned()];
    words.extend(parts.uri.path().split('/').filter(|word| !word.is_empty()).map(unescaped));
    let query = parts.uri.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let body = Limited::new(body, MAX_BODY).collect().await;
    let body = body.map_err(|error| AdminError::Malformed(error.to_string()))?.to_bytes();
    Ok(Call { words, query, body })
}

/// A web page in somebody's browser must not be able to turn the knobs, by its own origin or by a name that it
/// has made to resolve to the loopback address.
fn is_foreign(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    headers.contains_key(ORIGIN) || !["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

fn unescaped(word: &str) -> String {
    // A plus sign is data in a path, so it must survive the form decoding.
    let word = format!("x={}", word.replace('+', "%2B"));
    url::form_urlencoded::parse(word.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

async fn route(hub: &Hub, call: &Call) -> Result<Answer, AdminError> {
    let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    hub.change(cloud::settle);
    let value = match words.as_slice() {
        ["GET"] => return Ok(Answer::Page(hub.read(page::render))),
        ["GET", "wait"] => wait(hub, call).await?,
        ["GET", what] => hub.read(|state| look(state, what, call))?,
        [method, "knobs" | "faults"] => hub.change(|state| turn(state, method, words[1], &call.body))?,
        ["POST", "release"] => release(hub, &call.body)?,
        ["POST", rest @ ..] => hub.change(|state| act::perform(state, rest, &call.body))?,
        _ => return Err(AdminError::NoCall),
    };
    Ok(Answer::Json(value))
}

fn look(state: &State, what: &str, call: &Call) -> Result<Value, AdminError> {
    let value = match what {
        "devices" => cloud::devices(state)?,
        "intune" => cloud::intune_devices(state)?,
        "objects" => serde_json::to_value(cloud::Objects::of(state))?,
        "users" => serde_json::to_value(state.tenant.users())?,
        "codes" => serde_json::to_value(state.tenant.pending_codes(now_ms()))?,
        "factors" => serde_json::to_value(state.tenant.pending_factors(now_ms()))?,
        "requests" => requests(state, call)?,
        "knobs" => knobs::show(&state.tenant, &state.intune, &state.wire)?,
        "faults" => serde_json::to_value(state.wire.faults.list())?,
        "holds" => serde_json::to_value(state.holds.list())?,
        "counters" => serde_json::to_value(&state.counters)?,
        _ => return Err(AdminError::NoCall),
    };
    Ok(value)
}

fn requests(state: &State, call: &Call) -> Result<Value, AdminError> {
    let last = number(call, "last")?.unwrap_or(1_000);
    let last = usize::try_from(last).unwrap_or(usize::MAX);
    let name = call.query.get("name");
    let lines = state.log.last(last).filter(|line| name.is_none_or(|name| line["request"] == **name));
    Ok(Value::Array(lines.collect()))
}

fn turn(state: &mut State, method: &str, what: &str, body: &[u8]) -> Result<Value, AdminError> {
    let State { tenant, intune, wire, .. } = state;
    match (method, what) {
        ("PUT", "knobs") => knobs::replace(tenant, intune, wire, reading::parse(body)?)?,
        ("PATCH", "knobs") => knobs::merge(tenant, intune, wire, reading::parse(body)?)?,
        ("PUT", "faults") => wire.faults.set(faults(body)?),
        ("POST", "faults") => wire.faults.add(faults(body)?),
        ("DELETE", "faults") => wire.faults.set(Vec::new()),
        _ => return Err(AdminError::NoCall),
    }
    match what {
        "faults" => Ok(serde_json::to_value(wire.faults.list())?),
        _ => Ok(knobs::show(tenant, intune, wire)?),
    }
}

fn faults(body: &[u8]) -> Result<Vec<Fault>, AdminError> {
    let list: Vec<Fault> = match reading::parse(body)? {
        Value::Array(list) => reading::read(&Value::Array(list))?,
        single => vec![reading::read(&single)?],
    };
    list.iter().try_for_each(Fault::check)?;
    Ok(list)
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Releasing {
    id: Option<u64>,
    request: Option<String>,
    reset: bool,
}

fn release(hub: &Hub, body: &[u8]) -> Result<Value, AdminError> {
    let asked: Releasing = match body {
        [] => Releasing::default(),
        body => reading::read(&reading::parse(body)?)?,
    };
    if let Some(name) = &asked.request {
        names::check(&["request"], name, &[])?;
    }
    let which = match (asked.id, asked.request) {
        (Some(id), _) => Which::Id(id),
        (None, Some(request)) => Which::Request(request),
        (None, None) => Which::All,
    };
    let release = if asked.reset { Release::Reset } else { Release::Go };
    Ok(serde_json::to_value(hub.change(|state| state.holds.release(&which, release)))?)
}

/// Waits until every figure named in the query is reached: `held`, `seen` and `processed` of `request`, and
/// `codes`, `devices`.
async fn wait(hub: &Hub, call: &Call) -> Result<Value, AdminError> {
    let request = call.query.get("request").map_or("*", String::as_str);
    names::check(&["request"], request, &["*"])?;
    let mut wanted = Vec::new();
    for figure in FIGURES {
        if let Some(least) = number(call, figure)? {
            wanted.push((figure, least));
        }
    }
    let known = |name: &&String| ["request", "timeout_ms"].contains(&name.as_str());
    if wanted.is_empty() || call.query.keys().filter(|name| !known(name)).count() != wanted.len() {
        return Err(AdminError::Malformed(format!("name at least one of {FIGURES:?}, and nothing else")));
    }
    let limit = Duration::from_millis(number(call, "timeout_ms")?.unwrap_or(30_000));
    let met = |state: &State| wanted.iter().all(|(figure, least)| count(state, figure, request) >= *least);
    tokio::time::timeout(limit, hub.until(met)).await.map_err(|_| AdminError::TooLate)?;
    Ok(json!({ "met": true }))
}

fn count(state: &State, figure: &str, request: &str) -> u64 {
    let of = |map: &BTreeMap<String, u64>| match request {
        "*" => map.values().sum(),
        name => map.get(name).copied().unwrap_or(0),
    };
    match figure {
        "held" => state.holds.count(request) as u64,
        "seen" => of(&state.counters.requests_by_name),
        "processed" => of(&state.counters.processed_by_name),
        "codes" => state.tenant.pending_codes(now_ms()).len() as u64,
        "devices" => state.tenant.devices().len() as u64,
        _ => 0,
    }
}

fn number(call: &Call, name: &str) -> Result<Option<u64>, AdminError> {
    let Some(text) = call.query.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| AdminError::Malformed(format!("{name} is no number")))
}

const FIGURES: [&str; 5] = ["held", "seen", "processed", "codes", "devices"];
const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
/// Larger than any knob file.
const MAX_BODY: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>()
    }

    #[test]
    fn only_loopback_names_without_origin_may_call() {
        assert!(!is_foreign(&headers(&[("host", "127.0.0.1:4321")])));
        assert!(!is_foreign(&headers(&[("host", "localhost")])));
        assert!(is_foreign(&headers(&[("host", "rebound.example:4321")])));
        assert!(is_foreign(&headers(&[])));
        assert!(is_foreign(&headers(&[("host", "localhost"), ("origin", "null")])));
    }

    #[test]
    fn path_words_are_unescaped_once() {
        for (word, plain) in [("a%40b.com", "a@b.com"), ("a+b", "a+b"), ("a%2540", "a%40"), ("a=b&c", "a=b")]
        {
            assert_eq!(unescaped(word), plain);
        }
    }
}
