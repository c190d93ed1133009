//! What operators are refused, and what a full disk refuses to everybody.

use super::computer::{Computer, Wish};
use super::disk::Disk;
use super::samples::{ALEX, ANN, ASKER, KIM, Person, Setting, disk_full, failures};
use super::stories::identity;
use crate::{Answer, Caller, Command, Event, KeysReply, KeysWork, OperatorRequest, RekeyStarted, Role};
use lifecycle::{Identity, LeaveKind, LeaveStep, Stage, Suspension};
use machine::{Machine, Ticket};
use model::{Asked, Backend, TokenRef};

fn soft() -> Identity {
    identity(ALEX.tenant(), Backend::Soft, 1)
}

fn with(stage: Stage) -> Computer {
    let disk = Disk::default().knows(&[ALEX, KIM]).and(Role::Current, ALEX.tenant(), stage);
    let mut computer = Computer::with(Setting::default(), disk);
    computer.write();
    computer
}

fn registered(identity: Identity) -> Computer {
    with(Stage::Registered(Box::new(identity)))
}

fn rekey(person: Person, to: Backend) -> OperatorRequest {
    OperatorRequest::Rekey { person: person.upn(), to, how: LeaveKind::Unregister }
}

#[test]
fn nothing_is_done_where_there_is_nothing() {
    let leave =
        |person: Person| OperatorRequest::Leave { domain: person.domain(), how: LeaveKind::Unregister };
    let mut computer = registered(soft());
    for (request, code) in [
        (leave(ANN), "NotRegistered"),
        (rekey(ANN, Backend::Tpm), "NotRegistered"),
        (OperatorRequest::CancelRekey(ANN.domain()), "NotRegistered"),
        (OperatorRequest::Rebind(ANN.domain()), "NotRegistered"),
        (OperatorRequest::CancelRekey(ALEX.domain()), "NoMove"),
        (rekey(ALEX, Backend::Soft), "NotMovable"),
    ] {
        assert_eq!(computer.refusal(request.clone()), code, "{request:?}");
    }
    assert_eq!(computer.tells(OperatorRequest::RekeyEnded(ANN.domain())), Ok(Answer::Done));
    assert!(computer.works.is_empty() && computer.key_works.is_empty());
    let mut pinned = Computer::with(Setting::default(), Disk::default().knows(&[ALEX]));
    for request in [leave(ALEX), rekey(ALEX, Backend::Tpm), OperatorRequest::Rebind(ALEX.domain())] {
        assert_eq!(pinned.refusal(request.clone()), "NotRegistered", "{request:?}");
    }
}

#[test]
fn only_a_verified_identity_that_may_be_used_can_be_moved() {
    let unverified = Identity { verified_at: None, ..soft() };
    let suspended = Identity { suspended: Some(Suspension::Disabled), ..soft() };
    for identity in [unverified, suspended] {
        assert_eq!(registered(identity).refusal(rekey(ALEX, Backend::Tpm)), "NotMovable");
    }
    let leaving = Stage::Leaving { identity: Box::new(soft()), step: LeaveStep::Unregister };
    assert_eq!(with(leaving).refusal(rekey(ALEX, Backend::Tpm)), "NotRegistered");
    let mut computer = registered(soft());
    computer.ask(rekey(ALEX, Backend::Tpm));
    assert_eq!(computer.key_works.values().collect::<Vec<_>>(), [&KeysWork::Ready(Backend::Tpm)]);
    assert!(computer.answers.is_empty(), "it asks the place first");
}

#[test]
fn a_move_goes_only_where_the_configuration_allows_keys() {
    let setting = Setting { required: Some(Backend::Tpm), ..Setting::default() };
    let disk =
        Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), Stage::Registered(Box::new(soft())));
    let mut computer = Computer::with(setting, disk);
    let told = computer.tells(rekey(ALEX, Backend::Pkcs11)).unwrap_err();
    assert!(told.message.contains("tpm") && told.advice.contains("pkcs11"), "{told:?}");
    computer.ask(rekey(ALEX, Backend::Tpm));
    assert_eq!(computer.key_works.len(), 1);
}

#[test]
fn a_place_that_is_not_ready_begins_nothing() {
    let mut computer = registered(soft());
    computer.ask(rekey(ALEX, Backend::Tpm));
    let op = *computer.key_works.keys().next().unwrap();
    computer.end_key_work(0, Some(1));
    // The same end again is nobody's.
    computer.feed(Event::KeysDone(op, Ok(KeysReply::Ready)));
    let told = computer.last_answer().clone().unwrap_err();
    assert_eq!((told.code, told.advice.contains("nothing was changed")), (failures(1).code, true));
    assert_eq!(computer.views[&ALEX.tenant()].successor, None);
}

