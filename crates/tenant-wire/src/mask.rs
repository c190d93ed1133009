//! Secrets in what was said, masked by the name they stand under: a masked text keeps its kind and length only.
//!
//! Names count without regard to case and punctuation, at any depth, also in JSON inside a string, in the query
//! of an address and in the claims of a JWT.
//! Beyond the names, any long run of letters that looks like a token is masked wherever it stands.

use crate::certificate::thumbprint;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde_json::{Map, Value, json};

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It may be read, unless it looks like a token.
    Open,
    /// Nothing of it may be read.
    Secret,
    /// A JWT or JWE: its header and claims are masked in their turn, the rest may not be read.
    Signed,
    /// A certificate, of which the thumbprint says enough.
    Certificate,
}

/// A JSON value with what is secret in it masked.
pub fn value(value: &Value) -> Value {
    match value {
        Value::Object(members) => object(members),
        Value::Array(list) => list.iter().map(self::value).collect(),
        Value::String(it) => text(it),
        other => other.clone(),
    }
}

/// The fields of a form or a query, unescaped, as a JSON object; a name that comes twice has a list.
pub fn form(encoded: &[u8]) -> Value {
    let mut fields = Map::new();
    for piece in encoded.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
        // A lone word may be anything, also a secret sent in the wrong place.
        let lone = !piece.contains(&b'=');
        for (name, it) in url::form_urlencoded::parse(piece) {
            let (name, it) =
                if lone { (length(&name), json!("")) } else { (shown(&name), named(&name, &it)) };
            put(&mut fields, name, it);
        }
    }
    Value::Object(fields)
}

/// The text under this name.
pub fn named(name: &str, it: &str) -> Value {
    match kind(name) {
        Kind::Open => text(it),
        Kind::Secret => json!(length(it)),
        Kind::Signed => signed(it).unwrap_or_else(|| json!(length(it))),
        Kind::Certificate => json!(certificate(it)),
    }
}

/// A compact JWT or JWE with its header and claims masked; `None` for anything else.
pub fn signed(token: &str) -> Option<Value> {
    let parts: Vec<&str> = token.split('.').collect();
    let header = || read(parts.first()?);
    match parts.as_slice() {
        [_, claims, signature] => {
            Some(json!({ "header": header()?, "claims": read(claims)?, "signature": length(signature) }))
        }
        [_, key, _, sealed, _] => {
            Some(json!({ "header": header()?, "key": length(key), "encrypted": length(sealed) }))
        }
        _ => None,
    }
}

/// A path whose words may be read, unless they look like tokens.
pub fn path(it: &str) -> String {
    let segment = |it: &str| if looks_like_a_token(it) { length(it) } else { it.to_owned() };
    it.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// How long a text is, in place of it.
pub fn length(it: &str) -> String {
    format!("<{} characters>", it.chars().count())
}

/// Adds a value under a name that may be there already.
pub fn put(members: &mut Map<String, Value>, name: String, it: Value) {
    let whole = match members.remove(&name) {
        None => it,
        Some(Value::Array(mut list)) => {
            list.push(it);
            Value::Array(list)
        }
        Some(first) => json!([first, it]),
    };
    members.insert(name, whole);
}

fn object(members: &Map<String, Value>) -> Value {
    members.iter().map(|(name, it)| (shown(name), member(name, it))).collect()
}

fn member(name: &str, it: &Value) -> Value {
    match (kind(name), it) {
        (Kind::Open, _) => value(it),
        (_, Value::String(word)) if name == "code" && ERROR_CODES.contains(&word.as_str()) => it.clone(),
        (_, Value::String(text)) => named(name, text),
        (Kind::Certificate, Value::Array(list)) => list.iter().map(|it| member(name, it)).collect(),
        _ => hidden(it),
    }
}

/// The shape of a value and nothing else.
fn hidden(it: &Value) -> Value {
    match it {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("<true or false>"),
        Value::Number(_) => json!("<number>"),
        Value::String(text) => json!(length(text)),
        Value::Array(list) => list.iter().map(hidden).collect(),
        Value::Object(members) => members.iter().map(|(name, it)| (shown(name), hidden(it))).collect(),
    }
}

/// A text under an open name: JSON, or words.
fn text(it: &str) -> Value {
    if it.starts_with(['{', '[', '"'])
        && let Ok(inner) = serde_json::from_str(it)
    {
        return value(&inner);
    }
    let masked: String = it.split_inclusive(char::is_whitespace).map(word).collect();
    match masked.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => {
            let rest = masked[end..].chars().count();
            json!(format!("{}… <{rest} characters more>", &masked[..end]))
        }
        None => json!(masked),
    }
}

/// One word with the blank that follows it.
fn word(it: &str) -> String {
    let bare = it.trim_end();
    let blank = &it[bare.len()..];
    if bare.contains("://") {
        return format!("{}{blank}", address(bare));
    }
    match bare.split_once('=') {
        Some((name, rest)) if kind(name) != Kind::Open => format!("{name}={}{blank}", length(rest)),
        _ if looks_like_a_token(bare) => format!("{}{blank}", length(bare)),
        _ => it.to_owned(),
    }
}

