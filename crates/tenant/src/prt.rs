//! Primary refresh tokens (entra.md 7.2 to 7.6): issued to a device, renewed, and exchanged for tokens.

use crate::asking::Ask;
use crate::authorize::REMEMBERED_MS;
use crate::policy::Wish;
use crate::token::{BACKDATED_S, Grant, client_info};
use crate::world::Tenant;
use serde_json::{Value, json};
use tenant_model::devices::Device;
use tenant_model::directory::User;
use tenant_wire::answer::{Answer, Body};
use tenant_wire::clients::{self, BROKER, BROKER_IDENTITY};
use tenant_wire::forms::{self, Form};
use tenant_wire::jwt;
use tenant_wire::keys::public_key;
use tenant_wire::request::{Signed, Signer};
use tenant_wire::routes;
use tenant_wire::session::{self, KdfVersion, SessionKey};
use uuid::Uuid;

/// What a PRT stands for; it is no good without its session key.
#[derive(Clone)]
pub(crate) struct Prt {
    pub(crate) grant: Grant,
    pub(crate) session_key: SessionKey,
    /// Milliseconds since 1970.
    expires_at: i64,
}

impl Tenant {
    /// A form with a signed request.
    pub(crate) fn signed(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        if let Err(refusal) = self.tenant_of_path(ask) {
            return refusal;
        }
        let unreadable = || ask.error(50_027, "invalid_request", "The JWT cannot be read.");
        let Some(signed) = routes::signed_request(&form) else { return unreadable() };
        if ask.is_v2() {
            let text = "Version 2 of the endpoint takes signed requests of later protocols only.";
            return ask.error(70_003, "unsupported_grant_type", text);
        }
        // entra.md 7.8: optional, and a reply that is no certificate would be taken for one.
        if signed.claim("cert_token_use").is_some() {
            let text = "Certificates between devices are not issued here.";
            return ask.error(70_003, "unsupported_grant_type", text);
        }
        let answer = match signed.signer() {
            Some(Signer::Device) => self.signed_by_device(ask, &form, &signed),
            Some(Signer::Session) => self.signed_by_session(ask, &form, &signed),
            None => Err(unreadable()),
        };
        let (Ok(answer) | Err(answer)) = answer;
        answer.fact("grant", signed.claim("grant_type").unwrap_or_default())
    }

    fn signed_by_device(&mut self, ask: &Ask, form: &Form, signed: &Signed) -> Result<Answer, Answer> {
        let (device, thumbprint) = self.device_that_signed(ask, signed)?;
        let told = |answer: Answer| answer.fact("prt_signed_by", &thumbprint).fact("device", device.id);
        self.prt_for(ask, form, signed, &device).map(told).map_err(told)
    }

    fn prt_for(
        &mut self,
        ask: &Ask,
        form: &Form,
        signed: &Signed,
        device: &Device,
    ) -> Result<Answer, Answer> {
        self.fresh(ask, signed)?;
        if !self.is_at(ask, device.tenant) {
            return Err(ask.deny(50_155, "The device is not in this tenant."));
        }
        if signed.names_resource() {
            return self.device_exchange(ask, form, signed, device);
        }
        prt_scope(ask, signed)?;
        let (grant, means) = self.credential(ask, signed, device)?;
        let user = self.user_of(ask, &Wish { means, ..Wish::of(&grant, form) })?;
        if let Some(refusal) = self.forbid_prt(ask, &grant, means, &user) {
            return Err(refusal.fact("user", &user.upn));
        }
        let session_key = self.generator.bytes();
        let transport = public_key(&device.keys.transport);
        let wrapped = transport.and_then(|key| session::wrap(&session_key, &key, &mut self.generator));
        let wrapped = wrapped.ok_or_else(|| ask.deny(130_006, "The transport key is unusable."))?;
        let mut answer = self.prt_reply(ask, form, &Prt { grant, session_key, expires_at: 0 }, &user);
        answer.set("session_key_jwe", json!(wrapped));
        Ok(answer)
    }

