//! The first word and the last: who may ask again, who is told that the service ends, and who has to go for others.

use super::samples::Caller;
use crate::connection::Connection;
use crate::conversation::{self, Stop, hold, stopped};
use crate::{Service, serve};
use callers::Owner;
use callers::{Limits, Place};
use ipc::{Ending, Message, Peer, Request, Wait};
use log_limit::LogLimit;
use model::Requester;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A shared that is not ready yet.
struct Shared {
    stop: watch::Sender<Option<Stop>>,
    _ready: watch::Sender<Option<Arc<Service>>>,
    limits: Arc<Limits>,
    doors: conversation::Shared,
}

impl Shared {
    fn new() -> Shared {
        let (stop, stopping) = watch::channel(None);
        let (_ready, when_ready) = watch::channel(None);
        let doors = conversation::Shared { ready: when_ready, stop: stopping, log: LogLimit::default() };
        Shared { stop, _ready, limits: Arc::default(), doors }
    }

    fn place(&self, uid: u32) -> Option<Place> {
        self.limits.enter(Owner::User(uid))
    }

    /// A conversation with this user.
    fn talks(&self, uid: u32) -> (Caller, JoinHandle<()>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let place = self.place(uid).unwrap();
        let asking = conversation::Caller { peer: Peer::of(uid, 0), gid: uid, by: Requester(uid) };
        (Caller(theirs), tokio::spawn(hold(ours, asking, place, self.doors.clone())))
    }
}

fn requests() -> Vec<Request> {
    let name = || "alex@contoso.com".to_owned();
    vec![
        Request::SignIn { name: name(), wait: Wait::Settled, language: None },
        Request::Status { domain: None },
        Request::PamSession { name: name(), service: "sshd".to_owned(), tty: None, open: true },
        Request::Join { domain: None },
        Request::Leave { domain: None, force: false },
        Request::Rekey { name: name(), to: "tpm".to_owned(), force: false },
        Request::CancelRekey { domain: None },
        Request::Rebind { domain: None },
        Request::ForgetAccount { name: name() },
        Request::ReserveAccount { name: name(), uid: Some(1), home: None },
        Request::Watch {},
        Request::TpmRecoveryCode {},
        Request::TpmReseal { with_code: true },
    ]
}

#[tokio::test]
async fn every_request_has_its_first_word_at_once_and_is_repeated_when_the_service_ends_before_it_begins() {
    for request in requests() {
        for why in [Stop::Asked, Stop::NotWritable] {
            let shared = Shared::new();
            let (mut caller, talk) = shared.talks(0);
            caller.says(&request).await;
            let first = timeout(Duration::from_secs(5), caller.hears()).await;
            assert_eq!(first.expect("no word comes"), Some(Message::ACCEPTED), "{request:?}");
            shared.stop.send_replace(Some(why));
            assert_eq!(caller.hears().await, Some(Message::Again {}), "{request:?} {why:?}");
            assert_eq!(caller.hears().await, None);
            talk.await.unwrap();
        }
    }
}

#[tokio::test]
async fn whoever_has_not_asked_yet_asks_the_next_daemon() {
    let shared = Shared::new();
    let (mut caller, talk) = shared.talks(1000);
    // Half a header is no request.
    caller.sends(&[0, 0]).await;
    shared.stop.send_replace(Some(Stop::Asked));
    assert_eq!(caller.hears().await, Some(Message::Again {}));
    talk.await.unwrap();
}

#[tokio::test]
async fn what_may_not_be_made_is_refused_before_the_service_is_ready() {
    let shared = Shared::new();
    let (mut caller, _talk) = shared.talks(1000);
    caller.says(&Request::Watch {}).await;
    let Some(Message::Failed { failure }) = caller.hears().await else { panic!("it is root's") };
    assert_eq!(failure.code, "Forbidden");
    assert_eq!(caller.hears().await, Some(Message::End { ending: Ending::Denied }));
}

