//! Leaving, and what it takes along.

use super::computer::Computer;
use super::disk::{BARE, Disk, ROLES};
use super::replies::{keys, numbered};
use super::samples::{ALEX, ANN, KIM, Person, Setting};
use super::stories::identity;
use crate::{Answer, Command, KeysWork, OperatorRequest, Role};
use lifecycle::{Identity, LeaveKind, LeaveStep, LedgerKind, RetainedKeys, Stage};
use model::{Backend, Registration};

fn leave(person: Person, how: LeaveKind) -> OperatorRequest {
    OperatorRequest::Leave { domain: person.domain(), how }
}

fn stage(n: u64) -> Stage {
    Stage::Registered(Box::new(identity(ALEX.tenant(), Backend::Soft, n)))
}

fn leaving(n: u64, step: LeaveStep) -> Stage {
    Stage::Leaving { identity: Box::new(identity(ALEX.tenant(), Backend::Soft, n)), step }
}

const PREPARES: Setting = Setting {
    backend: Backend::Soft,
    required: None,
    boot_bound: false,
    most_prepared: 2,
    intune: lifecycle::IntuneEnrolment::Disabled,
    third: Registration::Off,
};

#[test]
fn a_leave_takes_the_pins_of_its_tenant_along_and_no_others() {
    let mut computer = Computer::new(Setting::default());
    for person in [ALEX, KIM, ANN] {
        computer.registers(person);
    }
    let told = computer.tells(leave(KIM, LeaveKind::Unregister)).unwrap();
    let Answer::Leaving { domains, .. } = told else { panic!("{told:?}") };
    assert_eq!(domains, [ALEX.domain(), KIM.domain()]);
    computer.fair_end();
    assert_eq!(computer.disk.identities.keys().copied().collect::<Vec<_>>(), [(ANN.tenant(), Role::Current)]);
    assert_eq!(computer.disk.domains.keys().cloned().collect::<Vec<_>>(), [ANN.domain()]);
    assert_eq!(computer.disk.accounts.keys().cloned().collect::<Vec<_>>(), [ANN.upn()]);
    assert_eq!(computer.leads_to.keys().cloned().collect::<Vec<_>>(), [ANN.domain()]);
    assert_eq!(computer.refusal(leave(ALEX, LeaveKind::Unregister)), "NotRegistered");
}

#[test]
fn an_object_that_was_left_behind_stays_in_the_ledger() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(leave(ALEX, LeaveKind::Force));
    computer.write();
    // It is tried, and cannot be deleted.
    computer.end_work(0, Some(5));
    computer.fair_end();
    let snapshot = &computer.disk.identities[&(ALEX.tenant(), Role::Current)];
    assert_eq!(snapshot.stage, BARE);
    assert_eq!(snapshot.ledger.iter().map(|line| line.kind).collect::<Vec<_>>(), [LedgerKind::LeftBehind]);
    assert!(computer.disk.domains.is_empty() && computer.disk.accounts.is_empty());
}

#[test]
fn everything_of_the_tenant_leaves() {
    let unverified = Identity { verified_at: None, ..identity(ALEX.tenant(), Backend::Tpm, 2) };
    let intent = unverified.intent.clone();
    let ready = Stage::KeysReady(intent.clone(), unverified.keys.clone());
    let keys = unverified.keys.clone();
    let retained = Stage::Unregistered { retained: Some(Box::new(RetainedKeys { intent, keys })) };
    for successor in [BARE, ready, retained, Stage::Registered(Box::new(unverified))] {
        for predecessor in [BARE, leaving(3, LeaveStep::Unregister), leaving(3, LeaveStep::Erase)] {
            let disk = Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), stage(1));
            let disk = disk.and(Role::Successor, ALEX.tenant(), successor.clone());
            let disk = disk.and(Role::Predecessor, ALEX.tenant(), predecessor.clone());
            let mut computer = Computer::with(Setting::default(), disk);
            computer.write();
            computer.ask(leave(ALEX, LeaveKind::Unregister));
            computer.fair_end();
            let left = ROLES.map(|role| computer.disk.stage(ALEX.tenant(), role).clone());
            assert_eq!(left, [BARE, BARE, BARE], "{successor:?} {predecessor:?}");
            assert!(computer.disk.domains.is_empty() && computer.disk.accounts.is_empty());
        }
    }
}

#[test]
fn a_predecessor_that_cannot_leave_can_be_forced_when_it_is_all_that_is_left() {
    let disk = Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), stage(1));
    let disk = disk.and(Role::Predecessor, ALEX.tenant(), leaving(2, LeaveStep::Unregister));
    let mut computer = Computer::with(Setting::default(), disk);
    // The service refuses to delete its object.
    computer.end_work(0, Some(5));
    computer.write();
    computer.ask(leave(ALEX, LeaveKind::Unregister));
    computer.write();
    for _ in 0..4 {
        let old = numbered::<()>(2).to_string();
        let of_old = computer.works.values().next().is_some_and(|work| format!("{work:?}").contains(&old));
        computer.end_work(0, of_old.then_some(5));
        computer.write();
    }
    assert!(computer.works.is_empty(), "{:?}", computer.works);
    assert!(!computer.disk.identities.contains_key(&(ALEX.tenant(), Role::Current)), "it has left");
    assert!(computer.disk.domains.contains_key(&ALEX.domain()), "the tenant is not left yet");
    let told = computer.tells(leave(ALEX, LeaveKind::Force)).unwrap();
    let Answer::Leaving { member, .. } = told else { panic!("{told:?}") };
    let followed = computer.views[&ALEX.tenant()].predecessor.as_ref().map(|view| view.id);
    assert_eq!(followed, Some(member));
    computer.fair_end();
    assert!(ROLES.iter().all(|role| *computer.disk.stage(ALEX.tenant(), *role) == BARE));
    assert!(computer.disk.domains.is_empty());
}

