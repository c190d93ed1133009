//! Thousands who sign in by password at once on a registered machine: the key store is the narrow place, it is shared
//! by turns, and nobody is refused. In virtual time: what this computer itself computes takes none of it.

use super::harness::{ASKER, Disk, dependencies, domain, facts, registered, tenant};
use crate::{Codes, Driver, Purpose, SignInEvent};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hsm::{Deadlines, HsmInfo, Job, Jobs, Keys};
use model::{AccountPin, Asked, Guid, Id, Secret, TenantPin, Timestamp, Upn};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use transport::{Call, ReplyFuture, Transport};

/// A key store that takes [`EACH`] for every job, and decides as the real ones do which is next.
struct SlowKeys {
    jobs: Mutex<Jobs>,
    came: Notify,
}

impl SlowKeys {
    fn start() -> Arc<SlowKeys> {
        let jobs = Mutex::new(Jobs::new(Deadlines::default(), 16_384));
        let keys = Arc::new(SlowKeys { jobs, came: Notify::new() });
        tokio::spawn(keys.clone().run());
        keys
    }

    async fn run(self: Arc<Self>) {
        loop {
            let now = Instant::now().into_std();
            self.jobs.lock().unwrap().late(now).refuse();
            let (job, late) = self.jobs.lock().unwrap().begin(now);
            late.refuse();
            let Some(job) = job else {
                self.came.notified().await;
                continue;
            };
            sleep(EACH).await;
            does(job);
            self.jobs.lock().unwrap().ended(Instant::now().into_std());
        }
    }
}

impl Keys for SlowKeys {
    fn submit(&self, job: Job) {
        assert!(self.jobs.lock().unwrap().add(job, Instant::now().into_std()).is_none(), "it has a place");
        self.came.notify_one();
    }
}

fn does(job: Job) {
    match job {
        Job::Sign(.., reply) => reply.send(Ok(vec![1; 256])),
        Job::UnwrapOaepSha1(.., reply) => reply.send(Ok(Secret::new(vec![7; 32]))),
        Job::SelfTest(_, reply) => reply.send(Ok(())),
        Job::Ready(backend, reply) => {
            reply.send(Ok(HsmInfo { backend, description: "slow".to_owned() }));
        }
        other => panic!("a sign-in does not need it: {other:?}"),
    }
}

/// A sign-in service that lets everybody in.
struct Service {
    key: KeyPair,
}

impl Transport for Service {
    fn send(&self, call: Call) -> ReplyFuture {
        let body = self.answer(&call.request);
        Box::pin(async move { Ok(http::Response::new(Bytes::from(body.to_string()))) })
    }
}

impl Service {
    fn answer(&self, request: &http::Request<Bytes>) -> Value {
        let path = request.uri().path();
        let form = String::from_utf8(request.body().to_vec()).unwrap();
        let said = |name: &str| {
            let mut fields = form.split('&').filter_map(|field| field.split_once('='));
            fields.find(|(own, _)| *own == name).map(|(_, value)| value.replace("%40", "@"))
        };
        if path.ends_with("openid-configuration") {
            return metadata(path.split('/').nth(1).unwrap());
        } else if path.ends_with("keys") {
            return self.keys();
        } else if path.contains("userrealm") {
            return json!({ "account_type": "Managed" });
        } else if form.contains("srv_challenge") {
            return json!({ "Nonce": "AwAB" });
        }
        let Some(signed) = said("request") else { return self.tokens(&said("refresh_token").unwrap()) };
        let claims = signed.split('.').nth(1).unwrap().to_owned();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        match claims["username"].as_str() {
            Some(name) => granted(name),
            None => json!({ "access_token": "at", "refresh_token": claims["refresh_token"] }),
        }
    }

    fn keys(&self) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.key.public_key());
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": "k1", "n": part(public.n), "e": part(public.e) }] })
    }

    /// The tokens of whoever the refresh token names.
    fn tokens(&self, name: &str) -> Value {
        let (tenant, object) = of(name);
        let claims = json!({
            "iss": issuer(&tenant), "aud": BROKER, "ver": "2.0",
            "tid": tenant, "oid": object, "nbf": NOW - 300, "exp": NOW + 3600, "preferred_username": name,
        });
        let header = json!({ "alg": "RS256", "kid": "k1" });
        let signed = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        let home = json!({ "uid": object, "utid": tenant });
        json!({
            "access_token": "at", "refresh_token": name, "expires_in": 3600, "token_type": "Bearer",
            "id_token": format!("{signed}.{}", part(signature)), "client_info": part(home.to_string()),
        })
    }
}

fn metadata(domain: &str) -> Value {
    let tenant = of(&format!("x@{domain}")).0;
    let base = format!("https://login.microsoftonline.com/{tenant}");
    json!({
        "issuer": issuer(&tenant), "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
    })
}

