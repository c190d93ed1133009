//! The token reply (entra.md 2.8).

use crate::replies::access_token::access_token;
use crate::request_context::RequestContext;
use crate::rules::demand::aged;
use crate::rules::policy::{forbid, scopes, user_of};
use crate::tenant::Tenant;
use crate::wish::Wish;
use serde_json::{Value, json};
use tenant_model::directory::User;
use tenant_model::grant::Grant;
use tenant_model::knobs::GroupsTold;
use tenant_wire::answer::Answer;
use tenant_wire::clients;
use tenant_wire::forms::answered_scope;
use tenant_wire::jwt::{self, BACKDATED_S, LIFE_S};
use tenant_wire::keys::TOKEN_ALPHABET;
use uuid::Uuid;

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
    let asked = wish.scope.map(str::to_owned);
    let kept = Grant { resource: Some(resource.to_owned()), scope: asked, ..grant.clone() };
    entra.grants.keep(&refresh, kept, until, context.now_ms);
    let scope = scopes(entra, context, wish).unwrap_or_default();
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
        answer.set("client_info", json!(user.client_info(grant.tenant)));
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
        "name": user.upn, "oid": grant.user.to_string(), "sub": jwt::subject(grant.user, &grant.client),
        "preferred_username": user.login.as_ref().unwrap_or(&user.upn),
        "tid": grant.tenant.to_string(), "ver": "2.0",
    });
    if let Value::Object(members) = &mut claims {
        if let Some((_, home)) = &user.home {
            members.insert("idp".into(), json!(format!("https://sts.windows.net/{home}/")));
        }
        members.extend(wish.nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
        if wish.scope.is_some_and(|scope| scope.split_whitespace().any(|word| word == "email")) {
            members.insert("email".into(), json!(user.upn));
        }
        let own = entra.directories.application(&grant.client).map(|(_, it)| it.roles_of(&user.upn));
        members.extend(own.filter(|roles| !roles.is_empty()).map(|it| ("roles".to_owned(), json!(it))));
        members.extend(groups(entra, context, grant.tenant, user));
        members.extend(context.knobs.id_token_twist.clone());
    }
    jwt::sign(&entra.signer, &claims)
}

/// What a token says of the groups of a person, as `groupMembershipClaims` of an application makes it.
fn groups(entra: &Tenant, context: &RequestContext, tenant: Uuid, user: &User) -> Option<(String, Value)> {
    match context.knobs.groups_told {
        GroupsTold::Graph | GroupsTold::Nowhere => None,
        GroupsTold::TooMany => Some(("_claim_names".to_owned(), json!({ "groups": "src1" }))),
        GroupsTold::Token => {
            let own = entra.directories.get(tenant)?.groups.iter().filter(|group| group.has(&user.upn));
            Some(("groups".to_owned(), json!(own.map(|group| &group.id).collect::<Vec<_>>())))
        }
    }
}
