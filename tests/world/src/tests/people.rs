//! Two tenants with three people each, at the same time.

use super::power::cut_every;
use crate::setup::{contoso, fabrikam};
use crate::{CONTOSO_PEOPLE, DOMAINS, FABRIKAM_PEOPLE, Options, PLACE, Person, PowerCut, World};
use lifecycle::{Intune, IntuneEnrolment, LeaveKind};
use signin::{Outcome, SessionState};

fn everybody() -> impl Iterator<Item = Person> {
    CONTOSO_PEOPLE.into_iter().zip(FABRIKAM_PEOPLE).flat_map(|(one, other)| [one, other])
}

/// All six sign in at once; whoever could, with their account.
fn come(world: &mut World, people: impl Iterator<Item = Person>) -> Result<Vec<model::Account>, PowerCut> {
    let ids: Vec<_> = people.map(|person| world.knock(person)).collect();
    world.settle()?;
    let outcomes = ids.iter().filter_map(|id| world.outcome(*id));
    Ok(outcomes
        .filter_map(|outcome| match outcome {
            Outcome::SignedIn { account, .. } => Some(account.clone()),
            Outcome::Failed(_) => None,
        })
        .collect())
}

fn assert_all_have_sessions(world: &World, accounts: &[model::Account]) {
    assert_eq!(accounts.len(), 6, "{}", world.trace().join("\n"));
    for account in accounts {
        let status = world.user(account).unwrap_or_else(|| panic!("{account:?}"));
        assert_eq!(status.state, SessionState::Holding, "{account:?}: {}", world.trace().join("\n"));
    }
}

#[test]
fn six_people_at_once_register_each_tenant_once_and_all_have_sessions() {
    for seed in 0..10 {
        let intune = if seed % 2 == 0 { IntuneEnrolment::Disabled } else { IntuneEnrolment::Enabled };
        let mut world = World::of(Options { seed, intune, most_prepared: (seed % 3) as usize });
        world.be_random(seed);
        let accounts = come(&mut world, everybody()).unwrap();
        assert_eq!(accounts.len(), 6, "{}", world.trace().join("\n"));
        for tenant in [contoso(), fabrikam()] {
            assert_eq!(world.devices_of(tenant).len(), 1);
            let enrolled = matches!(world.identity_of(tenant).unwrap().intune, Intune::Enrolled(_));
            assert_eq!(enrolled, intune == IntuneEnrolment::Enabled);
        }
        world.check();
        // Passwords on a registered machine, at once too.
        let accounts = come(&mut world, everybody().map(Person::by_password)).unwrap();
        assert_all_have_sessions(&world, &accounts);
        world.check();
    }
}

#[test]
fn a_power_cut_anywhere_while_six_people_come_leads_to_one_identity_each() {
    let places = cut_every(
        3,
        |seed| {
            let mut world = World::of(Options { most_prepared: 1, ..Options::plain(seed) });
            world.be_random(seed);
            world
        },
        |world| come(world, everybody()).map(drop),
        |world, events| {
            come(world, everybody()).unwrap();
            // Of those who come while a tenant is being registered the newest has a session; now all have.
            let accounts = come(world, everybody()).unwrap();
            assert_all_have_sessions(world, &accounts);
            for tenant in [contoso(), fabrikam()] {
                let objects = world.devices_of(tenant).len();
                assert_eq!(objects, 1, "cut after {events}: {}", world.trace().join("\n"));
            }
            world.check();
        },
    );
    assert!(places > 150, "{places} places");
}

#[test]
fn one_tenant_moves_and_another_leaves_while_people_come() {
    for seed in 0..10 {
        let mut world = World::of(Options { most_prepared: 2, ..Options::plain(seed) });
        come(&mut world, everybody()).unwrap();
        world.be_random(seed);
        let domain = DOMAINS[1].parse().unwrap();
        let left = world.ask(tenancy::OperatorRequest::Leave { domain, how: LeaveKind::Unregister });
        world.knock(CONTOSO_PEOPLE[1]);
        world.rekey(CONTOSO_PEOPLE[2], PLACE, LeaveKind::Unregister).unwrap();
        assert!(matches!(world.answer_of(left), Some(Ok(_))));
        let identity = world.identity_of(contoso()).unwrap();
        assert_eq!(identity.keys.device.backend, PLACE, "{}", world.trace().join("\n"));
        assert!(world.devices_of(fabrikam()).is_empty());
        world.check_left(fabrikam());
        assert_eq!(world.devices_of(contoso()).len(), 1);
        world.check();
    }
}
