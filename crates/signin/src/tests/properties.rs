use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One step of a random conversation: which work in flight is answered, and how.
#[derive(Debug, Clone)]
struct Step {
    pick: usize,
    kind: u8,
    noise: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (0usize..4, any::<u8>(), any::<u8>()).prop_map(|(pick, kind, noise)| Step { pick, kind, noise });
    proptest::collection::vec(step, 1..60)
}

fn failure(kind: u8) -> Failure {
    let (code, class) = [
        ("AADSTS50076", FailureClass::NeedsUser),
        ("AADSTS65002", FailureClass::Broken),
        ("Unreachable", FailureClass::Transient),
        ("UnknownKey", FailureClass::Transient),
        ("AADSTS50057", FailureClass::Denied),
    ][usize::from(kind) % 5];
    refused(code, class)
}

/// A random conversation; checks the laws after every event.
#[derive(Default)]
struct Watcher {
    in_flight: BTreeMap<OpId, Work>,
    made: BTreeSet<u64>,
    ended: BTreeSet<u64>,
    handed_out: Option<u64>,
    last_poll: Option<Timestamp>,
    identified: Option<Account>,
    finished: bool,
}

impl Watcher {
    fn watch(&mut self, desk: &Desk) {
        for command in &desk.batch.commands {
            assert!(
                !self.finished || matches!(command, Command::Ignored(_) | Command::Forget(_)),
                "{command:?} after the end"
            );
            match command {
                Command::Run(op, work) => self.started(*op, work, desk.now),
                Command::Cancel(op) => assert!(self.in_flight.remove(op).is_some()),
                Command::Forget(name) => assert!(self.ended.insert(name.0), "{name:?} ended twice"),
                Command::Finish(outcome) => self.finish(outcome),
                _ => {}
            }
        }
        let stalled = self.in_flight.is_empty() && desk.batch.wake_at.is_none() && !desk.session.is_over();
        assert!(!stalled, "nothing is awaited");
    }

    fn started(&mut self, op: OpId, work: &Work, now: Timestamp) {
        if is_poll(work) {
            let too_fast = self.last_poll.is_some_and(|last| now.since(last) < Duration::from_secs(5));
            assert!(!too_fast, "polled faster than the interval");
            self.last_poll = Some(now);
        }
        if is_request(work) {
            self.last_poll = None;
        }
        assert!(self.in_flight.insert(op, work.clone()).is_none(), "an id was used twice");
        assert!(self.in_flight.len() <= 2);
    }

    fn finish(&mut self, outcome: &Outcome) {
        assert!(!self.finished, "finished twice");
        self.finished = true;
        if let Outcome::SignedIn { account, token } = outcome {
            assert_eq!(self.identified.as_ref(), Some(account));
            self.handed_out = Some(token.0);
        }
    }

    fn reply(&mut self, work: &Work, step: &Step) -> Result<Reply, Failure> {
        if step.kind.is_multiple_of(3) {
            return Err(failure(step.noise));
        }
        let mut fresh = || {
            let name = self.made.len() as u64 + 1;
            self.made.insert(name);
            TokenRef(name)
        };
        Ok(match work {
            Work::Resolve { .. } => Reply::Resolved { pin: pin(CONTOSO), keys: Jwks::default() },
            Work::RequestCode { .. } => Reply::Code {
                code: fresh(),
                user_code: "A".to_owned(),
                verification_uri: "https://x".to_owned(),
                expires_in: Duration::from_secs(60),
                interval: Duration::from_secs(5),
            },
            Work::Poll { .. } if step.noise.is_multiple_of(2) => Reply::Pending,
            Work::Poll { .. } => Reply::Tokens(fresh()),
            Work::Identify { .. } => {
                let name =
                    if step.noise.is_multiple_of(2) { "alex@contoso.com" } else { "adele@contoso.com" };
                let who = account(name, ALEX);
                self.identified = Some(who.clone());
                Reply::Identified(who)
            }
            Work::Redeem { .. } => Reply::Redeemed,
            Work::LookUpMe { .. } => Reply::Me { object: object(ALEX), upn: "alex@contoso.com".to_owned() },
        })
    }
}

/// Plays a conversation to its end; whoever has nothing left to say hangs up.
fn play(facts: Facts, steps: &[Step]) -> (Desk, Watcher) {
    let mut watcher = Watcher::default();
    let mut desk = Desk::open(facts);
    watcher.watch(&desk);
    for step in steps {
        let chosen = watcher.in_flight.keys().copied().nth(step.pick);
        let event = match (step.noise % 10, chosen) {
            (0, _) => Event::Done(OpId(9_999), Ok(Reply::Pending)),
            (1, _) => Event::Started,
            (_, Some(op)) => {
                let work = watcher.in_flight.remove(&op).unwrap();
                let result = watcher.reply(&work, step);
                Event::Done(op, result)
            }
            (_, None) => {
                desk.now = desk.batch.wake_at.unwrap_or(desk.now);
                Event::Woke
            }
        };
        desk.feed(event);
        watcher.watch(&desk);
    }
    desk.feed(Event::HungUp);
    watcher.watch(&desk);
    (desk, watcher)
}

proptest! {
    #[test]
    fn every_secret_is_ended_once_or_handed_out(steps in steps(), pinned: bool) {
        let pinned = pinned.then(|| pin(CONTOSO));
        let (_, watcher) = play(Facts { pinned, ..facts("alex@contoso.com") }, &steps);
        let mut accounted = watcher.ended.clone();
        accounted.extend(watcher.handed_out);
        prop_assert_eq!(accounted.len(), watcher.ended.len() + usize::from(watcher.handed_out.is_some()));
        prop_assert_eq!(accounted, watcher.made);
    }

    #[test]
    fn only_the_person_asked_for_comes_in(steps in steps()) {
        let (desk, _) = play(facts("alex@contoso.com"), &steps);
        if let Some(Outcome::SignedIn { account, .. }) = desk.outcome() {
            let proved = desk.all.iter().any(|c| matches!(c, Command::Run(_, Work::LookUpMe { .. })));
            prop_assert!(account.upn.as_str() == "alex@contoso.com" || proved);
        }
    }

    #[test]
    fn a_stale_answer_changes_nothing(steps in steps()) {
        let (mut desk, _) = play(facts("alex@contoso.com"), &steps);
        let before = desk.batch.wake_at;
        desk.feed(Event::Done(OpId(1), Ok(Reply::Pending)));
        prop_assert_eq!(&desk.batch.commands, &vec![Command::Ignored("done")]);
        prop_assert_eq!(desk.batch.wake_at, before);
    }
}
