//! The token reply (entra.md 2.8).

use crate::replies::access_token::access_token;
use crate::request_context::RequestContext;
use crate::rules::demand::aged;
use crate::rules::policy::{forbid, scopes, user_of};
use crate::tenant::Tenant;
use crate::wish::Wish;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tenant_model::directory::User;
use tenant_model::grant::Grant;
use tenant_wire::answer::Answer;
use tenant_wire::clients;
use tenant_wire::jwt::{self, BACKDATED_S, LIFE_S};
use tenant_wire::keys::TOKEN_ALPHABET;

/// The token reply, unless something forbids it.
pub(crate) fn redeem(entra: &mut Tenant, context: &RequestContext, wish: &Wish<'_>) -> Answer {
    let wish = &Wish { grant: &aged(context, wish.grant), ..wish.clone() };
    let user = match user_of(entra, context, wish) {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let answer = forbid(entra, context, wish, &user).unwrap_or_else(|| issue(entra, context, wish, &user));
    let answer = answer.fact("user", &user.upn).fact("resource", wish.resource);
    match wish.grant.device {
        Some(device) => answer.fact("device", device),
        None => answer,
    }
}

/// Numbers are strings on v1 and numbers on v2.
fn issue(entra: &mut Tenant, context: &RequestContext, wish: &Wish<'_>, user: &User) -> Answer {
    let (grant, resource) = (wish.grant, wish.resource);
    let now = context.now.unix_timestamp();
    let number = |value: i64| if context.is_v2() { json!(value) } else { json!(value.to_string()) };
    let refresh = opaque(entra, "0.");
    let until = context.now_ms + context.knobs.refresh_token_lifetime_s * 1000;
    entra.grants.keep(&refresh, grant.clone(), until, context.now_ms);
    let scope = scopes(entra, context, &grant.client, resource).unwrap_or_default();
    let mut answer = Answer::ok(json!({
        "token_type": "Bearer", "scope": answered_scope(wish.scope, &scope),
        "expires_in": number(LIFE_S), "ext_expires_in": number(LIFE_S),
        "access_token": access_token(entra, context, wish, user, &scope),
        "refresh_token": refresh,
        "id_token": id_token(entra, context, wish, user),
    }));
    if clients::is_family(&grant.client) {
        answer.set("foci", json!("1"));
    }
    if !context.is_v2() {
        answer.set("expires_on", number(now + LIFE_S));
        answer.set("not_before", number(now - BACKDATED_S));
        answer.set("resource", json!(resource));
    }
    if wish.client_info {
        answer.set("client_info", json!(client_info(grant, user)));
    }
    answer.fact("tenant", grant.tenant)
}

/// An opaque token with a dot in it, of characters that every client can carry (entra.md 11.4, rules 1
/// and 11).
pub(crate) fn opaque(entra: &mut Tenant, prefix: &str) -> String {
    let mut text = |length| entra.generator.text(length, TOKEN_ALPHABET);
    format!("{prefix}{}.{}", text(40), text(120))
}

fn id_token(entra: &Tenant, context: &RequestContext, wish: &Wish<'_>, user: &User) -> String {
    let grant = wish.grant;
    let (now, login) = (context.now.unix_timestamp(), &context.hosts.login);
    let mut claims = json!({
        "aud": grant.client, "iss": format!("https://{login}/{}/v2.0", grant.tenant),
        "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + LIFE_S,
        "name": user.upn, "oid": grant.user.to_string(), "sub": grant.user.to_string(),
        "preferred_username": user.login.as_ref().unwrap_or(&user.upn),
        "tid": grant.tenant.to_string(), "ver": "2.0",
    });
    if let Value::Object(members) = &mut claims {
        if let Some((_, home)) = &user.home {
            members.insert("idp".into(), json!(format!("https://sts.windows.net/{home}/")));
        }
        members.extend(wish.nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
        members.extend(context.knobs.id_token_twist.clone());
    }
    jwt::sign(&entra.signer, &claims)
}

/// `scope` of a reply: what was asked for, and in front of each `RESOURCE/.default` what it stands for
/// \[inferred\].
fn answered_scope(asked: Option<&str>, granted: &str) -> String {
    let expanded = |word: &str| {
        let resource = word.strip_suffix("/.default");
        let each =
            resource.map(|resource| granted.split(' ').map(move |scope| format!("{resource}/{scope} ")));
        format!("{}{word}", each.into_iter().flatten().collect::<String>())
    };
    let words = asked.unwrap_or(granted).split_whitespace();
    words.map(expanded).collect::<Vec<_>>().join(" ")
}

/// The account's home ids, which differ from the token's for guests.
pub(crate) fn client_info(grant: &Grant, user: &User) -> String {
    let own = (grant.user.to_string(), grant.tenant.to_string());
    let (uid, utid) = user.home.clone().unwrap_or(own);
    URL_SAFE_NO_PAD.encode(json!({ "uid": uid, "utid": utid }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_scope_is_told_with_what_it_stands_for() {
        for (asked, told) in [
            (None, "User.Read User.ReadWrite"),
            (Some("openid User.Read"), "openid User.Read"),
            (
                Some("https://g/.default openid"),
                "https://g/User.Read https://g/User.ReadWrite https://g/.default openid",
            ),
        ] {
            assert_eq!(answered_scope(asked, "User.Read User.ReadWrite"), told);
        }
    }
}
