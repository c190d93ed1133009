//! A request finds its endpoint, and leaves a line in the transcript.

use crate::endpoints::actions::{act, retire};
use crate::endpoints::details::details;
use crate::endpoints::devices::{device_list, device_view};
use crate::endpoints::endpoint_list::endpoints;
use crate::endpoints::enroll::enroll;
use crate::endpoints::policies::policies;
use crate::endpoints::portal::{brands, listing, terms};
use crate::endpoints::status::status;
use crate::endpoints::token::renew_token;
use crate::intune::Intune;
use crate::records::knobs::IntuneKnobs;
use crate::records::views::{Caller, Entry, Outcome};
use crate::request_context::{RequestContext, caller_facts, header_text};
use crate::routes::{
    self, ACTION, BRANDS, DETAILS, DEVICE, DEVICES, ENDPOINTS, ENROLL, POLICIES, PORTAL_VERSIONS, RETIRE,
    STATUS, TERMS, TOKEN,
};
use crate::rules::settling::note_verdicts;
use crate::wire::answer::Answer;
use bytes::Bytes;
use http::{Request, header};
use std::sync::Arc;

impl Intune {
    /// Judges one request; `now_ms` counts milliseconds since 1970.
    pub fn handle(&mut self, request: &Request<Bytes>, caller: Caller, now_ms: i64) -> Outcome {
        note_verdicts(self, now_ms);
        let name = routes::name(request).unwrap_or("unknown");
        let bearer =
            header_text(request, header::AUTHORIZATION).and_then(|value| Some(value.split_once(' ')?.1));
        let renewed = || self.renewed.claims(bearer?, now_ms).cloned();
        let claims = caller.claims.or_else(renewed);
        let tenant = claims.as_ref().and_then(|claims| claims["tid"].as_str()?.parse().ok());
        let throttle = Arc::make_mut(&mut self.knobs).take_throttle(tenant, name);
        // The knobs outlast the handler, which changes everything else.
        let knobs = Arc::clone(&self.knobs);
        let context = RequestContext {
            claims,
            licensed: caller.licensed,
            ..RequestContext::new(request, knobs.of(tenant), now_ms)
        };
        let throttled = throttle.map(|it| Answer::throttled(it.status, it.retry_after));
        let struck = throttled.or_else(|| self.struck(name, context.knobs));
        let answer = struck.unwrap_or_else(|| self.dispatch(name, &context));
        let mut facts = answer.facts.clone();
        facts.extend(caller_facts(&context));
        let entry = Entry {
            request: name.to_owned(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            status: answer.status,
            rule: answer.rule.clone(),
            facts,
        };
        let response = answer.response(&mut self.generator);
        Outcome { response, entry, changes: std::mem::take(&mut self.changes) }
    }

    /// intune.md 8.1, rule 12; what such a failure says is not known, so it gives no reason.
    fn struck(&mut self, name: &str, knobs: &IntuneKnobs) -> Option<Answer> {
        let chance = *knobs.faults.get(name).or_else(|| knobs.faults.get("*"))?;
        let drawn = self.generator.fraction();
        if drawn < chance.not_found {
            return Some(Answer::generic(404, "fault"));
        }
        (drawn < chance.not_found + chance.server_error).then(|| Answer::generic(500, "fault"))
    }

    fn dispatch(&mut self, name: &str, context: &RequestContext<'_>) -> Answer {
        let judged = match name {
            ENDPOINTS => endpoints(self, context),
            ENROLL => enroll(self, context),
            DETAILS => details(self, context),
            POLICIES => policies(self, context),
            STATUS => status(self, context),
            DEVICE => device_view(self, context),
            DEVICES => device_list(self, context),
            RETIRE => retire(self, context),
            ACTION => act(self, context),
            TOKEN => renew_token(self, context),
            BRANDS => brands(context),
            TERMS => terms(context),
            PORTAL_VERSIONS => Ok(listing(context)),
            _ => Err(Answer::generic(404, "unknown path")),
        };
        judged.unwrap_or_else(|refusal| refusal).cased(context.knobs.casing.get(name).copied())
    }
}
