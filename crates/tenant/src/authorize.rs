//! `authorize` with a PRT (entra.md 7.6, 7.7), and the redemption of its codes.

use crate::asking::Ask;
use crate::codes::TOKEN_ALPHABET;
use crate::demand::Demand;
use crate::policy::Wish;
use crate::prt::Prt;
use crate::second_factor::SecondFactor;
use crate::sign_in::Stage;
use crate::token::Grant;
use crate::world::Tenant;
use serde_json::Value;
use tenant_model::directory::User;
use tenant_model::knobs::AuthorizeRefusal;
use tenant_wire::answer::Answer;
use tenant_wire::clients;
use tenant_wire::delivery::{credential, delivered};
use tenant_wire::forms::Form;
use tenant_wire::pkce::Challenge;
use tenant_wire::request::{Signed, Signer};
use tenant_wire::session::SessionKey;
use uuid::Uuid;

/// An authorization code that may be redeemed once.
#[derive(Clone)]
pub(crate) struct AuthorizationCode {
    grant: Grant,
    redirect_uri: String,
    resource: Option<String>,
    challenge: Option<Challenge>,
    /// What the id_token repeats.
    nonce: Option<String>,
    /// Of the PRT that got it.
    session_key: Option<SessionKey>,
    /// Milliseconds since 1970.
    expires_at: i64,
    used: bool,
}

impl Tenant {
    pub(crate) fn authorize(&mut self, ask: &Ask) -> Answer {
        let (Ok(answer) | Err(answer)) = self.code_for(ask);
        answer
    }

    fn code_for(&mut self, ask: &Ask) -> Result<Answer, Answer> {
        // A redirect URI that is not registered is never redirected to.
        if let Some(refusal) = self.request_refusal(ask) {
            return Err(self.error_page(ask, &refusal));
        }
        let prt = match self.sso(ask) {
            Ok(prt) if ask.query.get("prompt") != Some("login") => prt,
            Ok(_) => return Err(self.person(ask, "a PRT: prompt=login")),
            Err(ignored) => return Err(self.person(ask, &ignored)),
        };
        let client = ask.query.get("client_id").unwrap_or_default().to_owned();
        let demand = Demand::of(&ask.query);
        let grant = Grant { client, ..prt.grant }.told_to(ask, &demand);
        if demand.is_met(ask, &grant) {
            return Ok(self.code_or_refusal(ask, grant, Some(prt.session_key)));
        }
        Ok(self.begin_sign_in(ask, None, Some(prt.session_key), Stage::SecondFactor(SecondFactor::of(grant))))
    }

    /// The code for a person who is known, or the refusal.
    pub(crate) fn code_or_refusal(
        &mut self,
        ask: &Ask,
        grant: Grant,
        session_key: Option<SessionKey>,
    ) -> Answer {
        let device = grant.device.map(|id| id.to_string()).unwrap_or_default();
        let answer = match self.may_have_code(ask, &grant) {
            Ok(user) => self.redirect_with_code(ask, grant, session_key).fact("user", user.upn),
            Err(refusal) => self.shown(ask, refusal),
        };
        answer.fact("device", device)
    }

    fn may_have_code(&self, ask: &Ask, grant: &Grant) -> Result<User, Answer> {
        let resource = ask.query.resource();
        let resource = resource.as_deref().unwrap_or(clients::DEFAULT_RESOURCE);
        let wish = Wish { resource, means: "authorize", ..Wish::of(grant, &ask.query) };
        let user = self.user_of(ask, &wish)?;
        match self.forbid(ask, &wish, &user) {
            Some(refusal) => Err(refusal),
            None => Ok(user),
        }
    }

    fn redirect_with_code(&mut self, ask: &Ask, grant: Grant, session_key: Option<SessionKey>) -> Answer {
        let query = |name: &str| ask.query.get(name).unwrap_or_default();
        let code = format!("0.A{}", self.generator.text(120, TOKEN_ALPHABET));
        let redirect_uri = query("redirect_uri").to_owned();
        let fields = [("code", code.as_str()), ("state", query("state"))];
        let answer = delivered(&ask.query, Answer::ok(Value::Null), &fields);
        let expires_at = ask.now_ms + ask.knobs.authorization_code_lives_s * 1000;
        let resource = ask.query.resource();
        let challenge = Challenge::of(&ask.query).unwrap_or_default();
        let entry = AuthorizationCode {
            grant,
            redirect_uri,
            resource,
            challenge,
            nonce: ask.query.get("nonce").map(str::to_owned),
            session_key,
            expires_at,
            used: false,
        };
        self.authorization_codes.keep(&code, entry, expires_at + REMEMBERED_MS, ask.now_ms);
        answer
    }

    /// What is wrong with the request itself.
    fn request_refusal(&self, ask: &Ask) -> Option<Answer> {
        let refuse = |code, text: &str| Some(ask.error(code, "invalid_request", text));
        if let Err(refusal) = self.tenant_of_path(ask) {
            return Some(refusal);
        }
        let (Some(client), Some(redirect_uri)) = (ask.query.get("client_id"), ask.query.get("redirect_uri"))
        else {
            return refuse(900_144, "The request must contain 'client_id' and 'redirect_uri'.");
        };
        if !clients::is_registered(client, redirect_uri) {
            return refuse(50_011, "The redirect URI does not match those of the application.");
        }
        if ask.query.get("response_type") != Some("code") {
            return refuse(700_054, "The response_type is not enabled for the application.");
        }
        Challenge::of(&ask.query).err().and_then(|(code, text)| refuse(code, text))
    }