#[tokio::test]
async fn a_request_of_tomorrow_is_told_from_nonsense() {
    let frame = |said: &str| [&u32::try_from(said.len()).unwrap().to_be_bytes(), said.as_bytes()].concat();
    for (said, code) in [
        (r#"{"op":"compliance_check","protocol":99}"#, "UnknownRequest"),
        (r#"{"op":"compliance_check"}"#, "UnknownRequest"),
        (r#"{"op":"watch","protocol":[]}"#, "BadRequest"),
        (r#"{"op":"forget_account"}"#, "BadRequest"),
    ] {
        let shared = Shared::new();
        let (mut caller, _talk) = shared.talks(0);
        caller.sends(&frame(said)).await;
        let Some(Message::Failed { failure }) = caller.hears().await else { panic!("{said}") };
        assert_eq!(failure.code, code, "{said}");
        if code == "UnknownRequest" {
            let (op, version) = ("\"compliance_check\"", format!("version {}", ipc::PROTOCOL));
            assert!(failure.message.contains(op) && failure.message.contains(&version), "{failure:?}");
        }
        let ending = if said.contains("99") { Ending::Usage } else { Ending::Failed };
        let ended = caller.hears().await;
        assert_eq!(ended, Some(Message::End { ending }), "yesterday has no word for a usage error");
    }
}

#[tokio::test]
async fn a_caller_hears_only_words_of_its_own_version() {
    for (said, hears) in [(r#"{"op":"watch"}"#, false), (r#"{"op":"watch","protocol":2}"#, true)] {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut connection = Connection::new(ours, ipc::Reader::Root, LogLimit::default());
        let mut caller = Caller(theirs);
        caller.sends(&[&u32::try_from(said.len()).unwrap().to_be_bytes(), said.as_bytes()].concat()).await;
        connection.request().await.unwrap();
        assert!(connection.say(&Message::Waiting { text: "x".to_owned(), until: None }).await);
        assert!(!connection.has_begun());
        assert!(connection.say(&Message::Notice { text: "y".to_owned() }).await);
        let first = caller.hears().await.unwrap();
        assert_eq!(matches!(first, Message::Waiting { .. }), hears, "{first:?}");
    }
}

#[tokio::test]
async fn only_what_begins_or_is_said_keeps_a_request_from_being_repeated() {
    let connection =
        || Connection::new(UnixStream::pair().unwrap().0, ipc::Reader::Root, LogLimit::default());
    let mut said = connection();
    assert!(!said.has_begun());
    said.say(&Message::ACCEPTED).await;
    assert!(!said.has_begun());
    said.say(&Message::Notice { text: String::new() }).await;
    assert!(said.has_begun());
    let mut begun = connection();
    begun.begin();
    assert!(begun.has_begun());
    for request in requests() {
        let unchanged = matches!(
            request,
            Request::SignIn { .. } | Request::Join { .. } | Request::Status { .. } | Request::Watch {}
        );
        assert_eq!(request.may_be_repeated(), unchanged, "{request:?}");
    }
}

#[tokio::test]
async fn whoever_has_none_gets_a_place_and_whoever_has_to_go_is_told() {
    let shared = Shared::new();
    let (mut first, talk) = shared.talks(200_000);
    let _others: Vec<Place> = (200_001..200_960).map(|uid| shared.place(uid).unwrap()).collect();
    let _entered = shared.place(1000).expect("somebody who has none");
    let Some(Message::Failed { failure }) = first.hears().await else { panic!("it is told") };
    assert_eq!(failure.code, "TooManyConnections");
    assert_eq!(first.hears().await, Some(Message::End { ending: Ending::Failed }));
    talk.await.unwrap();
}

#[tokio::test]
async fn a_stop_is_heard_of_those_who_come_late_and_of_those_who_cannot_say_why() {
    let (stop, mut stopping) = watch::channel(None);
    stop.send_replace(Some(Stop::NotWritable));
    assert_eq!(stopped(&mut stopping).await, Stop::NotWritable);
    assert_eq!(stopped(&mut stopping).await, Stop::NotWritable);
    let (gone, mut stopping) = watch::channel(None);
    drop(gone);
    assert_eq!(stopped(&mut stopping).await, Stop::Asked);
}

/// A socket of its own for each test.
fn listen(name: &str) -> (UnixListener, PathBuf) {
    let path = std::env::temp_dir().join(format!("firmament-server-{}-{name}", std::process::id()));
    drop(std::fs::remove_file(&path));
    (UnixListener::bind(&path).unwrap(), path)
}

#[tokio::test]
async fn nobody_who_was_accepted_is_lost_when_the_service_ends() {
    let shared = Shared::new();
    let (listener, path) = listen("lost");
    let conversation::Shared { ready, stop: stopping, .. } = shared.doors.clone();
    let serving = tokio::spawn(serve(listener, 0, ready, stopping));
    let mut callers = Vec::new();
    for n in 0..10 {
        let mut caller = Caller(UnixStream::connect(&path).await.unwrap());
        // Some have asked, some not yet.
        if n % 2 == 0 {
            caller.says(&Request::Status { domain: None }).await;
            assert_eq!(caller.hears().await, Some(Message::ACCEPTED));
        }
        callers.push(caller);
    }
    // As root this test has more than a user's places.
    tokio::task::yield_now().await;
    shared.stop.send_replace(Some(Stop::Asked));
    serving.await.unwrap();
    for mut caller in callers {
        let last = caller.hears().await;
        // One that was never accepted stays in the queue of the socket, which is systemd's.
        assert!(matches!(last, Some(Message::Again {}) | None), "{last:?}");
    }
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_caller_who_does_not_listen_does_not_keep_the_service_from_ending() {
    let shared = Shared::new();
    let (listener, path) = listen("deaf");
    let conversation::Shared { ready, stop: stopping, .. } = shared.doors.clone();
    let serving = tokio::spawn(serve(listener, 0, ready, stopping));
    let mut caller = Caller(UnixStream::connect(&path).await.unwrap());
    caller.says(&Request::Status { domain: None }).await;
    assert_eq!(caller.hears().await, Some(Message::ACCEPTED));
    shared.stop.send_replace(Some(Stop::Asked));
    timeout(Duration::from_secs(5), serving).await.expect("it waits for the caller").unwrap();
    std::fs::remove_file(path).unwrap();
}
