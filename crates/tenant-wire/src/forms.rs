//! Form bodies and queries, read leniently.

use std::collections::BTreeMap;

/// The fields of a form body or a query, unescaped; raw spaces and colons are taken as they are
/// (entra.md 11.3, rule 1).
#[derive(Debug, Default, Clone)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads what can be read; a name that comes twice has its last value.
    pub fn parse(bytes: &[u8]) -> Form {
        Form(
            url::form_urlencoded::parse(bytes)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The resource asked for, as it was spelled: of `resource` (v1) or of the first `…/.default` or
    /// `…/scope` of `scope` (v2).
    pub fn resource(&self) -> Option<String> {
        resource(self.get("resource"), self.get("scope"))
    }
}

/// The resource of a request with these two.
pub fn resource(resource: Option<&str>, scope: Option<&str>) -> Option<String> {
    if let Some(resource) = resource {
        return Some(resource.to_owned());
    }
    let scope = scope?.split_whitespace().find(|scope| !OF_NO_RESOURCE.contains(scope))?;
    Some(scope.rsplit_once('/').map_or(OF_A_BARE_SCOPE, |(resource, _)| resource).to_owned())
}

/// A scope that names no resource, as `User.Read`, is one of Graph.
const OF_A_BARE_SCOPE: &str = "https://graph.microsoft.com";
/// The scopes of OpenID Connect, and those of PRT requests.
const OF_NO_RESOURCE: [&str; 6] = ["openid", "profile", "offline_access", "email", "aza", "ugs"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_by_itself_or_by_the_first_scope_that_has_one() {
        for (given, scope, wanted) in [
            (Some("a"), Some("https://b/.default"), Some("a")),
            (None, Some("openid profile https://b/.default"), Some("https://b")),
            (
                None,
                Some("0000000a-0000-0000-c000-000000000000/.default"),
                Some("0000000a-0000-0000-c000-000000000000"),
            ),
            (None, Some("openid User.Read offline_access"), Some("https://graph.microsoft.com")),
            (None, Some("openid profile"), None),
            (None, Some("openid aza ugs"), None),
            (None, None, None),
        ] {
            assert_eq!(resource(given, scope).as_deref(), wanted, "{scope:?}");
        }
    }
}
