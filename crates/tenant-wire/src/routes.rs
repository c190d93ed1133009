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
        (&Method::GET, ["devicelogin"] | [_, "oauth2", "deviceauth"]) => "device_login",
        (&Method::POST, ["devicelogin"]) => "device_login_answer",
        (&Method::GET | &Method::POST, ["oidc", "userinfo"] | [_, "openid", "userinfo"]) => "userinfo",
        (&Method::GET, [_, "discover"]) => "discover",
        (&Method::GET, ["enrollmentserver", "nonce", _]) => "drs_nonce",
        (&Method::POST, ["enrollmentserver", "device"]) => "join",
        (&Method::PUT, ["enrollmentserver", "device", _]) => "hybrid",
        (&Method::DELETE, ["enrollmentserver", "device", _]) => "leave",
        (_, ["manage", _, ..]) => "manage",
        (&Method::POST, ["enrollmentserver", "key"]) => "key",
        (&Method::GET, ["v1.0", "me"]) => "me",
        (&Method::GET, ["v1.0", "me", "memberof"]) => "member_of",
        (&Method::GET, ["v1.0", "me", "owneddevices"]) => "owned_devices",
        (&Method::GET, ["v1.0", "devices"]) => "devices",
        (&Method::GET, ["v1.0", word]) if word.starts_with("devices(deviceid=") => "device",
        _ => "unknown",
    }
}

