//! Who signed in, by id_token and client_info alone (entra.md 2.10, rules 3 to 5).

use crate::TokenSet;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{
    Cause, Delivery, Failure, FailureClass, Jwk, Jwks, ObjectId, TenantId, Timestamp, TokenSubject, Upn, Who,
    printable,
};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use rsa::{BoxedUint, RsaPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::Sha256;
use std::time::Duration;

/// What the token must say.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The pinned tenant.
    pub tenant: TenantId,
    /// `issuer` of that tenant's v2 metadata.
    pub issuer: &'a str,
    /// The client we signed in as.
    pub client_id: &'a str,
    /// The server's clock when the token came.
    pub server_time: Timestamp,
    /// The tenant's signing keys.
    pub keys: &'a Jwks,
}

/// Why a token does not tell who signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// There is none.
    #[error("the service sent no {0}")]
    Missing(&'static str),
    /// It is no JWT, or a part of it is not what it should be.
    #[error("the id_token cannot be read: {0}")]
    Malformed(&'static str),
    /// Signed in a way that proves nothing, or not signed.
    #[error("the id_token is signed with '{0}', only RS256 is taken")]
    Algorithm(String),
    /// Its key is not among the tenant's.
    #[error("the id_token is signed by a key that the tenant does not publish")]
    UnknownKey(
        /// Its `kid`.
        String,
    ),
    /// The signature is not of its key.
    #[error("the signature of the id_token is wrong")]
    Signature,
    /// A claim is not as it must be.
    #[error("the id_token is not for this sign-in: {0} is wrong")]
    Claim(&'static str),
    /// The account's home is elsewhere.
    #[error("guests of this organisation cannot sign in here")]
    Guest,
    /// The name has characters that no user name has.
    #[error("the name in the id_token is not a user name")]
    Name,
}

impl IdTokenError {
    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        let (class, who, code, advice) = match self {
            IdTokenError::Guest => (
                FailureClass::NeedsUser,
                Who::User,
                "GuestAccount",
                "Sign in with an account of this organisation.",
            ),
            IdTokenError::UnknownKey(_) => {
                (FailureClass::Transient, Who::Nobody, "UnknownKey", "Sign in again.")
            }
            _ => (
                FailureClass::Denied,
                Who::TenantAdmin,
                "IdToken",
                "Sign in again; if it stays, something between this machine and the service changes its answers.",
            ),
        };
        let mut failure = Failure::local(class, who, code, self.to_string(), advice);
        failure.delivery = Delivery::Answered;
        failure.cause = matches!(self, IdTokenError::UnknownKey(_)).then_some(Cause::UnknownSigningKey);
        failure
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    jku: Option<Value>,
    jwk: Option<Value>,
    x5u: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    ver: Option<String>,
    exp: i64,
    nbf: i64,
    tid: String,
    oid: String,
    idp: Option<String>,
    preferred_username: String,
    groups: Option<Value>,
    hasgroups: Option<Value>,
    #[serde(rename = "_claim_names")]
    elsewhere: Option<Value>,
}

impl Claims {
    /// The groups that the token tells, all of them (`groupMembershipClaims` of the application, so that the token of
    /// this client has them at all is \[inferred\]). None where it does not, where there are too many for a token
    /// (`hasgroups`, or `groups` in `_claim_names`), and where they are not told by object id.
    fn groups(&self) -> Option<Vec<ObjectId>> {
        let listed_elsewhere = self.elsewhere.as_ref().is_some_and(|names| names.get("groups").is_some());
        if listed_elsewhere || self.hasgroups.as_ref().is_some_and(|says| *says != Value::Bool(false)) {
            return None;
        }
        self.groups.as_ref()?.as_array()?.iter().map(|id| id.as_str()?.parse().ok()).collect()
    }
}

#[derive(Deserialize)]
struct ClientInfo {
    uid: String,
    utid: String,
}

/// Verifies signature and claims and says whom the token is about.
///
/// # Errors
/// One variant of [`IdTokenError`] per rule.
pub fn verify(tokens: &TokenSet, expected: &Expected<'_>) -> Result<TokenSubject, IdTokenError> {
    let token = tokens.id_token.as_ref().ok_or(IdTokenError::Missing("id_token"))?;
    let mut parts = token.expose().splitn(3, '.');
    let (Some(header), Some(claims), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(IdTokenError::Malformed("it has not three parts"));
    };
    let key = key_of(&json(header, "header")?, expected.keys)?;
    check_signature(key, &format!("{header}.{claims}"), signature)?;
    let claims: Claims = json(claims, "claims")?;
    check_claims(&claims, expected)?;
    let info = tokens.client_info.as_ref().ok_or(IdTokenError::Missing("client_info"))?;
    check_home(&claims, &json(info.expose(), "client_info")?)?;
    let upn: Upn = claims.preferred_username.parse().map_err(|_| IdTokenError::Name)?;
    if upn.is_guest() {
        return Err(IdTokenError::Guest);
    }
    let object = claims.oid.parse().map_err(|_| IdTokenError::Claim("oid"))?;
    Ok(TokenSubject { tenant: expected.tenant, object, upn, groups: claims.groups() })
}

fn key_of<'a>(header: &Header, keys: &'a Jwks) -> Result<&'a Jwk, IdTokenError> {
    if header.alg != "RS256" {
        return Err(IdTokenError::Algorithm(printable(&header.alg, 20)));
    }
    if header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() {
        return Err(IdTokenError::Malformed("it brings its own key"));
    }
    let kid = header.kid.as_deref().ok_or(IdTokenError::Malformed("it names no key"))?;
    keys.find(kid).ok_or_else(|| IdTokenError::UnknownKey(kid.to_owned()))
}

