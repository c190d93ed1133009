//! The second factor on the page (entra.md 2.4, step 4): `BeginAuth`, `EndAuth` and the form that finishes.

use crate::asking::Ask;
use crate::sign_in::{SignIn, Stage, WRONG_PAGE};
use crate::token::Grant;
use crate::world::Tenant;
use serde_json::{Map, Value, json};
use tenant_model::views::{ApproveError, PendingFactor};
use tenant_wire::answer::{Answer, stamp};
use tenant_wire::csr::member;
use tenant_wire::forms::Form;

/// A second factor that is due, for a person whose first one is proved.
#[derive(Debug, Clone)]
pub(crate) struct SecondFactor {
    grant: Grant,
    begun: Option<Begun>,
}

/// A method at work.
#[derive(Debug, Clone)]
struct Begun {
    method: String,
    /// The number that the person compares; 0 where there is nothing to compare.
    number: u64,
    polls: u32,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Waiting,
    Approved,
    Denied,
    WrongCode,
}

/// What a script of the page sends, in JSON or in headers.
#[derive(Debug, Default)]
struct Call {
    ctx: String,
    flow_token: String,
    method: String,
    code: Option<String>,
}

impl SecondFactor {
    pub(crate) fn of(grant: Grant) -> SecondFactor {
        SecondFactor { grant, begun: None }
    }

    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    fn verdict(&self) -> Option<Verdict> {
        self.begun.as_ref().map(|begun| begun.verdict)
    }
}

impl Begun {
    /// One look at whether the person has answered: a code is right or wrong, anything else waits, and is
    /// approved by itself on the second look where the stand-in does so.
    fn look(&mut self, code: Option<&str>, right: &str, auto_approve: bool) {
        self.polls += 1;
        if self.verdict == Verdict::Denied || self.verdict == Verdict::Approved {
            return;
        }
        self.verdict = match code {
            _ if !takes_code(&self.method) && auto_approve && self.polls >= 2 => Verdict::Approved,
            _ if !takes_code(&self.method) => Verdict::Waiting,
            Some(code) if code == right => Verdict::Approved,
            _ => Verdict::WrongCode,
        };
    }
}

impl Tenant {
    /// `POST urlBeginAuth`.
    pub(crate) fn begin_auth(&mut self, ask: &Ask) -> Answer {
        let call = Call::of(ask);
        let number = self.generator.word() % 90 + 10;
        let known = self.factor_of(ask, &call).is_some();
        let offered = ask.knobs.second_factors.contains(&call.method);
        if known && offered && call.method != "FidoKey" {
            self.begin_method(&call.ctx, &call.method, number);
        }
        self.reply(ask, &call)
    }

    fn begin_method(&mut self, ctx: &str, method: &str, number: u64) {
        if let Some(SignIn { stage: Stage::SecondFactor(factor), .. }) = self.sign_ins.get_mut(ctx) {
            let number = if method.ends_with("Notification") { number } else { 0 };
            let method = method.to_owned();
            factor.begun = Some(Begun { method, number, polls: 0, verdict: Verdict::Waiting });
        }
    }

    /// `POST urlEndAuth` with a code, or a poll by either verb.
    pub(crate) fn end_auth(&mut self, ask: &Ask) -> Answer {
        let call = Call::of(ask);
        if self.factor_of(ask, &call).is_some() {
            self.look(ask, &call.ctx, &call.method, call.code.as_deref());
        }
        self.reply(ask, &call)
    }

    fn look(&mut self, ask: &Ask, ctx: &str, method: &str, code: Option<&str>) {
        let auto = self.auto_approve;
        if let Some(SignIn { stage: Stage::SecondFactor(factor), .. }) = self.sign_ins.get_mut(ctx)
            && let Some(begun) = factor.begun.as_mut().filter(|it| method.is_empty() || it.method == method)
        {
            begun.look(code, &ask.knobs.second_factor_code, auto);
        }
    }

    /// `POST urlPost` of the page: the proof must have been given, or is in the form of a person without scripts.
    pub(crate) fn process_auth(&mut self, ask: &Ask) -> Answer {
        let form = Form::parse(&ask.body);
        let (ctx, sign_in) = match self.posted(ask, &form, "request") {
            Ok(posted) => posted,
            Err(refusal) => return refusal,
        };
        let asked = self.resumed(ask, &sign_in, "");
        if let Some(code) = form.get("otc") {
            let method = form.get("mfaAuthMethod").unwrap_or_default();
            self.without_script(&asked, ctx, method, code);
        }
        let factor = match self.sign_ins.get(ctx).map(|it| it.stage.clone()) {
            Some(Stage::SecondFactor(factor)) => factor,
            _ => return self.sign_in_page(&asked, ctx, None),
        };
        match factor.verdict() {
            Some(Verdict::Approved) => self.go_on(&asked, ctx, factor.grant.with_second_factor(&asked)),
            Some(Verdict::Waiting) if form.get("otc").is_some() => self.sign_in_page(&asked, ctx, None),
            _ => {
                let refusal = asked.deny(NOT_PROVED, "Authentication failed during strong authentication.");
                self.sign_in_page(&asked, ctx, Some(&refusal))
            }
        }
    }

    /// Begins the method where it is not at work yet, and looks once.
    fn without_script(&mut self, asked: &Ask, ctx: &str, method: &str, code: &str) {
        let number = self.generator.word() % 90 + 10;
        let offered = asked.knobs.second_factors.iter().any(|it| it == method);
        let at_work = match self.sign_ins.get(ctx).map(|it| &it.stage) {
            Some(Stage::SecondFactor(factor)) => {
                factor.begun.as_ref().is_some_and(|begun| begun.method == method)
            }
            _ => false,
        };
        if offered && !at_work {
            self.begin_method(ctx, method, number);
        }
        self.look(asked, ctx, method, Some(code));
    }

