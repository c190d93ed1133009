//! Access tokens: three forms, and what a resource reads in them.

use crate::asking::Ask;
use crate::codes::TOKEN_ALPHABET;
use crate::policy::Wish;
use crate::token::{BACKDATED_S, LIFE_S};
use crate::world::Tenant;
use serde_json::{Value, json};
use tenant_model::directory::User;
use tenant_model::knobs::TokenForm;
use tenant_wire::clients::canonical;
use tenant_wire::jwt;
use uuid::Uuid;

impl Tenant {
    pub(crate) fn access_token(&mut self, ask: &Ask, wish: &Wish<'_>, user: &User, scope: &str) -> String {
        let claims = self.claims(ask, wish, user, scope);
        match form(ask, wish.resource) {
            TokenForm::Plain => jwt::sign(&self.signer, &claims),
            TokenForm::HashedNonce => {
                jwt::sign_with_nonce(&self.signer, &claims, &self.generator.text(43, TOKEN_ALPHABET))
            }
            TokenForm::Opaque => {
                let token = self.five_parts();
                self.opaque_tokens.keep(&token, claims, ask.now_ms + LIFE_S * 1000, ask.now_ms);
                token
            }
        }
    }

    /// entra.md 11.4, rule 7.
    fn claims(&mut self, ask: &Ask, wish: &Wish<'_>, user: &User, scope: &str) -> Value {
        let (grant, now) = (wish.grant, ask.now.unix_timestamp());
        let uti = self.generator.text(22, TOKEN_ALPHABET);
        let mut claims = json!({
            "aud": wish.resource, "iss": format!("https://sts.windows.net/{}/", grant.tenant),
            "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + LIFE_S,
            "amr": grant.amr, "appid": grant.client, "oid": grant.user.to_string(), "tid": grant.tenant.to_string(),
            "upn": user.upn, "unique_name": user.upn, "name": user.upn, "scp": scope, "uti": uti, "ver": "1.0",
        });
        if let (Value::Object(claims), Some(device)) = (&mut claims, grant.device) {
            claims.insert("deviceid".into(), json!(device.to_string()));
        }
        claims
    }

    /// What looks like an encrypted token; its claims stay here.
    fn five_parts(&mut self) -> String {
        let header =
            json!({ "alg": "RSA-OAEP", "enc": "A256CBC-HS512", "kid": self.signer.kid, "typ": "JWT" });
        let mut text = |length| self.generator.text(length, TOKEN_ALPHABET);
        format!("{}.{}.{}.{}.{}", jwt::part(&header), text(342), text(22), text(600), text(43))
    }

    /// The claims of an access token that this stand-in issued for any resource and that has not expired: a
    /// JSON object with `aud`, `exp`, `tid`, `oid`, `upn`, `appid`, `scp`, `amr` and, where a device was
    /// proved, `deviceid`.
    ///
    /// `bearer` is the token alone, without `Bearer`; `now_ms` is milliseconds since 1970, as in
    /// [`Tenant::handle`].
    pub fn claims_of(&self, bearer: &str, now_ms: i64) -> Option<Value> {
        let offset = self.rules.of(self.tenant_of_token(bearer)).clock_offset_s;
        self.verified(bearer, (now_ms / 1000).saturating_add(offset))
    }

    /// The tenant that an access token names, valid or not.
    pub(crate) fn tenant_of_token(&self, token: &str) -> Option<Uuid> {
        let claims = self.opaque_tokens.get(token).cloned().or_else(|| jwt::unproved(token));
        claims?["tid"].as_str()?.parse().ok()
    }

    /// The claims of the bearer token of a request, if it is for this resource.
    pub(crate) fn bearer(&self, ask: &Ask, resource_ok: impl Fn(&str) -> bool) -> Option<Value> {
        let claims = self.verified(ask.bearer.as_deref()?, ask.now.unix_timestamp())?;
        claims["aud"].as_str().is_some_and(resource_ok).then_some(claims)
    }

    fn verified(&self, token: &str, now: i64) -> Option<Value> {
        let opaque = self.opaque_tokens.get(token).cloned();
        let claims = opaque.or_else(|| jwt::verify(&self.signer, token))?;
        let in_time = claims["exp"].as_i64()? > now && claims["nbf"].as_i64()? <= now;
        let issuer = format!("https://sts.windows.net/{}/", claims["tid"].as_str()?);
        (in_time && claims["iss"] == issuer).then_some(claims)
    }
}

fn form(ask: &Ask, resource: &str) -> TokenForm {
    let forms = &ask.knobs.access_tokens;
    let named = forms.iter().find(|(name, _)| canonical(name).eq_ignore_ascii_case(canonical(resource)));
    let form = named.map(|(_, form)| form).or_else(|| forms.get("*"));
    form.copied().unwrap_or(TokenForm::Plain)
}
