//! Properties of how lives end, and of two lives side by side.

use super::computer::Computer;
use super::disk::{BARE, Disk, ROLES, resumed};
use super::samples::{ALEX, Person, Setting};
use super::steps::{Step, config, endings, settings, steps};
use crate::{Answer, OperatorRequest, Role};
use lifecycle::{Identity, LeaveKind, Stage, Work};
use model::{Backend, Failure, SignInFacts, TenantId};
use proptest::prelude::*;

impl Computer {
    /// What a person's sign-in would begin with, if that is told at once; a challenge is that of the last failure
    /// and is left out.
    fn facts_of(&mut self, person: Person) -> Option<Result<SignInFacts, Failure>> {
        let told = self.answers.len();
        self.signs_on(person);
        self.answers.get(told).map(|(_, answer)| match answer {
            Ok(Answer::SignIn(facts, _)) => Ok(SignInFacts { claims: None, ..facts.as_ref().clone() }),
            Ok(other) => panic!("a sign-in is told {other:?}"),
            Err(failure) => Err(failure.clone()),
        })
    }

    fn waits_for_keys(&self) -> bool {
        !self.key_works.is_empty()
    }

    /// What the machines of a tenant are on disk, as a start would go on with them.
    fn stages(&self, tenant: TenantId) -> Vec<Stage> {
        ROLES.map(|role| resumed(self.disk.stage(tenant, role))).to_vec()
    }

    /// The same as the views have it.
    fn shown(&self, tenant: TenantId) -> Vec<Stage> {
        let Some(view) = self.views.get(&tenant) else { return vec![BARE; 3] };
        let members = [&view.current, &view.successor, &view.predecessor];
        let stage = |stage: &Stage| resumed(stage);
        members.map(|it| it.as_ref().map_or(BARE, |it| stage(&it.status.snapshot.stage))).to_vec()
    }
}

fn tenants() -> impl Iterator<Item = TenantId> {
    (0..3).map(super::samples::tenant)
}

