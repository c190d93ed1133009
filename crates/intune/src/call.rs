//! What the calls have in common: who calls, and the headers.

use crate::ids;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use model::{ClientVersion, DeviceFacts, RequestId, Secret};
use serde::Serialize;
use url::form_urlencoded::Serializer;

/// Who calls, and with what right.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The access token for the service: see [`ids`] for its resource; its client is [`ids::CLIENT`].
    pub token: &'a Secret<String>,
    /// What this machine is, as it was measured.
    pub facts: &'a DeviceFacts,
    /// `client-version`, or `ssp-version` of IWService.
    pub version: ClientVersion,
    /// `client-request-id`: another one for each attempt.
    pub request_id: RequestId,
}

impl Caller<'_> {
    /// The query of the Linux services (intune.md 2.1, 3).
    pub(crate) fn query(&self) -> String {
        format!("api-version={API_VERSION}&client-version={}", self.version)
    }

    /// The query of IWService: all eight parameters (intune.md 4.1).
    pub(crate) fn iw_query(&self) -> String {
        let version = self.version.to_string();
        let pairs = [
            ("api-version", IW_API_VERSION),
            ("ssp", ids::PORTAL),
            ("ssp-version", &version),
            ("os", "Linux"),
            ("os-version", os_version(&self.facts.os_version_id)),
            ("os-sub", "None"),
            ("arch", arch(&self.facts.arch)),
            ("mgmt-agent", "mdm"),
        ];
        Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// A request without a body.
    pub(crate) fn call(&self, method: Method, uri: Uri) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        set(headers, header::USER_AGENT, &self.user_agent());
        identify(headers, self.token, self.request_id);
        request
    }

    /// A POST of JSON.
    pub(crate) fn post(&self, uri: Uri, body: &impl Serialize) -> Request<Bytes> {
        let mut request = self.call(Method::POST, uri);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Bodies are structs of texts, which always become JSON; an empty one would be refused.
        *request.body_mut() = serde_json::to_vec(body).unwrap_or_default().into();
        request
    }

    /// `Linux Company Portal/<ID> <VERSION_ID>/<version>` [captured, intune.md 6.2], with the true words of
    /// os-release; what a header cannot carry is left out.
    fn user_agent(&self) -> String {
        let DeviceFacts { os_id, os_version_id, .. } = self.facts;
        let agent = format!("{}/{os_id} {os_version_id}/{}", ids::PRODUCT, self.version);
        agent.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect()
    }
}

/// Who asks, in headers that no log shows.
pub(crate) fn identify(headers: &mut HeaderMap, token: &Secret<String>, id: RequestId) {
    set(headers, HeaderName::from_static("client-request-id"), &id.to_string());
    if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", token.expose())) {
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// VERSION_ID, or `0` where os-release names none (intune.md 4.1).
fn os_version(version_id: &str) -> &str {
    if version_id == UNKNOWN { "0" } else { version_id }
}

/// The word of intune.md 4.1 for a machine; one without a word is named as it is.
fn arch(machine: &str) -> &str {
    match machine {
        "x86_64" => "X64",
        "aarch64" => "ARM64",
        "x86" | "i686" => "X86",
        other => other,
    }
}

/// `api-version` of the Linux services; IWService has its own (intune.md 6.2).
const API_VERSION: &str = "1.0";
const IW_API_VERSION: &str = "16.4";
/// The word of [`DeviceFacts`] for what could not be read.
const UNKNOWN: &str = "Unknown";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_and_versions_have_the_words_of_the_page() {
        for (machine, word) in [("x86_64", "X64"), ("aarch64", "ARM64"), ("x86", "X86"), ("i686", "X86")] {
            assert_eq!(arch(machine), word);
        }
        assert_eq!((arch("riscv64"), os_version("24.04"), os_version("Unknown")), ("riscv64", "24.04", "0"));
    }
}
