//! One request as the handlers see it: whose it is, and what is in force for it.

use crate::world::Tenant;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use serde_json::json;
use std::sync::Arc;
use tenant_model::knobs::Knobs;
use tenant_model::setup::Peer;
use tenant_wire::answer::{Answer, Ids};
use tenant_wire::cloud::{self, Hosts};
use tenant_wire::forms::Form;
use tenant_wire::request::Signed;
use tenant_wire::routes::segments;
use time::OffsetDateTime;
use uuid::Uuid;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The time at the service, which a knob can move.
    pub(crate) now: OffsetDateTime,
    pub(crate) now_ms: i64,
    pub(crate) ids: Ids,
    pub(crate) method: Method,
    pub(crate) user_agent: String,
    pub(crate) bearer: Option<String>,
    pub(crate) peer: Peer,
    /// Path in lower case, split at `/`.
    pub(crate) path: Vec<String>,
    pub(crate) query: Form,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The tenant it is about, as far as that can be known before it is judged.
    pub(crate) tenant: Option<Uuid>,
    /// What is in force for that tenant.
    pub(crate) knobs: Arc<Knobs>,
    /// The hosts that documents for that tenant name.
    pub(crate) hosts: Hosts,
}

impl Ask {
    /// Whether the path is that of version 2, where numbers are numbers.
    pub(crate) fn is_v2(&self) -> bool {
        self.path.iter().any(|word| word == "v2.0")
    }

    /// The error object of entra.md 2.8.
    pub(crate) fn error(&self, code: u32, error: &str, text: &str) -> Answer {
        self.named(code, self.ids.error(self.now, code, error, text))
    }

    /// The error `invalid_grant`, which most refusals are.
    pub(crate) fn deny(&self, code: u32, text: &str) -> Answer {
        self.error(code, "invalid_grant", text)
    }

    /// The refusal with this number, with all that goes with it.
    pub(crate) fn refuse(&self, code: u32) -> Answer {
        self.named(code, self.ids.refuse(self.now, code))
    }

    /// The refusal with the `error` that a knob gives its number.
    fn named(&self, code: u32, mut answer: Answer) -> Answer {
        if let Some(error) = self.knobs.error_strings.get(&code.to_string()) {
            answer.set("error", json!(error));
        }
        answer
    }

    /// Whether the path leaves the tenant open.
    pub(crate) fn is_for_any_tenant(&self) -> bool {
        self.path.first().is_some_and(|word| word == "common" || word == "organizations")
    }
}

impl Tenant {
    pub(crate) fn ask(&mut self, request: Request<Bytes>, peer: &Peer, now_ms: i64) -> Ask {
        let text = |name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let bearer = text(header::AUTHORIZATION).and_then(|value| Some(value.split_once(' ')?.1.to_owned()));
        let correlation = request.headers().get("client-request-id").and_then(|value| value.to_str().ok());
        let mut ask = Ask {
            now: OffsetDateTime::UNIX_EPOCH,
            now_ms,
            ids: Ids { request: self.generator.guid(), correlation: correlation.map(str::to_owned) },
            method: request.method().clone(),
            user_agent: text(header::USER_AGENT).unwrap_or_default(),
            bearer,
            peer: peer.clone(),
            path: segments(request.uri().path()),
            query: Form::parse(request.uri().query().unwrap_or_default().as_bytes()),
            headers: request.headers().clone(),
            body: request.into_body(),
            tenant: None,
            knobs: self.rules.of(None),
            hosts: self.urls.hosts(cloud::of_host(&peer.host).unwrap_or_default()),
        };
        self.settle_whose(&mut ask);
        ask
    }

    /// Fills in what depends on the tenant.
    fn settle_whose(&self, ask: &mut Ask) {
        ask.tenant = self.whose(ask);
        ask.knobs = self.rules.of(ask.tenant);
        if let Some(directory) = ask.tenant.and_then(|id| self.directories.get(id)) {
            ask.hosts = self.urls.hosts(directory.cloud);
        }
        ask.now_ms = ask.now_ms.saturating_add(ask.knobs.clock_offset_s.saturating_mul(1000));
        let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ask.now_ms) * 1_000_000);
        ask.now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    }

    /// The tenant that a request names: in its path, else by what it brings.
    fn whose(&self, ask: &Ask) -> Option<Uuid> {
        let named = ask.path.first().and_then(|word| self.directories.named(word)).map(|it| it.id);
        let bearer = || self.tenant_of_token(ask.bearer.as_deref()?);
        let device = || {
            let thumbprint = tenant_wire::certificate::thumbprint(ask.peer.client_certificate.as_deref()?);
            self.devices.with_thumbprint(&thumbprint).map(|device| device.tenant)
        };
        let domain =
            || self.directories.named(&ask.query.get("domain")?.to_ascii_lowercase()).map(|it| it.id);
        named
            .or_else(|| self.of_form(&Form::parse(&ask.body)))
            .or_else(bearer)
            .or_else(device)
            .or_else(domain)
    }

    /// The tenant of what a form redeems, or of the user that it names.
    fn of_form(&self, form: &Form) -> Option<Uuid> {
        let secret = |name: &str| form.get(name).unwrap_or_default();
        let grant = self.grants.get(secret("refresh_token")).map(|grant| grant.tenant);
        let signed = || self.of_signed(&Signed::read(form.get("request")?)?);
        grant
            .or_else(signed)
            .or_else(|| self.codes.tenant_of(form.get("device_code").unwrap_or(secret("code"))))
            .or_else(|| Some(self.directories.user_named(form.get("username")?)?.0))
    }

    /// The tenant of what a signed request brings, or of the user that it names.
    fn of_signed(&self, signed: &Signed) -> Option<Uuid> {
        let token = signed.claim("refresh_token").unwrap_or_default();
        let grant = self.grants.get(token).map(|grant| grant.tenant);
        let prt = || self.prts.get(token).map(|prt| prt.grant.tenant);
        grant.or_else(prt).or_else(|| Some(self.directories.user_named(signed.claim("username")?)?.0))
    }
}
