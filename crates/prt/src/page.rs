//! What the authorize endpoint answers to a PRT: a link, a redirect, a page (entra.md 2.4, 7.6).

use crate::PrtError;
use bytes::Bytes;
use http::{Response, header};
use model::Secret;
use oauth::OauthError;
use reply::ServerError;
use serde::Deserialize;

/// The code of the first answer that has one; a refusal in an answer or on the page comes before the page itself.
pub(crate) fn code(reply: &Response<Bytes>, redirect_uri: &str) -> Result<Secret<String>, PrtError> {
    let body = String::from_utf8_lossy(reply.body());
    let status = reply.status().as_u16();
    let links = links(reply, &body);
    let mut queries = links.iter().filter_map(|link| query(link, redirect_uri));
    if let Some(answer) = queries.find_map(|query| answer(query, status)) {
        return answer;
    }
    if let Some(error) = page_error(&body, status) {
        return Err(refused(error));
    }
    if reply.status().is_client_error() || reply.status().is_server_error() {
        oauth::success(reply)?;
    }
    Err(PrtError::SignInPage)
}

/// Where the answer may stand: the redirect itself, a link of the body, a script that goes elsewhere.
fn links(reply: &Response<Bytes>, body: &str) -> Vec<String> {
    let location = reply.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let quoted = |before, escaped| {
        let links = body.split(before).skip(1).filter_map(|rest| rest.split('"').next());
        links.map(move |link| link.replace(escaped, "&"))
    };
    let hrefs = quoted("<a href=\"", "&amp;");
    let scripts = quoted("document.location.replace(\"", "\\u0026");
    location.map(str::to_owned).into_iter().chain(hrefs).chain(scripts).collect()
}

/// The query of a link to our redirect URI; other links of a page may have a `code` of their own.
fn query<'a>(link: &'a str, redirect_uri: &str) -> Option<&'a str> {
    let (to, query) = link.split_once('?')?;
    let ours = to.trim_end_matches('/').eq_ignore_ascii_case(redirect_uri);
    query.split('#').next().filter(|_| ours)
}

/// What a query says, if it is an answer (RFC 6749 sections 4.1.2 and 4.1.2.1).
fn answer(query: &str, status: u16) -> Option<Result<Secret<String>, PrtError>> {
    let member = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    if let Some(code) = member("code").filter(|code| !code.is_empty()) {
        return Some(Ok(Secret::new(code)));
    }
    let error = member("error")?;
    let description = member("error_description").unwrap_or_default();
    Some(Err(refused(ServerError::new(status, &error, &description))))
}

/// `$Config`: the members that tell of an error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    s_error_code: Option<String>,
    i_error_code: Option<u32>,
    str_service_exception_message: Option<String>,
}

fn page_error(body: &str, status: u16) -> Option<ServerError> {
    let (_, rest) = body.split_once("$Config=")?;
    // The object is followed by script, so only its own length is read.
    let config: Config = serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()?;
    let code = config.s_error_code.and_then(|code| code.parse().ok()).or(config.i_error_code)?;
    let text = config.str_service_exception_message.unwrap_or_default();
    let text = if text.starts_with("AADSTS") { text } else { format!("AADSTS{code}: {text}") };
    (code != 0).then(|| ServerError::new(status, PAGE, &text))
}

fn refused(error: ServerError) -> PrtError {
    PrtError::Service(OauthError::Refused(Box::new(error)))
}

/// A page names no OAuth error; what it means is that a person should look (inferred).
const PAGE: &str = "interaction_required";