#[test]
fn with_the_last_identity_go_the_keys_that_nobody_is_left_for() {
    for (other, waits) in [(None, false), (Some(Role::Current), true), (Some(Role::Predecessor), true)] {
        let mut disk = Disk::default().knows(&[ALEX, ANN]).and(Role::Current, ALEX.tenant(), stage(1));
        let registered = identity(ANN.tenant(), Backend::Soft, 5);
        if let Some(role) = other {
            let step = LeaveStep::Unregister;
            let stage = Stage::Leaving { identity: Box::new(registered), step };
            disk = disk.and(role, ANN.tenant(), stage);
        }
        disk.prepared.insert(numbered(8), Some(keys(numbered(8), Backend::Soft, 8)));
        disk.prepared.insert(numbered(9), None);
        let mut computer = Computer::with(PREPARES, disk);
        computer.end_key_work(0, None);
        computer.ask(leave(ALEX, LeaveKind::Unregister));
        computer.write();
        // Everything of Alex's tenant ends; Ann's is still leaving.
        for _ in 0..2 {
            computer.end_work(u8::from(other.is_some()), None);
            computer.write();
        }
        assert_eq!(computer.key_works.is_empty(), waits, "{other:?}");
        computer.fair_end();
        let Disk { identities, prepared, .. } = computer.disk;
        assert!(identities.is_empty() && prepared.is_empty(), "{other:?}: {identities:?} {prepared:?}");
    }
}

#[test]
fn keys_that_are_being_made_go_when_they_are_made_or_cannot_be() {
    for bad in [None, Some(1)] {
        let mut computer = Computer::new(PREPARES);
        computer.write();
        // One pair is ready; the sign-in takes it while the next is being made, and its registration is dropped at once.
        computer.end_key_work(0, None);
        computer.write();
        computer.signs_in(ALEX);
        computer.write();
        computer.ask(leave(ALEX, LeaveKind::Unregister));
        computer.write();
        computer.end_work(0, None);
        computer.write();
        assert_eq!(computer.key_works.len(), 1, "the other one is still being made");
        assert!(!computer.disk.identities.is_empty(), "the leave waits for it");
        computer.end_key_work(0, bad);
        computer.write();
        computer.fair_end();
        assert_eq!(computer.disk, Disk::default(), "{bad:?}");
    }
}

#[test]
fn keys_that_cannot_be_destroyed_stay_for_the_next_start() {
    let mut computer = Computer::new(PREPARES);
    computer.fair_end();
    computer.signs_in(ALEX);
    computer.ask(leave(ALEX, LeaveKind::Unregister));
    computer.write();
    computer.end_work(0, None);
    computer.write();
    assert!(matches!(computer.key_works.values().next(), Some(KeysWork::Destroy(_))));
    computer.end_key_work(0, Some(1));
    computer.write();
    assert_eq!(computer.disk.prepared.len(), 1);
    assert!(computer.disk.identities.is_empty(), "nobody waits for them");
    assert!(computer.visits.is_empty() && computer.waiting.is_empty());
}

#[test]
fn the_sessions_end_when_the_leave_is_durable() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(leave(ALEX, LeaveKind::Unregister));
    computer.write();
    computer.end_work(0, None);
    computer.write();
    computer.end_work(0, None);
    computer.trace = Some(Vec::new());
    computer.write();
    let ended = format!("{:?}", Command::EndSessions(ALEX.tenant()));
    // No domain leads to the tenant any more, and nothing is done before its sessions end.
    assert_eq!(computer.trace.take().unwrap()[2], ended);
}

#[test]
fn a_sign_in_that_began_before_a_leave_registers_nothing_after_it() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.comes(ALEX);
    computer.advance(0);
    computer.ask(leave(ALEX, LeaveKind::Unregister));
    for _ in 0..3 {
        computer.write();
        computer.end_work(0, None);
    }
    computer.write();
    assert_eq!(computer.disk, Disk::default());
    computer.fair_end();
    assert_eq!((computer.disk.clone(), computer.tenancy.tokens().count()), (Disk::default(), 0));
    // The next sign-in learns again where its domain leads to.
    computer.registers(ALEX);
    assert!(computer.disk.in_force(ALEX.tenant()).is_some());
}

#[test]
fn a_move_that_waits_for_a_sign_in_ends_with_a_leave() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    let (person, to, how) = (ALEX.upn(), Backend::Tpm, LeaveKind::Unregister);
    computer.ask(OperatorRequest::Rekey { person, to, how });
    computer.fair_end();
    computer.ask(leave(ALEX, LeaveKind::Unregister));
    computer.fair_end();
    let view = &computer.views[&ALEX.tenant()];
    assert_eq!((&view.expected, &view.successor), (&None, &None));
    // The next sign-in registers where the option says, and stays.
    computer.registers(ALEX);
    assert_eq!(computer.disk.in_force(ALEX.tenant()).unwrap().keys.device.backend, Backend::Soft);
}
