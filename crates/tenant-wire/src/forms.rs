//! Form bodies and queries, read leniently.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

    /// The same with a field that is not there yet.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Form {
        self.0.entry(name.to_owned()).or_insert(value);
        self
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

/// `client_id` and `client_secret` of an `Authorization` header of the scheme Basic; each is escaped as in a form
/// before they are joined (RFC 6749 2.3.1).
pub fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client, secret) = text.split_once(':').filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let plain = |text: &str| Form::parse(format!("x={text}").as_bytes()).get("x").map(str::to_owned);
    Some((plain(client)?, plain(secret)?))
}

/// `scope` of a reply: what was asked for, and in front of each `RESOURCE/.default` what it stands for
/// \[inferred\].
pub fn answered_scope(asked: Option<&str>, granted: &str) -> String {
    let expanded = |word: &str| {
        let resource = word.strip_suffix("/.default");
        let each =
            resource.map(|resource| granted.split(' ').map(move |scope| format!("{resource}/{scope} ")));
        format!("{}{word}", each.into_iter().flatten().collect::<String>())
    };
    let words = asked.unwrap_or(granted).split_whitespace();
    words.map(expanded).collect::<Vec<_>>().join(" ")
}

/// A scope that names no resource, as `User.Read`, is one of Graph.
const OF_A_BARE_SCOPE: &str = "https://graph.microsoft.com";
/// The scopes of OpenID Connect, and those of PRT requests.
const OF_NO_RESOURCE: [&str; 6] = ["openid", "profile", "offline_access", "email", "aza", "ugs"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_scope_is_told_with_what_it_stands_for() {
        for (asked, told) in [
            (None, "User.Read User.ReadWrite"),
            (Some("openid User.Read"), "openid User.Read"),
            (
                Some("https://g/.default openid"),
                "https://g/User.Read https://g/User.ReadWrite https://g/.default openid",
            ),
        ] {
            assert_eq!(answered_scope(asked, "User.Read User.ReadWrite"), told);
        }
    }

    #[test]
    fn a_client_shows_its_secret_in_a_header() {
        let header = |text: &str| format!("basic {}", STANDARD.encode(text));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(basic(&header("notes:s%3Acr%26t+1")), pair("notes", "s:cr&t 1"));
        assert_eq!(basic(&header("notes:")), pair("notes", ""));
        assert_eq!(basic(&header("notes")), None);
        assert_eq!(basic(&format!("Bearer {}", STANDARD.encode("a:b"))), None);
    }

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
