//! Who may have which token: pre-authorisation and the rules a tenant can set.

use crate::answer::{Answer, aadsts};
use crate::directory::User;
use crate::knobs::DeviceCodeBlock;
use crate::world::{Ask, Tenant};
use serde_json::{Value, json};

/// What a token is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    pub(crate) client: &'a str,
    /// As spelled by the client.
    pub(crate) resource: &'a str,
    /// `device_code`, `refresh_token` or `password`.
    pub(crate) grant: &'a str,
    pub(crate) user: &'a User,
    pub(crate) amr: &'a [String],
    /// Whether the grant goes back to a device code.
    pub(crate) from_device_code: bool,
}

/// A resource in the form the rules use, whatever the client's spelling.
pub(crate) fn canonical(resource: &str) -> &str {
    let bare = resource.trim_end_matches('/');
    if bare == REGISTRATION || bare.starts_with("urn:ms-drs:") { REGISTRATION } else { bare }
}

impl Tenant {
    /// Why this wish is not granted, if it is not.
    pub(crate) fn forbid(&self, ask: &Ask, wish: &Wish<'_>) -> Option<Answer> {
        self.refused_by_list(ask, wish.client, wish.resource, wish.grant)
            .or_else(|| self.refused_user(ask, wish.user))
            .or_else(|| self.not_authorised(ask, wish))
            .or_else(|| self.refused_by_rule(ask, wish))
    }

    pub(crate) fn refused_by_list(
        &self,
        ask: &Ask,
        client: &str,
        resource: &str,
        grant: &str,
    ) -> Option<Answer> {
        let same = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| canonical(wanted).eq_ignore_ascii_case(canonical(found)))
        };
        let hit = self.knobs.refuse.iter().find(|line| {
            same(&line.client, client) && same(&line.resource, resource) && same(&line.grant, grant)
        })?;
        Some(aadsts(hit.code, &hit.error, "Refused by a knob.", ask.now, &ask.ids))
    }

    fn refused_user(&self, ask: &Ask, user: &User) -> Option<Answer> {
        let refused = self.knobs.user_refusals.get(&user.upn);
        let code = refused.copied().or((!user.enabled).then_some(50_057))?;
        let text = if code == 50_057 { "The user account is disabled." } else { "Refused by a knob." };
        Some(aadsts(code, "invalid_grant", text, ask.now, &ask.ids))
    }

    /// entra.md 0.5: what each client is pre-authorised for.
    fn not_authorised(&self, ask: &Ask, wish: &Wish<'_>) -> Option<Answer> {
        let resource = canonical(wish.resource);
        let graph = self.is_graph(resource);
        let allowed = match wish.client {
            BROKER => resource == REGISTRATION || graph || BROKER_RESOURCES.contains(&resource),
            REGISTRATION_CLIENT | COMPANY_PORTAL => resource == REGISTRATION || graph,
            LINUX_BROKER => graph || LINUX_BROKER_RESOURCES.contains(&resource),
            _ => graph,
        };
        if allowed {
            return None;
        }
        let text = format!(
            "Consent between first party application '{}' and first party resource '{resource}' must be configured via preauthorization.",
            wish.client
        );
        Some(aadsts(65_002, "invalid_grant", &text, ask.now, &ask.ids))
    }

    fn refused_by_rule(&self, ask: &Ask, wish: &Wish<'_>) -> Option<Answer> {
        let knobs = &self.knobs;
        let registration = canonical(wish.resource) == REGISTRATION;
        let fresh = wish.amr.iter().any(|method| method == "mfa" || method == "ngcmfa");
        if knobs.unknown_platform_blocked && !ask.user_agent.contains("Linux") {
            return Some(refused(ask, 53_003, "Access has been blocked by Conditional Access policies."));
        }
        if wish.from_device_code && knobs.device_code_blocked == DeviceCodeBlock::TokenEndpoint {
            return Some(refused(ask, 53_003, "Access has been blocked by Conditional Access policies."));
        }
        if wish.from_device_code
            && knobs.device_code_blocked == DeviceCodeBlock::ProtocolTracking
            && !registration
        {
            return Some(refused(ask, 530_036, "Device code flow is blocked by protocol tracking."));
        }
        if knobs.compliant_device_required {
            return Some(refused(ask, 53_000, "Device is not in required device state: compliant."));
        }
        let needed = knobs.mfa_required_sign_in || (knobs.mfa_required_registration && registration);
        if needed && !fresh {
            let mut answer = refused(
                ask,
                50_076,
                "Due to a configuration change made by your administrator, you must use multi-factor authentication.",
            );
            if let Value::Object(body) = &mut answer.body {
                body.insert(
                    "claims".into(),
                    json!(r#"{"access_token":{"amr":{"values":["ngcmfa","mfa"]}}}"#),
                );
                body.insert("suberror".into(), json!("basic_action"));
            }
            return Some(answer);
        }
        None
    }
}

fn refused(ask: &Ask, code: u32, text: &str) -> Answer {
    aadsts(code, "invalid_grant", text, ask.now, &ask.ids)
}

/// entra.md 0.3.
pub(crate) const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";
const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const REGISTRATION_CLIENT: &str = "dd762716-544d-4aeb-a526-687b73838a22";
const COMPANY_PORTAL: &str = "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223";
const LINUX_BROKER: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";
const BROKER_RESOURCES: [&str; 5] = [
    "d4ebce55-015a-49b5-a083-c84d1797ae8c",
    "b8066b99-6e67-41be-abfa-75db1a2c8809",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "0000000a-0000-0000-c000-000000000000",
];
const LINUX_BROKER_RESOURCES: [&str; 3] = [
    "0000000a-0000-0000-c000-000000000000",
    "d4ebce55-015a-49b5-a083-c84d1797ae8c",
    "b8066b99-6e67-41be-abfa-75db1a2c8809",
];
