//! The order of requests: what is open together, and how many answers are waited for one after the other. Each row plays
//! a sign-in in rounds: all that is open is answered at once, so that a round is one answer in series.

use super::*;

/// The works that are open together, round by round.
fn rounds(harness: &mut Harness, mut open: Vec<(OpId, Work)>) -> Vec<String> {
    let mut rounds = Vec::new();
    let mut seen = harness.all.len();
    while !open.is_empty() {
        let names = open.iter().map(|(_, work)| name(work)).collect::<Vec<_>>();
        // No network is asked to identify somebody.
        if names != ["Identify"] {
            rounds.push(names.join(" + "));
        }
        for (op, work) in std::mem::take(&mut open) {
            harness.feed(Event::Done(op, Ok(reply(&work, harness.now))));
        }
        open = begun(&harness.all[seen..]);
        seen = harness.all.len();
    }
    rounds
}

fn begun(commands: &[Command]) -> Vec<(OpId, Work)> {
    let run = |command: &Command| match command {
        Command::Run(op, work) => Some((*op, work.clone())),
        _ => None,
    };
    commands.iter().filter_map(run).collect()
}

fn name(work: &Work) -> String {
    format!("{work:?}").split(' ').next().unwrap().to_owned()
}

fn reply(work: &Work, now: Timestamp) -> Reply {
    match work {
        Work::Resolve { .. } => Reply::Resolved { pin: pin(CONTOSO), keys: Jwks::default() },
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
    let open = begun(&harness.all);
    let before = rounds(&mut harness, open);
    let seen = harness.all.len();
    match harness.all.iter().any(|it| matches!(it, Command::AskPassword(_))) {
        true => harness.feed(Event::Password(Some(TokenRef(5)))),
        false => harness.wake(),
    }
    let open = begun(&harness.all[seen..]);
    let after = rounds(&mut harness, open);
    assert_eq!(harness.end(), "in");
    [before, after]
}

#[test]
fn the_table_of_orders() {
    use {Method::*, Standing::*};
    let known = || Some(pin(CONTOSO));
    for (what, method, standing, pinned, before, after) in [
        (
            "daily login by password",
            Auto,
            Registered,
            known(),
            &["Resolve + AskRealm + Nonce"][..],
            &["Password", "Exchange"][..],
        ),
        ("daily login by code", DeviceCode, Registered, known(), &["Resolve + RequestCode"], &["Poll"]),
    ] {
        let [own_before, own_after] = played(Facts { method, standing, pinned, ..facts("alex@contoso.com") });
        assert_eq!((own_before, own_after), (texts(before), texts(after)), "{what}");
    }
}

fn texts(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}
