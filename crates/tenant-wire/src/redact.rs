//! What the transcript tells of a request and of a reply: headers of interest, query and body, masked.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use http::{Request, Response};
use serde_json::{Map, Value, json};

use crate::mask;

/// The member `asked`: `query`, `headers` and `body`, each where there is one.
pub fn asked(request: &Request<Bytes>) -> Value {
    let query = request.uri().query().map(|query| mask::form(query.as_bytes()));
    redact(query, request.headers(), request.body())
}

/// The member `answered`: `headers` and `body`, each where there is one.
pub fn answered(response: &Response<Bytes>) -> Value {
    redact(None, response.headers(), response.body())
}

fn redact(query: Option<Value>, headers: &HeaderMap, body: &[u8]) -> Value {
    let mut all = Map::new();
    let kind = kind_of(headers);
    let headers = headers_of_interest(headers);
    all.extend(query.map(|query| ("query".to_owned(), query)));
    if !headers.is_empty() {
        all.insert("headers".to_owned(), Value::Object(headers));
    }
    all.extend(body_of(kind, body).map(|body| ("body".to_owned(), body)));
    Value::Object(all)
}

fn headers_of_interest(headers: &HeaderMap) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, value) in headers.iter().filter(|(name, _)| is_of_interest(name)) {
        let value = match value.to_str() {
            Ok(text) => header(name, text),
            Err(_) => json!(format!("<{} bytes>", HeaderValue::len(value))),
        };
        mask::put(&mut all, name.as_str().to_owned(), value);
    }
    all
}

fn is_of_interest(name: &HeaderName) -> bool {
    let name = name.as_str();
    INTERESTING.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn header(name: &HeaderName, text: &str) -> Value {
    match *name {
        AUTHORIZATION => authorization(text),
        COOKIE => cookies(text),
        SET_COOKIE => cookies(text.split(';').next().unwrap_or_default()),
        _ => mask::named(name.as_str(), text),
    }
}

/// The scheme, and the token as far as it may be read.
fn authorization(text: &str) -> Value {
    match text.split_once(' ') {
        Some((scheme, rest)) if SCHEMES.iter().any(|it| scheme.eq_ignore_ascii_case(it)) => {
            json!({ "scheme": scheme, "token": mask::named("token", rest) })
        }
        _ => json!(mask::length(text)),
    }
}

/// Each cookie's name; only a credential that is a JWT may be read in part.
fn cookies(text: &str) -> Value {
    let mut all = Map::new();
    for cookie in text.split(';') {
        match cookie.trim().split_once('=') {
            Some((name, value)) => mask::put(&mut all, mask::shown(name), mask::named("token", value)),
            None => mask::put(&mut all, mask::length(cookie.trim()), json!("")),
        }
    }
    Value::Object(all)
}

fn body_of(kind: &str, body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    if body.len() > LARGEST {
        return Some(json!(format!("<{kind}, {} bytes, too many to be shown>", body.len())));
    }
    let parsed = serde_json::from_slice(body).ok().filter(|it: &Value| it.is_object() || it.is_array());
    let jose = || mask::signed(std::str::from_utf8(body).ok()?.trim());
    Some(match parsed {
        Some(json) => mask::value(&json),
        None if kind == "form" => mask::form(body),
        None => jose().unwrap_or_else(|| json!(format!("<{kind}, {} bytes>", body.len()))),
    })
}

/// What the content type says of the body, in one word.
fn kind_of(headers: &HeaderMap) -> &'static str {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "" => "no content type",
        "application/json" => "json",
        "application/x-www-form-urlencoded" => "form",
        "application/jose" => "jose",
        "text/html" => "html",
        "text/plain" => "text",
        _ => "another content type",
    }
}

