//! Tokens (entra.md 2.8): issued, and redeemed for others.

use crate::answer::{Answer, aadsts};
use crate::codes::TOKEN_ALPHABET;
use crate::directory::User;
use crate::forms::Form;
use crate::jwt;
use crate::policy::{REGISTRATION, Wish, canonical};
use crate::world::{Ask, Tenant};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

/// What a refresh token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    pub(crate) client: String,
    pub(crate) amr: Vec<String>,
    pub(crate) from_device_code: bool,
}

impl Tenant {
    /// The tenant of an STS path; `common` and `organizations` are for metadata and nonces alone here.
    pub(crate) fn tenant_of_path(&self, ask: &Ask) -> Result<Uuid, Answer> {
        let word = ask.path.first().map(String::as_str).unwrap_or_default();
        if let Some(directory) = self.tenant_named(word) {
            return Ok(directory.id);
        }
        let form = Form::parse(&ask.body);
        let named = form.get("username").and_then(|upn| self.user_named(upn));
        match (word, named) {
            ("common" | "organizations", Some((tenant, _))) => Ok(tenant),
            // A code without a name belongs to the first tenant: the real page asks the person.
            ("common" | "organizations", None) => {
                self.directories.keys().next().copied().ok_or_else(|| self.no_tenant(ask, word))
            }
            _ => Err(self.no_tenant(ask, word)),
        }
    }

    fn no_tenant(&self, ask: &Ask, word: &str) -> Answer {
        aadsts(90_002, "invalid_request", &format!("Tenant '{word}' not found."), ask.now, &ask.ids)
    }

    pub(crate) fn redeem_refresh(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let refuse = |code, text: &str| aadsts(code, "invalid_grant", text, ask.now, &ask.ids);
        let tenant = match self.tenant_of_path(ask) {
            Ok(tenant) => tenant,
            Err(answer) => return answer,
        };
        let grant = form.get("refresh_token").and_then(|token| self.grants.get(token)).cloned();
        let Some(grant) = grant else {
            return refuse(70_008, "The refresh token is not known or has expired.");
        };
        let other_tenant = grant.tenant != tenant
            && !ask.path.iter().any(|part| part == "common" || part == "organizations");
        if other_tenant || form.get("client_id") != Some(grant.client.as_str()) {
            return refuse(70_000, "The refresh token was issued to another client or tenant.");
        }
        let user = self.directories.get(&grant.tenant).and_then(|it| it.users.get(&grant.user)).cloned();
        let Some(user) = user else { return refuse(50_173, "The grant was revoked: the user is gone.") };
        let resource = form.resource().unwrap_or_else(|| REGISTRATION.to_owned());
        let wish = Wish {
            client: &grant.client,
            resource: &resource,
            grant: "refresh_token",
            user: &user,
            amr: &grant.amr,
            from_device_code: grant.from_device_code,
        };
        match self.forbid(ask, &wish) {
            Some(refusal) => refusal.fact("user", &user.upn).fact("resource", &resource),
            None => self.issue(ask, &form, &grant, &resource),
        }
    }

    pub(crate) fn redeem_password(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let refuse = |code, text: &str| aadsts(code, "invalid_grant", text, ask.now, &ask.ids);
        let tenant = match self.tenant_of_path(ask) {
            Ok(tenant) => tenant,
            Err(answer) => return answer,
        };
        let found =
            form.get("username").and_then(|upn| self.user_named(upn)).filter(|(home, _)| *home == tenant);
        let Some((_, user)) = found else {
            return refuse(50_034, "The user account does not exist in this directory.");
        };
        if form.get("password") != Some(user.password.as_str()) {
            return refuse(50_126, "Error validating credentials due to invalid username or password.");
        }
        let (client, amr) = (form.get("client_id").unwrap_or_default().to_owned(), vec!["pwd".to_owned()]);
        let resource = form.resource().unwrap_or_default();
        let wish = Wish {
            client: &client,
            resource: &resource,
            grant: "password",
            user: &user,
            amr: &amr,
            from_device_code: false,
        };
        if let Some(refusal) = self.forbid(ask, &wish) {
            return refusal.fact("user", &user.upn);
        }
        let grant = Grant {
            tenant,
            user: user.oid,
            client: client.clone(),
            amr: amr.clone(),
            from_device_code: false,
        };
        self.issue(ask, &form, &grant, &resource)
    }