    /// The user's part of a device-signed request (entra.md 7.3), and the means by which the knobs refuse it.
    pub(crate) fn credential(
        &mut self,
        ask: &Ask,
        signed: &Signed,
        device: &Device,
    ) -> Result<(Grant, &'static str), Answer> {
        let refuse = |code, error: &str, text: &str| Err(ask.error(code, error, text));
        match signed.claim("grant_type").unwrap_or_default() {
            "refresh_token" => Ok((self.by_refresh_token(ask, signed, device)?, "prt_refresh_token")),
            "password" => Ok((self.by_password(ask, signed, device)?, "prt_password")),
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                Ok((self.by_hello(ask, signed, device)?, "prt_hello"))
            }
            "device_token" | "device_auth" => {
                refuse(221_000, "invalid_grant", "The resource does not take device-only tokens.")
            }
            _ => refuse(70_003, "unsupported_grant_type", "The grant type is not served here."),
        }
    }

    /// The refresh token must come from the broker, whatever its resource.
    fn by_refresh_token(&self, ask: &Ask, signed: &Signed, device: &Device) -> Result<Grant, Answer> {
        let grant = signed.claim("refresh_token").and_then(|token| self.grants.get(token));
        let grant = grant.filter(|grant| grant.tenant == device.tenant);
        let grant = grant.ok_or_else(|| ask.deny(70_008, "The refresh token is not known here."))?;
        if grant.client == BROKER && signed.claim("client_id") == Some(BROKER) {
            Ok(with_device(grant, device.id))
        } else {
            Err(ask.deny(70_000, "The refresh token was not issued to the broker."))
        }
    }

    fn by_password(&mut self, ask: &Ask, signed: &Signed, device: &Device) -> Result<Grant, Answer> {
        let text = |name: &str| signed.claim(name).unwrap_or_default();
        let client = broker_only(ask, signed)?;
        let user = self.check_password(ask, device.tenant, text("username"), text("password"))?;
        let plain = Grant {
            tenant: device.tenant,
            user: user.oid,
            client: client.to_owned(),
            amr: vec!["pwd".to_owned()],
            mfa_at: None,
            from_device_code: false,
            device: None,
            signed_in_at: ask.now_ms,
        };
        Ok(with_device(&plain, device.id))
    }

    fn signed_by_session(&mut self, ask: &Ask, form: &Form, signed: &Signed) -> Result<Answer, Answer> {
        let prt = self.proved(ask, signed)?;
        let version = if signed.kdf_version() == Some(KdfVersion::Two) { "2" } else { "1" };
        let told = |answer: Answer| {
            let device = prt.grant.device.map(|id| id.to_string()).unwrap_or_default();
            answer.fact("kdf_ver", version).fact("device", device)
        };
        let answer = if signed.wants_prt() {
            self.renew(ask, form, signed, &prt)
        } else {
            self.exchange(ask, form, signed, &prt)
        };
        answer.map(|answer| told(self.sealed(answer, &prt.session_key))).map_err(told)
    }

    /// The PRT of a request that its session key signed, with a nonce that is fresh.
    pub(crate) fn proved(&self, ask: &Ask, signed: &Signed) -> Result<Prt, Answer> {
        let prt = signed.claim("refresh_token").and_then(|token| self.prts.get(token));
        let prt = prt.filter(|prt| prt.expires_at > ask.now_ms);
        let prt = prt.ok_or_else(|| ask.deny(70_008, "The PRT is not known or has expired."))?;
        if !signed.is_by_session(&prt.session_key) {
            return Err(ask.deny(140_001, "The session key is not valid."));
        }
        self.fresh(ask, signed)?;
        if self.is_at(ask, prt.grant.tenant) {
            Ok(prt.clone())
        } else {
            Err(ask.deny(70_000, "The PRT was issued for another tenant."))
        }
    }

    /// A new PRT under the same session key; the old one stays good for a while.
    fn renew(&mut self, ask: &Ask, form: &Form, signed: &Signed, prt: &Prt) -> Result<Answer, Answer> {
        prt_scope(ask, signed)?;
        let wish = Wish { means: "prt_renew", ..Wish::of(&prt.grant, form) };
        let user = self.user_of(ask, &wish)?;
        if let Some(refusal) = self.forbid_prt(ask, &prt.grant, wish.means, &user) {
            return Err(refusal.fact("user", &user.upn));
        }
        if let Some(old) = signed.claim("refresh_token").and_then(|token| self.prts.get_mut(token)) {
            old.expires_at = old.expires_at.min(ask.now_ms + ask.knobs.prt_overlap_s * 1000);
        }
        let client = signed.claim("client_id").unwrap_or_default().to_owned();
        let renewed = Prt { grant: Grant { client, ..prt.grant.clone() }, ..prt.clone() };
        Ok(self.prt_reply(ask, form, &renewed, &user))
    }

    /// A token for a client (entra.md 7.6), and with `aza` a new PRT in place of its refresh token.
    fn exchange(&mut self, ask: &Ask, form: &Form, signed: &Signed, prt: &Prt) -> Result<Answer, Answer> {
        let client = signed.claim("client_id").unwrap_or_default();
        must_be_registered(ask, signed)?;
        let resource = forms::resource(signed.claim("resource"), signed.claim("scope"));
        let resource = resource.unwrap_or_else(|| clients::DEFAULT_RESOURCE.to_owned());
        let grant = Grant { client: client.to_owned(), ..prt.grant.clone() };
        let wish = Wish { resource: &resource, means: "prt", ..Wish::of(&grant, form) };
        let mut answer = self.redeem(ask, &wish);
        if answer.status != 200 {
            return Err(answer);
        }
        if signed.has_scope("aza") {
            answer.set("refresh_token", json!(self.new_prt(ask, prt)));
            answer.set("refresh_token_expires_in", json!(ask.knobs.prt_lifetime_s));
        }
        Ok(answer)
    }

    fn new_prt(&mut self, ask: &Ask, prt: &Prt) -> String {
        let token = self.opaque("0.A");
        let expires_at = ask.now_ms + ask.knobs.prt_lifetime_s * 1000;
        let until = expires_at + REMEMBERED_MS;
        self.prts.keep(&token, Prt { expires_at, ..prt.clone() }, until, ask.now_ms);
        token
    }

    /// The reply of entra.md 7.4: strings and one number, no access token.
    fn prt_reply(&mut self, ask: &Ask, form: &Form, prt: &Prt, user: &User) -> Answer {
        let life = ask.knobs.prt_lifetime_s;
        let mut answer = Answer::ok(json!({
            "token_type": "Bearer",
            "expires_in": life.to_string(),
            "ext_expires_in": "0",
            "expires_on": (ask.now.unix_timestamp() + life).to_string(),
            "refresh_token": self.new_prt(ask, prt),
            "refresh_token_expires_in": life,
            "id_token": self.unsigned_id_token(ask, &prt.grant, user),
        }));
        if form.get("client_info").is_some() {
            answer.set("client_info", json!(client_info(&prt.grant, user)));
        }
        answer.fact("user", &user.upn).fact("tenant", prt.grant.tenant)
    }

    /// The id_token of entra.md 7.4, which is unsigned by design; `preferred_username` is there for entra.md
    /// 11.4, rule 8.
    fn unsigned_id_token(&self, ask: &Ask, grant: &Grant, user: &User) -> String {
        let now = ask.now.unix_timestamp();
        let tenant = grant.tenant.to_string();
        let name = self.directories.get(grant.tenant).and_then(|it| it.domains.first());
        let mut claims = json!({
            "aud": grant.client, "iss": format!("https://sts.windows.net/{tenant}/"),
            "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + 3600,
            "amr": grant.amr, "ipaddr": "127.0.0.1", "name": user.upn, "oid": user.oid.to_string(),
            "pwd_url": "https://portal.microsoftonline.com/ChangePassword.aspx", "rh": "0.", "sub": user.oid.to_string(),
            "tenant_display_name": name, "tid": tenant, "unique_name": user.upn, "upn": user.upn, "ver": "1.0",
            "preferred_username": user.login.as_ref().unwrap_or(&user.upn),
        });
        if let Value::Object(claims) = &mut claims {
            claims.extend(ask.knobs.id_token_twist.clone());
        }
        format!("{}.{}.", jwt::part(&json!({ "typ": "JWT", "alg": "none" })), jwt::part(&claims))
    }

    /// The reply as the holder of this session key reads it (entra.md 7.6).
    pub(crate) fn sealed(&mut self, mut answer: Answer, key: &SessionKey) -> Answer {
        if let Body::Json(body) = &answer.body {
            let (ctx, iv) = (self.generator.bytes(), self.generator.bytes());
            answer.body = Body::Jwe(session::seal(key, &ctx, &iv, body.to_string().as_bytes()));
        }
        answer
    }
}