/// An address with its query and fragment masked by name, written unescaped.
fn address(it: &str) -> String {
    let end = it.find(['?', '#']).unwrap_or(it.len());
    let (place, rest) = it.split_at(end);
    let (scheme, place) = place.split_once("://").unwrap_or_default();
    let place = match place.split_once('@') {
        Some((person, host)) => format!("{}@{host}", length(person)),
        None => place.to_owned(),
    };
    let mut masked = format!("{scheme}://{}", path(&place));
    for piece in rest.split_inclusive(['?', '#', '&']) {
        let bare = piece.trim_end_matches(['?', '#', '&']);
        masked.extend(url::form_urlencoded::parse(bare.as_bytes()).map(
            |(name, it)| match bare.contains('=') {
                true => format!("{}={}", shown(&name), flat(&named(&name, &it))),
                false => length(&name),
            },
        ));
        masked.push_str(&piece[bare.len()..]);
    }
    masked
}

fn flat(it: &Value) -> String {
    it.as_str().map_or_else(|| it.to_string(), str::to_owned)
}

/// The SHA-1 thumbprint of a certificate in base64, as the lists of devices have it.
fn certificate(it: &str) -> String {
    match decoded(it).filter(|der| !der.is_empty()) {
        Some(der) => {
            format!("<certificate, SHA-1 {}>", thumbprint(&der))
        }
        None => length(it),
    }
}

/// The masked JSON object of a part of a JWT.
fn read(part: &str) -> Option<Value> {
    match serde_json::from_slice(&decoded(part)?).ok()? {
        Value::Object(members) => Some(object(&members)),
        _ => None,
    }
}

/// Base64 in any spelling: clients differ in alphabet and padding (entra.md 7.2).
fn decoded(it: &str) -> Option<Vec<u8>> {
    let it = it.replace('+', "-").replace('/', "_");
    ANY.decode(it).ok()
}

const ANY: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name itself, if it is one.
pub fn shown(name: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_-.:@#$/ ".contains(letter);
    if name.len() <= LONGEST_NAME && name.chars().all(fits) { name.to_owned() } else { length(name) }
}

fn kind(name: &str) -> Kind {
    let bare: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let is = |list: &[&str]| list.contains(&bare.as_str());
    if is(OPEN) || bare.ends_with("supported") {
        Kind::Open
    } else if is(CERTIFICATES) {
        Kind::Certificate
    } else if is(SIGNED) {
        Kind::Signed
    } else if is(SECRET) || bare.starts_with("tgt") || SECRET_PARTS.iter().any(|part| bare.contains(part)) {
        Kind::Secret
    } else {
        Kind::Open
    }
}

/// Whether it is long and unbroken; GUIDs, resources and thumbprints are shorter.
fn looks_like_a_token(it: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+/=%".contains(&byte);
    let longest = it.as_bytes().split(|byte| !fits(*byte)).map(<[u8]>::len).max();
    longest >= Some(SHORTEST_TOKEN)
}