    fn factor_of(&self, ask: &Ask, call: &Call) -> Option<&SecondFactor> {
        let sign_in = self.sign_in_at(ask, &call.ctx, Some(&call.flow_token))?;
        // Clients send it or not, under either name; a wrong one is refused [inferred].
        let canary = ask.headers.get("canary").and_then(|value| value.to_str().ok());
        let same = canary.is_none_or(|canary| canary == sign_in.canary);
        if let (Stage::SecondFactor(factor), true) = (&sign_in.stage, same) { Some(factor) } else { None }
    }

    /// Where the second factor stands.
    fn reply(&self, ask: &Ask, call: &Call) -> Answer {
        let factor = self.factor_of(ask, call);
        let begun = factor.and_then(|factor| factor.begun.as_ref());
        let begun = begun.filter(|begun| call.method.is_empty() || begun.method == call.method);
        let beginning = begun.is_some_and(|begun| begun.polls == 0);
        let (success, retry, value) = match begun.map(|begun| begun.verdict) {
            Some(_) if beginning => (true, false, "Success"),
            Some(Verdict::Approved) => (true, false, "Success"),
            Some(Verdict::Waiting) => (false, true, "AuthenticationPending"),
            Some(Verdict::WrongCode) => (false, false, "OathCodeIncorrect"),
            Some(Verdict::Denied) => (false, false, "PhoneAppDenied"),
            None => (false, false, "InvalidSession"),
        };
        let code = match (success || retry, factor) {
            (true, _) => 0,
            (false, Some(_)) => NOT_PROVED,
            (false, None) => WRONG_PAGE,
        };
        let mut answer = Answer::ok(json!({
            "Success": success, "ResultValue": value, "Message": null, "AuthMethodId": call.method,
            "ErrCode": code, "Retry": retry, "FlowToken": call.flow_token, "Ctx": call.ctx,
            "SessionId": self.sign_ins.get(&call.ctx).map(|it| &it.session),
            "CorrelationId": ask.ids.request, "Timestamp": stamp(ask.now),
            "Entropy": begun.map_or(0, |begun| begun.number),
        }));
        answer.rule = (code != 0).then(|| format!("AADSTS{code}"));
        answer.fact("method", &call.method)
    }

    /// The second factors that wait for their person, at this moment (milliseconds since 1970).
    pub fn pending_factors(&self, now_ms: i64) -> Vec<PendingFactor> {
        let view = |sign_in: &SignIn| {
            let Stage::SecondFactor(factor) = &sign_in.stage else { return None };
            let begun = factor.begun.as_ref().filter(|it| it.verdict == Verdict::Waiting)?;
            let users = &self.directories.get(factor.grant.tenant)?.users;
            Some(PendingFactor {
                upn: users.get(&factor.grant.user)?.upn.clone(),
                tenant: factor.grant.tenant.to_string(),
                method: begun.method.clone(),
                number: begun.number,
                expires_at: sign_in.expires_at,
            })
        };
        let alive = self.sign_ins.values().filter(|it| it.expires_at > now_ms);
        alive.filter_map(view).collect()
    }

    /// The person approves on their phone every second factor of theirs that waits.
    ///
    /// # Errors
    /// [`ApproveError`] where there is no such user, or nothing waits for them.
    pub fn approve_factor(&mut self, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.settle_factors(upn, now_ms, Verdict::Approved)
    }

    /// The person denies every second factor of theirs that waits.
    ///
    /// # Errors
    /// As [`Tenant::approve_factor`].
    pub fn deny_factor(&mut self, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.settle_factors(upn, now_ms, Verdict::Denied)
    }

    fn settle_factors(&mut self, upn: &str, now_ms: i64, verdict: Verdict) -> Result<(), ApproveError> {
        let user = self.directories.user_named(upn).map(|(_, user)| user.oid);
        let user = user.ok_or_else(|| ApproveError::Unknown(upn.to_owned()))?;
        let mut settled = 0;
        for sign_in in self.sign_ins.values_mut().filter(|it| it.expires_at > now_ms) {
            if let Stage::SecondFactor(SecondFactor { grant, begun: Some(begun) }) = &mut sign_in.stage
                && grant.user == user
                && begun.verdict == Verdict::Waiting
                && !takes_code(&begun.method)
            {
                begun.verdict = verdict;
                settled += 1;
            }
        }
        if settled > 0 {
            return Ok(());
        }
        Err(ApproveError::Refused(format!("no second factor of '{upn}' waits")))
    }
}

impl Call {
    fn of(ask: &Ask) -> Call {
        let body: Map<String, Value> = serde_json::from_slice(&ask.body).unwrap_or_default();
        let text = |name: &str| member(&body, name).and_then(Value::as_str).map(str::to_owned);
        let header = |name: &str| Some(ask.headers.get(name)?.to_str().ok()?.to_owned());
        let query = |name: &str| ask.query.get(name).map(str::to_owned);
        Call {
            ctx: text("Ctx").or_else(|| header("x-ms-ctx")).unwrap_or_default(),
            flow_token: text("FlowToken").or_else(|| header("x-ms-flowtoken")).unwrap_or_default(),
            method: text("AuthMethodId").or_else(|| query("authMethodId")).unwrap_or_default(),
            code: text("AdditionalAuthData"),
        }
    }
}

fn takes_code(method: &str) -> bool {
    ["PhoneAppOTP", "OneWaySMS", "ConsolidatedTelephony", "AccessPass"].contains(&method)
}

const NOT_PROVED: u32 = 500_121;
