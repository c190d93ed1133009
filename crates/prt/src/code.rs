//! A PRT turned into an authorization code, and that into tokens (entra.md 7.6, "Plan for Intune": way three).

use crate::sso::NAME;
use crate::{Call, PrtError, Session, device, page, redirect, sso};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, header};
use model::{CertificateDer, Secret};
use oauth::TokenSet;
use oauth::form::TOKEN_PATH;

/// Everything that the request for a code says.
#[derive(Debug, Clone, Copy)]
pub struct Authorize<'a> {
    /// Where, and the id of the call.
    pub call: Call<'a>,
    /// The session; its nonce serves both headers.
    pub session: Session<'a>,
    /// The device certificate.
    pub certificate: &'a CertificateDer,
    /// Who the tokens are for, and of what.
    pub target: Target<'a>,
}

/// Who the tokens are for, and of what.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The client id; the redirect URI follows from it.
    pub client: &'a str,
    /// The resource whose `.default` scope is asked for.
    pub resource: &'a str,
}

/// The JWS signing input of `x-ms-DeviceCredential` for the device key: RSASSA-PKCS1-v1_5 with SHA-256
/// (entra.md 7.7).
pub fn to_sign(order: &Authorize<'_>) -> Vec<u8> {
    let claims = [
        ("grant_type", "device_auth"),
        ("iss", "aad:brokerplugin"),
        ("request_nonce", order.session.nonce),
        ("win_ver", order.session.win_ver),
    ];
    device::to_sign(order.certificate, &claims)
}

/// The GET, with what [`to_sign`] gave and the device key's signature of it; redirects are not to be followed.
pub fn request(order: &Authorize<'_>, to_sign: &[u8], signature: &[u8]) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    let Call { authority, tenant, .. } = order.call;
    let uri = format!("https://{authority}/{tenant}{AUTHORIZE_PATH}?{}", query(order));
    // A host name, a GUID and an encoded query always make a URI.
    *request.uri_mut() = uri.parse().unwrap_or_default();
    let headers = request.headers_mut();
    // The known client sends an empty one: the endpoint answers browsers with other pages (entra.md 7.6).
    headers.insert(header::USER_AGENT, HeaderValue::from_static(""));
    for (name, jwt) in [(NAME, sso::token(&order.session)), (DEVICE, device::signed(to_sign, signature))] {
        if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::from_str(jwt.expose())) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    request
}

fn query(order: &Authorize<'_>) -> String {
    let pairs = [
        ("client_id", order.target.client),
        ("response_type", "code"),
        ("redirect_uri", &redirect::of(order.target.client)),
        ("client-request-id", &order.call.request_id.to_string()),
        ("scope", &order.target.scope()),
    ];
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl Target<'_> {
    fn scope(&self) -> String {
        format!("openid profile {}/.default", self.resource)
    }
}

/// Reads the code of a link to the client's redirect URI; it is as secret as what it is redeemed for.
///
/// # Errors
/// [`PrtError::Service`] for refusals in a redirect, on a page or in JSON; [`PrtError::SignInPage`] when the
/// service wants to see the person, as it also does when it takes none of the two headers.
pub fn read(reply: Response<Bytes>, target: &Target<'_>) -> Result<Secret<String>, PrtError> {
    page::code(&reply, &redirect::of(target.client))
}

/// The POST that redeems a code.
pub fn redeem(call: &Call<'_>, target: &Target<'_>, code: &Secret<String>) -> Request<Bytes> {
    let fields = [
        ("client_id", target.client),
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", &redirect::of(target.client)),
        ("scope", &target.scope()),
        ("client_info", "1"),
    ];
    call.post(TOKEN_PATH, &fields)
}

/// Reads the tokens; the reply is plain.
///
/// # Errors
/// [`PrtError::Service`].
pub fn read_tokens(reply: Response<Bytes>) -> Result<TokenSet, PrtError> {
    Ok(TokenSet::read(&reply)?)
}

const AUTHORIZE_PATH: &str = "/oauth2/v2.0/authorize";
const DEVICE: &str = "x-ms-DeviceCredential";
