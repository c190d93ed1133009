//! What is seen and done from outside: codes answered, devices and users listed and changed, knobs turned.

use crate::rules::bearer::{tenant_of_token, verified};
use crate::rules::tenants::is_in_cloud;
use crate::tenant::Tenant;
use serde_json::Value;
use std::collections::BTreeMap;
use tenant_model::devices::{Device, Devices, Objects};
use tenant_model::directory::{Directory, User};
use tenant_model::hello_key::HelloKey;
use tenant_model::knobs::Knobs;
use tenant_model::sign_in::{SecondFactor, SignIn, Stage, Verdict, takes_code};
use tenant_model::views::{
    ApproveError, DeviceAction, DeviceView, PendingCode, PendingFactor, UserAction, UserView,
};
use tenant_wire::hex;
use uuid::Uuid;

impl Tenant {
    /// The session keys of the primary refresh tokens that are remembered, as lower-case hex digits.
    pub fn session_keys(&self) -> Vec<String> {
        self.prts.values().map(|prt| hex::lower(&prt.session_key)).collect()
    }

    /// The person approves on their phone, as this user.
    ///
    /// # Errors
    /// [`ApproveError`] for a code that does not wait, a user that is not there, or what the page would refuse.
    pub fn approve(&mut self, user_code: &str, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.codes.approve(user_code, upn, (&self.directories, &self.rules), now_ms)
    }

    /// The person declines.
    ///
    /// # Errors
    /// [`ApproveError`] for a code that does not wait or a user that is not there.
    pub fn deny(&mut self, user_code: &str, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.codes.deny(user_code, upn, &self.directories, now_ms)
    }

    /// The codes that wait for their person.
    pub fn pending_codes(&self, now_ms: i64) -> Vec<PendingCode> {
        self.codes.pending(now_ms)
    }

    /// The second factors that wait for their person, at this moment (milliseconds since 1970).
    pub fn pending_factors(&self, now_ms: i64) -> Vec<PendingFactor> {
        let view = |sign_in: &SignIn| {
            let Stage::SecondFactor(factor) = &sign_in.stage else { return None };
            let begun = factor.begun.as_ref().filter(|it| it.verdict == Verdict::Waiting)?;
            let users = &self.directories.get(factor.grant.tenant)?.users;
            Some(PendingFactor {
                upn: users.get(&factor.grant.user)?.upn.clone(),
                tenant: factor.grant.tenant.to_string(),
                method: begun.method.clone(),
                number: begun.number,
                expires_at: sign_in.expires_at,
            })
        };
        let alive = self.sign_ins.values().filter(|it| it.expires_at > now_ms);
        alive.filter_map(view).collect()
    }

    /// The person approves on their phone every second factor of theirs that waits.
    ///
    /// # Errors
    /// [`ApproveError`] where there is no such user, or nothing waits for them.
    pub fn approve_factor(&mut self, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.settle_factors(upn, now_ms, Verdict::Approved)
    }

    /// The person denies every second factor of theirs that waits.
    ///
    /// # Errors
    /// As [`Tenant::approve_factor`].
    pub fn deny_factor(&mut self, upn: &str, now_ms: i64) -> Result<(), ApproveError> {
        self.settle_factors(upn, now_ms, Verdict::Denied)
    }

    fn settle_factors(&mut self, upn: &str, now_ms: i64, verdict: Verdict) -> Result<(), ApproveError> {
        let user = self.directories.user_named(upn).map(|(_, user)| user.oid);
        let user = user.ok_or_else(|| ApproveError::Unknown(upn.to_owned()))?;
        let mut settled = 0;
        for sign_in in self.sign_ins.values_mut().filter(|it| it.expires_at > now_ms) {
            if let Stage::SecondFactor(SecondFactor { grant, begun: Some(begun) }) = &mut sign_in.stage
                && grant.user == user
                && begun.verdict == Verdict::Waiting
                && !takes_code(&begun.method)
            {
                begun.verdict = verdict;
                settled += 1;
            }
        }
        if settled > 0 {
            return Ok(());
        }
        Err(ApproveError::Refused(format!("no second factor of '{upn}' waits")))
    }

    /// Every device object.
    pub fn devices(&self) -> Vec<DeviceView> {
        self.devices.all().map(|device| self.device_view(device)).collect()
    }

    fn device_view(&self, device: &Device) -> DeviceView {
        let owner = self.directories.user(device.tenant, device.owner);
        DeviceView::of(device, owner.map(|user| user.upn.as_str()).unwrap_or_default())
    }

    /// Every user, ordered by tenant id and object id.
    pub fn users(&self) -> Vec<UserView> {
        let view = |directory: &Directory, user: &User| {
            let figures = (self.devices.owned_by(user.oid), self.hello_keys_of(user.oid));
            UserView::of(directory, user, figures)
        };
        self.directories.all().flat_map(|it| it.users.values().map(move |user| view(it, user))).collect()
    }

    /// How many keys a user has; those of a deleted device are gone with it.
    fn hello_keys_of(&self, user: Uuid) -> usize {
        let lives = |key: &&HelloKey| key.user == user && self.devices.get(key.device).is_some();
        self.hello_keys.values().filter(lives).count()
    }

    /// The device objects, without the tokens and sessions that were obtained with them.
    pub fn objects(&self) -> Objects {
        self.devices.objects()
    }

