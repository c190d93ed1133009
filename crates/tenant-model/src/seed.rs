//! The tenants and people to begin with.

use crate::applications::{Application, Group};
use crate::reading::Wrong;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tenant_wire::cloud::Cloud;

/// The tenants to begin with, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Each with an id of its own.
    pub tenants: Vec<SeedTenant>,
}

/// One tenant as JSON; unknown members are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedTenant {
    /// Tenant id, a GUID in any case.
    pub id: String,
    /// Verified domains; the first is the tenant's name.
    pub domains: Vec<String>,
    /// The national cloud that it is in: `public`, `us_gov` or `china`.
    #[serde(default)]
    pub cloud: Cloud,
    /// Its people.
    pub users: Vec<SeedUser>,
    /// Its groups.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// The applications that are registered in it.
    #[serde(default)]
    pub applications: Vec<Application>,
}

/// One person as JSON; unknown members are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    /// `name@domain`, in any case; it is kept in lower case.
    pub upn: String,
    /// Object id; made from the generator where it is not given.
    #[serde(default)]
    pub oid: Option<String>,
    /// Password in the clear: this is a stand-in.
    pub password: String,
    /// Whether they have an Intune licence; they have none where it is left out.
    #[serde(default)]
    pub intune: bool,
    /// Makes a guest of them: a list of two GUIDs, those of their object and tenant at home.
    #[serde(default)]
    pub home: Option<(String, String)>,
    /// `preferred_username` where it differs from the name (an alternate login id).
    #[serde(default)]
    pub login: Option<String>,
}

impl Default for Seed {
    fn default() -> Seed {
        let user = |upn: &str, oid: &str| SeedUser {
            upn: upn.to_owned(),
            oid: Some(oid.to_owned()),
            password: "Correct-Horse-1".to_owned(),
            intune: true,
            home: None,
            login: None,
        };
        let group = |id: &str, name: &str, members: &[&str]| Group {
            id: id.to_owned(),
            name: name.to_owned(),
            members: members.iter().map(|&name| name.to_owned()).collect(),
        };
        let contoso = SeedTenant {
            id: "11111111-2222-3333-4444-555555555555".to_owned(),
            domains: vec!["contoso.com".to_owned()],
            cloud: Cloud::Public,
            users: vec![
                user("alex@contoso.com", "aaaabbbb-cccc-dddd-eeee-ffff00001111"),
                user("adele@contoso.com", "aaaabbbb-cccc-dddd-eeee-ffff00002222"),
            ],
            groups: vec![
                group("aaaabbbb-0000-4000-8000-000000000001", "linux-admins", &["alex@contoso.com"]),
                group(
                    "aaaabbbb-0000-4000-8000-000000000002",
                    "linux-users",
                    &["alex@contoso.com", "adele@contoso.com"],
                ),
            ],
            applications: Vec::new(),
        };
        let fabrikam = SeedTenant {
            id: "66666666-7777-8888-9999-aaaaaaaaaaaa".to_owned(),
            domains: vec!["fabrikam.com".to_owned(), "fabrikam.net".to_owned()],
            cloud: Cloud::Public,
            users: vec![
                user("sam@fabrikam.com", "bbbbcccc-dddd-eeee-ffff-000011112222"),
                user("kim@fabrikam.net", "bbbbcccc-dddd-eeee-ffff-000011113333"),
            ],
            groups: Vec::new(),
            applications: Vec::new(),
        };
        Seed { tenants: vec![contoso, fabrikam] }
    }
}

impl Seed {
    /// Refuses what no directory could hold, and what a person has still to fill in.
    ///
    /// # Errors
    /// [`Wrong`], with the place of the first such value.
    pub fn check(&self) -> Result<(), Wrong> {
        let mut taken = BTreeSet::new();
        for (index, tenant) in self.tenants.iter().enumerate() {
            tenant.check(&mut taken).map_err(|wrong| wrong.in_item(index).in_member("tenants"))?;
        }
        if self.tenants.is_empty() {
            Err(Wrong::rule("a tenant is needed").in_member("tenants"))
        } else {
            Ok(())
        }
    }
}

impl SeedTenant {
    fn check(&self, taken: &mut BTreeSet<String>) -> Result<(), Wrong> {
        guid(&self.id, taken).map_err(|wrong| wrong.in_member("id"))?;
        for (index, domain) in self.domains.iter().enumerate() {
            domain_name(domain, taken).map_err(|wrong| wrong.in_item(index).in_member("domains"))?;
        }
        if self.domains.is_empty() {
            return Err(Wrong::rule("a domain is needed").in_member("domains"));
        }
        for (index, user) in self.users.iter().enumerate() {
            user.check(taken).map_err(|wrong| wrong.in_item(index).in_member("users"))?;
        }
        for (index, group) in self.groups.iter().enumerate() {
            self.check_group(group, taken).map_err(|wrong| wrong.in_item(index).in_member("groups"))?;
        }
        for (index, application) in self.applications.iter().enumerate() {
            let checked = self.check_application(application, taken);
            checked.map_err(|wrong| wrong.in_item(index).in_member("applications"))?;
        }
        Ok(())
    }

