//! A request finds its endpoint, and leaves a line in the transcript.

use crate::ask::{Ask, caller_facts, header_text};
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
        let ask = Ask { claims, licensed: caller.licensed, ..Ask::new(request, knobs.of(tenant), now_ms) };
        let throttled = throttle.map(|it| Answer::throttled(it.status, it.retry_after));
        let struck = throttled.or_else(|| self.struck(name, ask.knobs));
        let answer = struck.unwrap_or_else(|| self.dispatch(name, &ask));
        let mut facts = answer.facts.clone();
        facts.extend(caller_facts(&ask));
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

    fn dispatch(&mut self, name: &str, ask: &Ask<'_>) -> Answer {
        let judged = match name {
            ENDPOINTS => endpoints(self, ask),
            ENROLL => enroll(self, ask),
            DETAILS => details(self, ask),
            POLICIES => policies(self, ask),
            STATUS => status(self, ask),
            DEVICE => device_view(self, ask),
            DEVICES => device_list(self, ask),
            RETIRE => retire(self, ask),
            ACTION => act(self, ask),
            TOKEN => renew_token(self, ask),
            BRANDS => brands(ask),
            TERMS => terms(ask),
            PORTAL_VERSIONS => Ok(listing(ask)),
            _ => Err(Answer::generic(404, "unknown path")),
        };
        judged.unwrap_or_else(|refusal| refusal).cased(ask.knobs.casing.get(name).copied())
    }
}
