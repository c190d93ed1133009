//! The one look at Graph that may prove a name (entra.md 2.10, rule 6).

use crate::OauthError;
use crate::error::success;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, Uri, header};
use model::{HostPort, ObjectId, RequestId, Secret};

/// Who Graph says the bearer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// `id`: the object id of the person.
    pub object: ObjectId,
    /// `userPrincipalName`, as Graph writes it.
    pub upn: String,
}

/// `GET /v1.0/me`: name and object id of whoever the token is of.
pub fn request(graph: &HostPort, access_token: &Secret<String>, id: RequestId) -> Request<Bytes> {
    let uri = format!("https://{graph}/v1.0/me?$select=id,userPrincipalName");
    get(uri.parse().unwrap_or_default(), access_token, id)
}

/// A question to Graph.
pub(crate) fn get(uri: Uri, access_token: &Secret<String>, id: RequestId) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("client-request-id"), id);
    }
    if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", access_token.expose())) {
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
    request
}

/// Reads whom the token is of, from the reply to [`request`].
///
/// # Errors
/// [`OauthError`]; any counts as "not proved".
pub fn read(reply: Response<Bytes>) -> Result<Me, OauthError> {
    if !reply.status().is_success() {
        success(&reply)?;
    }
    let body = reply::object(&reply, GRAPH)?;
    let found = body.members();
    let object = found.required_text("id")?.parse().map_err(|_| found.wrong("id", "a GUID"))?;
    Ok(Me { object, upn: found.required_text("userPrincipalName")?.to_owned() })
}

const GRAPH: reply::Service = "Microsoft Graph";