    fn check_group(&self, group: &Group, taken: &mut BTreeSet<String>) -> Result<(), Wrong> {
        guid(&group.id, taken).map_err(|wrong| wrong.in_member("id"))?;
        filled(&group.name).map_err(|wrong| wrong.in_member("name"))?;
        for (index, member) in group.members.iter().enumerate() {
            self.somebody(member).map_err(|wrong| wrong.in_item(index).in_member("members"))?;
        }
        Ok(())
    }

    fn check_application(&self, it: &Application, taken: &mut BTreeSet<String>) -> Result<(), Wrong> {
        guid(&it.id, taken).map_err(|wrong| wrong.in_member("id"))?;
        let lists = [("redirect_uris", &it.redirect_uris), ("identifier_uris", &it.identifier_uris)];
        for (name, list) in lists {
            for (index, uri) in list.iter().enumerate() {
                address(uri).map_err(|wrong| wrong.in_item(index).in_member(name))?;
            }
        }
        it.secret.as_deref().map_or(Ok(()), filled).map_err(|wrong| wrong.in_member("secret"))?;
        for (who, roles) in &it.assignments {
            let wrong = |wrong: Wrong| wrong.in_member(who).in_member("assignments");
            if !self.applications.iter().any(|other| other.id.eq_ignore_ascii_case(who)) {
                self.somebody(who).map_err(wrong)?;
            }
            if let Some(role) = roles.iter().find(|role| !it.app_roles.contains(role)) {
                return Err(wrong(Wrong::rule(format!("`{role}` is not among the `app_roles`"))));
            }
        }
        Ok(())
    }

    /// Whether this tenant has a user of the name.
    fn somebody(&self, upn: &str) -> Result<(), Wrong> {
        filled(upn)?;
        let known = self.users.iter().any(|user| user.upn.eq_ignore_ascii_case(upn));
        if known { Ok(()) } else { Err(Wrong::rule(format!("the tenant has no user `{upn}`"))) }
    }
}

impl SeedUser {
    fn check(&self, taken: &mut BTreeSet<String>) -> Result<(), Wrong> {
        let mut upn = || {
            filled(&self.upn)?;
            let halves = self.upn.split_once('@');
            if !halves.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty()) {
                return Err(Wrong::rule(format!("`{}` is no user name: expected NAME@DOMAIN", self.upn)));
            }
            new(&self.upn, taken)
        };
        upn().map_err(|wrong| wrong.in_member("upn"))?;
        filled(&self.password).map_err(|wrong| wrong.in_member("password"))?;
        self.oid.as_deref().map_or(Ok(()), |id| guid(id, taken)).map_err(|wrong| wrong.in_member("oid"))?;
        let login = self.login.as_deref().map_or(Ok(()), filled);
        login.map_err(|wrong| wrong.in_member("login"))?;
        let Some((object, tenant)) = &self.home else { return Ok(()) };
        for (index, id) in [object, tenant].into_iter().enumerate() {
            guid(id, &mut BTreeSet::new()).map_err(|wrong| wrong.in_item(index).in_member("home"))?;
        }
        Ok(())
    }
}

/// An id that nothing else has.
fn guid(text: &str, taken: &mut BTreeSet<String>) -> Result<(), Wrong> {
    filled(text)?;
    match text.parse::<uuid::Uuid>() {
        Err(_) => Err(Wrong::rule(format!("`{text}` is not a GUID"))),
        Ok(id) if id.is_nil() => Err(placeholder(text)),
        Ok(id) => new(&id.to_string(), taken),
    }
}

fn domain_name(text: &str, taken: &mut BTreeSet<String>) -> Result<(), Wrong> {
    filled(text)?;
    let good = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
    if !text.contains('.') || !text.chars().all(good) {
        return Err(Wrong::rule(format!("`{text}` is not a domain name")));
    }
    new(text, taken)
}

fn address(text: &str) -> Result<(), Wrong> {
    filled(text)?;
    if text.contains(':') {
        Ok(())
    } else {
        Err(Wrong::rule(format!("`{text}` has no scheme, as `https://`")))
    }
}

/// Refuses what another object of the seed is called already.
fn new(name: &str, taken: &mut BTreeSet<String>) -> Result<(), Wrong> {
    let fresh = taken.insert(name.to_ascii_lowercase());
    if fresh { Ok(()) } else { Err(Wrong::rule(format!("`{name}` is there twice"))) }
}

/// Refuses what stands for a value that its author has still to put in.
fn filled(text: &str) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::rule("expected text, found an empty one"));
    }
    let lower = text.to_ascii_lowercase();
    let framed = [('<', '>'), ('{', '}'), ('[', ']')].iter().any(|(open, close)| {
        lower.find(*open).is_some_and(|at| lower.get(at..).is_some_and(|rest| rest.contains(*close)))
    });
    let begins =
        ["your-", "your_", "your ", "enter-", "replace-", "insert-"].iter().any(|it| lower.starts_with(it));
    let letters = lower.chars().filter(|letter| letter.is_alphanumeric());
    let crossed =
        lower.len() > 2 && letters.clone().count() > 2 && letters.clone().all(|letter| letter == 'x');
    if framed || begins || crossed { Err(placeholder(text)) } else { Ok(()) }
}

