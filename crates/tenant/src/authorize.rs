//! `authorize` with a PRT (entra.md 7.6, 7.7), and the redemption of its codes.

use crate::answer::{Answer, Body};
use crate::asking::Ask;
use crate::clients;
use crate::codes::TOKEN_ALPHABET;
use crate::directory::User;
use crate::forms::Form;
use crate::knobs::AuthorizeRefusal;
use crate::page;
use crate::policy::Wish;
use crate::prt::Prt;
use crate::request::{Signed, Signer};
use crate::token::Grant;
use crate::world::Tenant;
use http::header::{COOKIE, HeaderMap};
use serde_json::Value;

/// An authorization code that may be redeemed once.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationCode {
    grant: Grant,
    redirect_uri: String,
    resource: Option<String>,
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
        let prt = self.sso(ask).map_err(|ignored| self.sign_in_page(ask, &ignored))?;
        let client = ask.query.get("client_id").unwrap_or_default().to_owned();
        let grant = Grant { client, ..prt.grant };
        let device = grant.device.map(|id| id.to_string()).unwrap_or_default();
        let answer = match self.may_have_code(ask, &grant) {
            Ok(user) => self.redirect_with_code(ask, grant).fact("user", user.upn),
            Err(refusal) => self.shown(ask, refusal),
        };
        Ok(answer.fact("device", device))
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

    fn redirect_with_code(&mut self, ask: &Ask, grant: Grant) -> Answer {
        let query = |name: &str| ask.query.get(name).unwrap_or_default();
        let code = format!("0.A{}", self.generator.text(120, TOKEN_ALPHABET));
        let redirect_uri = query("redirect_uri").to_owned();
        let location = with_query(&redirect_uri, &[("code", &code), ("state", query("state"))]);
        let expires_at = ask.now_ms + CODE_LIFE_MS;
        let resource = ask.query.resource();
        let entry = AuthorizationCode { grant, redirect_uri, resource, expires_at, used: false };
        self.authorization_codes.keep(&code, entry, expires_at + REMEMBERED_MS, ask.now_ms);
        redirect(Answer::ok(Value::Null), &location)
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
        None
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

    /// The sign-in page, which nobody here can fill in: credentials were ignored, and a new nonce is offered.
    fn sign_in_page(&mut self, ask: &Ask, ignored: &str) -> Answer {
        let nonce = self.new_nonce(ask);
        let html = page::sign_in(&ask.hosts.login, &ask.ids.request, &nonce);
        let mut answer = Answer::with(200, Body::Html(html)).fact("ignored", ignored);
        answer.rule = Some("sign-in page".to_owned());
        answer
    }

    fn error_page(&self, ask: &Ask, refusal: &Answer) -> Answer {
        let code = refusal.member("error_codes").and_then(|codes| codes[0].as_u64()).unwrap_or_default();
        let text = refusal.member("error_description").and_then(Value::as_str).unwrap_or_default();
        let html = page::error(&ask.hosts.login, code, text);
        let mut answer = Answer::with(200, Body::Html(html));
        answer.rule.clone_from(&refusal.rule);
        answer
    }

    /// A refusal where the knob wants it.
    fn shown(&self, ask: &Ask, refusal: Answer) -> Answer {
        if ask.knobs.authorize_refusal == AuthorizeRefusal::Page {
            return self.error_page(ask, &refusal);
        }
        let member = |name: &str| refusal.member(name).and_then(Value::as_str).unwrap_or_default();
        let query = |name: &str| ask.query.get(name).unwrap_or_default();
        let fields = [
            ("error", member("error")),
            ("error_description", member("error_description")),
            ("state", query("state")),
        ];
        let location = with_query(query("redirect_uri"), &fields);
        redirect(refusal, &location)
    }

    /// Values may have come without escapes; what was asked at `authorize` is what the token is for (2.4).
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
        let resource = code.resource.or_else(|| form.resource());
        let resource = resource.as_deref().unwrap_or(clients::DEFAULT_RESOURCE);
        let wish = Wish { resource, means: "authorization_code", ..Wish::of(&code.grant, &form) };
        let answer = self.redeem(ask, &wish);
        if let Some(code) = self.authorization_codes.get_mut(secret) {
            code.used = answer.status == 200;
        }
        answer
    }
}

/// A credential in the header of this name or in the cookie of this name (7.7); names have no case.
fn credential(headers: &HeaderMap, name: &str) -> Option<String> {
    let header = headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    header.or_else(|| pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, it)| it.to_owned()))
}

/// Turns an answer into a redirect with both forms of the target: clients read either (11.4, rule 4).
fn redirect(answer: Answer, location: &str) -> Answer {
    let body = Body::Html(page::moved(location));
    Answer { status: 302, body, ..answer }.header("location", location)
}

fn with_query(uri: &str, fields: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    format!("{uri}{}{}", if uri.contains('?') { '&' } else { '?' }, query.finish())
}

/// How long an expired code is told from one that never was.
pub(crate) const REMEMBERED_MS: i64 = 3_600_000;
/// Ten minutes [inferred].
const CODE_LIFE_MS: i64 = 600_000;
/// [inferred]
const OTHER_REDIRECT_URI: u32 = 500_112;