    /// The PRT that the request brings; the rule that a credential broke, where it brings none that is valid.
    fn sso(&self, ask: &Ask) -> Result<Prt, String> {
        let sent = credential(&ask.headers, "x-ms-refreshtokencredential");
        let device = credential(&ask.headers, "x-ms-devicecredential");
        let Some(sent) = sent else {
            return Err(device.map_or("none", |sent| self.device_only(ask, &sent)).to_owned());
        };
        let signed = Signed::read(&sent).ok_or("unreadable")?;
        self.proved(ask, &signed).map_err(|refusal| refusal.rule.unwrap_or_default())
    }

    /// A device credential alone signs nobody in.
    fn device_only(&self, ask: &Ask, sent: &str) -> &'static str {
        let signed = Signed::read(sent).filter(|signed| signed.signer() == Some(Signer::Device));
        let known = signed.is_some_and(|signed| self.device_that_signed(ask, &signed).is_ok());
        if known { "device only" } else { "unknown device" }
    }

    /// The device of a device credential that is valid.
    fn credential_device(&self, ask: &Ask) -> Option<Uuid> {
        let signed = Signed::read(&credential(&ask.headers, "x-ms-devicecredential")?)?;
        let (device, _) = self.device_that_signed(ask, &signed).ok()?;
        let good = self.fresh(ask, &signed).is_ok() && self.refused_device(ask, device.id).is_none();
        good.then_some(device.id)
    }

    /// Credentials were ignored: the person signs in, unless that is ruled out.
    fn person(&mut self, ask: &Ask, ignored: &str) -> Answer {
        let answer = if ask.query.get("prompt") == Some("none") {
            let text = "Session information is not sufficient for single sign-on.";
            told_to_client(ask, ask.error(50_058, "login_required", text))
        } else {
            self.begin_sign_in(ask, self.credential_device(ask), None, Stage::Password)
        };
        answer.fact("ignored", ignored)
    }

    /// A refusal where the knob wants it.
    fn shown(&self, ask: &Ask, refusal: Answer) -> Answer {
        if ask.knobs.authorize_refusal == AuthorizeRefusal::Page {
            return self.error_page(ask, &refusal);
        }
        told_to_client(ask, refusal)
    }

    /// Values may have come without escapes; what was asked at `authorize` is what the token is for
    /// (entra.md 2.4).
    pub(crate) fn redeem_authorization_code(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        if let Err(refusal) = self.tenant_of_path(ask) {
            return refusal;
        }
        let secret = form.get("code").unwrap_or_default();
        let Some(code) = self.authorization_codes.get(secret).cloned() else {
            return ask.deny(70_008, "The authorization code is not known.");
        };
        if code.used {
            return ask.deny(54_005, "OAuth2 authorization code was already redeemed.");
        }
        if code.expires_at <= ask.now_ms {
            return ask.deny(70_008, "The authorization code has expired.");
        }
        if form.get("client_id") != Some(code.grant.client.as_str()) || !self.is_at(ask, code.grant.tenant) {
            return ask.deny(70_000, "The authorization code was issued to another client or tenant.");
        }
        if form.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return ask.deny(OTHER_REDIRECT_URI, "The redirect URI is not that of the first step.");
        }
        let verifier = form.get("code_verifier").unwrap_or_default();
        if code.challenge.is_some_and(|challenge| !challenge.is_met_by(verifier)) {
            let text = "The code_verifier does not match the code_challenge of the authorization request.";
            return ask.deny(OTHER_VERIFIER, text);
        }
        let resource = code.resource.or_else(|| form.resource());
        let resource = resource.as_deref().unwrap_or(clients::DEFAULT_RESOURCE);
        let nonce = code.nonce.as_deref();
        let wish = Wish { resource, means: "authorization_code", nonce, ..Wish::of(&code.grant, &form) };
        let answer = self.redeem(ask, &wish);
        if answer.status != 200 {
            return answer;
        }
        if let Some(code) = self.authorization_codes.get_mut(secret) {
            code.used = true;
        }
        // The holder of the PRT may ask for the reply under its session key (entra.md 7.6).
        match code.session_key.filter(|_| form.get("windows_api_version").is_some()) {
            Some(key) => self.sealed(answer, &key),
            None => answer,
        }
    }
}

/// A refusal that goes to the client with its redirect URI.
fn told_to_client(ask: &Ask, refusal: Answer) -> Answer {
    let member = |name: &str| refusal.member(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (error, text) = (member("error"), member("error_description"));
    let state = ask.query.get("state").unwrap_or_default();
    let fields = [("error", error.as_str()), ("error_description", &text), ("state", state)];
    delivered(&ask.query, refusal, &fields)
}

/// How long an expired code is told from one that never was.
pub(crate) const REMEMBERED_MS: i64 = 3_600_000;
/// [inferred]
const OTHER_REDIRECT_URI: u32 = 500_112;
/// RFC 7636 4.6; seen with a verifier that does not match, inferred for one that is missing.
const OTHER_VERIFIER: u32 = 501_481;
