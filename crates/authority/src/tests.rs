use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Guid, Who};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use transport::ReplyFuture;

const TENANT: &str = "01010101-0101-0101-0101-010101010101";
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A service that knows one domain and one key, and answers when it may.
struct Service {
    /// The paths that were asked for.
    asked: Mutex<Vec<String>>,
    status: Mutex<u16>,
    key: Mutex<&'static str>,
    is_silent: Arc<AtomicBool>,
}

impl Service {
    fn new() -> Arc<Service> {
        let (asked, status, key) = (Mutex::default(), Mutex::new(200), Mutex::new("k1"));
        Arc::new(Service { asked, status, key, is_silent: Arc::default() })
    }

    /// How often the metadata and the keys were asked for.
    fn asked(&self) -> (usize, usize) {
        let asked = self.asked.lock().unwrap();
        let keys = asked.iter().filter(|path| path.ends_with("/keys")).count();
        (asked.len() - keys, keys)
    }

    fn document(&self, path: &str) -> Value {
        let base = format!("https://login.microsoftonline.com/{TENANT}");
        let modulus = URL_SAFE_NO_PAD.encode([0xc1; 256]);
        match path.ends_with("/keys") {
            true => {
                json!({ "keys": [{ "kty": "RSA", "kid": *self.key.lock().unwrap(), "n": modulus, "e": "AQAB" }] })
            }
            false => json!({
                "issuer": format!("{base}/v2.0"), "token_endpoint": format!("{base}/oauth2/v2.0/token"),
                "jwks_uri": format!("{base}/keys"),
            }),
        }
    }
}

impl Transport for Service {
    fn send(&self, call: Call) -> ReplyFuture {
        let path = call.request.uri().path().to_owned();
        assert!(matches!(call.auth, RequestAuth::Nothing));
        let body = Bytes::from(self.document(&path).to_string());
        let reply = http::Response::builder().status(*self.status.lock().unwrap()).body(body);
        self.asked.lock().unwrap().push(path);
        let (is_silent, mut reply) = (self.is_silent.clone(), reply.ok());
        Box::pin(std::future::poll_fn(move |_| match is_silent.load(Ordering::SeqCst) {
            true => Poll::Pending,
            false => Poll::Ready(Ok(reply.take().unwrap())),
        }))
    }
}

fn authority(service: &Arc<Service>) -> Authority {
    Authority::new("login.microsoftonline.com".parse().unwrap(), service.clone())
}

fn tenant() -> TenantId {
    TenantId::new(Guid::from_bytes([1; 16]))
}

type Read = Result<(Metadata, Jwks), Failure>;

async fn resolve(authority: &Authority, now: Timestamp) -> Read {
    let metadata = authority.metadata(&"contoso.com".parse().unwrap(), now).await?;
    let keys = authority.signing_keys(&metadata.jwks_uri, now).await?;
    Ok((metadata, keys))
}

fn ready<F: Future>(future: F) -> F::Output {
    match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => end,
        Poll::Pending => panic!("nobody has to wait here"),
    }
}

#[test]
fn what_is_read_counts_for_its_age_and_no_longer() {
    let service = Service::new();
    let authority = authority(&service);
    for (later, asked) in [
        (Duration::ZERO, (1, 1)),
        (HOUR - MINUTE, (1, 1)),
        (HOUR, (1, 2)),
        (24 * HOUR - MINUTE, (1, 3)),
        (24 * HOUR, (2, 3)),
    ] {
        let (metadata, keys) = ready(resolve(&authority, NOW.after(later))).unwrap();
        assert_eq!((metadata.tenant, keys.keys.len()), (tenant(), 1));
        assert_eq!(service.asked(), asked, "{later:?}");
    }
}