#[test]
fn one_move_at_a_time() {
    let mut computer = registered(soft());
    for to in [Backend::Tpm, Backend::Pkcs11, Backend::Tpm] {
        // One that waits for its sign-in gives way.
        computer.ask(rekey(ALEX, to));
        computer.fair_end();
        assert!(matches!(computer.last_answer(), Ok(Answer::Rekey(RekeyStarted::SignIn(_)))));
    }
    computer.signs_in(ALEX);
    computer.ask(rekey(ALEX, Backend::Pkcs11));
    computer.end_key_work(0, None);
    let told = computer.last_answer().clone().unwrap_err();
    assert_eq!(told.code, "RekeyUnderWay");
    assert!(told.advice.contains("--to tpm"), "{told:?}");
    computer.ask(rekey(KIM, Backend::Tpm));
    computer.end_key_work(0, None);
    assert!(matches!(computer.last_answer(), Ok(Answer::Rekey(RekeyStarted::SignIn(_)))));
}

#[test]
fn an_earlier_move_ends_first() {
    let leaving = identity(ALEX.tenant(), Backend::Tpm, 2);
    let leaving = Stage::Leaving { identity: Box::new(leaving), step: LeaveStep::Unregister };
    let disk = Disk::default().knows(&[ALEX]).and(Role::Predecessor, ALEX.tenant(), leaving);
    let disk = disk.and(Role::Current, ALEX.tenant(), Stage::Registered(Box::new(soft())));
    let mut computer = Computer::with(Setting::default(), disk);
    computer.write();
    // Its object cannot be deleted.
    computer.end_work(0, Some(5));
    computer.write();
    let told = computer.tells(rekey(ALEX, Backend::Tpm));
    let followed = computer.views[&ALEX.tenant()].predecessor.as_ref().map(|view| view.id).unwrap();
    assert_eq!(told, Ok(Answer::Rekey(RekeyStarted::Unfinished(followed))));
    assert_eq!(computer.works.len(), 1, "it tries again");
    computer.end_work(0, Some(5));
    computer.write();
    let forced = OperatorRequest::Rekey { person: ALEX.upn(), to: Backend::Tpm, how: LeaveKind::Force };
    computer.tells(forced).unwrap();
    computer.write();
    computer.end_work(0, Some(5));
    computer.fair_end();
    // What it left behind is known to the next successor.
    computer.ask(rekey(ALEX, Backend::Tpm));
    computer.fair_end();
    assert_eq!(computer.disk.identities[&(ALEX.tenant(), Role::Successor)].ledger.len(), 1);
    assert!(!computer.disk.identities.contains_key(&(ALEX.tenant(), Role::Predecessor)));
}

#[test]
fn keys_are_bound_anew_one_at_a_time() {
    let rebind = OperatorRequest::Rebind(KIM.domain());
    let mut computer = registered(soft());
    let told = computer.tells(rebind.clone()).unwrap();
    let Answer::Rebinding { domains, before, .. } = told else { panic!("{told:?}") };
    assert_eq!((domains, *before), (vec![ALEX.domain(), KIM.domain()], soft()));
    assert_eq!(computer.refusal(rebind.clone()), "KeysInUse");
    computer.fair_end();
    assert_ne!(computer.disk.in_force(ALEX.tenant()).unwrap().keys, soft().keys);
    let leaving = Stage::Leaving { identity: Box::new(soft()), step: LeaveStep::Unregister };
    assert_eq!(with(leaving).refusal(rebind), "NotRegistered");
}

#[test]
fn a_full_disk_answers_whoever_waits_and_ends_every_token() {
    let mut computer = Computer::new(Setting { most_prepared: 1, ..Setting::default() });
    computer.write();
    // A registration that waits for keys, a move that asks its place, a leave that waits for its commit.
    computer.signs_in(ALEX);
    computer.end_key_work(0, None);
    computer.fair_end();
    computer.ask(rekey(ALEX, Backend::Tpm));
    let leave = OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Unregister };
    computer.ask(leave.clone());
    computer.ask(leave);
    computer.comes(ANN);
    computer.advance(0);
    computer.advance(0);
    assert_eq!(computer.waiting.len(), 4);
    computer.answers.clear();
    let (ticket, _) = computer.open[0].clone();
    computer.trace = Some(Vec::new());
    computer.disk_fails(false);
    let trace = computer.trace.take().unwrap();
    assert!(trace[1].starts_with("NotWritable") && trace.last().unwrap() == "Reread", "{trace:?}");
    assert!(trace[trace.len() - 2].starts_with("Stop"), "nobody has to ask once more: {trace:?}");
    let codes: Vec<String> =
        computer.answers.iter().map(|(_, told)| told.clone().unwrap_err().code).collect();
    assert_eq!(codes, vec![disk_full().code; 4], "{ticket:?}");
    computer.fair_end();
    let view = &computer.views[&ALEX.tenant()];
    assert_eq!(view.current.as_ref().unwrap().status.failure, Some(disk_full()));
    assert!(view.identity().is_some(), "it has not left");
}

