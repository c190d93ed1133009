//! A network and a key store that follow a script and keep a book of what was asked of them.

use bytes::Bytes;
use hsm::{HsmError, HsmInfo, Job, Keys, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use transport::{Call, Reply, ReplyFuture, RequestAuth, Transport, TransportError};

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
    pub(crate) auth: &'static str,
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
    pub(super) sent: Mutex<Vec<Sent>>,
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
            auth: match call.auth {
                RequestAuth::Nothing => "nothing",
                RequestAuth::Credential => "credential",
                RequestAuth::Certificate(_) => "certificate",
                RequestAuth::CertificateAndCredential(_) => "both",
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
    next: Mutex<BTreeMap<String, HsmError>>,
    jobs: Mutex<Vec<String>>,
    unwrapped: Mutex<Option<Vec<u8>>>,
}

impl KeyStore {
    /// What the next job of this name fails with.
    pub(crate) fn will(&self, job: &str, error: HsmError) {
        self.next.lock().unwrap().insert(job.to_owned(), error);
    }

    /// Unwraps every session key to these bytes from here on.
    pub(crate) fn unwraps(&self, bytes: Vec<u8>) {
        *self.unwrapped.lock().unwrap() = Some(bytes);
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
        Job::Create(backend, purpose, intent, _) => {
            format!("create {} in {} of {}", purpose.as_str(), backend.as_str(), intent.guid().as_bytes()[0])
        }
        Job::Sign(key, SignScheme::Pkcs1Sha256, ..) => named("sign", key),
        Job::Sign(key, SignScheme::PssSha256, ..) => named("sign-pss", key),
        Job::UnwrapOaepSha1(key, ..) => named("unwrap", key),
        Job::Destroy(key, _) => named("destroy", key),
        Job::SelfTest(key, _) => format!("test {} {:?}", key.purpose.as_str(), key.wrapped),
        Job::Rebind(key, _) => named("rebind", key),
        other => format!("{other:?}"),
    }
}

impl Keys for KeyStore {
    fn submit(&self, job: Job) {
        let name = name(&job);
        self.jobs.lock().unwrap().push(name.clone());
        if let Some(error) = self.next.lock().unwrap().remove(&name) {
            return job.refuse(error);
        }
        match job {
            Job::Ready(backend, reply) => {
                reply.send(Ok(HsmInfo { backend, description: "scripted".to_owned() }));
            }
            Job::Create(backend, purpose, intent, reply) => reply.send(Ok(key(backend, purpose, intent))),
            Job::Rebind(key, reply) => {
                reply.send(Ok(KeyHandle { wrapped: vec![key.wrapped[0], 1], ..key }));
            }
            Job::Sign(.., reply) => reply.send(Ok(vec![7; 256])),
            Job::UnwrapOaepSha1(.., reply) => {
                let unwrapped = self.unwrapped.lock().unwrap().clone();
                reply.send(Ok(Secret::new(unwrapped.unwrap_or_else(|| SESSION_KEY.to_vec()))));
            }
            Job::Destroy(_, reply) | Job::SelfTest(_, reply) | Job::Reseal(_, reply) => reply.send(Ok(())),
            Job::RecoveryCode(reply) => reply.send(Err(HsmError::NotBootBound)),
        }
    }
}

/// A key of this purpose; `wrapped` begins with a number of the purpose.
pub(crate) fn key(backend: Backend, purpose: KeyPurpose, intent: IntentId) -> KeyHandle {
    let public = RsaPublicKey { modulus: vec![0xc1; 256], exponent: vec![1, 0, 1] };
    KeyHandle { backend, purpose, intent, public, wrapped: vec![purpose as u8] }
}

/// What unwrapping gives.
pub(crate) const SESSION_KEY: [u8; 32] = [5; 32];
