//! A person signs in on the page (entra.md 2.4): password, second factor where one is due, then the code.

use crate::asking::Ask;
use crate::codes::TOKEN_ALPHABET;
use crate::demand::{self, Demand};
use crate::second_factor::SecondFactor;
use crate::token::Grant;
use crate::world::Tenant;
use bytes::Bytes;
use serde_json::Value;
use tenant_wire::answer::{Answer, Body};
use tenant_wire::forms::Form;
use tenant_wire::page::{self, Place};
use tenant_wire::session::SessionKey;
use uuid::Uuid;

/// A sign-in between `authorize` and its code, found by the `ctx` of its pages.
#[derive(Clone)]
pub(crate) struct SignIn {
    /// Of the request that began it.
    path: Vec<String>,
    query: Form,
    /// The one of all its pages; whether the real one changes on the way does not matter to clients [inferred].
    pub(crate) flow_token: String,
    pub(crate) canary: String,
    pub(crate) session: String,
    /// The device that the first request proved.
    device: Option<Uuid>,
    /// Of the PRT that the first request brought.
    session_key: Option<SessionKey>,
    /// As the person wrote it last.
    name: String,
    pub(crate) stage: Stage,
    /// Milliseconds since 1970.
    pub(crate) expires_at: i64,
}

/// What a sign-in waits for.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Password,
    SecondFactor(SecondFactor),
    KeepSignedIn(Grant),
}

impl Tenant {
    /// Begins a sign-in and shows its first page.
    pub(crate) fn begin_sign_in(
        &mut self,
        ask: &Ask,
        device: Option<Uuid>,
        session_key: Option<SessionKey>,
        stage: Stage,
    ) -> Answer {
        let mut text = |length| self.generator.text(length, TOKEN_ALPHABET);
        let (ctx, flow_token, canary) = (text(80), text(120), text(40));
        let expires_at = ask.now_ms + ask.knobs.sign_in_lives_s * 1000;
        let sign_in = SignIn {
            path: ask.path.clone(),
            query: ask.query.clone(),
            flow_token,
            canary,
            session: ask.ids.request.clone(),
            device,
            session_key,
            name: ask.query.get("login_hint").unwrap_or_default().to_owned(),
            stage,
            expires_at,
        };
        self.sign_ins.keep(&ctx, sign_in, expires_at, ask.now_ms);
        self.sign_in_page(ask, &ctx, None)
    }

    /// `POST urlPost` of the first page.
    pub(crate) fn login(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let (Ok(answer) | Err(answer)) = self.with_password(ask, &form);
        answer.fact("user", form.get("login").unwrap_or_default())
    }

    fn with_password(&mut self, ask: &Ask, form: &Form) -> Result<Answer, Answer> {
        let (ctx, sign_in) = self.posted(ask, form, "ctx")?;
        let name = form.get("login").unwrap_or_default();
        let password = form.get("passwd").unwrap_or_default();
        let asked = self.resumed(ask, &sign_in, name);
        if let Some(sign_in) = self.sign_ins.get_mut(ctx) {
            name.clone_into(&mut sign_in.name);
        }
        // A person may give the name first and the password on the next page.
        if password.is_empty() {
            return Ok(self.sign_in_page(&asked, ctx, None));
        }
        let tenant = asked.tenant.unwrap_or_default();
        let user = self
            .check_password(&asked, tenant, name, password)
            .map_err(|refusal| self.sign_in_page(&asked, ctx, Some(&refusal)))?;
        if let Some(refusal) = self.refused_user(&asked, &user) {
            return Err(self.error_page(&asked, &refusal));
        }
        let device = sign_in.device.filter(|id| self.devices.get(*id).is_some_and(|it| it.tenant == tenant));
        let proof = device.map(|_| "rsa");
        let grant = Grant {
            tenant,
            user: user.oid,
            client: asked.query.get("client_id").unwrap_or_default().to_owned(),
            amr: std::iter::once("pwd").chain(proof).map(str::to_owned).collect(),
            mfa_at: None,
            from_device_code: false,
            device,
            signed_in_at: asked.now_ms,
        };
        Ok(self.go_on(&asked, ctx, grant))
    }

    /// The next page of a sign-in whose person is known, or its end.
    pub(crate) fn go_on(&mut self, asked: &Ask, ctx: &str, grant: Grant) -> Answer {
        let due = !Demand::of(&asked.query).is_met(asked, &grant)
            || demand::is_second_factor_due(asked, &asked.query.resource().unwrap_or_default(), &grant);
        let next = match due {
            true => Stage::SecondFactor(SecondFactor::of(grant)),
            false if asked.knobs.keep_signed_in_page => Stage::KeepSignedIn(grant),
            false => return self.end_sign_in(asked, ctx, grant),
        };
        if let Some(sign_in) = self.sign_ins.get_mut(ctx) {
            sign_in.stage = next;
        }
        self.sign_in_page(asked, ctx, None)
    }

    /// `POST urlPost` of the page that asks whether to stay signed in; either answer will do.
    pub(crate) fn keep_signed_in(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let (ctx, sign_in) = match self.posted(ask, &form, "ctx") {
            Ok(posted) => posted,
            Err(refusal) => return refusal,
        };
        let asked = self.resumed(ask, &sign_in, "");
        match sign_in.stage {
            Stage::KeepSignedIn(grant) => self.end_sign_in(&asked, ctx, grant),
            _ => self.sign_in_page(&asked, ctx, None),
        }
    }

