//! Who may have which token: pre-authorisation and the rules a tenant can set.

use crate::asking::Ask;
use crate::demand;
use crate::token::Grant;
use crate::world::Tenant;
use serde_json::json;
use tenant_model::directory::User;
use tenant_model::knobs::{DeviceCodeBlock, Knobs};
use tenant_wire::answer::Answer;
use tenant_wire::clients::{self, ENROLMENT, GRAPH, canonical};
use uuid::Uuid;

/// What a token is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    pub(crate) grant: &'a Grant,
    /// As spelled by the client.
    pub(crate) resource: &'a str,
    /// The grant as the refusals of the knobs name it ([`crate::Refuse`]).
    pub(crate) means: &'static str,
    /// `scope` as asked, for the reply.
    pub(crate) scope: Option<&'a str>,
    /// Whether the reply names the account's home.
    pub(crate) client_info: bool,
    /// What the id_token repeats (entra.md 2.10, rule 4).
    pub(crate) nonce: Option<&'a str>,
}

impl Tenant {
    /// Why this wish is not granted, if it is not.
    pub(crate) fn forbid(&self, ask: &Ask, wish: &Wish<'_>, user: &User) -> Option<Answer> {
        let (grant, resource) = (wish.grant, wish.resource);
        self.refused_by_list(ask, &grant.client, resource, wish.means)
            .or_else(|| self.refused_user(ask, user))
            .or_else(|| self.refused_device(ask, grant.device?))
            .or_else(|| self.not_authorised(ask, &grant.client, resource))
            .or_else(|| self.refused_by_rule(ask, grant, resource))
    }

    /// Why this grant does not become a PRT, if it does not; a PRT is for no resource.
    pub(crate) fn forbid_prt(
        &self,
        ask: &Ask,
        grant: &Grant,
        means: &'static str,
        user: &User,
    ) -> Option<Answer> {
        let rules = ask.knobs.conditional_access_on_prt;
        self.refused_by_list(ask, &grant.client, NO_RESOURCE, means)
            .or_else(|| self.refused_user(ask, user))
            .or_else(|| self.refused_device(ask, grant.device?))
            .or_else(|| if rules { self.refused_by_rule(ask, grant, NO_RESOURCE) } else { None })
    }

    pub(crate) fn refused_by_list(
        &self,
        ask: &Ask,
        client: &str,
        resource: &str,
        means: &str,
    ) -> Option<Answer> {
        let same = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| canonical(wanted).eq_ignore_ascii_case(canonical(found)))
        };
        let endpoint = ask.path.last().map(String::as_str).unwrap_or_default();
        let hit = ask.knobs.refuse.iter().find(|line| {
            same(&line.client, client)
                && same(&line.resource, resource)
                && same(&line.grant, means)
                && same(&line.endpoint, endpoint)
        })?;
        let mut answer = ask.refuse(hit.code);
        answer.status = hit.status.unwrap_or(answer.status);
        let error = hit.error.iter().map(|error| ("error".to_owned(), json!(error)));
        error.chain(hit.body.clone()).for_each(|(name, value)| answer.set(&name, value));
        Some(answer)
    }

    pub(crate) fn refused_user(&self, ask: &Ask, user: &User) -> Option<Answer> {
        let refused = ask.knobs.user_refusals.get(&user.upn);
        refused.copied().or((!user.enabled).then_some(50_057)).map(|code| ask.refuse(code))
    }

    /// What a token of this client for this resource permits (entra.md 0.5), if it may have one.
    pub(crate) fn scopes(&self, ask: &Ask, client: &str, resource: &str) -> Option<String> {
        let resource = if self.is_graph(resource) { GRAPH } else { canonical(resource) };
        let own = clients::scopes(client, resource)?;
        let extra = ask.knobs.extra_graph_scopes.iter().filter(|_| resource == GRAPH);
        Some(std::iter::once(own).chain(extra.map(String::as_str)).collect::<Vec<_>>().join(" "))
    }

    fn not_authorised(&self, ask: &Ask, client: &str, resource: &str) -> Option<Answer> {
        if !ask.knobs.unlisted_clients && !clients::is_listed(client) {
            let text = "The application was not found in the directory.";
            return Some(ask.error(700_016, "unauthorized_client", text));
        }
        if self.scopes(ask, client, resource).is_some() {
            return None;
        }
        let text = format!(
            "Consent between first party application '{client}' and first party resource '{resource}' must be configured via preauthorization."
        );
        Some(ask.deny(65_002, &text))
    }

    fn refused_by_rule(&self, ask: &Ask, grant: &Grant, resource: &str) -> Option<Answer> {
        let knobs = &ask.knobs;
        if knobs.unknown_platform_blocked && !ask.user_agent.contains("Linux") {
            return Some(ask.refuse(53_003));
        }
        if grant.from_device_code
            && let Some(code) = blocked_code(knobs, resource)
        {
            return Some(ask.refuse(code));
        }
        if knobs.compliant_device_required && !self.meets_compliance(ask, grant.device, resource) {
            return Some(ask.refuse(53_000));
        }
        demand::is_second_factor_due(ask, resource, grant).then(|| ask.refuse(50_076))
    }

    /// intune.md 1.1: Learn says that enrolment is excluded from this rule; registration is not here.
    fn meets_compliance(&self, ask: &Ask, device: Option<Uuid>, resource: &str) -> bool {
        let excluded = ask.knobs.enrolment_excluded && canonical(resource) == ENROLMENT;
        let device = device.and_then(|id| self.devices.get(id));
        excluded || device.is_some_and(|device| device.compliant)
    }
}

/// The number with which a grant that came by device code is refused for this resource (entra.md 2.3).
fn blocked_code(knobs: &Knobs, resource: &str) -> Option<u32> {
    let excluded = || knobs.device_code_excluded.iter().any(|it| canonical(it) == canonical(resource));
    match knobs.device_code_blocked {
        DeviceCodeBlock::TokenEndpoint => Some(53_003),
        DeviceCodeBlock::ProtocolTracking if !excluded() => Some(530_036),
        _ => None,
    }
}

const NO_RESOURCE: &str = "";
