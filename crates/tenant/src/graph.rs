use crate::answer::Answer;
use crate::world::{Ask, Tenant};
use serde_json::json;
use uuid::Uuid;

impl Tenant {
    pub(crate) fn me(&self, ask: &Ask) -> Answer {
        let refusal = |status| {
            Answer::refusal(
                status,
                "graph token",
                json!({ "error": { "code": "InvalidAuthenticationToken", "message": "Access token validation failure." } }),
            )
        };
        let Some(claims) = self.bearer(ask, |aud| self.is_graph(aud)) else { return refusal(401) };
        let id = |name: &str| claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
        let (Some(tenant), Some(oid)) = (id("tid"), id("oid")) else { return refusal(401) };
        match self.directories.get(&tenant).and_then(|it| it.users.get(&oid)) {
            Some(user) => Answer::ok(json!({ "id": user.oid.to_string(), "userPrincipalName": user.upn })),
            None => refusal(404),
        }
    }
}