fn placeholder(text: &str) -> Wrong {
    Wrong::rule(format!("`{text}` is a placeholder: put the value in its place"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading;
    use serde_json::{Value, json};

    fn seed() -> Value {
        json!({ "tenants": [{
            "id": "11111111-2222-3333-4444-555555555555",
            "domains": ["contoso.com"],
            "users": [{ "upn": "alex@contoso.com", "password": "Correct-Horse-1" }],
            "groups": [{ "id": "11111111-2222-3333-4444-555555555556", "name": "all", "members": ["alex@contoso.com"] }],
            "applications": [{
                "id": "11111111-2222-3333-4444-555555555557", "secret": "s", "redirect_uris": ["http://localhost"],
                "app_roles": ["Reader"], "assignments": { "alex@contoso.com": ["Reader"] },
            }],
        }] })
    }

    fn says(change: impl FnOnce(&mut Value)) -> String {
        let mut seed = seed();
        change(&mut seed);
        let seed: Seed = reading::read(&seed).unwrap();
        seed.check().map_or_else(|wrong| wrong.to_string(), |()| "nothing".to_owned())
    }

    #[test]
    fn the_built_in_seed_and_this_one_are_good() {
        assert_eq!(Seed::default().check(), Ok(()));
        assert_eq!(says(|_| {}), "nothing");
    }

    #[test]
    fn a_placeholder_is_refused_wherever_it_stands() {
        for (place, value) in [
            ("/tenants/0/id", "<tenant>"),
            ("/tenants/0/id", "00000000-0000-0000-0000-000000000000"),
            ("/tenants/0/id", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
            ("/tenants/0/domains/0", "<domain>.com"),
            ("/tenants/0/domains/0", "YOUR-DOMAIN"),
            ("/tenants/0/users/0/upn", "{user}@contoso.com"),
            ("/tenants/0/users/0/upn", "your_name@contoso.com"),
            ("/tenants/0/users/0/password", "YOUR-PASSWORD"),
            ("/tenants/0/users/0/password", "[password]"),
            ("/tenants/0/groups/0/id", "00000000-0000-0000-0000-000000000000"),
            ("/tenants/0/groups/0/name", "<group>"),
            ("/tenants/0/groups/0/members/0", "<user>"),
            ("/tenants/0/applications/0/id", "YOUR-CLIENT-ID"),
            ("/tenants/0/applications/0/secret", "YOUR_SECRET"),
            ("/tenants/0/applications/0/redirect_uris/0", "https://<host>/callback"),
        ] {
            let said = says(|seed| *seed.pointer_mut(place).unwrap() = json!(value));
            assert!(said.contains(&format!("`{value}` is a placeholder")), "{place}: {said}");
        }
    }

    #[test]
    fn what_no_directory_could_hold_is_refused_with_its_place() {
        for (place, value, wanted) in [
            ("/tenants", json!([]), "`tenants`: a tenant is needed"),
            ("/tenants/0/id", json!("contoso"), "`tenants[0].id`: `contoso` is not a GUID"),
            ("/tenants/0/domains", json!([]), "`tenants[0].domains`: a domain is needed"),
            (
                "/tenants/0/domains",
                json!(["a.com", "A.com"]),
                "`tenants[0].domains[1]`: `A.com` is there twice",
            ),
            (
                "/tenants/0/domains/0",
                json!("https://contoso.com"),
                "`tenants[0].domains[0]`: `https://contoso.com` is not a domain name",
            ),
            (
                "/tenants/0/users/0/upn",
                json!("alex"),
                "`tenants[0].users[0].upn`: `alex` is no user name: expected NAME@DOMAIN",
            ),
            (
                "/tenants/0/users/0/password",
                json!(""),
                "`tenants[0].users[0].password`: expected text, found an empty one",
            ),
            (
                "/tenants/0/groups/0/members/0",
                json!("kim@contoso.com"),
                "`tenants[0].groups[0].members[0]`: the tenant has no user `kim@contoso.com`",
            ),
            (
                "/tenants/0/applications/0/id",
                json!("11111111-2222-3333-4444-555555555556"),
                "`tenants[0].applications[0].id`: `11111111-2222-3333-4444-555555555556` is there twice",
            ),
            (
                "/tenants/0/applications/0/redirect_uris/0",
                json!("localhost"),
                "`tenants[0].applications[0].redirect_uris[0]`: `localhost` has no scheme, as `https://`",
            ),
            (
                "/tenants/0/applications/0/assignments",
                json!({ "alex@contoso.com": ["Writer"] }),
                "`tenants[0].applications[0].assignments.alex@contoso.com`: `Writer` is not among the `app_roles`",
            ),
        ] {
            let said = says(|seed| *seed.pointer_mut(place).unwrap() = value.clone());
            assert_eq!(said, wanted);
        }
    }
}