/// A PRT that names its person.
fn granted(name: &str) -> Value {
    let (tenant, object) = of(name);
    let claims = json!({ "tid": tenant, "oid": object });
    let header = part(r#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let wrapped = format!("{header}.{}.{}.{}.{}", part([7; 256]), part([1; 12]), part([2]), part([3; 16]));
    json!({
        "refresh_token": name, "refresh_token_expires_in": 36000, "session_key_jwe": wrapped,
        "id_token": format!("{}.{}.", part(r#"{"alg":"none"}"#), part(claims.to_string())),
    })
}

fn issuer(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// Tenant and object of a name: `p7@d3.example`.
fn of(name: &str) -> (String, String) {
    let (person, domain) = name.split_once('@').unwrap();
    let number: u8 = domain.trim_start_matches('d').split('.').next().unwrap().parse().unwrap();
    let mut bytes = [number; 16];
    bytes[12..]
        .copy_from_slice(&person.trim_start_matches('p').parse::<u32>().unwrap_or_default().to_be_bytes());
    (tenant(number).to_string(), Guid::from_bytes(bytes).to_string())
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn name(person: u32, n: u8) -> Upn {
    format!("p{person}@{}", domain(n)).parse().unwrap()
}

/// Somebody who has signed in here before.
fn seen(person: u32, n: u8) -> (store::RecordKey, Vec<u8>) {
    let upn = name(person, n);
    let object = Id::new(of(upn.as_str()).1.parse().unwrap());
    let first_seen = Timestamp::from_secs(1);
    let pin = AccountPin { upn, tenant: tenant(n), object, first_seen, former_since: None };
    record(&tenancy::Change::Account(pin))
}

/// A domain that is known to lead to its tenant.
fn known(n: u8) -> (store::RecordKey, Vec<u8>) {
    let pin = TenantPin { tenant: tenant(n), issuer: issuer(&tenant(n).to_string()) };
    record(&tenancy::Change::Domain { domain: domain(n), pin, at: Timestamp::from_secs(NOW) })
}

fn record(change: &tenancy::Change) -> (store::RecordKey, Vec<u8>) {
    match snapshot::to_change(change) {
        store::Change::Put(key, bytes) => (key, bytes),
        other => panic!("it is written: {other:?}"),
    }
}

/// How long until they are let in.
async fn signs_in(driver: Driver, who: Upn) -> Duration {
    let begun = Instant::now();
    let purpose = Purpose::Identify(Codes::NotShown);
    let mut sign_in = driver.sign_in(Asked::Person(who.clone()), ASKER, purpose).await.unwrap();
    loop {
        match sign_in.next().await {
            Some(SignInEvent::AskPassword(_)) => {
                sign_in.answer(Some(Secret::new("hunter2".to_owned()))).await
            }
            Some(SignInEvent::SignedIn(account)) => {
                assert_eq!(account.upn, who);
                return begun.elapsed();
            }
            Some(SignInEvent::Failed(failure)) => panic!("{who} is refused: {failure:?}"),
            Some(_) => {}
            None => panic!("{who} is told nothing"),
        }
    }
}

/// So many of each tenant at once; how long each tenant waited until the last of its people was in.
async fn crowd(sizes: &[u32]) -> Vec<Duration> {
    let (disk, tenants) = (Disk::default(), u8::try_from(sizes.len()).unwrap());
    let people = || (0..tenants).zip(sizes).flat_map(|(n, size)| (0..*size).map(move |person| (person, n)));
    disk.state(|disk| disk.records.extend((0..tenants).flat_map(|n| [registered(n), known(n)])));
    disk.state(|disk| disk.records.extend(people().map(|(person, n)| seen(person, n))));
    let (service, keys) = (Service { key: KeyPair::generate(KeySize::Rsa2048).unwrap() }, SlowKeys::start());
    let driver = Driver::start(dependencies(facts(tenants, 0), &disk, (Arc::new(service), keys.clone())));
    let driver = driver.await.unwrap();
    let tasks: Vec<_> =
        people().map(|(person, n)| (n, tokio::spawn(signs_in(driver.clone(), name(person, n))))).collect();
    let mut longest = vec![Duration::ZERO; sizes.len()];
    for (n, task) in tasks {
        let waited = task.await.unwrap();
        longest[usize::from(n)] = longest[usize::from(n)].max(waited);
    }
    longest
}

#[tokio::test(start_paused = true)]
async fn two_thousand_of_ten_tenants_are_all_let_in_and_each_tenant_waits_its_share() {
    let sizes = [1_100, 100, 100, 100, 100, 100, 100, 100, 100, 100];
    let all: u32 = sizes.iter().sum();
    let waited = crowd(&sizes).await;
    let longest = waited.iter().max().copied().unwrap();
    assert!(longest <= all * JOBS * EACH * 12 / 10, "{longest:?} for {all}");
    for (own, waited) in sizes.into_iter().zip(waited) {
        // What the key store does while this tenant is served as often as any other.
        let share: u32 = sizes.iter().map(|other| own.min(*other)).sum();
        assert!(waited <= 2 * share * JOBS * EACH, "{waited:?}, of a share of {share}");
    }
}

/// The client that everybody signs in with.
const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
/// When it is, in seconds since 1970.
const NOW: i64 = 1_800_000_000;
/// What a sign-in asks the key store for: a signature, and the key of the session.
const JOBS: u32 = 2;
/// What a job takes.
const EACH: Duration = Duration::from_millis(1);
