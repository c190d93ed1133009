//! How often the random lives come by what the laws are about; a generator that misses it proves nothing of it.

use super::computer::Computer;
use super::disk::BARE;
use super::steps::{settings, steps};
use crate::{Answer, KeysWork, RekeyStarted, Role};
use lifecycle::{LeaveStep, Stage, StateName};
use model::Registration;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

type Sight = (&'static str, fn(&Computer) -> bool);

fn any(computer: &Computer, role: Role, wanted: fn(&Stage) -> bool) -> bool {
    computer.disk.identities.iter().any(|((_, of), it)| *of == role && wanted(&it.stage))
}

fn registered(stage: &Stage) -> bool {
    matches!(stage, Stage::Registered(_))
}

fn leaving(stage: &Stage) -> bool {
    matches!(stage, Stage::Leaving { .. })
}

fn state(computer: &Computer, wanted: StateName) -> bool {
    let members = computer.views.values().filter_map(|view| view.current.as_ref());
    members.filter(|member| member.status.state == wanted).count() > 0
}

const SIGHTS: [Sight; 20] = [
    ("a registered tenant", |it| any(it, Role::Current, registered)),
    ("two of them", |it| it.disk.identities.values().filter(|it| registered(&it.stage)).count() > 1),
    ("one of them without background registration", |it| {
        it.setting.third == Registration::Required && it.disk.identities.len() > 2
    }),
    ("a successor with keys", |it| any(it, Role::Successor, |stage| matches!(stage, Stage::KeysReady(..)))),
    ("a successor that is registered", |it| any(it, Role::Successor, registered)),
    ("a successor that was closed", |it| {
        any(it, Role::Successor, |stage| matches!(stage, Stage::Unregistered { retained: Some(_) }))
    }),
    ("a successor that was given up", |it| any(it, Role::Successor, leaving)),
    ("a predecessor that knows of nothing yet", |it| any(it, Role::Predecessor, registered)),
    ("a predecessor that leaves", |it| any(it, Role::Predecessor, leaving)),
    ("a predecessor whose keys go", |it| {
        any(it, Role::Predecessor, |stage| matches!(stage, Stage::Leaving { step: LeaveStep::Erase, .. }))
    }),
    ("a tenant that is being left", |it| any(it, Role::Current, leaving)),
    ("a ledger that outlived its identity", |it| {
        it.disk.identities.values().any(|it| it.stage == BARE && !it.ledger.is_empty())
    }),
    ("a suspended identity", |it| state(it, StateName::Suspended)),
    ("keys that are being bound anew", |it| state(it, StateName::Rebinding)),
    ("a pair that waits", |it| it.prepared.ready > 0),
    ("a sign-in that waits for keys", |it| it.prepared.waiting > 0),
    ("a pair that goes", |it| it.key_works.values().any(|work| matches!(work, KeysWork::Destroy(_)))),
    ("a move that waits for an earlier one", |it| {
        let unfinished = |told: &Answer| matches!(told, Answer::Rekey(RekeyStarted::Unfinished(_)));
        it.answers.iter().any(|(_, told)| told.as_ref().is_ok_and(unfinished))
    }),
    ("three lanes that wait", |it| it.open.len() > 2),
    ("a full disk", |it| it.laws.failed),
];

#[test]
fn the_lives_come_by_everything_that_the_laws_are_about() {
    let visits: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let config = ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let played = runner.run(&(settings(), steps()), |(setting, steps)| {
        let mut computer = Computer::under("none", setting);
        let mut seen: Vec<&Sight> = Vec::new();
        for step in steps {
            computer.step(step);
            let new = SIGHTS.iter().filter(|(name, is)| is(&computer) && seen.iter().all(|it| it.0 != *name));
            let new: Vec<&Sight> = new.collect();
            seen.extend(new);
        }
        seen.iter().for_each(|(name, _)| *visits.borrow_mut().entry(name).or_default() += 1);
        Ok(())
    });
    played.unwrap();
    let visits = visits.into_inner();
    for (name, _) in SIGHTS {
        let count = visits.get(name).copied().unwrap_or(0);
        println!("{count:>6}  {name}");
        assert!(count >= 5, "{name}: {visits:?}");
    }
}