#[test]
fn a_failure_is_not_kept() {
    let service = Service::new();
    let authority = authority(&service);
    *service.status.lock().unwrap() = 503;
    for _ in 0..2 {
        assert_eq!(ready(resolve(&authority, NOW)).unwrap_err().code, "ServiceBusy");
    }
    *service.status.lock().unwrap() = 200;
    assert!(ready(resolve(&authority, NOW)).is_ok());
    assert_eq!(service.asked(), (3, 1));
}

#[test]
fn a_thousand_sign_ins_at_once_read_each_document_once() {
    let service = Service::new();
    service.is_silent.store(true, Ordering::SeqCst);
    let authority = authority(&service);
    let mut people: Vec<Pin<Box<dyn Future<Output = Read>>>> = Vec::new();
    people.extend((0..1000).map(|_| Box::pin(resolve(&authority, NOW)) as _));
    let mut poll_all = || {
        people.retain_mut(|person| match person.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => end.is_err(),
            Poll::Pending => true,
        });
        people.len()
    };
    assert_eq!((poll_all(), service.asked()), (1000, (1, 0)));
    service.is_silent.store(false, Ordering::SeqCst);
    assert_eq!((poll_all(), service.asked()), (0, (1, 1)));
}

#[test]
fn keys_without_that_of_a_token_are_read_again_once_in_a_minute() {
    let service = Service::new();
    let authority = authority(&service);
    let look = |now| ready(resolve(&authority, now)).unwrap().1.keys[0].kid.clone();
    assert_eq!(look(NOW), "k1");
    for (key, later, keys) in [
        // One look, and no other for this key.
        ("k2", Duration::ZERO, 2),
        ("k2", MINUTE / 2, 2),
        ("k3", MINUTE / 2, 3),
        ("k2", MINUTE, 4),
        // What is known is not looked for.
        ("k1", 2 * MINUTE, 4),
    ] {
        authority.miss_key(tenant(), key, NOW.after(later));
        assert_eq!(look(NOW.after(later)), "k1");
        assert_eq!(service.asked(), (1, keys), "{key} {later:?}");
    }
    authority.miss_key(TenantId::new(Guid::from_bytes([7; 16])), "k9", NOW.after(2 * MINUTE));
    assert_eq!((look(NOW.after(2 * MINUTE)).as_str(), service.asked()), ("k1", (1, 4)));
    *service.key.lock().unwrap() = "k2";
    authority.miss_key(tenant(), "k2", NOW.after(3 * MINUTE));
    assert_eq!((look(NOW.after(3 * MINUTE)).as_str(), service.asked()), ("k2", (1, 5)));
}

#[test]
fn a_refusal_makes_the_metadata_doubtful_and_an_outage_does_not() {
    use FailureClass::{Broken, Denied, NeedsUser, Transient};
    for (class, delivery, later, metadata) in [
        (NeedsUser, Delivery::Answered, MINUTE, 2),
        (Denied, Delivery::Answered, MINUTE, 2),
        // It has just been read.
        (Denied, Delivery::Answered, MINUTE / 2, 1),
        (Denied, Delivery::NotSent, MINUTE, 1),
        (Transient, Delivery::Answered, MINUTE, 1),
        (Broken, Delivery::Answered, MINUTE, 1),
    ] {
        let service = Service::new();
        let authority = authority(&service);
        assert!(ready(resolve(&authority, NOW)).is_ok());
        let failure = Failure::local(class, Who::User, "X", String::new(), "");
        let failure = Failure { delivery, ..failure };
        authority.doubt(TenantId::new(Guid::from_bytes([7; 16])), &failure, NOW.after(later));
        assert!(ready(resolve(&authority, NOW.after(later))).is_ok());
        assert_eq!(service.asked(), (1, 1), "it was another tenant's");
        authority.doubt(tenant(), &failure, NOW.after(later));
        assert!(ready(resolve(&authority, NOW.after(later))).is_ok());
        assert_eq!(service.asked(), (metadata, 1), "{class:?} {delivery:?} {later:?}");
    }
}