    /// Replaces every device object.
    pub fn set_objects(&mut self, objects: Objects) {
        self.devices = Devices::from(objects);
    }

    /// What is in force for tenants that have no knobs of their own.
    pub fn knobs(&self) -> &Knobs {
        self.rules.general()
    }

    /// Replaces what is in force for tenants that have no knobs of their own.
    pub fn set_knobs(&mut self, knobs: Knobs) {
        self.rules.set_general(knobs);
    }

    /// Replaces the knobs of single tenants, by id; a tenant that is not named follows the general ones.
    pub fn set_tenant_knobs(&mut self, knobs: BTreeMap<Uuid, Knobs>) {
        self.rules.set_own(knobs);
    }

    /// The time at the service for the tenant of these claims (`tid`), which a knob can move; both times count
    /// milliseconds since 1970.
    pub fn service_time(&self, claims: Option<&Value>, now_ms: i64) -> i64 {
        let tenant = claims.and_then(|claims| claims["tid"].as_str()?.parse().ok());
        now_ms.saturating_add(self.rules.of(tenant).clock_offset_s.saturating_mul(1000))
    }

    /// Whether the tenant of these claims (`tid`) is served at a host: one of another national cloud does not.
    pub fn is_served_at(&self, claims: &Value, host: &str) -> bool {
        let tenant = claims["tid"].as_str().and_then(|text| text.parse::<Uuid>().ok());
        tenant.is_none_or(|tenant| is_in_cloud(self, host, tenant))
    }

    /// The claims of an access token that this stand-in issued for any resource and that has not expired: a
    /// JSON object with `aud`, `exp`, `tid`, `oid`, `upn`, `appid`, `scp`, `amr` and, where a device was
    /// proved, `deviceid`.
    ///
    /// `bearer` is the token alone, without `Bearer`; `now_ms` is milliseconds since 1970, as in
    /// [`Tenant::handle`].
    pub fn claims_of(&self, bearer: &str, now_ms: i64) -> Option<Value> {
        let offset = self.rules.of(tenant_of_token(self, bearer)).clock_offset_s;
        verified(self, bearer, (now_ms / 1000).saturating_add(offset))
    }

    /// Whether the user of these claims (`tid`, `oid`) has an Intune licence.
    pub fn is_licensed(&self, claims: &Value) -> bool {
        let id = |name: &str| claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
        let user = id("tid").zip(id("oid")).and_then(|(tenant, oid)| self.directories.user(tenant, oid));
        user.is_some_and(|user| user.intune)
    }

    /// The id of the tenant with this id or domain.
    pub fn tenant_id(&self, name: &str) -> Option<Uuid> {
        self.directories.named(&name.to_ascii_lowercase()).map(|it| it.id)
    }

    /// Changes a device.
    ///
    /// # Errors
    /// [`ApproveError::Unknown`], or [`ApproveError::Refused`] for an owner in another tenant.
    pub fn device(&mut self, id: &str, action: DeviceAction) -> Result<(), ApproveError> {
        let unknown = || ApproveError::Unknown(id.to_owned());
        let id = id.parse().map_err(|_| unknown())?;
        let device = self.devices.get_mut(id).ok_or_else(unknown)?;
        match action {
            DeviceAction::Delete => drop(self.devices.remove(id)),
            DeviceAction::Disable => device.enabled = false,
            DeviceAction::Enable => device.enabled = true,
            DeviceAction::Comply => device.compliant = true,
            DeviceAction::Fail => device.compliant = false,
            DeviceAction::Own(upn) => self.give(id, &upn)?,
        }
        Ok(())
    }

    /// Makes another user of the same tenant the registered owner.
    fn give(&mut self, id: Uuid, upn: &str) -> Result<(), ApproveError> {
        let found = self.directories.user_named(upn).map(|(tenant, user)| (tenant, user.oid));
        let (tenant, owner) = found.ok_or_else(|| ApproveError::Unknown(upn.to_owned()))?;
        if self.devices.get(id).is_none_or(|device| device.tenant != tenant) {
            return Err(ApproveError::Refused(format!("'{upn}' is in another tenant")));
        }
        if let Some(device) = self.devices.remove(id) {
            self.devices.insert(Device { owner, ..device });
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
        let device = device_id.parse().ok().and_then(|id| self.devices.get_mut(id));
        let device = device.ok_or_else(|| ApproveError::Unknown(device_id.to_owned()))?;
        (device.managed, device.compliant) = (managed, compliant);
        Ok(())
    }

    /// Changes a user.
    ///
    /// # Errors
    /// [`ApproveError::Unknown`].
    pub fn user(&mut self, upn: &str, action: UserAction) -> Result<(), ApproveError> {
        let (fresh, now_ms) = (self.generator.bytes(), self.clock_ms);
        let unknown = || ApproveError::Unknown(upn.to_owned());
        let found = self.directories.user_named(upn).map(|(tenant, user)| (tenant, user.oid));
        let (tenant, oid) = found.ok_or_else(unknown)?;
        let users = self.directories.users_mut(tenant).ok_or_else(unknown)?;
        let user = users.get_mut(&oid).ok_or_else(unknown)?;
        match action {
            UserAction::Disable => user.enabled = false,
            UserAction::Enable => user.enabled = true,
            UserAction::License => user.intune = true,
            UserAction::Unlicense => user.intune = false,
            UserAction::SignOut => user.signed_out_at = now_ms,
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
}
