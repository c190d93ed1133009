//! Tokens (entra.md 2.8): issued, and redeemed for others.

use crate::asking::Ask;
use crate::codes::{DEVICE_CODE, TOKEN_ALPHABET};
use crate::policy::Wish;
use crate::world::Tenant;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tenant_model::directory::User;
use tenant_wire::answer::Answer;
use tenant_wire::clients::{self, REGISTRATION};
use tenant_wire::forms::Form;
use tenant_wire::jwt;
use uuid::Uuid;

/// What a refresh token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    pub(crate) client: String,
    pub(crate) amr: Vec<String>,
    /// When the second factor was used, if one was: milliseconds since 1970.
    pub(crate) mfa_at: Option<i64>,
    pub(crate) from_device_code: bool,
    /// The device that was proved for it; plain sign-ins have none (entra.md 8).
    pub(crate) device: Option<Uuid>,
    /// When the person gave their credentials, in milliseconds since 1970.
    pub(crate) signed_in_at: i64,
}

impl<'a> Wish<'a> {
    /// What a form asks for with this grant: the registration service, by its refresh token, unless it is said.
    pub(crate) fn of(grant: &'a Grant, form: &'a Form) -> Wish<'a> {
        let client_info = form.get("client_info").is_some();
        let (means, scope) = ("refresh_token", form.get("scope"));
        Wish { grant, resource: REGISTRATION, means, scope, client_info, nonce: None }
    }
}

impl Tenant {
    /// The tenant of an STS path; at `common` and `organizations`, the tenant of what the request brings.
    pub(crate) fn tenant_of_path(&self, ask: &Ask) -> Result<Uuid, Answer> {
        let word = ask.path.first().map(String::as_str).unwrap_or_default();
        let named = self.directories.named(word).map(|directory| directory.id);
        let found = match ask.is_for_any_tenant() {
            // A code without a name belongs to the first tenant: the real page asks the person.
            true => ask.tenant.or_else(|| self.directories.all().next().map(|it| it.id)),
            false => named,
        };
        let tenant = found.ok_or_else(|| self.no_tenant(ask, word))?;
        self.wrong_cloud(ask, tenant).map_or(Ok(tenant), Err)
    }

    /// Whether the path is that of this tenant, or of any.
    pub(crate) fn is_at(&self, ask: &Ask, tenant: Uuid) -> bool {
        let word = ask.path.first().map(String::as_str).unwrap_or_default();
        ask.is_for_any_tenant()
            || self.directories.named(word).is_some_and(|directory| directory.id == tenant)
    }

    fn no_tenant(&self, ask: &Ask, word: &str) -> Answer {
        ask.error(90_002, "invalid_request", &format!("Tenant '{word}' not found."))
    }

    pub(crate) fn redeem_refresh(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        if let Err(refusal) = self.tenant_of_path(ask) {
            return refusal;
        }
        let grant = form.get("refresh_token").and_then(|token| self.grants.get(token)).cloned();
        let Some(grant) = grant else {
            return ask.refuse(70_008);
        };
        if !self.is_at(ask, grant.tenant) || form.get("client_id") != Some(grant.client.as_str()) {
            return ask.deny(70_000, "The refresh token was issued to another client or tenant.");
        }
        let resource = form.resource().unwrap_or_else(|| REGISTRATION.to_owned());
        self.redeem(ask, &Wish { resource: &resource, ..Wish::of(&grant, &form) })
    }

    /// The token reply, unless something forbids it.
    pub(crate) fn redeem(&mut self, ask: &Ask, wish: &Wish<'_>) -> Answer {
        let wish = &Wish { grant: &wish.grant.aged(ask), ..wish.clone() };
        let user = match self.user_of(ask, wish) {
            Ok(user) => user,
            Err(refusal) => return refusal,
        };
        let answer = self.forbid(ask, wish, &user).unwrap_or_else(|| self.issue(ask, wish, &user));
        let answer = answer.fact("user", &user.upn).fact("resource", wish.resource);
        match wish.grant.device {
            Some(device) => answer.fact("device", device),
            None => answer,
        }
    }

    /// The user of a grant, who may be gone by now.
    pub(crate) fn user_of(&self, ask: &Ask, wish: &Wish<'_>) -> Result<User, Answer> {
        let grant = wish.grant;
        let user = self.directories.user(grant.tenant, grant.user);
        let (code, text) = match wish.means {
            DEVICE_CODE => (50_034, "The user account does not exist."),
            _ => (50_173, "The grant was revoked: the user is gone."),
        };
        let user = user.cloned().ok_or_else(|| ask.deny(code, text))?;
        if grant.signed_in_at <= user.signed_out_at {
            return Err(ask.deny(50_173, "The provided grant has been revoked."));
        }
        Ok(user)
    }

    /// Numbers are strings on v1 and numbers on v2.
    fn issue(&mut self, ask: &Ask, wish: &Wish<'_>, user: &User) -> Answer {
        let (grant, resource) = (wish.grant, wish.resource);
        let now = ask.now.unix_timestamp();
        let number = |value: i64| if ask.is_v2() { json!(value) } else { json!(value.to_string()) };
        let refresh = self.opaque("0.");
        let until = ask.now_ms + ask.knobs.refresh_token_lifetime_s * 1000;
        self.grants.keep(&refresh, grant.clone(), until, ask.now_ms);
        let scope = self.scopes(ask, &grant.client, resource).unwrap_or_default();
        let mut answer = Answer::ok(json!({
            "token_type": "Bearer", "scope": told_scope(wish.scope, &scope),
            "expires_in": number(LIFE_S), "ext_expires_in": number(LIFE_S),
            "access_token": self.access_token(ask, wish, user, &scope),
            "refresh_token": refresh,
            "id_token": self.id_token(ask, wish, user),
        }));
        if clients::is_family(&grant.client) {
            answer.set("foci", json!("1"));
        }
        if !ask.is_v2() {
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
    pub(crate) fn opaque(&mut self, prefix: &str) -> String {
        let mut text = |length| self.generator.text(length, TOKEN_ALPHABET);
        format!("{prefix}{}.{}", text(40), text(120))
    }

    fn id_token(&self, ask: &Ask, wish: &Wish<'_>, user: &User) -> String {
        let grant = wish.grant;
        let (now, login) = (ask.now.unix_timestamp(), &ask.hosts.login);
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
            members.extend(ask.knobs.id_token_twist.clone());
        }
        jwt::sign(&self.signer, &claims)
    }
}

/// `scope` of a reply: what was asked for, and in front of each `RESOURCE/.default` what it stands for
/// [inferred].
fn told_scope(asked: Option<&str>, granted: &str) -> String {
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

/// Seconds that a token lives.
pub(crate) const LIFE_S: i64 = 3599;
/// Entra backdates `iat` and `nbf` (entra.md 7.4 [observed]).
pub(crate) const BACKDATED_S: i64 = 300;

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
            assert_eq!(told_scope(asked, "User.Read User.ReadWrite"), told);
        }
    }
}
