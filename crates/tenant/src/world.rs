use crate::asking::Ask;
use crate::authorize::AuthorizationCode;
use crate::codes::Codes;
use crate::hello::HelloKey;
use crate::prt::Prt;
use crate::sign_in::SignIn;
use crate::token::Grant;
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use std::collections::BTreeMap;
use tenant_model::devices::Devices;
use tenant_model::directory::Directories;
use tenant_model::rules::Rules;
use tenant_model::setup::{Entry, Outcome, Peer, Setup, SetupError};
use tenant_wire::answer::{Answer, Body};
use tenant_wire::cloud::Urls;
use tenant_wire::kept::Kept;
use tenant_wire::keys::{self, Generator, OwnKey};
use tenant_wire::routes;

/// The whole stand-in cloud: several tenants, their people, devices and codes.
pub struct Tenant {
    pub(crate) urls: Urls,
    pub(crate) generator: Generator,
    pub(crate) directories: Directories,
    pub(crate) devices: Devices,
    pub(crate) codes: Codes,
    pub(crate) grants: Kept<Grant>,
    pub(crate) prts: Kept<Prt>,
    pub(crate) authorization_codes: Kept<AuthorizationCode>,
    /// Claims of access tokens that nobody can read.
    pub(crate) opaque_tokens: Kept<Value>,
    /// By the key id that assertions carry.
    pub(crate) hello_keys: BTreeMap<String, HelloKey>,
    /// By the `ctx` of their pages.
    pub(crate) sign_ins: Kept<SignIn>,
    /// Nonces and when they were issued, in milliseconds since 1970.
    pub(crate) nonces: Kept<i64>,
    pub(crate) rules: Rules,
    pub(crate) ca: OwnKey,
    pub(crate) signer: OwnKey,
    pub(crate) auto_approve: bool,
    pub(crate) poll_interval: u32,
    /// The service's time at the last request.
    pub(crate) clock_ms: i64,
}

impl Tenant {
    /// A stand-in with the tenants of its seed.
    ///
    /// # Errors
    /// [`SetupError`] for a seed with an id that is no GUID or a user outside the tenant's domains.
    pub fn new(setup: Setup, now_ms: i64) -> Result<Tenant, SetupError> {
        let mut generator = Generator(setup.entropy ^ now_ms.unsigned_abs() << 20 | 1);
        let (ca, signer) = keys::own(setup.keys, setup.entropy)?;
        let directories = Directories::of(&setup.seed, &mut generator)?;
        Ok(Tenant {
            urls: setup.urls,
            generator,
            directories,
            devices: Devices::default(),
            codes: Codes::default(),
            grants: Kept::default(),
            prts: Kept::default(),
            authorization_codes: Kept::default(),
            opaque_tokens: Kept::default(),
            nonces: Kept::default(),
            hello_keys: BTreeMap::new(),
            sign_ins: Kept::default(),
            rules: Rules::default(),
            ca,
            signer,
            auto_approve: setup.auto_approve,
            poll_interval: setup.poll_interval,
            clock_ms: now_ms,
        })
    }

    /// Judges one request; `now_ms` counts milliseconds since 1970.
    pub fn handle(&mut self, request: Request<Bytes>, peer: &Peer, now_ms: i64) -> Outcome {
        let name = routes::name(&request);
        let mut entry = Entry {
            request: name.to_owned(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            host: peer.host.clone(),
            ..Entry::default()
        };
        let ask = self.ask(request, peer, now_ms);
        self.clock_ms = ask.now_ms;
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
            "probe" => Answer::with(200, Body::Html(PROBE.to_owned())),
            "realm" => self.realm(ask),
            "devicecode" => self.device_code(ask),
            "token.device_code" => self.redeem_code(ask),
            "token.refresh" => self.redeem_refresh(ask),
            "token.password" => self.redeem_password(ask),
            "token.code" => self.redeem_authorization_code(ask),
            "token.prt" | "token.prt_renew" | "token.prt_exchange" | "token.device_exchange" => {
                self.signed(ask)
            }
            "nonce" => self.nonce(ask),
            "authorize" => self.authorize(ask),
            "login" => self.login(ask),
            "kmsi" => self.keep_signed_in(ask),
            "mfa_begin" => self.begin_auth(ask),
            "mfa_end" => self.end_auth(ask),
            "mfa_finish" => self.process_auth(ask),
            "credential_type" => self.credential_type(ask),
            "device" => self.device_object(ask),
            "discover" => self.discover(ask),
            "drs_nonce" => self.drs_nonce(ask),
            "join" => self.join(ask),
            "hybrid" => ask.bad_request("error_fail", HYBRID),
            "leave" => self.leave(ask),
            "manage" => self.manage(ask),
            "key" => self.add_key(ask),
            "me" => self.me(ask),
            _ => self.nothing_there(ask),
        }
    }
}

pub(crate) const HYBRID: &str = "Hybrid join is not served here: this tenant has no on-premises directory.";
/// What a client sees that only asks whether the host is there (entra.md 1.3).
const PROBE: &str =
    "<!DOCTYPE html>\n<html><head><title>Sign in to your account</title></head><body></body></html>\n";
