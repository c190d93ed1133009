use crate::answer::Answer;
use crate::asking::Ask;
use crate::authorize::AuthorizationCode;
use crate::cloud::Urls;
use crate::codes::Codes;
use crate::directory::{Device, Devices, Directory, User};
use crate::forms::Form;
use crate::keys::{self, Generator, OwnKey};
use crate::knobs::Knobs;
use crate::prt::{self, Prt};
use crate::rules::Rules;
use crate::token::Grant;
use crate::words::{
    ApproveError, DeviceAction, DeviceView, Entry, Outcome, Peer, PendingCode, Setup, SetupError, UserAction,
    UserView,
};
use bytes::Bytes;
use http::{Method, Request};
use serde_json::json;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// The whole stand-in cloud: several tenants, their people, devices and codes.
pub struct Tenant {
    pub(crate) urls: Urls,
    pub(crate) generator: Generator,
    pub(crate) directories: BTreeMap<Uuid, Directory>,
    pub(crate) devices: Devices,
    pub(crate) codes: Codes,
    pub(crate) grants: BTreeMap<String, Grant>,
    pub(crate) prts: BTreeMap<String, Prt>,
    pub(crate) authorization_codes: BTreeMap<String, AuthorizationCode>,
    /// Nonces and when they were issued, in milliseconds since 1970.
    pub(crate) nonces: BTreeMap<String, i64>,
    pub(crate) rules: Rules,
    pub(crate) ca: OwnKey,
    pub(crate) signer: OwnKey,
    pub(crate) auto_approve: bool,
    pub(crate) poll_interval: u32,
}

/// The name of a request, by method and path alone (paths match without regard to case).
pub fn name(request: &Request<Bytes>) -> &'static str {
    let path = words(request.uri().path());
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (request.method(), path.as_slice()) {
        (&Method::GET, [.., ".well-known", "openid-configuration"]) => "metadata",
        (&Method::GET, [.., "discovery", "keys" | "v2.0"] | [.., "discovery", "v2.0", "keys"]) => "jwks",
        (&Method::GET, [.., "discovery", "instance"]) => "instance",
        (&Method::GET, ["odc", _, "federationprovider"]) => "federation_provider",
        (&Method::GET, [_, "userrealm", _] | ["getuserrealm.srf"]) => "realm",
        (&Method::POST, [_, "getcredentialtype"]) => "credential_type",
        (&Method::GET, [_, "oauth2", .., "authorize"]) => "authorize",
        (&Method::POST, [_, "oauth2", .., "devicecode"]) => "devicecode",
        (&Method::POST, [_, "oauth2", .., "token"]) => token_name(request.body()),
        (&Method::GET, [_, "discover"]) => "discover",
        (&Method::GET, ["enrollmentserver", "nonce", _]) => "drs_nonce",
        (&Method::POST, ["enrollmentserver", "device"]) => "join",
        (&Method::DELETE, ["enrollmentserver", "device", _]) => "leave",
        (&Method::GET, ["v1.0", "me"]) => "me",
        (&Method::GET, ["v1.0", word]) if word.starts_with("devices(deviceid=") => "device",
        _ => "unknown",
    }
}

pub(crate) fn words(path: &str) -> Vec<String> {
    path.to_ascii_lowercase().split('/').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn token_name(body: &[u8]) -> &'static str {
    let form = Form::parse(body);
    match form.get("grant_type") {
        Some("urn:ietf:params:oauth:grant-type:device_code" | "device_code") => "token.device_code",
        Some("refresh_token") => "token.refresh",
        Some("password") => "token.password",
        Some("srv_challenge") => "nonce",
        Some("authorization_code") => "token.code",
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => prt::name(&form),
        _ => "token",
    }
}

impl Tenant {
    /// A stand-in with the tenants of its seed.
    ///
    /// # Errors
    /// [`SetupError`] for a seed with an id that is no GUID or a user outside the tenant's domains.
    pub fn new(setup: Setup, now_ms: i64) -> Result<Tenant, SetupError> {
        let mut generator = Generator(setup.entropy ^ now_ms.unsigned_abs() << 20 | 1);
        let (ca, signer) = keys::own(setup.keys, setup.entropy)?;
        let mut directories = BTreeMap::new();
        for tenant in &setup.seed.tenants {
            let id = guid(&tenant.id)?;
            let mut users = BTreeMap::new();
            for user in &tenant.users {
                let oid = user.oid.as_deref().map_or_else(|| guid(&generator.guid()), guid)?;
                let user = User {
                    upn: user.upn.to_ascii_lowercase(),
                    oid,
                    password: user.password.clone(),
                    enabled: true,
                    intune: user.intune,
                    home: user.home.clone(),
                    login: user.login.clone(),
                    wrong_passwords: 0,
                    locked_until: 0,
                };
                users.insert(oid, user);
            }
            let domains = tenant.domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
            directories.insert(id, Directory { id, domains, cloud: tenant.cloud, users });
        }
        Ok(Tenant {
            urls: setup.urls,
            generator,
            directories,
            devices: Devices::default(),
            codes: Codes::default(),
            grants: BTreeMap::new(),
            prts: BTreeMap::new(),
            authorization_codes: BTreeMap::new(),
            nonces: BTreeMap::new(),
            rules: Rules::default(),
            ca,
            signer,
            auto_approve: setup.auto_approve,
            poll_interval: setup.poll_interval,
        })
    }

