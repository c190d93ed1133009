//! The tenants of the stand-in and their people.

use crate::applications::{Application, Group};
use crate::seed::{Seed, SeedTenant, SeedUser};
use crate::setup::SetupError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::collections::BTreeMap;
use tenant_wire::cloud::Cloud;
use tenant_wire::keys::Generator;
use uuid::Uuid;

/// One tenant's directory.
#[derive(Debug)]
pub struct Directory {
    /// Tenant id, `tid` of its tokens.
    pub id: Uuid,
    /// Verified domains in lower case; the first is the tenant's name.
    pub domains: Vec<String>,
    /// The national cloud that it is in.
    pub cloud: Cloud,
    /// By object id.
    pub users: BTreeMap<Uuid, User>,
    /// Its groups, in the order of the seed.
    pub groups: Vec<Group>,
    /// Its applications, in the order of the seed.
    pub applications: Vec<Application>,
}

/// One person: what the seed says of them, and what has changed since.
#[derive(Debug, Clone)]
pub struct User {
    /// `name@domain`, in lower case.
    pub upn: String,
    /// Object id, `oid` of their tokens.
    pub oid: Uuid,
    /// In the clear: this is a stand-in.
    pub password: String,
    /// Whether they may sign in.
    pub enabled: bool,
    /// Whether they have an Intune licence.
    pub intune: bool,
    /// The home object and tenant of a guest.
    pub home: Option<(String, String)>,
    /// `preferred_username` where it differs from the name.
    pub login: Option<String>,
    /// Wrong passwords in a row.
    pub wrong_passwords: u32,
    /// Milliseconds since 1970.
    pub locked_until: i64,
    /// Milliseconds since 1970; what was granted before is revoked.
    pub signed_out_at: i64,
}

impl User {
    /// `client_info`: the account's home ids, which differ from those of the tenant for guests.
    pub fn client_info(&self, tenant: Uuid) -> String {
        let own = (self.oid.to_string(), tenant.to_string());
        let (uid, utid) = self.home.clone().unwrap_or(own);
        URL_SAFE_NO_PAD.encode(json!({ "uid": uid, "utid": utid }).to_string())
    }
}

/// Every tenant, by id.
#[derive(Debug, Default)]
pub struct Directories(BTreeMap<Uuid, Directory>);

impl Directories {
    /// The tenants of a seed; object ids that it does not give come from the generator.
    ///
    /// # Errors
    /// [`SetupError::Seed`] for what [`Seed::check`] refuses.
    pub fn of(seed: &Seed, generator: &mut Generator) -> Result<Directories, SetupError> {
        seed.check().map_err(|wrong| SetupError::Seed(wrong.to_string()))?;
        let tenants = seed.tenants.iter().map(|tenant| directory(tenant, generator));
        Ok(Directories(tenants.map(|made| made.map(|it| (it.id, it))).collect::<Result<_, _>>()?))
    }

    /// The tenant with this id.
    pub fn get(&self, tenant: Uuid) -> Option<&Directory> {
        self.0.get(&tenant)
    }

    /// Every tenant, ordered by id.
    pub fn all(&self) -> impl Iterator<Item = &Directory> {
        self.0.values()
    }

    /// The tenant that a path's first word (in lower case) names: its id or one of its domains.
    pub fn named(&self, word: &str) -> Option<&Directory> {
        let by_id = word.parse().ok().and_then(|id: Uuid| self.0.get(&id));
        by_id.or_else(|| self.0.values().find(|it| it.domains.iter().any(|domain| domain == word)))
    }

    /// The user of a tenant with this object id.
    pub fn user(&self, tenant: Uuid, oid: Uuid) -> Option<&User> {
        self.0.get(&tenant)?.users.get(&oid)
    }

    /// The user of a name in any case, whatever their tenant.
    pub fn user_named(&self, upn: &str) -> Option<(Uuid, &User)> {
        let wanted = upn.to_ascii_lowercase();
        self.0.values().find_map(|it| Some((it.id, it.users.values().find(|user| user.upn == wanted)?)))
    }

    /// The people of a tenant, to be changed.
    pub fn users_mut(&mut self, tenant: Uuid) -> Option<&mut BTreeMap<Uuid, User>> {
        self.0.get_mut(&tenant).map(|it| &mut it.users)
    }

    /// The application with this `client_id`, and its tenant.
    pub fn application(&self, client: &str) -> Option<(Uuid, &Application)> {
        let of =
            |it: &'_ Directory| it.applications.iter().position(|app| app.id.eq_ignore_ascii_case(client));
        self.0.values().find_map(|it| Some((it.id, it.applications.get(of(it)?)?)))
    }

    /// The application of a tenant whose API this resource is.
    pub fn api(&self, tenant: Uuid, resource: &str) -> Option<&Application> {
        self.0.get(&tenant)?.applications.iter().find(|it| it.is_named(resource))
    }

    /// The national cloud of a tenant.
    pub fn cloud_of(&self, tenant: Uuid) -> Cloud {
        self.0.get(&tenant).map(|it| it.cloud).unwrap_or_default()
    }
}

fn directory(tenant: &SeedTenant, generator: &mut Generator) -> Result<Directory, SetupError> {
    let id = guid(&tenant.id)?;
    let users = tenant.users.iter().map(|user| self::user(user, generator));
    let users = users.map(|made| made.map(|it| (it.oid, it))).collect::<Result<_, _>>()?;
    let domains = tenant.domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
    let (groups, applications) = (tenant.groups.clone(), tenant.applications.clone());
    Ok(Directory { id, domains, cloud: tenant.cloud, users, groups, applications })
}

fn user(user: &SeedUser, generator: &mut Generator) -> Result<User, SetupError> {
    Ok(User {
        upn: user.upn.to_ascii_lowercase(),
        oid: user.oid.as_deref().map_or_else(|| guid(&generator.guid()), guid)?,
        password: user.password.clone(),
        enabled: true,
        intune: user.intune,
        home: user.home.clone(),
        login: user.login.clone(),
        wrong_passwords: 0,
        locked_until: 0,
        signed_out_at: 0,
    })
}

fn guid(text: &str) -> Result<Uuid, SetupError> {
    text.parse().map_err(|_| SetupError::Seed(format!("'{text}' is not a GUID")))
}
