//! Which route leads from a PRT to the tokens of Intune (entra.md 7.6, "Plan for Intune").

use crate::PrtError;
use model::OauthWord;
use oauth::OauthError;
use reply::ServerError;

/// The three routes, in the order they are tried; the caller remembers the one that worked for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenRoute {
    /// One signed request for Graph ([`crate::exchange::request`]), whose refresh token is redeemed for each
    /// resource ([`crate::exchange::redeem`]). Of this client inferred from another's.
    Redeem,
    /// One signed request for each resource ([`crate::exchange::request`]).
    PerResource,
    /// A code for each resource ([`crate::code`]): the only way that was seen to work for every resource.
    Code,
}

/// The route to try next: only for errors that say the request was of the wrong kind.
///
/// A Conditional Access rule, a second factor, the device or the network would stop every route alike, and
/// trying on would hide them.
pub fn next_route(route: TokenRoute, error: &PrtError) -> Option<TokenRoute> {
    let next = match route {
        TokenRoute::Redeem => TokenRoute::PerResource,
        TokenRoute::PerResource => TokenRoute::Code,
        TokenRoute::Code => return None,
    };
    match error {
        PrtError::Service(OauthError::Refused(refusal)) if is_of_the_route(refusal) => Some(next),
        _ => None,
    }
}

/// Whether all that is known of a refusal is on the list; a code that is known to mean something else decides
/// against a word that is on it.
fn is_of_the_route(refusal: &ServerError) -> bool {
    let known: Vec<u32> = refusal.known_codes().collect();
    let listed = match known.as_slice() {
        [] => refusal.words.first().is_some_and(|word| WORDS.contains(word)),
        codes => codes.iter().all(|code| CODES.contains(code)),
    };
    listed && !model::is_busy(refusal.status) && refusal.claims.is_none()
}

/// Wrong redirect, no consent, not pre-authorised, wrong scope, grant of another kind, unknown resource,
/// a client secret wanted.
const CODES: [u32; 7] = [50_011, 65_001, 65_002, 70_011, 50_132, 500_011, 7_000_218];
const WORDS: [OauthWord; 4] = [
    OauthWord::InvalidRequest,
    OauthWord::InvalidScope,
    OauthWord::InvalidResource,
    OauthWord::InvalidTarget,
];