    fn end_sign_in(&mut self, asked: &Ask, ctx: &str, grant: Grant) -> Answer {
        let session_key = self.sign_ins.get(ctx).and_then(|sign_in| sign_in.session_key);
        self.sign_ins.forget(ctx);
        self.code_or_refusal(asked, grant, session_key)
    }

    /// The sign-in that a form belongs to; its `ctx` has another name on some pages.
    pub(crate) fn posted<'a>(
        &self,
        ask: &Ask,
        form: &'a Form,
        ctx: &str,
    ) -> Result<(&'a str, SignIn), Answer> {
        let ctx = form.get(ctx).unwrap_or_default();
        let sign_in = self.sign_in_at(ask, ctx, form.get("flowToken"));
        let sign_in = sign_in.filter(|it| form.get("canary") == Some(it.canary.as_str()));
        let text = "The request is not valid: its page is not known, or is too old.";
        let wrong = || self.error_page(ask, &ask.error(WRONG_PAGE, "invalid_request", text));
        Ok((ctx, sign_in.cloned().ok_or_else(wrong)?))
    }

    /// The sign-in of these two, unless it is over.
    pub(crate) fn sign_in_at(&self, ask: &Ask, ctx: &str, flow_token: Option<&str>) -> Option<&SignIn> {
        let sign_in = self.sign_ins.get(ctx).filter(|it| it.expires_at > ask.now_ms);
        sign_in.filter(|it| flow_token == Some(it.flow_token.as_str()))
    }

    /// The first request once more, as it would be judged now, about the tenant of its path or of a user's name.
    pub(crate) fn resumed(&self, ask: &Ask, sign_in: &SignIn, name: &str) -> Ask {
        let mut asked = ask.clone();
        asked.path.clone_from(&sign_in.path);
        asked.query = sign_in.query.clone();
        asked.body = Bytes::new();
        let known = match &sign_in.stage {
            Stage::SecondFactor(factor) => Some(factor.grant().tenant),
            Stage::KeepSignedIn(grant) => Some(grant.tenant),
            Stage::Password => None,
        };
        let named = || self.directories.named(asked.path.first()?).map(|directory| directory.id);
        asked.tenant =
            named().or_else(|| self.directories.user_named(name).map(|(tenant, _)| tenant)).or(known);
        asked.knobs = self.rules.of(asked.tenant);
        asked
    }

    /// The page where a sign-in stands, with what went wrong on it.
    pub(crate) fn sign_in_page(&mut self, ask: &Ask, ctx: &str, fault: Option<&Answer>) -> Answer {
        let Some(sign_in) = self.sign_ins.get(ctx).cloned() else {
            return self.error_page(ask, &ask.error(WRONG_PAGE, "invalid_request", "The sign-in is over."));
        };
        let place = Place {
            login: &ask.hosts.login,
            tenant: sign_in.path.first().map_or("common", String::as_str),
            session: &sign_in.session,
            canary: &sign_in.canary,
            flow_token: &sign_in.flow_token,
            ctx,
            fault: fault.map(told),
        };
        let (html, name) = match &sign_in.stage {
            Stage::Password => (page::sign_in(&place, &self.new_nonce(ask), &sign_in.name), "sign-in page"),
            Stage::SecondFactor(_) => {
                let interval_ms = self.poll_interval.saturating_mul(1000);
                let html = page::second_factor(&place, &ask.knobs.second_factors, interval_ms);
                (html, "second-factor page")
            }
            Stage::KeepSignedIn(_) => (page::keep_signed_in(&place), "keep-signed-in page"),
        };
        let mut answer = Answer::with(200, Body::Html(html));
        answer.rule = fault.and_then(|fault| fault.rule.clone()).or_else(|| Some(name.to_owned()));
        answer
    }

    /// A page that ends the sign-in; its kind is the one that clients know for the number [inferred].
    pub(crate) fn error_page(&self, ask: &Ask, refusal: &Answer) -> Answer {
        let (code, text) = told(refusal);
        let kind = match code {
            50_055 | 50_056 | 50_144 => "ConvergedChangePassword",
            50_072 | 50_079 | 50_203 => "ConvergedProofUpRedirect",
            65_001 => "ConvergedConsent",
            _ => "ConvergedError",
        };
        let place = Place {
            login: &ask.hosts.login,
            tenant: "common",
            session: &ask.ids.request,
            canary: "canary",
            flow_token: "flow",
            ctx: "context",
            fault: Some((code, text)),
        };
        let mut answer = Answer::with(200, Body::Html(page::end(&place, kind)));
        answer.rule.clone_from(&refusal.rule);
        answer
    }
}

/// AADSTS number and text of a refusal.
fn told(refusal: &Answer) -> (u64, &str) {
    let code = refusal.member("error_codes").and_then(|codes| codes[0].as_u64()).unwrap_or_default();
    (code, refusal.member("error_description").and_then(Value::as_str).unwrap_or_default())
}

/// [inferred]
pub(crate) const WRONG_PAGE: u32 = 165_900;
