//! How `authorize` is asked with credentials, and how its answer gets to the client (entra.md 2.4, 7.7).

use crate::answer::{Answer, Body};
use crate::forms::Form;
use crate::page;
use http::header::{COOKIE, HeaderMap};

/// A credential in the header of this name or in the cookie of this name (entra.md 7.7); names have no case.
pub fn sent_credential(headers: &HeaderMap, name: &str) -> Option<String> {
    let header = headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    header.or_else(|| pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, it)| it.to_owned()))
}

/// Turns an answer into one that takes fields to the redirect URI as `response_mode` says: in a redirect, whose
/// body repeats the target because clients read either (entra.md 11.4, rule 4), or in a form.
pub fn delivered(query: &Form, answer: Answer, fields: &[(&str, &str)]) -> Answer {
    let uri = query.get("redirect_uri").unwrap_or_default();
    let mode = query.get("response_mode").unwrap_or("query");
    if mode == "form_post" {
        return Answer { status: 200, body: Body::Html(page::form_post(uri, fields)), ..answer };
    }
    let mut told = url::form_urlencoded::Serializer::new(String::new());
    told.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    let mark = if mode == "fragment" {
        '#'
    } else if uri.contains('?') {
        '&'
    } else {
        '?'
    };
    let location = format!("{uri}{mark}{}", told.finish());
    let body = Body::Html(page::moved(&location));
    Answer { status: 302, body, ..answer }.header("location", location)
}
