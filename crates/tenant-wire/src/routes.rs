//! Which request a request is.

use crate::forms::Form;
use crate::request::{Signed, Signer};
use bytes::Bytes;
use http::{Method, Request};

/// The name of a request, by method and path alone (paths match without regard to case).
pub fn name(request: &Request<Bytes>) -> &'static str {
    let path = segments(request.uri().path());
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (request.method(), path.as_slice()) {
        (&Method::GET, [.., ".well-known", "openid-configuration"]) => "metadata",
        (&Method::GET, [.., "discovery", "keys" | "v2.0"] | [.., "discovery", "v2.0", "keys"]) => "jwks",
        (&Method::GET, [.., "discovery", "instance"]) => "instance",
        (&Method::GET, ["odc", _, "federationprovider"]) => "federation_provider",
        (&Method::GET | &Method::HEAD, []) => "probe",
        (&Method::GET, [_, "userrealm", _] | ["getuserrealm.srf"]) => "realm",
        (&Method::POST, [_, "getcredentialtype"]) => "credential_type",
        (&Method::GET, [_, "oauth2", .., "authorize"]) => "authorize",
        (&Method::POST, [_, "login"]) => "login",
        (&Method::POST, [_, "kmsi"]) => "kmsi",
        (&Method::POST, [_, "sas", "beginauth"]) => "mfa_begin",
        (&Method::GET | &Method::POST, [_, "sas", "endauth"]) => "mfa_end",
        (&Method::POST, [_, "sas", "processauth"]) => "mfa_finish",
        (&Method::POST, [_, "oauth2", .., "devicecode"]) => "devicecode",
        (&Method::POST, [_, "oauth2", .., "token"]) => token_name(request.body()),
        (&Method::GET, [_, "discover"]) => "discover",
        (&Method::GET, ["enrollmentserver", "nonce", _]) => "drs_nonce",
        (&Method::POST, ["enrollmentserver", "device"]) => "join",
        (&Method::PUT, ["enrollmentserver", "device", _]) => "hybrid",
        (&Method::DELETE, ["enrollmentserver", "device", _]) => "leave",
        (_, ["manage", _, ..]) => "manage",
        (&Method::POST, ["enrollmentserver", "key"]) => "key",
        (&Method::GET, ["v1.0", "me"]) => "me",
        (&Method::GET, ["v1.0", word]) if word.starts_with("devices(deviceid=") => "device",
        _ => "unknown",
    }
}

/// A path in lower case, split at `/`; empty segments do not count.
pub fn segments(path: &str) -> Vec<String> {
    path.to_ascii_lowercase().split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

fn token_name(body: &[u8]) -> &'static str {
    let form = Form::parse(body);
    match form.get("grant_type") {
        Some("urn:ietf:params:oauth:grant-type:device_code" | "device_code") => "token.device_code",
        Some("refresh_token") => "token.refresh",
        Some("password") => "token.password",
        Some("srv_challenge") => "nonce",
        Some("authorization_code") => "token.code",
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => signed_name(&form),
        _ => "token",
    }
}

/// The name of a signed request; one that cannot be read counts as a request for a PRT.
fn signed_name(form: &Form) -> &'static str {
    let signed = signed_request(form);
    if signed.as_ref().is_some_and(|it| it.signer() == Some(Signer::Device) && it.names_resource()) {
        return "token.device_exchange";
    }
    match signed.as_ref().map(|signed| (signed.signer(), signed.wants_prt())) {
        Some((Some(Signer::Session), true)) => "token.prt_renew",
        Some((Some(Signer::Session), false)) => "token.prt_exchange",
        _ => "token.prt",
    }
}

/// The signed request of a form, in `request`; a raw plus sign of the standard alphabet has become a blank in the form.
pub fn signed_request(form: &Form) -> Option<Signed> {
    Signed::read(&form.get("request")?.replace(' ', "+"))
}