/// The names of requests to sign-in, registration and Graph, and what each is: what [`name`] gives.
pub const REQUESTS: [(&str, &str); 41] = [
    ("metadata", "OIDC metadata, `…/.well-known/openid-configuration`"),
    ("jwks", "the keys that sign tokens, `…/discovery/v2.0/keys`"),
    ("instance", "instance discovery, `…/discovery/instance`"),
    ("federation_provider", "the cloud of a domain, `/odc/v2.1/federationProvider`"),
    ("probe", "`/`, which only asks whether the host is there"),
    ("realm", "`…/userrealm/…` and `/GetUserRealm.srf`"),
    ("credential_type", "`…/GetCredentialType`"),
    ("authorize", "`…/oauth2/authorize` of either version"),
    ("login", "name and password on the sign-in page"),
    ("kmsi", "the answer whether to stay signed in"),
    ("mfa_begin", "`BeginAuth` of a second factor"),
    ("mfa_end", "`EndAuth` of a second factor, polls too"),
    ("mfa_finish", "the form that finishes a second factor"),
    ("devicecode", "a device code is asked for"),
    ("device_login", "the page where a device code is typed, `/devicelogin`"),
    ("device_login_answer", "what the person says on that page"),
    ("token.device_code", "a poll with a device code"),
    ("token.refresh", "a token for a refresh token"),
    ("token.password", "a token for name and password"),
    ("token.code", "a token for an authorization code"),
    ("token.client_credentials", "a token of an application alone"),
    ("token.prt", "a PRT, asked for by a device"),
    ("token.prt_renew", "a PRT is renewed"),
    ("token.prt_exchange", "a token for a PRT"),
    ("token.device_exchange", "a token for the proof of a device, with a user's or of the device alone"),
    ("token", "any other request to a token endpoint"),
    ("nonce", "a nonce of the sign-in service, `srv_challenge`"),
    ("userinfo", "`/oidc/userinfo`"),
    ("discover", "Discover of the registration service"),
    ("drs_nonce", "a nonce of the registration service"),
    ("join", "a device joins or registers"),
    ("hybrid", "a hybrid join is completed"),
    ("leave", "a device object is deleted"),
    ("manage", "the management service"),
    ("key", "a Windows Hello key is added"),
    ("me", "Graph: the user of the token"),
    ("member_of", "Graph: the groups of the user, `/v1.0/me/memberOf`"),
    ("owned_devices", "Graph: the devices of the user, `/v1.0/me/ownedDevices`"),
    ("devices", "Graph: the devices of the tenant, `/v1.0/devices`"),
    ("device", "Graph: one device, `/v1.0/devices(deviceId='…')`"),
    ("unknown", "anything else, which is not served"),
];

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
        Some("client_credentials") => "token.client_credentials",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn named(method: &str, path: &str, body: &str) -> &'static str {
        let request =
            Request::builder().method(method).uri(path).body(Bytes::copy_from_slice(body.as_bytes()));
        name(&request.unwrap())
    }

    /// One request of each name; those that are signed are in the tests of `tenant`.
    const SAMPLES: [(&str, &str, &str, &str); 38] = [
        ("metadata", "GET", "/contoso.com/v2.0/.well-known/openid-configuration", ""),
        ("jwks", "GET", "/common/discovery/keys", ""),
        ("instance", "GET", "/common/discovery/instance", ""),
        ("federation_provider", "GET", "/odc/v2.1/federationProvider?domain=contoso.com", ""),
        ("probe", "HEAD", "/", ""),
        ("realm", "GET", "/common/UserRealm/alex%40contoso.com", ""),
        ("credential_type", "POST", "/common/GetCredentialType", ""),
        ("authorize", "GET", "/contoso.com/oAuth2/v2.0/authorize", ""),
        ("login", "POST", "/common/login", ""),
        ("kmsi", "POST", "/kmsi/kmsi", ""),
        ("mfa_begin", "POST", "/common/SAS/BeginAuth", ""),
        ("mfa_end", "GET", "/common/SAS/EndAuth", ""),
        ("mfa_finish", "POST", "/common/SAS/ProcessAuth", ""),
        ("devicecode", "POST", "/common/oauth2/v2.0/devicecode", ""),
        ("device_login", "GET", "/devicelogin", ""),
        ("device_login", "GET", "/common/oauth2/deviceauth", ""),
        ("device_login_answer", "POST", "/devicelogin", ""),
        ("token.device_code", "POST", "/common/oauth2/token", "grant_type=device_code"),
        ("token.refresh", "POST", "/common/oauth2/token", "grant_type=refresh_token"),
        ("token.password", "POST", "/common/oauth2/token", "grant_type=password"),
        ("token.code", "POST", "/common/oauth2/token", "grant_type=authorization_code"),
        ("token.client_credentials", "POST", "/common/oauth2/token", "grant_type=client_credentials"),
        (
            "token",
            "POST",
            "/common/oauth2/token",
            "grant_type=urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("nonce", "POST", "/common/oauth2/token", "grant_type=srv_challenge"),
        ("userinfo", "GET", "/oidc/userinfo", ""),
        ("userinfo", "POST", "/common/openid/userinfo", ""),
        ("discover", "GET", "/contoso.com/Discover?api-version=1.9", ""),
        ("drs_nonce", "GET", "/EnrollmentServer/nonce/t", ""),
        ("join", "POST", "/EnrollmentServer/device/", ""),
        ("hybrid", "PUT", "/EnrollmentServer/device/x", ""),
        ("leave", "DELETE", "/EnrollmentServer/device/x", ""),
        ("manage", "GET", "/manage/t/x", ""),
        ("key", "POST", "/EnrollmentServer/key", ""),
        ("me", "GET", "/v1.0/me", ""),
        ("member_of", "GET", "/v1.0/me/memberOf", ""),
        ("owned_devices", "GET", "/v1.0/me/ownedDevices", ""),
        ("devices", "GET", "/v1.0/devices?$filter=x", ""),
        ("device", "GET", "/v1.0/devices(deviceId='x')", ""),
    ];

    #[test]
    fn each_request_has_the_name_that_the_list_explains() {
        for (wanted, method, path, body) in SAMPLES {
            assert_eq!(named(method, path, body), wanted, "{method} {path}");
        }
        for (_, method, path, body) in [("", "PATCH", "/v1.0/me", ""), ("", "GET", "/favicon.ico", "")] {
            assert_eq!(named(method, path, body), "unknown", "{path}");
        }
        let signed =
            ["token.prt", "token.prt_renew", "token.prt_exchange", "token.device_exchange", "unknown"];
        for (name, _) in REQUESTS {
            let sampled = SAMPLES.iter().any(|sample| sample.0 == name) || signed.contains(&name);
            assert!(sampled, "{name} has no sample");
        }
        assert!(SAMPLES.iter().all(|sample| REQUESTS.iter().any(|(name, _)| *name == sample.0)));
    }
}