    pub(crate) fn nonce(&mut self) -> Answer {
        Answer::ok(json!({ "Nonce": format!("AwAB{}", self.generator.text(64, TOKEN_ALPHABET)) }))
    }

    /// The token reply: numbers as strings on v1 and as numbers on v2.
    pub(crate) fn issue(&mut self, ask: &Ask, form: &Form, grant: &Grant, resource: &str) -> Answer {
        let user = self.directories.get(&grant.tenant).and_then(|it| it.users.get(&grant.user)).cloned();
        let Some(user) = user else {
            return aadsts(50_034, "invalid_grant", "No such user.", ask.now, &ask.ids);
        };
        let second = ask.path.iter().any(|part| part == "v2.0");
        let now = ask.now.unix_timestamp();
        let number = |value: i64| if second { json!(value) } else { json!(value.to_string()) };
        let refresh = format!(
            "0.{}.{}",
            self.generator.text(40, TOKEN_ALPHABET),
            self.generator.text(120, TOKEN_ALPHABET)
        );
        self.grants.insert(refresh.clone(), grant.clone());
        let scope = if canonical(resource) == REGISTRATION { "adrs_access" } else { "User.Read" };
        let mut body = json!({
            "token_type": "Bearer", "scope": form.get("scope").unwrap_or(scope),
            "expires_in": number(LIFE_S), "ext_expires_in": number(LIFE_S),
            "access_token": self.access_token(grant, &user, resource, scope, now),
            "refresh_token": refresh, "foci": "1",
            "id_token": self.id_token(grant, &user, now),
        });
        if let Value::Object(members) = &mut body {
            if !second {
                members.insert("expires_on".into(), number(now + LIFE_S));
                members.insert("not_before".into(), number(now - BACKDATED_S));
                members.insert("resource".into(), json!(resource));
            }
            if form.get("client_info").is_some() {
                members.insert("client_info".into(), json!(client_info(grant, &user)));
            }
        }
        Answer::ok(body).fact("user", &user.upn).fact("resource", resource).fact("tenant", grant.tenant)
    }

    fn access_token(&mut self, grant: &Grant, user: &User, resource: &str, scope: &str, now: i64) -> String {
        let uti = self.generator.text(22, TOKEN_ALPHABET);
        jwt::sign(
            &self.signer,
            &json!({
                "aud": resource, "iss": format!("https://sts.windows.net/{}/", grant.tenant),
                "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + LIFE_S,
                "amr": grant.amr, "appid": grant.client, "oid": grant.user.to_string(), "tid": grant.tenant.to_string(),
                "upn": user.upn, "unique_name": user.upn, "name": user.upn, "scp": scope, "uti": uti, "ver": "1.0",
            }),
        )
    }

    fn id_token(&self, grant: &Grant, user: &User, now: i64) -> String {
        let login = self.hosts().login;
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
            members.extend(self.knobs.id_token_twist.clone());
        }
        jwt::sign(&self.signer, &claims)
    }

    /// The claims of an access token for this resource that is ours and has not expired.
    pub(crate) fn bearer(&self, ask: &Ask, resource_ok: impl Fn(&str) -> bool) -> Option<Value> {
        let claims = jwt::verify(&self.signer, ask.bearer.as_deref()?)?;
        let now = ask.now.unix_timestamp();
        let in_time = claims["exp"].as_i64()? > now && claims["nbf"].as_i64()? <= now;
        let issuer = format!("https://sts.windows.net/{}/", claims["tid"].as_str()?);
        (in_time && claims["iss"] == issuer && resource_ok(claims["aud"].as_str()?)).then_some(claims)
    }
}

/// The account's home ids, which differ from the token's for guests.
fn client_info(grant: &Grant, user: &User) -> String {
    let own = (grant.user.to_string(), grant.tenant.to_string());
    let (uid, utid) = user.home.clone().unwrap_or(own);
    URL_SAFE_NO_PAD.encode(json!({ "uid": uid, "utid": utid }).to_string())
}

const LIFE_S: i64 = 3599;
/// Entra backdates `iat` and `nbf` (entra.md 7.4 [observed]).
const BACKDATED_S: i64 = 300;
