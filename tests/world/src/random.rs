//! Lives made of random events, one for each seed: two tenants with three people each, moves, keys ahead of time,
//! power cuts after any event and during recoveries. Whatever happened, a fair world ends with one identity in
//! each tenant.

use crate::keys::PLACE;
use crate::setup::{PASSWORD, contoso, fabrikam};
use crate::{CONTOSO_PEOPLE, DOMAINS, FABRIKAM_PEOPLE, Options, Person, PowerCut, World};
use lifecycle::{Intune, IntuneEnrolment, LeaveKind, Stage};
use machine::Generator;
use model::{Backend, TenantId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tenancy::{OperatorRequest, Role};
use tenant_model::knobs::{ClientCertificate, Knobs, Recognition};
use tenant_model::throttle::Throttle;

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

/// A life under way.
struct Harness {
    world: World,
    dice: Generator,
    /// Whether an object that was in doubt may stay in the directory: somebody left or gave up keys in another way.
    gave_up: bool,
}

impl Harness {
    fn new(seed: u64) -> Harness {
        let mut dice = Generator::new(seed);
        let intune = if dice.below(2) == 0 { IntuneEnrolment::Disabled } else { IntuneEnrolment::Enabled };
        let options = Options { seed, intune, most_prepared: dice.below(3) as usize };
        let mut life = Harness { world: World::off(options), dice, gave_up: false };
        if life.dice.below(2) == 0 {
            life.world.be_random(seed);
        }
        life.attempt(World::start);
        life
    }

    /// Does something, perhaps until the power goes; then it comes back, and may go again at once.
    fn attempt(&mut self, act: impl FnOnce(&mut World) -> Result<(), PowerCut>) {
        if self.dice.below(3) == 0 {
            let events = self.dice.below(100);
            self.world.cut_power_after(events);
        }
        let mut gone = act(&mut self.world).is_err() || self.world.is_cut();
        while gone {
            let events = self.dice.below(40);
            gone = match self.dice.below(2) {
                0 => self.world.restart_until(events).is_err() || self.world.is_cut(),
                _ => {
                    self.world.restart();
                    false
                }
            };
        }
        self.world.keep_power();
        if self.world.is_broken() {
            self.world.restart();
        }
    }

    fn person(&mut self) -> Person {
        let tenant = if self.dice.below(2) == 0 { CONTOSO_PEOPLE } else { FABRIKAM_PEOPLE };
        let person = tenant[self.dice.below(3) as usize];
        if self.dice.below(2) == 0 { person } else { person.by_password() }
    }

    fn domain(&mut self) -> &'static str {
        DOMAINS[self.dice.below(2) as usize]
    }

    fn how(&mut self) -> LeaveKind {
        if self.dice.below(4) == 0 { LeaveKind::Force } else { LeaveKind::Unregister }
    }

    fn place(&mut self) -> Backend {
        if self.dice.below(3) == 0 { Backend::Soft } else { PLACE }
    }

    /// One event, as the dice choose it.
    fn happen(&mut self) {
        match self.dice.below(22) {
            0..5 => {
                let person = self.person();
                self.attempt(|world| world.sign_in_as(person).map(drop));
            }
            5 => {
                self.gave_up = true;
                let (domain, how) = (self.domain(), self.how());
                self.attempt(|world| world.leave_domain(domain, how).map(drop));
            }
            6..9 => {
                self.gave_up = true;
                let (person, place, how) = (self.person(), self.place(), self.how());
                self.attempt(|world| world.rekey(person, place, how).map(drop));
            }
            9 => {
                self.gave_up = true;
                let domain = self.domain();
                self.attempt(|world| world.cancel_rekey(domain).map(drop));
            }
            10 | 11 => self.crowd(),
            12 => self.world.lose_reply(LOST[self.dice.below(9) as usize]),
            13 => self.attempt(World::start),
            14 => self.misbehave(),
            15 => {
                self.gave_up = true;
                self.world.move_disk();
            }
            16 => {
                let domain = self.domain();
                self.attempt(|world| world.rebind_domain(domain).map(drop));
            }
            17 => {
                let commits = self.dice.below(8);
                let stays = self.dice.below(2) == 0;
                self.world.fail_commit_after(commits, stays);
            }
            18 => {
                let name = self.person().name.parse().unwrap();
                self.attempt(|world| world.request(OperatorRequest::ForgetAccount(name)).map(drop));
            }
            19 => {
                let most = self.dice.below(3) as usize;
                self.world.set_most_prepared(most);
                self.attempt(World::start);
            }
            20 => self.world.pass(Duration::from_secs(self.dice.below(5 * 3600))),
            _ => self.world.be_fair(),
        }
    }

    /// Several people and an operator at once, in any order.
    fn crowd(&mut self) {
        let people: Vec<Person> = (0..self.dice.below(4) + 2).map(|_| self.person()).collect();
        let request = match self.dice.below(4) {
            0 => Some(OperatorRequest::Leave { domain: self.domain().parse().unwrap(), how: self.how() }),
            1 => {
                let person = self.person().name.parse().unwrap();
                Some(OperatorRequest::Rekey { person, to: self.place(), how: self.how() })
            }
            2 => Some(OperatorRequest::CancelRekey(self.domain().parse().unwrap())),
            _ => None,
        };
        self.gave_up |= request.is_some();
        let (early, impatient) = (self.dice.below(60), self.dice.below(2) == 0);
        self.attempt(|world| {
            let ids: Vec<_> = people.into_iter().map(|person| world.knock(person)).collect();
            world.steps(early)?;
            if impatient {
                world.hang_up(ids[0]);
            }
            if let Some(request) = request {
                world.ask(request);
            }
            world.settle()
        });
    }

    fn misbehave(&mut self) {
        let mut knobs = Knobs::default();
        match self.dice.below(9) {
            0 => knobs.join_allowed = false,
            1 => knobs.quota = 0,
            2 => knobs.discover_needs_token = true,
            3 => knobs.mfa_required_registration = true,
            4 => knobs.client_certificate = ClientCertificate::Never,
            5 => knobs.replication_lag_s = 30,
            6 => {
                // The same keys do not lead to the same object then.
                self.gave_up = true;
                knobs.recognition = if self.dice.below(2) == 0 { Recognition::M2 } else { Recognition::M3 };
            }
            7 => {
                let place = self.place();
                return self.world.set_closed(place, true);
            }
            _ => {
                let throttle = Throttle { times: 2, status: 503, retry_after: Some("7".to_owned()) };
                knobs.throttle.insert("join".to_owned(), throttle);
            }
        }
        self.world.cloud().set_knobs(knobs);
    }

    /// The world is fair, a day passes, and whatever was begun is brought to its end.
    fn end(&mut self) {
        self.world.be_fair();
        self.world.be_prompt();
        self.world.restart();
        self.world.pass(Duration::from_secs(25 * 3600));
        for (tenant, domain, person) in
            [(contoso(), DOMAINS[0], CONTOSO_PEOPLE[0]), (fabrikam(), DOMAINS[1], FABRIKAM_PEOPLE[0])]
        {
            self.finish(tenant, domain, person);
        }
        self.world.check();
        let secret = self.world.trace().iter().find(|line| line.contains(PASSWORD));
        assert_eq!(secret, None, "a password is in the trace");
    }

    fn finish(&mut self, tenant: TenantId, domain: &'static str, person: Person) {
        let world = &mut self.world;
        // The first time may find that the keys of an unfinished registration are another machine's, or that nothing
        // is known of this very domain.
        for _ in 0..3 {
            world.sign_in_as(person).unwrap();
            world.rebind_domain(domain).unwrap().ok();
        }
        world.sign_in_as(person).unwrap();
        let trace = |world: &World| world.trace().join("\n");
        world.cancel_rekey(domain).unwrap().ok();
        let identity = world.identity_of(tenant);
        let identity = identity.unwrap_or_else(|| panic!("no identity: {}", trace(world)));
        let elsewhere = if identity.keys.device.backend == PLACE { Backend::Soft } else { PLACE };
        // An identity that could not leave is asked again to.
        world.rekey(person, elsewhere, LeaveKind::Unregister).unwrap();
        world.rekey(person, elsewhere, LeaveKind::Unregister).unwrap();
        let identity = world.identity_of(tenant).unwrap();
        assert_eq!(identity.keys.device.backend, elsewhere, "{}", trace(world));
        assert!(identity.verified_at.is_some() && identity.suspended.is_none(), "{}", trace(world));
        for role in [Role::Successor, Role::Predecessor] {
            let stage = world.snapshot_of(role, tenant).stage;
            let bare = matches!(stage, Stage::Unregistered { retained: None });
            assert!(bare, "{role:?} {stage:?}: {}", trace(world));
        }
        let others = world.devices_of(tenant).len() - 1;
        assert!(others == 0 || self.gave_up, "{others} others: {}", trace(world));
        let enrolled = matches!(&identity.intune, Intune::Enrolled(it) if it.inventory_at.is_some());
        assert_eq!(enrolled, world.options().intune == IntuneEnrolment::Enabled, "{}", trace(world));
    }
}

fn live(seed: u64) {
    let mut life = Harness::new(seed);
    for _ in 0..life.dice.below(10) + 3 {
        life.happen();
    }
    life.end();
}

/// `FIRMAMENT_SEED` names one seed; without it, the first of them are lived, `FIRMAMENT_LIVES` of them from
/// `FIRMAMENT_FIRST_SEED` on.
#[test]
fn every_life_ends_with_one_identity_in_a_fair_world() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("FIRMAMENT_FIRST_SEED").unwrap_or(0);
    let lives = number("FIRMAMENT_LIVES").unwrap_or(LIVES);
    let seeds = number("FIRMAMENT_SEED").map_or(first..first + lives, |seed| seed..seed + 1);
    for seed in seeds {
        if catch_unwind(AssertUnwindSafe(|| live(seed))).is_err() {
            panic!("replay it with: cargo xtask sim --seed {seed}");
        }
    }
}

const LIVES: u64 = 100;
