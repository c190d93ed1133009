use crate::World;
use lifecycle::Stage;
use signin::Outcome;
use tenant::Recognition;

fn registered(world: &World) -> bool {
    matches!(world.snapshot().stage, Stage::Registered(_))
}

#[test]
fn a_first_sign_in_registers_once_and_a_second_changes_nothing() {
    let mut world = World::new(1);
    for _ in 0..2 {
        assert!(matches!(world.sign_in(), Ok(Outcome::SignedIn { .. })));
        assert!(registered(&world));
        world.check();
    }
    assert_eq!(world.cloud().devices().len(), 1);
    world.leave().unwrap();
    assert!(world.cloud().devices().is_empty());
    world.check();
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let trace = |seed| {
        let mut world = World::new(seed);
        world.sign_in().unwrap();
        world.leave().unwrap();
        world.trace().to_vec()
    };
    assert_eq!(trace(7), trace(7));
    assert_ne!(trace(7), trace(8));
}

/// A power cut after every possible number of events, then a fair world.
#[test]
fn a_power_cut_anywhere_leads_to_one_identity_in_the_end() {
    let mut cuts = 0;
    for events in 0.. {
        let mut world = World::new(events);
        world.cut_power_after(events);
        let cut = world.sign_in().is_err();
        world.restart();
        world.sign_in().unwrap();
        assert!(registered(&world), "cut after {events}: {}", world.trace().join("\n"));
        assert_eq!(world.cloud().devices().len(), 1, "cut after {events}");
        world.check();
        if !cut {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 30, "{cuts} places");
}

#[test]
fn a_power_cut_while_leaving_leads_to_nothing_in_the_end() {
    for events in 0..40 {
        let mut world = World::new(events);
        world.sign_in().unwrap();
        world.cut_power_after(events);
        let left = world.leave();
        world.restart();
        if left.is_err() && registered(&world) {
            world.leave().unwrap();
        }
        assert!(matches!(world.snapshot().stage, Stage::Unregistered { kept: None }), "cut after {events}");
        assert!(world.cloud().devices().is_empty(), "cut after {events}");
    }
}

#[test]
fn a_lost_reply_is_accounted_for_under_every_model_of_the_directory() {
    for (recognition, most) in [(Recognition::M1, 1), (Recognition::M2, 1), (Recognition::M3, 2)] {
        let mut world = World::new(3);
        let mut knobs = world.cloud().knobs().clone();
        knobs.recognition = recognition;
        world.cloud().set_knobs(knobs);
        world.lose_reply("join");
        world.sign_in().unwrap();
        assert!(registered(&world));
        let devices = world.cloud().devices().len();
        assert!(devices <= most, "{recognition:?}: {devices}");
        assert_eq!(world.snapshot().ledger.len(), 1);
        world.check();
    }
}