fn people() -> impl Iterator<Item = Person> {
    (0..9).map(Person::nth)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn everything_comes_to_rest_and_nobody_waits(setting in settings(), steps in steps()) {
        let mut computer = Computer::play("", setting, &steps);
        computer.fair_end();
        prop_assert!(computer.waiting.is_empty(), "{:?}", computer.waiting);
        prop_assert_eq!(computer.prepared.waiting, 0);
        let timers = computer.views.values().flat_map(|view| view.current.as_ref()?.status.wake_at);
        prop_assert_eq!(timers.count(), 0, "somebody waits for time, and nobody wakes it");
    }

    #[test]
    fn the_same_life_has_the_same_trace(setting in settings(), steps in steps()) {
        let [one, other] = [(); 2].map(|()| {
            let mut computer = Computer::off("none", setting);
            computer.trace = Some(Vec::new());
            computer.restore();
            steps.iter().for_each(|step| computer.step(*step));
            computer.trace
        });
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_start_goes_on_where_the_last_durable_moment_was(setting in settings(), steps in steps()) {
        let mut live = Computer::play("none", setting, &steps);
        live.write();
        if live.laws.failed {
            return Ok(());
        }
        let mut again = Computer::off("", live.setting);
        // No start has the seed of another one: it would give names that the disk has already.
        again.tenancy = crate::Tenancy::new(live.setting.facts(), 8);
        (again.disk, again.now) = (live.disk.clone(), live.now);
        again.restore();
        prop_assert_eq!(&again.leads_to, &live.leads_to);
        again.write();
        for tenant in tenants() {
            prop_assert_eq!(live.shown(tenant), live.stages(tenant));
            prop_assert_eq!(again.shown(tenant), again.stages(tenant));
            // What has no place to be is told to leave.
            let in_force = live.disk.in_force(tenant).is_some();
            let stays = |role| role == Role::Current || role == Role::Successor && in_force;
            for (at, _) in ROLES.iter().enumerate().filter(|(_, role)| stays(**role)) {
                prop_assert_eq!(&again.stages(tenant)[at], &live.stages(tenant)[at]);
            }
        }
        for person in people() {
            let view = live.views.get(&person.tenant());
            let successor = view.filter(|view| view.successor.is_some() || view.expected.is_some());
            if successor.is_none() {
                match live.facts_of(person) {
                    Some(told) => prop_assert_eq!(Some(told), again.facts_of(person)),
                    // Whoever leaves waits until the keys that are nobody's are gone, those that are being made too.
                    None => prop_assert!(live.waits_for_keys()),
                }
            }
        }
    }

    #[test]
    fn a_predecessor_leaves_from_the_start_on(setting in settings(), steps in steps()) {
        let mut computer = Computer::play("none", setting, &steps);
        computer.crash(1, setting);
        computer.write();
        // A reply of Intune that was stored is read first, because only what was read can be retired.
        let reads = |work: &Work| matches!(work, Work::ReadEnrolment { .. });
        while let Some(at) = computer.works.values().position(reads) {
            computer.end_work(u8::try_from(at).unwrap(), None);
            computer.write();
        }
        for tenant in tenants() {
            let stage = computer.disk.stage(tenant, Role::Predecessor);
            let leaves = matches!(stage, Stage::Leaving { .. }) || *stage == BARE;
            prop_assert!(leaves, "{:?}", stage);
        }
    }

    #[test]
    fn a_leave_of_every_tenant_leaves_nothing(setting in settings(), steps in steps()) {
        let mut computer = Computer::play("none", setting, &steps);
        if computer.laws.failed {
            computer.crash(1, setting);
        }
        computer.fair_end();
        let held: Vec<TenantId> = tenants().filter(|tenant| {
            ROLES.iter().any(|role| *computer.disk.stage(*tenant, *role) != BARE)
        }).collect();
        for tenant in &held {
            let pinned = computer.disk.domains.iter().find(|(_, pin)| pin.tenant == *tenant);
            let domain = pinned.map(|(domain, _)| domain.clone()).unwrap();
            computer.ask(OperatorRequest::Leave { domain, how: LeaveKind::Unregister });
        }
        computer.fair_end();
        for tenant in &held {
            prop_assert_eq!(computer.stages(*tenant), vec![BARE; 3]);
            prop_assert!(computer.disk.domains.values().all(|pin| pin.tenant != *tenant));
            prop_assert!(computer.disk.accounts.values().all(|pin| pin.tenant != *tenant));
        }
        prop_assert!(held.is_empty() || computer.disk.prepared.is_empty(), "{:?}", computer.disk.prepared);
    }

    #[test]
    fn a_cancelled_move_leaves_the_identity_in_force_untouched(steps in endings()) {
        let mut computer = Computer::new(Setting::default());
        computer.registers(ALEX);
        let essence = |disk: &Disk| -> Option<Identity> { disk.in_force(ALEX.tenant()).cloned() };
        let before = essence(&computer.disk);
        computer.ask(OperatorRequest::Rekey { person: ALEX.upn(), to: Backend::Tpm, how: LeaveKind::Unregister });
        computer.settle(2);
        computer.comes(ALEX);
        steps.iter().for_each(|step| computer.step(*step));
        computer.visits.clear();
        computer.ask(OperatorRequest::CancelRekey(ALEX.domain()));
        let succeeded = |computer: &Computer| {
            computer.laws.decided.in_force(ALEX.tenant()).map(|identity| identity.keys.device.backend)
                != Some(Backend::Soft)
        };
        if !succeeded(&computer) {
            computer.fair_end();
            prop_assert_eq!(essence(&computer.disk), before);
            // What it may have left in the directory stays in its ledger.
            prop_assert_eq!(computer.disk.stage(ALEX.tenant(), Role::Successor), &BARE);
        }
    }

    #[test]
    fn what_cannot_be_written_is_told_to_everybody(setting in settings(), steps in steps(), written in any::<bool>()) {
        let mut computer = Computer::play("none", setting, &steps);
        computer.step(Step::DiskFails(written));
        if !computer.laws.failed {
            return Ok(());
        }
        prop_assert!(computer.waiting.is_empty() && computer.tenancy.tokens().count() == 0);
        computer.fair_end();
        for ((tenant, _), snapshot) in &computer.disk.identities {
            let view = computer.views.get(tenant);
            prop_assert!(view.is_some(), "{:?}", snapshot);
            prop_assert_eq!(computer.shown(*tenant), computer.stages(*tenant));
        }
    }
}

#[test]
fn after_a_commit_that_failed_no_pair_is_decided_on() {
    let setting = Setting { most_prepared: 1, ..Setting::default() };
    // A registration that is under way ends after the disk has failed: its end let the next pair be made.
    let steps = [Step::Comes(0), Step::Settle(6), Step::DiskFails(false), Step::Work(0, None)];
    let mut computer = Computer::play("failed", setting, &steps);
    assert!(computer.laws.failed);
    computer.fair_end();
}