fn check_signature(key: &Jwk, signed: &str, signature: &str) -> Result<(), IdTokenError> {
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let public = RsaPublicKey::new(number(&key.public.modulus), number(&key.public.exponent))
        .map_err(|_| IdTokenError::UnknownKey(key.kid.clone()))?;
    let bytes = decode(signature, "its signature is not base64")?;
    let signature = Signature::try_from(bytes.as_slice()).map_err(|_| IdTokenError::Signature)?;
    VerifyingKey::<Sha256>::new(public)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| IdTokenError::Signature)
}

fn check_claims(claims: &Claims, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let now = expected.server_time;
    let good = [
        ("iss", claims.iss == expected.issuer),
        ("aud", claims.aud == expected.client_id),
        ("ver", claims.ver.as_deref() == Some("2.0")),
        ("exp", Timestamp::from_secs(claims.exp).after(LEEWAY) > now),
        ("nbf", Timestamp::from_secs(claims.nbf) <= now.after(LEEWAY)),
        ("tid", claims.tid.parse() == Ok(expected.tenant)),
    ];
    match good.into_iter().find(|(_, good)| !good) {
        Some((claim, _)) => Err(IdTokenError::Claim(claim)),
        None => Ok(()),
    }
}

/// A member's home object and tenant are the ones of the token; a guest's are elsewhere.
fn check_home(claims: &Claims, info: &ClientInfo) -> Result<(), IdTokenError> {
    let same = |left: &str, right: &str| left.eq_ignore_ascii_case(right);
    let at_home = same(&info.utid, &claims.tid) && same(&info.uid, &claims.oid);
    let own_provider = claims.idp.as_ref().is_none_or(|idp| *idp == claims.iss);
    let consumer = CONSUMER_TENANTS.iter().any(|tenant| same(tenant, &claims.tid));
    if at_home && own_provider && !consumer { Ok(()) } else { Err(IdTokenError::Guest) }
}

fn json<B: DeserializeOwned>(part: &str, what: &'static str) -> Result<B, IdTokenError> {
    serde_json::from_slice(&decode(part, what)?).map_err(|_| IdTokenError::Malformed(what))
}

fn decode(part: &str, what: &'static str) -> Result<Vec<u8>, IdTokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| IdTokenError::Malformed(what))
}

/// entra.md 2.10, rule 4.
const LEEWAY: Duration = Duration::from_secs(5 * 60);
/// The tenants of consumer accounts (entra.md 0.3).
const CONSUMER_TENANTS: [&str; 2] =
    ["9188040d-6c67-4c5b-b112-36a304b66dad", "9cd80435-793b-4f48-844b-6b3f37d1c1f3"];
