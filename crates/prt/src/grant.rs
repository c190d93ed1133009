//! The reply that carries a PRT (entra.md 7.4).

use crate::PrtError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use model::{Id, ObjectId, Secret, TenantId, Upn};
use reply::ReplyError;
use serde::Deserialize;
use std::time::Duration;

/// A primary refresh token and whose it is.
#[derive(Debug)]
pub struct Prt {
    /// The opaque token.
    pub token: Secret<String>,
    /// How long it lives from now on if it is not renewed.
    pub lives: Duration,
    /// `tid`: the session's.
    pub tenant: TenantId,
    /// `oid`: the session's.
    pub object: ObjectId,
    /// `upn`, else `unique_name`, where it is a user name; for people only, since nobody signed it.
    pub upn: Option<Upn>,
}

/// Whose PRT it must be (entra.md 2.10, rule 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The pinned tenant.
    pub tenant: TenantId,
    /// The user object; none before the first sign-in by password told it.
    pub object: Option<ObjectId>,
}

/// The members that are read; every one may be a surprise.
pub(crate) struct Reply {
    refresh_token: Option<String>,
    lives: Option<u64>,
    id_token: Option<String>,
    pub(crate) session_key_jwe: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    tid: Option<String>,
    oid: Option<String>,
    upn: Option<String>,
    unique_name: Option<String>,
}

/// Reads the reply, plain or opened.
pub(crate) fn read(reply: &Response<Bytes>) -> Result<Reply, PrtError> {
    let document = oauth::success(reply)?;
    let found = document.members();
    let text = |name| Ok::<_, ReplyError>(found.text(name)?.map(str::to_owned));
    Ok(Reply {
        refresh_token: text("refresh_token")?,
        lives: found.seconds("refresh_token_expires_in").or_else(|| found.seconds("expires_in")),
        id_token: text("id_token")?,
        session_key_jwe: text("session_key_jwe")?,
    })
}

impl Reply {
    /// The PRT, if it is of the account it must be of.
    pub(crate) fn prt(self, expected: &Expected) -> Result<Prt, PrtError> {
        let token = self.refresh_token.filter(|token| !token.is_empty());
        let token = Secret::new(token.ok_or(PrtError::Missing("refresh_token"))?);
        let claims = claims(&self.id_token.ok_or(PrtError::Missing("id_token"))?)?;
        let lives = self.lives.unwrap_or(USUAL_LIFE);
        let name = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Ok(Prt {
            token,
            lives: Duration::from_secs(lives),
            tenant: same(claims.tid, Some(expected.tenant), "tid")?,
            object: same(claims.oid, expected.object, "oid")?,
            upn: name(claims.upn).or_else(|| name(claims.unique_name)),
        })
    }
}

/// The claims of an id_token that nobody signed: it signs nobody in (entra.md 2.10, rule 3).
fn claims(token: &str) -> Result<Claims, PrtError> {
    let unusable = PrtError::Missing("id_token");
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    serde_json::from_slice(&payload.unwrap_or_default()).map_err(|_| unusable)
}

/// The id of a claim, which must be the wanted one if there is one.
fn same<K>(claim: Option<String>, wanted: Option<Id<K>>, name: &'static str) -> Result<Id<K>, PrtError> {
    let found = claim.and_then(|text| text.parse().ok()).ok_or(PrtError::AnotherAccount(name))?;
    if wanted.is_none_or(|wanted| wanted == found) { Ok(found) } else { Err(PrtError::AnotherAccount(name)) }
}

/// 14 days less one second: what every observed reply says (entra.md 7.9).
const USUAL_LIFE: u64 = 1_209_599;
