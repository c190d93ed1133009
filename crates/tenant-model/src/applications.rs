//! Applications that are registered in a tenant, and its groups, as a seed spells them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One application as JSON; unknown members are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// `client_id`, a GUID in any case.
    pub id: String,
    /// Its name, for people.
    #[serde(default)]
    pub name: String,
    /// Makes it a confidential client, which shows this secret with every token request.
    #[serde(default)]
    pub secret: Option<String>,
    /// Where `authorize` may send its codes; `http://localhost` stands for any port of that host.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Names of its own API as a resource, besides its id and `api://ID`.
    #[serde(default)]
    pub identifier_uris: Vec<String>,
    /// Delegated scopes of its own API; everybody has consented to them.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Roles that it knows: of people in its `id_token`, of people and applications in tokens for its API.
    #[serde(default)]
    pub app_roles: Vec<String>,
    /// Who has which of its roles, by user name or by the id of another application.
    #[serde(default)]
    pub assignments: BTreeMap<String, Vec<String>>,
}

impl Application {
    /// Whether a client means its API by this resource.
    pub fn is_named(&self, resource: &str) -> bool {
        let bare = resource.strip_prefix("api://").unwrap_or(resource);
        bare.eq_ignore_ascii_case(&self.id) || self.identifier_uris.iter().any(|uri| uri == resource)
    }

    /// Whether `authorize` may send a code there.
    pub fn takes(&self, redirect_uri: &str) -> bool {
        let same = |registered: &String| {
            registered == redirect_uri || without_port(redirect_uri).is_some_and(|bare| bare == *registered)
        };
        self.redirect_uris.iter().any(same)
    }

    /// The roles of a user (by name) or of another application (by id).
    pub fn roles_of(&self, who: &str) -> &[String] {
        let mut found = self.assignments.iter().filter(|(name, _)| name.eq_ignore_ascii_case(who));
        found.next().map_or(&[], |(_, roles)| roles)
    }
}

/// The address of a listener on this machine without its port, which nobody can register.
fn without_port(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("http://localhost:")?;
    let path = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    Some(format!("http://localhost{path}"))
}

/// One group as JSON; unknown members are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Object id, a GUID.
    pub id: String,
    /// `displayName`.
    pub name: String,
    /// User names.
    #[serde(default)]
    pub members: Vec<String>,
}

impl Group {
    /// Whether this user is among its members.
    pub fn has(&self, upn: &str) -> bool {
        self.members.iter().any(|member| member.eq_ignore_ascii_case(upn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes() -> Application {
        let text = r#"{
            "id": "ABCDEF01-0000-4000-8000-000000000001",
            "redirect_uris": ["http://localhost", "http://localhost/done", "https://notes.example/in"],
            "identifier_uris": ["api://notes"],
            "assignments": { "Alex@contoso.com": ["Reader"] }
        }"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_api_is_named_by_its_id_or_by_an_identifier() {
        for (resource, named) in [
            ("abcdef01-0000-4000-8000-000000000001", true),
            ("api://abcdef01-0000-4000-8000-000000000001", true),
            ("api://notes", true),
            ("api://note", false),
            ("notes", false),
        ] {
            assert_eq!(notes().is_named(resource), named, "{resource}");
        }
    }

    #[test]
    fn a_redirect_uri_is_taken_as_it_is_registered_but_for_the_port_of_localhost() {
        for (uri, taken) in [
            ("http://localhost", true),
            ("http://localhost:4711", true),
            ("http://localhost:4711/done", true),
            ("http://localhost:4711/other", false),
            ("https://localhost:4711", false),
            ("http://localhost.example", false),
            ("https://notes.example/in", true),
            ("https://notes.example:8443/in", false),
        ] {
            assert_eq!(notes().takes(uri), taken, "{uri}");
        }
    }

    #[test]
    fn roles_go_by_the_name_in_any_case() {
        assert_eq!(notes().roles_of("alex@contoso.com"), ["Reader"]);
        assert!(notes().roles_of("adele@contoso.com").is_empty());
    }
}
