//! A network and a key store that follow a script and keep a book of what was asked of them.

use bytes::Bytes;
use hsm::{Answer, HsmError, Job, Keys, KeysFuture, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use transport::{Bears, Call, Reply, ReplyFuture, Transport, TransportError};

/// What the network does with one request.
pub(crate) type Scripted = Result<Reply, TransportError>;

/// One request that left.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// What it is for: the grant of a request for tokens, else [`Sent::line`].
    pub(crate) what: String,
    /// Method, host and path, without the query.
    pub(crate) line: String,
    /// `nothing`, `credential` or `certificate`.
    pub(crate) bears: &'static str,
    /// The bearer token, without `Bearer `.
    pub(crate) token: Option<String>,
    /// `client-request-id`.
    pub(crate) id: Option<String>,
    /// The query and the body as text.
    pub(crate) text: String,
}

/// Answers each request with the next line of its script.
#[derive(Default)]
pub(crate) struct Net {
    script: Mutex<VecDeque<Scripted>>,
    sent: Mutex<Vec<Sent>>,
}

impl Net {
    /// More of the script.
    pub(crate) fn will(&self, script: impl IntoIterator<Item = Scripted>) {
        self.script.lock().unwrap().extend(script);
    }

    /// Everything that was sent so far; the script must be used up.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        assert_eq!(self.script.lock().unwrap().len(), 0, "replies that nobody asked for");
        self.sent.lock().unwrap().clone()
    }

    /// What was sent so far, and for what.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.what).collect()
    }

    /// The lines of what was sent so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.line).collect()
    }
}

impl Transport for Net {
    fn send(&self, call: Call) -> ReplyFuture {
        let request = &call.request;
        let uri = request.uri();
        let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
        let body = String::from_utf8_lossy(request.body());
        let line = format!("{} {}{}", request.method(), uri.authority().unwrap(), uri.path());
        let sent = Sent {
            what: grant(&body).map_or_else(|| line.clone(), str::to_owned),
            line,
            bears: match call.bears {
                Bears::Nothing => "nothing",
                Bears::Credential => "credential",
                Bears::Certificate(_) => "certificate",
                Bears::CertificateAndCredential(_) => "both",
            },
            token: header("authorization").map(|text| text.trim_start_matches("Bearer ").to_owned()),
            id: header("client-request-id"),
            text: format!("{}\n{body}", uri.query().unwrap_or_default()),
        };
        let next = self.script.lock().unwrap().pop_front();
        let reply = next.unwrap_or_else(|| panic!("the script has no reply to {}", sent.line));
        self.sent.lock().unwrap().push(sent);
        Box::pin(async move { reply })
    }
}

/// `nonce`, `signed`, `code`, or the grant as it is called.
fn grant(body: &str) -> Option<&str> {
    let grant = body.split('&').find_map(|field| field.strip_prefix("grant_type="))?;
    Some(match grant.rsplit("%3A").next().unwrap_or(grant) {
        "srv_challenge" => "nonce",
        "jwt-bearer" => "signed",
        other => other,
    })
}

/// A reply of JSON or of anything else.
pub(crate) fn says(status: u16, body: impl ToString) -> Scripted {
    Ok(http::Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
}

/// The same, at a time of the server's.
pub(crate) fn says_at(date: &str, status: u16, body: impl ToString) -> Scripted {
    let mut reply = says(status, body)?;
    reply.headers_mut().insert("date", date.parse().unwrap());
    Ok(reply)
}

/// The request did not leave.
pub(crate) fn not_sent() -> Scripted {
    Err(TransportError::NotSent { host: "host.example".to_owned(), why: "no route".to_owned() })
}

/// The request left, and no reply came.
pub(crate) fn in_doubt() -> Scripted {
    Err(TransportError::InDoubt { host: "host.example".to_owned(), why: "reset".to_owned() })
}

/// Does every job, unless it is told otherwise for the next one of a kind.
#[derive(Default)]
pub(crate) struct KeyStore {
    next: Mutex<BTreeMap<String, Result<Answer, HsmError>>>,
    jobs: Mutex<Vec<String>>,
}

impl KeyStore {
    /// What the next job of this name ends in.
    pub(crate) fn will(&self, job: &str, end: Result<Answer, HsmError>) {
        self.next.lock().unwrap().insert(job.to_owned(), end);
    }

    /// The names of all jobs so far.
    pub(crate) fn jobs(&self) -> Vec<String> {
        assert_eq!(self.next.lock().unwrap().len(), 0, "ends of jobs that nobody asked for");
        self.jobs.lock().unwrap().clone()
    }
}

fn name(job: &Job) -> String {
    let named = |verb: &str, key: &KeyHandle| format!("{verb} {}", key.purpose.as_str());
    match job {
        Job::Create(backend, purpose, intent) => {
            format!("create {} in {} of {}", purpose.as_str(), backend.as_str(), intent.guid().as_bytes()[0])
        }
        Job::Sign(key, SignScheme::Pkcs1Sha256, _) => named("sign", key),
        Job::Sign(key, SignScheme::PssSha256, _) => named("sign-pss", key),
        Job::UnwrapOaepSha1(key, _) => named("unwrap", key),
        Job::Destroy(key) => named("destroy", key),
        Job::SelfTest(key) => format!("test {} {:?}", key.purpose.as_str(), key.wrapped),
        Job::Rebind(key) => named("rebind", key),
        other => format!("{other:?}"),
    }
}

fn answer(job: Job) -> Answer {
    match job {
        Job::Create(backend, purpose, intent) => Answer::Key(key(backend, purpose, intent)),
        Job::Rebind(key) => Answer::Key(KeyHandle { wrapped: vec![key.wrapped[0], 1], ..key }),
        Job::Sign(..) => Answer::Bytes(vec![7; 256]),
        Job::UnwrapOaepSha1(..) => Answer::Secret(Secret::new(SESSION_KEY.to_vec())),
        _ => Answer::Done,
    }
}

impl Keys for KeyStore {
    fn call(&self, job: Job) -> KeysFuture {
        let end = self.call_blocking(job);
        Box::pin(async move { end })
    }

    fn call_blocking(&self, job: Job) -> Result<Answer, HsmError> {
        let name = name(&job);
        self.jobs.lock().unwrap().push(name.clone());
        self.next.lock().unwrap().remove(&name).unwrap_or_else(|| Ok(answer(job)))
    }
}

/// A key of this purpose; `wrapped` begins with a number of the purpose.
pub(crate) fn key(backend: Backend, purpose: KeyPurpose, intent: IntentId) -> KeyHandle {
    let public = RsaPublicKey { modulus: vec![0xc1; 256], exponent: vec![1, 0, 1] };
    KeyHandle { backend, purpose, intent, public, wrapped: vec![purpose as u8] }
}

/// What unwrapping gives.
pub(crate) const SESSION_KEY: [u8; 32] = [5; 32];
