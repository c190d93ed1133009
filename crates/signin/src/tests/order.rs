//! The order of requests: what is open together, and how many answers are waited for one after the other. Each row plays
//! a sign-in in rounds: all that is open is answered at once, so that a round is one answer in series.

use super::*;

/// The works that are open together, round by round.
fn rounds(harness: &mut Harness, from: usize) -> Vec<String> {
    let (mut rounds, mut seen) = (Vec::new(), from);
    loop {
        let new = harness.all[seen..].to_vec();
        seen = harness.all.len();
        let open: Vec<_> = new.iter().filter_map(begun).collect();
        // No network is asked to identify somebody.
        let names: Vec<_> = new.iter().filter_map(asked).filter(|name| name != "Identify").collect();
        if open.is_empty() {
            assert!(names.is_empty(), "{names:?} is in no round");
            return rounds;
        }
        if !names.is_empty() {
            rounds.push(names.join(" + "));
        }
        for (op, work) in open {
            harness.feed(Event::Done(op, Ok(reply(&work, harness.now))));
        }
        if harness.all[seen..].iter().any(|it| matches!(it, Command::AskPassword(_)))
            && let Some(password) = harness.types_at_once.take()
        {
            harness.feed(Event::Password(Some(password)));
        }
    }
}

fn begun(command: &Command) -> Option<(OpId, Work)> {
    match command {
        Command::Run(op, work) => Some((*op, work.clone())),
        _ => None,
    }
}

/// What the network is asked for.
fn asked(command: &Command) -> Option<String> {
    match command {
        Command::Run(_, work) => Some(name(work)),
        Command::PrepareJoin(_) => Some("Discover".to_owned()),
        _ => None,
    }
}

fn name(work: &Work) -> String {
    format!("{work:?}").split(' ').next().unwrap().to_owned()
}

fn reply(work: &Work, now: Timestamp) -> Reply {
    match work {
        Work::Resolve { .. } => leads_to(CONTOSO),
        Work::FetchKeys { .. } => Reply::Keys(Jwks::default()),
        Work::AskRealm { .. } => Reply::Realm(Realm::Managed),
        Work::Nonce { .. } => Reply::Nonce(nonce(now)),
        Work::RequestCode { .. } => Reply::Code {
            code: TokenRef(1),
            user_code: "ABCD".to_owned(),
            verification_uri: "https://microsoft.com/devicelogin".to_owned(),
            expires_in: Duration::from_secs(900),
            interval: Duration::from_secs(5),
        },
        Work::Password { standing: Standing::Registered, .. } => Reply::Vouched(TokenRef(7)),
        Work::Password { .. } | Work::Poll { .. } => Reply::Tokens(TokenRef(7)),
        Work::Exchange { .. } => Reply::Exchanged,
        Work::Identify { .. } => Reply::Identified(subject("alex@contoso.com", ALEX)),
        other => panic!("{other:?} is not of these rows"),
    }
}

/// Plays a sign-in: the rounds before the person has done their part, and those after it.
fn played(facts: Facts) -> [Vec<String>; 2] {
    let mut harness = Harness::open(facts);
    let before = rounds(&mut harness, 0);
    let seen = harness.all.len();
    match harness.all.iter().any(|it| matches!(it, Command::AskPassword(_))) {
        true => harness.feed(Event::Password(Some(TokenRef(5)))),
        false => harness.wake(),
    }
    let after = rounds(&mut harness, seen);
    assert_eq!(harness.end(), "in");
    [before, after]
}

#[test]
fn the_table_of_orders() {
    use {Method::*, Standing::*};
    let known = || Some(pin(CONTOSO));
    for (what, method, standing, pinned, before, after) in [
        (
            "first registration by password",
            Password,
            Unregistered,
            None,
            &["Resolve + AskRealm", "FetchKeys + Discover"][..],
            &["Password"][..],
        ),
        (
            "first registration by code",
            Auto,
            Unregistered,
            None,
            &["Resolve", "FetchKeys + Discover + RequestCode"],
            &["Poll"],
        ),
        (
            "daily login by password",
            Auto,
            Registered,
            known(),
            &["Resolve + AskRealm + Nonce", "FetchKeys"],
            &["Password", "Exchange"],
        ),
        (
            "daily login by code",
            DeviceCode,
            Registered,
            known(),
            &["Resolve + RequestCode", "FetchKeys"],
            &["Poll"],
        ),
    ] {
        let [own_before, own_after] = played(Facts { method, standing, pinned, ..facts("alex@contoso.com") });
        assert_eq!((own_before, own_after), (texts(before), texts(after)), "{what}");
    }
}

fn texts(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// Whoever types as soon as they are asked: the password goes out beside what is not there yet.
#[test]
fn the_table_of_those_who_type_at_once() {
    use Standing::*;
    for (standing, pinned, wanted) in [
        (Unregistered, None, &["Resolve + AskRealm", "FetchKeys + Discover + Password"][..]),
        (
            Registered,
            Some(pin(CONTOSO)),
            &["Resolve + AskRealm + Nonce", "FetchKeys + Password", "Exchange"][..],
        ),
    ] {
        let facts = Facts { method: Method::Password, standing, pinned, ..facts("alex@contoso.com") };
        let mut harness = Harness::open(facts);
        harness.types_at_once = Some(TokenRef(5));
        assert_eq!(rounds(&mut harness, 0), texts(wanted), "{standing:?}");
        assert_eq!(harness.end(), "in");
    }
}

/// What goes out when the password is typed before the keys came is the password, and the keys are waited for last.
#[test]
fn whoever_types_at_once_has_the_password_beside_the_keys() {
    let mut harness = Harness::open(Facts { method: Method::Password, ..facts("alex@contoso.com") });
    harness.answer(is_realm, Ok(Reply::Realm(Realm::Managed)));
    harness.answer(is_resolve, Ok(leads_to(CONTOSO)));
    harness.feed(Event::Password(Some(TokenRef(5))));
    let password = harness.op(is_password);
    harness.feed(Event::Done(password, Ok(Reply::Tokens(TokenRef(7)))));
    assert!(!harness.all.iter().any(|it| matches!(it, Command::Run(_, Work::Identify { .. }))));
    harness.fetch_keys();
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    assert_eq!(harness.end(), "in");
}