const INTERESTING: &[&str] = &[
    "accept",
    "authorization",
    "canary",
    "client-request-id",
    "content-type",
    "cookie",
    "location",
    "origin",
    "referer",
    "request-id",
    "retry-after",
    "return-client-request-id",
    "set-cookie",
    "user-agent",
    "www-authenticate",
];
const PREFIXES: &[&str] = &["ocp-", "x-app-", "x-client-", "x-ms-"];
const SCHEMES: &[&str] = &["Bearer", "Basic", "PoP", "Negotiate"];
/// Bytes of a body beyond which it is not shown.
const LARGEST: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    /// Names of secrets as clients and services spell them.
    const NAMES: &[&str] = &[
        "password",
        "passwd",
        "client_secret",
        "refresh_token",
        "previous_refresh_token",
        "access_token",
        "id_token",
        "device_code",
        "code",
        "nonce",
        "request_nonce",
        "Nonce",
        "request",
        "assertion",
        "client_assertion",
        "session_key_jwe",
        "tgt_ad",
        "tgt_cloud",
        "tgt_client_key",
        "flowToken",
        "FlowToken",
        "ctx",
        "sCtx",
        "sFT",
        "canary",
        "Token",
        "code_verifier",
        "x-ms-RefreshTokenCredential",
        "x-ms-DeviceCredential",
        "authorization",
    ];

    fn name() -> impl Strategy<Value = String> {
        (prop::sample::select(NAMES), 0..3u8).prop_map(|(name, spelling)| match spelling {
            0 => name.to_owned(),
            1 => name.to_ascii_uppercase(),
            _ => name.replace('_', "-"),
        })
    }

    /// How a member is wrapped, from the inside out.
    #[derive(Debug, Clone)]
    enum Wrap {
        Object(String),
        List,
        Text,
    }

    fn wraps() -> impl Strategy<Value = Vec<Wrap>> {
        let one = prop_oneof![
            "[a-z]{1,8}".prop_map(Wrap::Object),
            prop::sample::select(NAMES).prop_map(|name| Wrap::Object(name.to_owned())),
            Just(Wrap::List),
            Just(Wrap::Text),
        ];
        prop::collection::vec(one, 0..5)
    }

    fn wrapped(secret: Value, wraps: &[Wrap]) -> Value {
        wraps.iter().fold(secret, |inner, wrap| match wrap {
            Wrap::Object(name) => json!({ name: inner, "beside": 1 }),
            Wrap::List => json!(["beside", inner]),
            Wrap::Text => json!({ "inside": inner.to_string() }),
        })
    }

    fn jwt(claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.c2lnbmVk", part(&json!({ "alg": "none" })), part(claims))
    }

    fn request(builder: http::request::Builder, body: impl Into<Bytes>) -> String {
        asked(&builder.body(body.into()).unwrap()).to_string()
    }

    fn form(fields: &[(&str, &str)]) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    proptest! {
        /// A secret under its name shows nowhere in JSON, of a request or a reply, however deep.
        #[test]
        fn no_secret_of_json_is_told(secret in "[A-Za-z0-9.!-]{12,90}", name in name(), wraps in wraps()) {
            let body = wrapped(json!({ name: secret.clone() }), &wraps).to_string();
            let told = request(Request::post("/x"), body.clone());
            prop_assert!(told.contains("body") && !told.contains(&secret), "{told}");
            let told = answered(&Response::new(Bytes::from(body))).to_string();
            prop_assert!(!told.contains(&secret), "{told}");
        }

        /// Nor in a form, a query, the address of a redirect, or JSON inside a field.
        #[test]
        fn no_secret_of_fields_is_told(secret in "[A-Za-z0-9.!-]{12,90}", name in name(), wraps in wraps()) {
            let fields = form(&[("client_id", "x"), (&name, &secret), ("scope", "openid")]);
            let inside = form(&[("claims", &wrapped(json!({ &name: secret.clone() }), &wraps).to_string())]);
            for fields in [fields, inside] {
                let post = Request::post("/x").header("content-type", FORM);
                let query = Request::get(format!("/x?{fields}"));
                let referer = Request::get("/x").header("referer", format!("https://x.example/y?{fields}"));
                for (builder, body) in [(post, fields.clone()), (query, String::new()), (referer, String::new())] {
                    let told = request(builder, body);
                    prop_assert!(!told.contains(&secret), "{told}");
                }
                let location = format!("ms-appx-web://x/y#{fields}");
                let reply = Response::builder().header("location", location).body(Bytes::new()).unwrap();
                prop_assert!(!answered(&reply).to_string().contains(&secret));
            }
        }

        /// Nor in the claims of a JWT, whether it is a field, a header, a cookie or a whole body.
        #[test]
        fn no_secret_of_a_jwt_is_told(secret in "[A-Za-z0-9.!-]{12,90}", name in name(), wraps in wraps()) {
            let token = jwt(&json!({ "claims": wrapped(json!({ name: secret.clone() }), &wraps) }));
            let payload = token.split('.').nth(1).unwrap().to_owned();
            let form = form(&[("request", &token), ("assertion", &token), ("unheard_of", &token)]);
            for told in [
                request(Request::post("/x").header("content-type", FORM), form),
                request(Request::get("/x").header("authorization", format!("Bearer {token}")), ""),
                request(Request::get("/x").header("x-ms-refreshtokencredential", &token), ""),
                request(Request::get("/x").header("cookie", format!("a=b; x-ms-RefreshTokenCredential={token}")), ""),
                answered(&Response::new(Bytes::from(token.clone()))).to_string(),
            ] {
                prop_assert!(told.contains("<8 characters>") && !told.contains(&secret), "{told}");
                prop_assert!(!told.contains(&payload), "{told}");
            }
        }

        /// Nor in headers and cookies that are secrets as they are.
        #[test]
        fn no_secret_of_a_header_is_told(secret in "[A-Za-z0-9.-]{12,90}") {
            let cookie = format!("ESTSAUTH={secret}; {secret}; x={secret}; path=/");
            for (name, value) in [
                ("authorization", format!("Bearer {secret}")),
                ("authorization", format!("{secret} {secret}")),
                ("authorization", secret.clone()),
                ("cookie", cookie.clone()),
                ("x-ms-refreshtokencredential", secret.clone()),
                ("x-ms-devicecredential", secret.clone()),
                ("canary", secret.clone()),
                ("x-unheard-of", secret.clone()),
            ] {
                let told = request(Request::get("/x").header(name, value), "");
                prop_assert!(!told.contains(&secret), "{name}: {told}");
            }
            let reply = Response::builder().header("set-cookie", cookie).body(Bytes::new()).unwrap();
            prop_assert!(!answered(&reply).to_string().contains(&secret));
        }

        /// A body that is not understood is not told, whatever its content type says.
        #[test]
        fn nothing_unknown_is_told(secret in "[A-Za-z0-9]{16,90}", kind in prop::sample::select(vec![
            "application/json", "text/html", "text/plain", "application/jose", "image/png", "",
        ])) {
            for body in [secret.clone(), format!("{{{secret}"), format!("<p>{secret}</p>"), format!("\"{secret}\"")] {
                let told = request(Request::post("/x").header("content-type", kind), body);
                prop_assert!(told.contains("bytes>") && !told.contains(&secret), "{told}");
            }
        }

        /// Whatever bytes come, something is told, and never much.
        #[test]
        fn any_body_has_a_short_line(body: Vec<u8>, kind in prop::sample::select(vec![FORM, "application/json"])) {
            let told = request(Request::post("/x").header("content-type", kind), body);
            prop_assert!(told.len() < 4_000);
        }
    }

    #[test]
    fn a_request_is_told_in_its_parts() {
        let builder = Request::post("/x?api-version=1.0")
            .header("content-type", FORM)
            .header("x-client-sku", "MSAL.Python")
            .header("host", "localhost")
            .header("authorization", "Bearer opaque-token");
        let body = "client_id=1&username=alex%40contoso.com&password=Correct-Horse-1";
        let told: Value = serde_json::from_str(&request(builder, body)).unwrap();
        let expected = json!({
            "query": { "api-version": "1.0" },
            "headers": {
                "authorization": { "scheme": "Bearer", "token": "<12 characters>" },
                "content-type": FORM, "x-client-sku": "MSAL.Python",
            },
            "body": { "client_id": "1", "username": "alex@contoso.com", "password": "<15 characters>" },
        });
        assert_eq!(told, expected);
        assert_eq!(request(Request::get("/x"), ""), "{}");
    }

    #[test]
    fn a_page_and_a_large_body_are_told_by_kind_and_size() {
        let reply = |kind: &str, body: String| {
            let reply = Response::builder().header("content-type", kind).body(Bytes::from(body)).unwrap();
            answered(&reply)["body"].clone()
        };
        assert_eq!(reply("text/html; charset=utf-8", "<p>".to_owned()), "<html, 3 bytes>");
        let large = json!({ "list": vec!["words"; LARGEST / 8] }).to_string();
        let shown = format!("<json, {} bytes, too many to be shown>", large.len());
        assert_eq!(reply("application/json", large), json!(shown));
    }
}
