//! Bodies that misbehave: cut short, slow, or padded.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use http::{Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::{Map, Value, json};
use tokio::time::{Sleep, sleep};

use crate::faults::Action;

/// A reply body that can be cut short or slowed down.
pub(crate) struct ReplyBody {
    rest: Bytes,
    announced: u64,
    cut: bool,
    pace: Option<Pace>,
}

/// The connection is to end in the middle of the body.
#[derive(Debug, thiserror::Error)]
#[error("the body ends here by a fault")]
pub(crate) struct Cut;

struct Pace {
    chunk: usize,
    every: Duration,
    pause: Pin<Box<Sleep>>,
}

/// Gives the reply the faults of its body and headers, in their order.
pub(crate) fn spoilt(response: Response<Bytes>, actions: &[Action]) -> Response<ReplyBody> {
    let (mut parts, mut body) = response.into_parts();
    let mut cut_at = None;
    let mut pace = None;
    for action in actions {
        match action {
            Action::WrongContentType { content_type } => {
                parts.headers.insert(CONTENT_TYPE, text(content_type));
            }
            Action::BadTypes => body = retyped(&body),
            Action::Oversized { bytes } => body = padded(&body, *bytes),
            Action::Truncate { keep } => cut_at = Some(keep.unwrap_or(body.len() / 2)),
            Action::SlowBody { chunk, every_ms } => pace = Some(Pace::new(*chunk, *every_ms)),
            _ => {}
        }
    }
    // The length is that of the body as it is now; hyper writes it from the size hint.
    parts.headers.remove(CONTENT_LENGTH);
    let announced = body.len() as u64;
    let cut = cut_at.is_some_and(|at| at < body.len());
    if let Some(at) = cut_at {
        body.truncate(at);
    }
    Response::from_parts(parts, ReplyBody { rest: body, announced, cut, pace })
}

/// The reply that stands in place of the tenant's, if a fault has one.
pub(crate) fn canned(action: &Action) -> Option<Response<Bytes>> {
    match action {
        Action::Html { status, .. } => {
            Some(made(*status, &[(CONTENT_TYPE, "text/html; charset=utf-8")], PORTAL))
        }
        Action::Redirect { location, status } => Some(made(*status, &[(LOCATION, location)], "")),
        Action::Reply { status, headers, body, .. } => {
            let mut response = made(*status, &[], body);
            for (name, value) in headers {
                if let Ok(name) = HeaderName::try_from(name.as_str()) {
                    response.headers_mut().insert(name, text(value));
                }
            }
            Some(response)
        }
        _ => None,
    }
}

fn made(status: u16, headers: &[(HeaderName, &str)], body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in headers {
        response.headers_mut().insert(name, text(value));
    }
    response
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("unprintable"))
}

/// Every field of the object with another type; a body that is no JSON object stays as it is.
fn retyped(body: &Bytes) -> Bytes {
    let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(body) else { return body.clone() };
    for value in object.values_mut() {
        *value = match value {
            Value::String(_) => json!([7]),
            Value::Number(number) => json!({ "value": number }),
            Value::Bool(_) | Value::Null => json!(7),
            Value::Array(_) | Value::Object(_) => json!("seven"),
        };
    }
    Bytes::from(Value::Object(object).to_string())
}

fn padded(body: &Bytes, size: usize) -> Bytes {
    let mut whole = body.to_vec();
    whole.resize(size.max(whole.len()), b' ');
    Bytes::from(whole)
}

impl Pace {
    fn new(chunk: usize, every_ms: u64) -> Pace {
        let every = Duration::from_millis(every_ms);
        Pace { chunk: chunk.max(1), every, pause: Box::pin(sleep(every)) }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        ready!(self.pause.as_mut().poll(context));
        self.pause = Box::pin(sleep(self.every));
        Poll::Ready(self.chunk)
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            let cut = std::mem::take(&mut this.cut);
            return Poll::Ready(cut.then_some(Err(Cut)));
        }
        let length = match &mut this.pace {
            Some(pace) => ready!(pace.poll(context)).min(this.rest.len()),
            None => this.rest.len(),
        };
        Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && !self.cut
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

const PORTAL: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\
<body><h1>Welcome to the guest network</h1><p>Accept the terms to go on.</p></body></html>\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn spoil(action: Action) -> Response<ReplyBody> {
        spoilt(Response::new(Bytes::from_static(b"0123456789")), &[action])
    }

    #[test]
    fn a_cut_body_announces_its_whole_length() {
        for (keep, left) in [(None, 5), (Some(2), 2), (Some(0), 0)] {
            let body = spoil(Action::Truncate { keep }).into_body();
            assert_eq!((body.rest.len(), body.announced, body.cut), (left, 10, true));
            assert!(!body.is_end_stream());
        }
        assert!(!spoil(Action::Truncate { keep: Some(10) }).into_body().cut);
    }

    #[test]
    fn an_oversized_body_still_begins_as_it_should() {
        let body = spoil(Action::Oversized { bytes: 300 * 1024 }).into_body();
        assert!(body.rest.starts_with(b"0123456789 ") && body.announced == 300 * 1024);
    }

    #[test]
    fn every_field_gets_another_type() {
        let good = Bytes::from_static(br#"{"a":"x","b":1,"c":true,"d":[1],"e":{}}"#);
        assert_eq!(&retyped(&good)[..], br#"{"a":[7],"b":{"value":1},"c":7,"d":"seven","e":"seven"}"#);
        assert_eq!(retyped(&Bytes::from_static(b"<html>")), "<html>");
    }

    #[test]
    fn only_faults_with_a_reply_of_their_own_replace_the_reply() {
        let location = String::from("https://elsewhere.example/");
        let redirect = canned(&Action::Redirect { location, status: 302 }).unwrap();
        assert_eq!(
            (redirect.status().as_u16(), &redirect.headers()["location"]),
            (302, &text("https://elsewhere.example/"))
        );
        assert!(
            canned(&Action::Html { status: 200, processed: false }).unwrap().body().starts_with(b"<!DOCTYPE")
        );
        assert!(canned(&Action::Hold).is_none());
    }
}
