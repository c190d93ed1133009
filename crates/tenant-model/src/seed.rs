//! The tenants and people to begin with.

use serde::{Deserialize, Serialize};
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
    /// The national cloud that it is in.
    #[serde(default)]
    pub cloud: Cloud,
    /// Its people; of a UPN in two tenants only one is found.
    pub users: Vec<SeedUser>,
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
    /// Whether they have an Intune licence.
    #[serde(default)]
    pub intune: bool,
    /// The home object and tenant of a guest.
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
        let contoso = SeedTenant {
            id: "11111111-2222-3333-4444-555555555555".to_owned(),
            domains: vec!["contoso.com".to_owned()],
            cloud: Cloud::Public,
            users: vec![
                user("alex@contoso.com", "aaaabbbb-cccc-dddd-eeee-ffff00001111"),
                user("adele@contoso.com", "aaaabbbb-cccc-dddd-eeee-ffff00002222"),
            ],
        };
        let fabrikam = SeedTenant {
            id: "66666666-7777-8888-9999-aaaaaaaaaaaa".to_owned(),
            domains: vec!["fabrikam.com".to_owned(), "fabrikam.net".to_owned()],
            cloud: Cloud::Public,
            users: vec![
                user("sam@fabrikam.com", "bbbbcccc-dddd-eeee-ffff-000011112222"),
                user("kim@fabrikam.net", "bbbbcccc-dddd-eeee-ffff-000011113333"),
            ],
        };
        Seed { tenants: vec![contoso, fabrikam] }
    }
}
