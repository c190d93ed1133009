//! Lives made of random events, one for each seed: whatever happened, a fair world ends with one identity.

use crate::{IntunePolicy, World};
use lifecycle::{Intune, Stage};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tenant::{Knobs, Throttle};

/// splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % sides
    }
}

const LOST: [&str; 9] = [
    "join",
    "leave",
    "discover",
    "token.refresh",
    "devicecode",
    "token.prt",
    "token.prt_exchange",
    "intune.enroll",
    "intune.details",
];

/// One event; says which.
fn happen(world: &mut World, dice: &mut Dice) -> u64 {
    let event = dice.roll(12);
    match event {
        0..4 => drop(world.sign_in()),
        LEAVE => drop(world.leave()),
        5 => {
            world.cut_power_after(dice.roll(60));
            // Whether the cut comes before the end is the dice's affair.
            drop(world.sign_in());
            world.restart();
        }
        6 => world.lose_reply(LOST[dice.roll(9) as usize]),
        7 => world.restart(),
        8 => misbehave(world, dice),
        MOVE => world.move_disk(),
        10 => drop(world.rebind()),
        _ => world.be_fair(),
    }
    if world.is_cut() {
        world.restart();
    }
    event
}

const LEAVE: u64 = 4;
const MOVE: u64 = 9;

fn misbehave(world: &World, dice: &mut Dice) {
    let mut knobs = Knobs::default();
    match dice.roll(5) {
        0 => knobs.join_allowed = false,
        1 => knobs.quota = 0,
        2 => knobs.discover_needs_token = true,
        3 => knobs.mfa_required_registration = true,
        _ => {
            let throttle = Throttle { times: 2, status: 503, retry_after: Some("7".to_owned()) };
            knobs.throttle.insert("join".to_owned(), throttle);
        }
    }
    world.cloud().set_knobs(knobs);
}

fn live(seed: u64) {
    let policy = if seed.is_multiple_of(2) { IntunePolicy::Stay } else { IntunePolicy::Enrol };
    let mut world = World::with(seed, policy);
    let mut dice = Dice(seed);
    let events: Vec<u64> = (0..dice.roll(10) + 3).map(|_| happen(&mut world, &mut dice)).collect();
    world.be_fair();
    world.restart();
    world.pass(Duration::from_secs(25 * 3600));
    world.rebind().unwrap();
    world.sign_in().unwrap();
    if events.contains(&MOVE) {
        // The first one may have found that the keys of an unfinished registration are another machine's.
        world.sign_in().unwrap();
    }
    let trace = || world.trace().join("\n");
    assert!(matches!(world.snapshot().stage, Stage::Registered(_)), "{}", trace());
    // Whoever leaves while a join is in doubt gives up its keys: what it made stays, and in the ledger.
    let others = world.cloud().devices().len() - 1;
    assert!(others == 0 || events.contains(&LEAVE), "{others} others: {}", trace());
    let identity = world.identity().unwrap();
    assert!(identity.verified_at.is_some(), "{}", trace());
    let enrolled = matches!(&identity.intune, Intune::Enrolled(it) if it.inventory_at.is_some());
    assert_eq!(enrolled, policy == IntunePolicy::Enrol, "{}", trace());
    world.check();
}

/// `FIRMAMENT_SEED` names one seed; without it, the first of them are lived.
#[test]
fn every_life_ends_with_one_identity_in_a_fair_world() {
    let wanted = std::env::var("FIRMAMENT_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    let first = std::env::var("FIRMAMENT_FIRST_SEED").map_or(0, |seed| seed.parse::<u64>().unwrap());
    for seed in wanted.map_or(first..first + LIVES, |seed| seed..seed + 1) {
        if catch_unwind(AssertUnwindSafe(|| live(seed))).is_err() {
            panic!("replay it with: cargo xtask sim --seed {seed}");
        }
    }
}

const LIVES: u64 = 100;