/// entra.md 11.1, D4.
fn prt_scope(ask: &Ask, signed: &Signed) -> Result<(), Answer> {
    if signed.has_scope("aza") && signed.has_scope("openid") {
        return Ok(());
    }
    let text = "A request for a PRT needs the scopes 'openid' and 'aza'.";
    Err(ask.error(70_011, "invalid_request", text))
}

/// The client of a request that only the broker may send, by either of its names (entra.md 7.3).
pub(crate) fn broker_only<'a>(ask: &Ask, signed: &'a Signed) -> Result<&'a str, Answer> {
    let client = signed.claim("client_id").filter(|client| [BROKER, BROKER_IDENTITY].contains(client));
    let text = "The application was not found in the directory.";
    client.ok_or_else(|| ask.error(700_016, "unauthorized_client", text))
}

/// Refuses a redirect URI that is not one of the client's.
pub(crate) fn must_be_registered(ask: &Ask, signed: &Signed) -> Result<(), Answer> {
    let text = |name: &str| signed.claim(name).unwrap_or_default();
    if clients::is_registered(text("client_id"), text("redirect_uri")) {
        return Ok(());
    }
    let text = "The redirect URI specified in the request does not match those of the application.";
    Err(ask.error(50_011, "invalid_request", text))
}

/// The grant behind a PRT: it names the device, and `rsa` among its methods; a second factor survives, its
/// freshness does not (entra.md 8).
pub(crate) fn with_device(grant: &Grant, device: Uuid) -> Grant {
    let lasting = grant.amr.iter().filter(|method| *method != "ngcmfa" && *method != "rsa").cloned();
    let amr = lasting.chain(["rsa".to_owned()]).collect();
    Grant { amr, device: Some(device), ..grant.clone() }
}
