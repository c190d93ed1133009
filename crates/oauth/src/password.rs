//! Sign-in by name and password (RFC 6749 section 4.3, entra.md 2.5): only before the machine is registered.

use crate::form::{TOKEN_PATH, post, scope};
use crate::tokens::TokenSet;
use crate::{OauthError, client};
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, RequestId, Secret, TenantId, Upn};

/// Who signs in, and for what.
#[derive(Debug)]
pub struct Password<'a> {
    /// The sign-in service.
    pub authority: &'a HostPort,
    /// The tenant; never `common`.
    pub tenant: TenantId,
    /// The user name.
    pub username: &'a Upn,
    /// The password; it stands in the body of the request alone.
    pub password: &'a Secret<String>,
    /// The resource whose `.default` scope is asked for.
    pub resource: &'a str,
    /// `client-request-id`.
    pub request_id: RequestId,
}

/// The POST of the password grant (RFC 6749 section 4.3.2).
pub fn request(order: &Password<'_>) -> Request<Bytes> {
    let scope = scope(order.resource);
    let fields = [
        ("client_id", client::BROKER),
        ("grant_type", "password"),
        ("username", order.username.as_str()),
        ("password", order.password.expose()),
        ("scope", scope.as_str()),
        ("client_info", "1"),
    ];
    post(order.authority, order.tenant, TOKEN_PATH, &fields, order.request_id)
}

/// Reads the tokens.
///
/// # Errors
/// [`OauthError`]; 50126 must not be tried again, because that locks the account (50053).
pub fn read(reply: Response<Bytes>) -> Result<TokenSet, OauthError> {
    TokenSet::read(&reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_protocol_s_and_the_password_is_in_its_body_alone() {
        let request = request(&Password {
            authority: &"login.example".parse().unwrap(),
            tenant: "11111111-2222-3333-4444-555555555555".parse().unwrap(),
            username: &"alex@contoso.com".parse().unwrap(),
            password: &Secret::new("p&=ä 1".to_owned()),
            resource: client::REGISTRATION,
            request_id: "5b0d7c1e-0000-4000-8000-0000000000aa".parse().unwrap(),
        });
        assert_eq!(
            request.uri(),
            "https://login.example/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token"
        );
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(field("grant_type"), Some("password"));
        assert_eq!(field("username"), Some("alex@contoso.com"));
        assert_eq!(field("password"), Some("p&=ä 1"));
        assert_eq!(
            field("scope"),
            Some("openid profile offline_access 01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default")
        );
        assert!(!format!("{} {:?}", request.uri(), request.headers()).contains("p&"));
    }
}