    /// Judges one request; `now_ms` counts milliseconds since 1970.
    pub fn handle(&mut self, request: Request<Bytes>, peer: &Peer, now_ms: i64) -> Outcome {
        let name = name(&request);
        let mut entry = Entry {
            request: name.to_owned(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            host: peer.host.clone(),
            ..Entry::default()
        };
        let ask = self.ask(request, peer, now_ms);
        let answer = self.throttled(name, &ask).unwrap_or_else(|| self.dispatch(name, &ask));
        entry.status = answer.status;
        entry.rule = answer.rule.clone();
        entry.facts = answer.facts.clone();
        let mut add = |name: &str, value: &str| drop(entry.facts.insert(name.to_owned(), value.to_owned()));
        add("user_agent", &ask.user_agent);
        if let Some(correlation) = &ask.ids.correlation {
            add("client_request_id", correlation);
        }
        Outcome { response: answer.response(ask.now, &ask.ids), entry }
    }

    fn dispatch(&mut self, name: &str, ask: &Ask) -> Answer {
        match name {
            "metadata" => self.metadata(ask),
            "jwks" => self.jwks(),
            "instance" => self.instance(ask),
            "federation_provider" => self.federation_provider(ask),
            "realm" => self.realm(ask),
            "devicecode" => self.device_code(ask),
            "token.device_code" => self.redeem_code(ask),
            "token.refresh" => self.redeem_refresh(ask),
            "token.password" => self.redeem_password(ask),
            "token.code" => self.redeem_authorization_code(ask),
            "token.prt" | "token.prt_renew" | "token.prt_exchange" => self.signed(ask),
            "nonce" => self.nonce(ask),
            "authorize" => self.authorize(ask),
            "credential_type" => self.credential_type(ask),
            "device" => self.device_object(ask),
            "discover" => self.discover(ask),
            "drs_nonce" => self.drs_nonce(ask),
            "join" => self.join(ask),
            "leave" => self.leave(ask),
            "me" => self.me(ask),
            _ => Answer::refusal(404, "unknown path", json!({ "error": "not_found" })),
        }
    }

    /// The person approves on their phone, as this user.
    ///
    /// # Errors
    /// [`ApproveError`] for a code that does not wait, a user that is not there, or what the page would refuse.
    pub fn approve(&mut self, user_code: &str, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.approve_code(user_code, upn, now_ms)
    }

    /// The person declines.
    ///
    /// # Errors
    /// [`ApproveError`] for a code that does not wait or a user that is not there.
    pub fn deny(&mut self, user_code: &str, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.user_named(upn).ok_or_else(|| ApproveError::Unknown(upn.to_owned()))?;
        self.codes.deny(user_code, now_ms)
    }

    /// The codes that wait for their person.
    pub fn pending_codes(&self, now_ms: i64) -> Vec<PendingCode> {
        self.codes.pending(now_ms)
    }

    /// Every device object.
    pub fn devices(&self) -> Vec<DeviceView> {
        self.devices.by_id.values().map(|device| self.device_view(device)).collect()
    }

    fn device_view(&self, device: &Device) -> DeviceView {
        let owner = self.directories.get(&device.tenant).and_then(|it| it.users.get(&device.owner));
        let at = OffsetDateTime::from_unix_timestamp(device.registered_at / 1000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        DeviceView {
            id: device.id.to_string(),
            tenant: device.tenant.to_string(),
            name: device.name.clone(),
            owner: owner.map(|user| user.upn.clone()).unwrap_or_default(),
            trust_type: device.trust_type().to_owned(),
            os: device.os.clone(),
            thumbprint: device.thumbprints.last().cloned().unwrap_or_default(),
            enabled: device.enabled,
            managed: device.managed,
            compliant: device.compliant,
            joins: device.joins,
            registered_at: crate::answer::stamp(at),
        }
    }

    /// Every user.
    pub fn users(&self) -> Vec<UserView> {
        let view = |directory: &Directory, user: &User| UserView {
            upn: user.upn.clone(),
            oid: user.oid.to_string(),
            tenant: directory.id.to_string(),
            enabled: user.enabled,
            intune: user.intune,
            devices: self.devices.owned_by(user.oid),
        };
        self.directories.values().flat_map(|it| it.users.values().map(move |user| view(it, user))).collect()
    }

    /// What is in force for tenants that have no knobs of their own.
    pub fn knobs(&self) -> &Knobs {
        self.rules.general()
    }

    /// Replaces what is in force for tenants that have no knobs of their own.
    pub fn set_knobs(&mut self, knobs: Knobs) {
        self.rules.set_general(knobs);
    }

    /// Replaces the knobs of single tenants, named by id or domain; a tenant that is not named follows the
    /// general ones.
    ///
    /// # Errors
    /// [`ApproveError::Unknown`] for a name that is no tenant's; nothing is changed then.
    pub fn set_tenant_knobs(&mut self, knobs: BTreeMap<String, Knobs>) -> Result<(), ApproveError> {
        let id = |name: &String| self.tenant_named(&name.to_ascii_lowercase()).map(|it| it.id);
        let own: Result<BTreeMap<Uuid, Knobs>, ApproveError> = knobs
            .into_iter()
            .map(|(name, knobs)| Ok((id(&name).ok_or(ApproveError::Unknown(name))?, knobs)))
            .collect();
        self.rules.set_own(own?);
        Ok(())
    }

    /// The id of the tenant with this id or domain.
    pub fn tenant_id(&self, name: &str) -> Option<Uuid> {
        self.tenant_named(&name.to_ascii_lowercase()).map(|it| it.id)
    }

    /// Changes a device.
    ///
    /// # Errors
    /// [`ApproveError::Unknown`].
    pub fn device(&mut self, id: &str, action: DeviceAction) -> Result<(), ApproveError> {
        let unknown = || ApproveError::Unknown(id.to_owned());
        let id = id.parse().map_err(|_| unknown())?;
        let device = self.devices.by_id.get_mut(&id).ok_or_else(unknown)?;
        match action {
            DeviceAction::Delete => drop(self.devices.remove(&id)),
            DeviceAction::Disable => device.enabled = false,
            DeviceAction::Enable => device.enabled = true,
            DeviceAction::Comply => device.compliant = true,
            DeviceAction::Fail => device.compliant = false,
        }
        Ok(())
    }

    /// Writes what Intune found out about a device to its object, as the service does after a check-in
    /// (intune.md 0.4, step 10): `isManaged` and `isCompliant`, which Conditional Access reads.
    ///
    /// # Errors
    /// [`ApproveError::Unknown`] where no device has this id.
    pub fn set_device_management(
        &mut self,
        device_id: &str,
        managed: bool,
        compliant: bool,
    ) -> Result<(), ApproveError> {
        let device = device_id.parse().ok().and_then(|id| self.devices.by_id.get_mut(&id));
        let device = device.ok_or_else(|| ApproveError::Unknown(device_id.to_owned()))?;
        (device.managed, device.compliant) = (managed, compliant);
        Ok(())
    }

    /// Changes a user.
    ///
    /// # Errors
    /// [`ApproveError::Unknown`].
    pub fn user(&mut self, upn: &str, action: UserAction) -> Result<(), ApproveError> {
        let fresh = self.generator.bytes();
        let unknown = || ApproveError::Unknown(upn.to_owned());
        let wanted = upn.to_ascii_lowercase();
        let directory =
            self.directories.values_mut().find(|it| it.users.values().any(|user| user.upn == wanted));
        let users = &mut directory.ok_or_else(unknown)?.users;
        let user = users.values_mut().find(|user| user.upn == wanted).ok_or_else(unknown)?;
        match action {
            UserAction::Disable => user.enabled = false,
            UserAction::Enable => user.enabled = true,
            UserAction::Rename(to) => user.upn = to.to_ascii_lowercase(),
            UserAction::Recreate => {
                let mut again = user.clone();
                let old = again.oid;
                again.oid = uuid::Builder::from_random_bytes(fresh).into_uuid();
                users.remove(&old);
                users.insert(again.oid, again);
            }
        }
        Ok(())
    }

    /// The tenant that a path's first word names: its id or one of its domains.
    pub(crate) fn tenant_named(&self, word: &str) -> Option<&Directory> {
        let by_id = word.parse().ok().and_then(|id: Uuid| self.directories.get(&id));
        by_id.or_else(|| self.directories.values().find(|it| it.domains.iter().any(|domain| domain == word)))
    }

    /// The user of a name, whatever their tenant.
    pub(crate) fn user_named(&self, upn: &str) -> Option<(Uuid, User)> {
        let wanted = upn.to_ascii_lowercase();
        self.directories.values().find_map(|it| {
            let user = it.users.values().find(|user| user.upn == wanted)?;
            Some((it.id, user.clone()))
        })
    }
}

fn guid(text: &str) -> Result<Uuid, SetupError> {
    text.parse().map_err(|_| SetupError::Seed(format!("'{text}' is not a GUID")))
}