#[test]
fn after_that_what_is_known_is_answered_and_more_stops_the_service() {
    let mut computer = registered(soft());
    computer.ask(OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Unregister });
    computer.disk_fails(false);
    computer.restore();
    let stops = |commands: &[Command]| commands.iter().any(|command| matches!(command, Command::Stop(_)));
    let mut hear = |event: Event| computer.tenancy.handle(event, computer.now).commands;
    let caller = Caller(1);
    let asked = hear(Event::SignInAsked { caller, asked: Asked::Person(ALEX.upn()), asker: ASKER });
    assert!(matches!(asked[..], [Command::Answer(_, Ok(Answer::SignIn(..)))]), "{asked:?}");
    let ended = OperatorRequest::RekeyEnded(ALEX.domain());
    let ended = hear(Event::Asked { caller, request: ended });
    assert_eq!(ended, [Command::Answer(caller, Ok(Answer::Done))]);
    // Whoever is known signs in without a write; a registration that should begin cannot.
    for (person, registers) in [(ALEX, false), (ANN, true)] {
        let (asked, account, token) = (person.upn(), person.account(), TokenRef(5));
        let came = hear(Event::SignedIn { caller, asked, asker: ASKER, account, token });
        assert_eq!(came[..2], [Command::Forget(token), Command::Answer(caller, Ok(Answer::Taken))]);
        assert_eq!((came.len() > 2, stops(&came)), (registers, registers), "{came:?}");
    }
    let leave = OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Unregister };
    let memory = model::Memory::Account(ALEX.account_pin());
    for event in [Event::Asked { caller, request: leave }, Event::Learnt { caller, memory }] {
        let told = hear(event);
        assert!(matches!(&told[0], Command::Answer(_, Err(why)) if *why == disk_full()), "{told:?}");
        assert!(stops(&told));
    }
    for event in [Event::Woke, Event::Durable(Ticket(9)), Event::NotDurable(Ticket(9), disk_full())] {
        assert_eq!(hear(event), []);
    }
}

#[test]
fn a_disk_that_fails_before_anybody_asks_stops_nothing() {
    // The decision on keys ahead of time is the first thing to be written.
    let mut computer = Computer::new(Setting { most_prepared: 1, ..Setting::default() });
    computer.trace = Some(Vec::new());
    computer.disk_fails(false);
    let trace = computer.trace.take().unwrap();
    assert!(trace.iter().any(|line| line.starts_with("NotWritable")), "{trace:?}");
    assert!(!trace.iter().any(|line| line.starts_with("Stop")), "{trace:?}");
}

#[test]
fn a_tenant_that_waits_for_its_commit_holds_nobody_else_up() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.registers(ANN);
    computer.ask(OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Unregister });
    assert_eq!((computer.open.len(), computer.works.len()), (1, 0));
    computer.signs_on(ANN);
    assert!(matches!(computer.last_answer(), Ok(Answer::SignIn(..))));
    computer.signs_on(KIM);
    assert_eq!(computer.answers.last().map(|(wish, _)| wish.clone()), Some(Wish::Facts(KIM)));
    let before = computer.answers.len();
    computer.signs_on(ALEX);
    assert_eq!(computer.answers.len(), before, "what is decided of the tenant is not durable yet");
    computer.ask(OperatorRequest::Leave { domain: ANN.domain(), how: LeaveKind::Unregister });
    assert_eq!(computer.open.len(), 2);
    // The second is durable with the first.
    computer.write();
    assert_eq!((computer.works.len(), computer.answers.len()), (2, before + 3));
}

#[test]
fn an_identity_that_cannot_be_read_is_named_and_not_taken_for_none() {
    let mut computer = Computer::off("unreadable", Setting::default());
    let mut found = Disk::default().knows(&[ALEX]).found();
    found.blocked.insert(ALEX.tenant(), disk_full());
    computer.feed(Event::Restored(Box::new(found)));
    let domain = ALEX.domain();
    for request in [
        OperatorRequest::Leave { domain: domain.clone(), how: LeaveKind::Unregister },
        OperatorRequest::Rebind(domain),
        rekey(ALEX, Backend::Tpm),
    ] {
        computer.ask(request.clone());
        assert_eq!(*computer.last_answer(), Err(disk_full()), "{request:?}");
    }
    assert!(computer.works.is_empty() && computer.open.is_empty());
}