/// Names whose value is a secret, in small letters without punctuation.
const SECRET: &[&str] = &[
    "code",
    "ctx",
    "sctx",
    "sft",
    "pwd",
    "otc",
    // What the person typed as second factor (entra.md 2.4, step 4).
    "additionalauthdata",
    "otp",
    "pin",
    "authorization",
    "clientkey",
    "messagebuffer",
    "additionalauthdata",
];
/// Parts of such names, beyond any longer name that has its own line here.
const SECRET_PARTS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "devicecode",
    "nonce",
    "assertion",
    "credential",
    "sessionkey",
    "privatekey",
    "cookie",
    "canary",
    "verifier",
];
/// Names of JWTs and JWEs.
const SIGNED: &[&str] = &[
    "request",
    "assertion",
    "clientassertion",
    "accesstoken",
    "idtoken",
    "idtokenhint",
    "token",
    "sessionkeyjwe",
    "xmsrefreshtokencredential",
    "xmsdevicecredential",
];
const CERTIFICATES: &[&str] = &["x5c", "rawbody", "certblob"];
/// Names that look like those of secrets and are not.
const OPEN: &[&str] = &[
    "tokentype",
    "tokenendpoint",
    "refreshtokenexpiresin",
    "nonceservice",
    "clientassertiontype",
    "credentials",
    "prefcredential",
    "haspassword",
    "canaryrequired",
    "passwordchangeurl",
];
/// Values of `code` in errors (entra.md 5.7, Graph); anything else under that name is an authorization code.
const ERROR_CODES: &[&str] = &[
    "",
    "invalid_request",
    "authorization_error",
    "directory_error",
    "unauthorized",
    "InvalidAuthenticationToken",
    "Authorization_RequestDenied",
    "Request_ResourceNotFound",
    "Request_BadRequest",
];
/// Characters of a text that are shown.
const LONGEST_TEXT: usize = 1_000;
const LONGEST_NAME: usize = 64;
const SHORTEST_TOKEN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    #[test]
    fn what_helps_a_reader_stays_readable() {
        let plain = json!({
            "user_code": "BCDF2345", "username": "alex@contoso.com", "token_type": "Bearer", "expires_in": 3599,
            "refresh_token_expires_in": 1_209_599, "scope": "openid https://graph.microsoft.com/.default",
            "deviceId": "99999999-0000-4000-8000-000000000003", "error_codes": [70_016], "prompt": null,
            "message": "To sign in, open the page https://microsoft.com/devicelogin and enter the code BCDF2345.",
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "odata.error": { "code": "" },
            "token_endpoint": "https://localhost:1/contoso.com/oauth2/v2.0/token", "code": "invalid_request",
            "subject_types_supported": ["pairwise"], "@odata.context": "https://x.example/v1.0/$metadata",
        });
        assert_eq!(value(&plain), plain);
    }

    #[test]
    fn a_secret_keeps_its_kind_and_length() {
        for (name, secret, shown) in [
            ("password", json!("Correct-Horse-1"), json!("<15 characters>")),
            ("Password", json!(1234), json!("<number>")),
            ("REFRESH-TOKEN", json!(true), json!("<true or false>")),
            ("code", json!("0.AXoA"), json!("<6 characters>")),
            ("AdditionalAuthData", json!("123456"), json!("<6 characters>")),
            ("tgt_ad", json!(r#"{"clientKey":"x"}"#), json!("<17 characters>")),
            ("flowToken", json!(["a", { "b": "cd" }]), json!(["<1 characters>", { "b": "<2 characters>" }])),
            ("device_code", Value::Null, Value::Null),
        ] {
            assert_eq!(member(name, &secret), shown, "{name}");
        }
    }

    #[test]
    fn a_jwt_is_read_in_either_alphabet_and_its_secrets_are_not() {
        let part = |json: Value| json.to_string();
        let (header, claims) = (
            part(json!({ "alg": "RS256", "x5c": ["MA=="] })),
            part(json!({ "scope": "openid aza ~~~~????", "password": "Correct-Horse-1" })),
        );
        for engine in [&STANDARD, &URL_SAFE_NO_PAD] {
            let token = format!("{}.{}.c2ln", engine.encode(&header), engine.encode(&claims));
            let shown = named("assertion", &token);
            assert_eq!(shown["header"]["alg"], "RS256");
            assert!(shown["header"]["x5c"][0].as_str().unwrap().starts_with("<certificate, SHA-1 "));
            assert_eq!(shown["claims"]["scope"], "openid aza ~~~~????");
            assert_eq!(shown["claims"]["password"], "<15 characters>");
            assert_eq!(shown["signature"], "<4 characters>");
            assert_eq!(named("refresh_token", &token), json!(length(&token)), "an opaque one is not opened");
        }
        let sealed = format!("{}.a.b.c.d", URL_SAFE_NO_PAD.encode(r#"{"alg":"dir","ctx":"AAAA"}"#));
        assert_eq!(
            named("session_key_jwe", &sealed)["header"],
            json!({"alg": "dir", "ctx": "<4 characters>"})
        );
        assert_eq!(named("request", "a.b.c"), "<5 characters>");
    }

    #[test]
    fn addresses_and_words_are_masked_inside() {
        for (plain, shown) in [
            (
                "x://y/z?code=abc&state=s#id_token=q",
                "x://y/z?code=<3 characters>&state=s#id_token=<1 characters>",
            ),
            ("https://a:b@c/d?lone", "https://<3 characters>@c/d?<4 characters>"),
            ("x://y?next=x%3A%2F%2Fy%3Fcode%3Dabc", "x://y?next=x://y?code=<3 characters>"),
            ("Bearer nonce=\"abc\", realm=x", "Bearer nonce=<6 characters> realm=x"),
            ("  two  blanks ", "  two  blanks "),
        ] {
            assert_eq!(text(plain), shown);
        }
        let long = "a1".repeat(SHORTEST_TOKEN / 2);
        assert_eq!(text(&format!("see {long} there")), "see <64 characters> there");
        assert_eq!(text(&format!("x://y/{long}/z")), "x://y/<64 characters>/z");
        assert_eq!(text(&format!("({long})")), "<66 characters>");
        assert_eq!(path(&format!("/a/{long}/EnrollmentServer/")), "/a/<64 characters>/EnrollmentServer/");
        assert!(text(&"word ".repeat(LONGEST_TEXT)).as_str().unwrap().ends_with("… <4000 characters more>"));
    }

    #[test]
    fn forms_keep_their_names_only_where_they_are_names() {
        let shown = form(b"a=1&a=2&password=x+y&client_id=29d9ed98&hunter2&%7B%22p%22=1");
        let expected = json!({
            "a": ["1", "2"], "password": "<3 characters>", "client_id": "29d9ed98", "<7 characters>": "",
            "<4 characters>": "1",
        });
        assert_eq!(shown, expected);
        let claims = form(b"claims=%7B%22access_token%22%3A%7B%22nonce%22%3A%22abc%22%7D%7D");
        assert_eq!(claims["claims"]["access_token"]["nonce"], "<3 characters>");
    }
}
