//! Which machine a sign-in goes to, what it begins with, and what is learnt of it.

use super::computer::{Computer, Wish};
use super::disk::Disk;
use super::samples::{ALEX, ANN, ASKER, KIM, Person, Setting, disk_full, failures, suspected, suspicion};
use super::stories::identity;
use crate::{Answer, Caller, Command, Event, Found, OperatorRequest, RekeyStarted, Role, Tenancy};
use lifecycle::{Identity, LeaveKind, LeaveStep, Stage, Suspension};
use machine::Machine;
use model::{
    AccountPin, Asked, Asker, Backend, Failure, GroupUse, MayRegister, Memory, Method, Registration,
    SignInFacts, Standing, Timestamp, Upn,
};

const DEE: Person = Person(2, 0);

fn soft(n: u64) -> Identity {
    identity(ALEX.tenant(), Backend::Soft, n)
}

fn registered(identity: Identity) -> Stage {
    Stage::Registered(Box::new(identity))
}

fn leaving(identity: Identity) -> Stage {
    Stage::Leaving { identity: Box::new(identity), step: LeaveStep::Unregister }
}

fn known() -> Disk {
    Disk::default().knows(&[ALEX, KIM])
}

/// What a name's sign-in begins with.
fn facts(computer: &mut Computer, asked: &str) -> Result<SignInFacts, Failure> {
    let asked: Upn = asked.parse().unwrap();
    let before = computer.answers.len();
    let person = (0..9).map(Person::nth).find(|person| person.upn() == asked).unwrap_or(ALEX);
    computer.wish(Wish::Facts(person), |caller| Event::SignInAsked {
        caller,
        asked: Asked::Person(asked),
        asker: ASKER,
    });
    match computer.answers[before..].first() {
        Some((_, Ok(Answer::SignIn(facts, _)))) => Ok(facts.as_ref().clone()),
        Some((_, Err(failure))) => Err(failure.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sign_in_begins_with_what_is_known_of_its_domain_and_the_identity_that_it_proves() {
    let tpm = identity(ALEX.tenant(), Backend::Tpm, 2);
    let unverified = Identity { verified_at: None, ..tpm.clone() };
    let suspended = Identity { suspended: Some(Suspension::Disabled), ..soft(1) };
    let plain = (Standing::Unregistered, Method::Auto);
    let own = (Standing::Registered, Method::Auto);
    for (current, successor, expected) in [
        (None, None, plain),
        (Some(registered(soft(1))), None, own),
        (Some(leaving(soft(1))), None, plain),
        // A suspended identity proves nothing to the directory: a code lets the person in.
        (Some(registered(suspended)), None, (Standing::Registered, Method::DeviceCode)),
        (Some(registered(soft(1))), Some(registered(unverified)), plain),
        (Some(registered(soft(1))), Some(leaving(tpm)), own),
    ] {
        let mut disk = known();
        for (role, stage) in [(Role::Current, current.clone()), (Role::Successor, successor.clone())] {
            if let Some(stage) = stage {
                disk = disk.and(role, ALEX.tenant(), stage);
            }
        }
        let mut computer = Computer::with(Setting::default(), disk);
        computer.write();
        let facts = facts(&mut computer, "alex@contoso.com").unwrap();
        assert_eq!((facts.standing, facts.method), expected, "{current:?} {successor:?}");
        assert_eq!(facts.pinned, Some(ALEX.domain_pin()));
        assert_eq!(facts.accounts, [ALEX.account_pin()], "who comes under this name is of this object");
    }
    let mut computer = Computer::with(Setting::default(), known());
    let unseen = facts(&mut computer, "new@contoso.com").unwrap();
    assert_eq!(unseen.accounts, [ALEX.account_pin(), KIM.account_pin()]);
    let mut computer = Computer::new(Setting::default());
    let facts = facts(&mut computer, "alex@contoso.com").unwrap();
    assert_eq!((facts.pinned, facts.accounts.len(), facts.standing), (None, 0, Standing::Unregistered));
}

#[test]
fn a_challenge_of_the_registration_goes_into_the_next_sign_in() {
    let mut computer = Computer::new(Setting::default());
    computer.signs_in(ALEX);
    let challenge = Failure { claims: Some("mfa".to_owned()), ..failures(2) };
    let (op, _) = computer.works.pop_first().unwrap();
    computer.feed(Event::Done(op, Err(challenge)));
    computer.write();
    assert_eq!(facts(&mut computer, "alex@contoso.com").unwrap().claims.as_deref(), Some("mfa"));
    assert_eq!(facts(&mut computer, "ann@fabrikam.com").unwrap().claims, None);
}

#[test]
fn a_record_that_cannot_be_read_lets_nobody_past() {
    let mut found = Disk::default().found();
    found.unreadable.domains.insert(ANN.domain(), disk_full());
    found.unreadable.accounts.insert(ALEX.upn(), failures(1));
    let mut computer = Computer::off("none", Setting::default());
    computer.feed(Event::Restored(Box::new(found)));
    assert_eq!(facts(&mut computer, "ann@fabrikam.com").unwrap_err().code, disk_full().code);
    assert_eq!(facts(&mut computer, "alex@contoso.com").unwrap_err().code, failures(1).code);
    assert!(facts(&mut computer, "sam@contoso.com").is_ok());
    assert_eq!(facts(&mut computer, "x@elsewhere.com").unwrap_err().code, "UnknownDomain");
    // Whoever is forgotten may sign in again.
    computer.ask(OperatorRequest::ForgetAccount(ALEX.upn()));
    computer.write();
    assert!(facts(&mut computer, "alex@contoso.com").is_ok());
}

#[test]
fn what_was_learnt_is_durable_before_anybody_is_told() {
    let domain = Memory::Domain { domain: ALEX.domain(), pin: ALEX.domain_pin() };
    for memory in [domain, Memory::Account(ALEX.account_pin()), Memory::ForgetAccount(ALEX.upn())] {
        let mut computer = Computer::new(Setting::default());
        let wish = Wish::Memory(memory.clone());
        computer.wish(wish, |caller| Event::Learnt { caller, memory: memory.clone() });
        assert!(computer.answers.is_empty() && computer.leads_to.is_empty(), "{memory:?}");
        computer.write();
        assert_eq!(computer.last_answer(), &Ok(Answer::Remembered));
        assert_eq!(computer.leads_to.len(), computer.disk.domains.len());
    }
}

#[test]
fn a_domain_leads_to_its_tenant_when_its_own_commit_is_durable() {
    let mut computer = Computer::new(Setting::default());
    for person in [ALEX, ANN] {
        let memory = Memory::Domain { domain: person.domain(), pin: person.domain_pin() };
        computer.wish(Wish::Memory(memory.clone()), |caller| Event::Learnt { caller, memory });
    }
    computer.make_durable(0);
    assert_eq!(computer.leads_to.keys().cloned().collect::<Vec<_>>(), [ALEX.domain()]);
    computer.write();
    assert_eq!(computer.leads_to.len(), 2);
}

#[test]
fn of_two_objects_that_sign_in_under_a_new_name_it_is_the_first_one_s() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    let learn = |computer: &mut Computer, pin: AccountPin| {
        let memory = Memory::Account(pin);
        computer.wish(Wish::Memory(memory.clone()), |caller| Event::Learnt { caller, memory });
        computer.write();
        computer.last_answer().clone().map_err(|failure| failure.code)
    };
    // Both began before anybody was known under the name.
    let first = AccountPin { upn: Person(0, 2).upn(), ..ALEX.account_pin() };
    let later = AccountPin { object: KIM.account().object, ..first.clone() };
    assert_eq!(learn(&mut computer, first.clone()), Ok(Answer::Remembered));
    assert_eq!(learn(&mut computer, later.clone()), Err("AccountReplaced".to_owned()));
    assert_eq!(computer.disk.accounts[&first.upn], first);
    // A former name is no different, until root says so.
    let former = AccountPin { former_since: Some(computer.now), ..first.clone() };
    assert_eq!(learn(&mut computer, former), Ok(Answer::Remembered));
    assert_eq!(learn(&mut computer, later.clone()), Err("AccountReplaced".to_owned()));
    assert_eq!(computer.tells(OperatorRequest::ForgetAccount(first.upn)), Ok(Answer::Forgotten(true)));
    assert_eq!(learn(&mut computer, later), Ok(Answer::Remembered));
}

#[test]
fn an_account_is_forgotten_once() {
    let mut computer = Computer::with(Setting::default(), known());
    let forget = OperatorRequest::ForgetAccount(ALEX.upn());
    assert_eq!(computer.tells(forget.clone()), Ok(Answer::Forgotten(true)));
    assert!(!computer.disk.accounts.contains_key(&ALEX.upn()));
    assert!(computer.disk.accounts.contains_key(&KIM.upn()));
    assert_eq!(computer.tells(forget), Ok(Answer::Forgotten(false)));
}

#[test]
fn to_forget_a_name_waits_for_what_is_being_learnt_of_it() {
    let mut computer = Computer::new(Setting { most_prepared: 1, ..Setting::default() });
    let learnt = |computer: &mut Computer, memory: Memory| {
        computer.wish(Wish::Memory(memory.clone()), |caller| Event::Learnt { caller, memory });
    };
    learnt(&mut computer, Memory::Domain { domain: ALEX.domain(), pin: ALEX.domain_pin() });
    // The computer's own lane is open, and that of the tenant waits.
    computer.fair_end();
    learnt(&mut computer, Memory::Account(ALEX.account_pin()));
    let told = computer.answers.len();
    computer.ask(OperatorRequest::ForgetAccount(ALEX.upn()));
    assert_eq!(computer.answers.len(), told);
    computer.write();
    assert_eq!(computer.last_answer(), &Ok(Answer::Forgotten(true)));
    assert!(!computer.disk.accounts.contains_key(&ALEX.upn()));
    // Where there is nothing to forget nothing is written.
    computer.ask(OperatorRequest::ForgetAccount(ANN.upn()));
    assert!(computer.open.is_empty());
    assert_eq!(computer.last_answer(), &Ok(Answer::Forgotten(false)));
}

#[test]
fn a_sign_in_goes_to_the_machine_in_force_or_to_the_successor_that_waits_for_it() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(OperatorRequest::Rekey { person: KIM.upn(), to: Backend::Tpm, how: LeaveKind::Unregister });
    // Kim's domain leads nowhere yet.
    assert!(matches!(computer.last_answer(), Err(failure) if failure.code == "NotRegistered"));
    computer.registers(KIM);
    computer.ask(OperatorRequest::Rekey { person: KIM.upn(), to: Backend::Tpm, how: LeaveKind::Unregister });
    computer.fair_end();
    assert!(matches!(computer.last_answer(), Ok(Answer::Rekey(RekeyStarted::SignIn(_)))));
    assert_eq!(facts(&mut computer, "alex@contoso.com").unwrap().standing, Standing::Registered);
    assert_eq!(facts(&mut computer, "kim@corp.contoso.com").unwrap().standing, Standing::Unregistered);
    // Alex is not the one who was asked for.
    computer.signs_in(ALEX);
    assert!(computer.works.is_empty() && computer.disk.identities.len() == 1);
    computer.signs_in(KIM);
    assert!(computer.disk.identities.contains_key(&(ALEX.tenant(), Role::Successor)));
    // Once it has begun everybody's sign-in is for it.
    assert_eq!(facts(&mut computer, "alex@contoso.com").unwrap().standing, Standing::Unregistered);
}

#[test]
fn nobody_waits_for_a_sign_in_that_will_not_come() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(OperatorRequest::Rekey { person: ALEX.upn(), to: Backend::Tpm, how: LeaveKind::Unregister });
    computer.fair_end();
    assert!(computer.views[&ALEX.tenant()].successor.is_some());
    assert_eq!(computer.tells(OperatorRequest::RekeyEnded(ALEX.domain())), Ok(Answer::Done));
    assert_eq!(computer.views[&ALEX.tenant()].successor, None);
    assert_eq!(computer.views[&ALEX.tenant()].expected, None);
    computer.registers(ALEX);
    assert_eq!(computer.disk.identities.len(), 1);
}

#[test]
fn a_sign_in_that_registers_nothing_ends_its_token() {
    let mut off = Computer::new(Setting::default());
    off.signs_in(DEE);
    let mut blocked = Computer::off("none", Setting::default());
    let mut found = Disk::default().knows(&[ALEX]).found();
    found.blocked.insert(ALEX.tenant(), disk_full());
    blocked.feed(Event::Restored(Box::new(found)));
    blocked.signs_in(ALEX);
    for (computer, wish) in [(off, Wish::Taken(DEE)), (blocked, Wish::Taken(ALEX))] {
        assert_eq!(computer.answers.last(), Some(&(wish, Ok(Answer::Taken))));
        assert_eq!((computer.works.len(), computer.tenancy.tokens().count()), (0, 0));
        assert!(computer.laws.tokens.is_empty());
        assert!(computer.disk.identities.is_empty());
    }
    let mut on = Computer::new(Setting { third: Registration::Required, ..Setting::default() });
    on.registers(DEE);
    assert!(on.disk.in_force(DEE.tenant()).is_some());
}

#[test]
fn a_work_is_for_the_cloud_of_a_configured_domain_that_leads_to_its_tenant() {
    let bob = Person(1, 1);
    for (person, expected) in [(KIM, "contoso.com"), (bob, "eu.fabrikam.com"), (ANN, "fabrikam.com")] {
        let mut computer = Computer::new(Setting::default());
        computer.trace = Some(Vec::new());
        computer.registers(person);
        computer.crash(0, Setting::default());
        computer.ask(OperatorRequest::Rebind(person.domain()));
        computer.fair_end();
        let trace = computer.trace.take().unwrap();
        let runs = trace.iter().filter(|line| line.starts_with("Run {") || line.starts_with("HandOver"));
        let own = format!("domain: {expected}, ");
        assert!(runs.clone().count() > 5 && runs.clone().all(|line| line.contains(&own)), "{expected}");
    }
}

/// A sign-in of Alex hears that the device is disabled.
fn sign_in_fails(computer: &mut Computer) {
    let (asked, failure) = (ALEX.upn(), suspicion(0));
    computer.wish(Wish::Suspicion, |caller| Event::SignInFailed { caller, asked, failure });
}

#[test]
fn only_the_identity_in_force_is_suspected() {
    for by_sign_in in [false, true] {
        for (stage, suspended) in [(registered(soft(1)), true), (leaving(soft(1)), false)] {
            let mut computer =
                Computer::with(Setting::default(), known().and(Role::Current, ALEX.tenant(), stage));
            computer.write();
            match by_sign_in {
                true => sign_in_fails(&mut computer),
                false => computer.feed(suspected(ALEX, suspicion(0))),
            }
            computer.write();
            let in_force = computer.disk.in_force(ALEX.tenant());
            let is = in_force.is_some_and(|identity| identity.suspended == Some(Suspension::Disabled));
            assert_eq!(is, suspended);
        }
    }
    let mut computer = Computer::new(Setting::default());
    sign_in_fails(&mut computer);
    computer.feed(suspected(ALEX, suspicion(0)));
    assert!(computer.open.is_empty());
}

#[test]
fn a_machine_is_woken_at_its_moment_and_not_before_its_commit_is_durable() {
    let mut computer = Computer::new(Setting::default());
    computer.signs_in(ALEX);
    // Out of reach: it is tried again by and by.
    computer.end_work(0, Some(0));
    assert_eq!((computer.open.len(), computer.wake_at), (1, None));
    computer.write();
    let due = computer.wake_at.unwrap();
    assert!(due > computer.now && computer.works.is_empty());
    computer.feed(Event::Woke);
    assert_eq!((computer.works.len(), computer.wake_at), (0, Some(due)));
    computer.wait(0);
    assert_eq!((computer.works.len(), computer.wake_at), (1, None));
}

#[test]
fn only_those_who_are_named_may_sign_in_and_the_name_is_all_that_is_asked_for() {
    let named = |people: &[&str]| {
        let mut facts = Setting::default().facts();
        facts.domains[0].people = Some(people.iter().map(|name| name.parse().unwrap()).collect());
        facts
    };
    for (people, asked, admitted) in [
        (&["ALEX@contoso.com"][..], "Alex@Contoso.com", true),
        (&["alex@contoso.com", "kim@corp.contoso.com"], "kim@corp.contoso.com", true),
        (&["alex@contoso.com"], "kim@corp.contoso.com", false),
        (&["alex@contoso.com"], "alex@corp.contoso.com", false),
        (&[], "alex@contoso.com", false),
        (&["alex@contoso.com"], "ann@fabrikam.com", true),
    ] {
        let mut tenancy = Tenancy::new(named(people), 1);
        drop(tenancy.handle(Event::Restored(Box::<Found>::default()), Timestamp::from_millis(1)));
        let asked_for = Asked::Person(asked.parse().unwrap());
        let event = Event::SignInAsked { caller: Caller(1), asked: asked_for, asker: ASKER };
        let answer = tenancy.handle(event, Timestamp::from_millis(2)).commands.pop();
        match answer {
            Some(Command::Answer(_, Ok(Answer::SignIn(..)))) => assert!(admitted, "{people:?} {asked}"),
            Some(Command::Answer(_, Err(failure))) => {
                assert!(!admitted && failure.code == "SignInNotAllowed", "{people:?} {asked}: {failure:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn where_groups_are_listed_whoever_is_not_named_has_to_be_in_one() {
    let group: model::ObjectId = "cccccccc-0000-0000-0000-000000000001".parse().unwrap();
    let named = |name: &str| Some(vec![name.parse().unwrap()]);
    for (people, groups, tells, said) in [
        (None, vec![], false, Some(GroupUse::Nothing)),
        (None, vec![], true, Some(GroupUse::Tell)),
        (named("alex@contoso.com"), vec![group], false, Some(GroupUse::Nothing)),
        (named("alex@contoso.com"), vec![group], true, Some(GroupUse::Tell)),
        (named("kim@contoso.com"), vec![group], true, Some(GroupUse::Admit(vec![group]))),
        (Some(vec![]), vec![group], false, Some(GroupUse::Admit(vec![group]))),
        (named("kim@contoso.com"), vec![], true, None),
        (Some(vec![]), vec![], true, None),
    ] {
        let mut facts = Setting::default().facts();
        let domain = &mut facts.domains[0];
        (domain.people, domain.groups, domain.tells_groups) = (people, groups, tells);
        let mut tenancy = Tenancy::new(facts, 1);
        drop(tenancy.handle(Event::Restored(Box::<Found>::default()), Timestamp::from_millis(1)));
        let asked = Asked::Person(ALEX.upn());
        let event = Event::SignInAsked { caller: Caller(1), asked, asker: ASKER };
        let answer = tenancy.handle(event, Timestamp::from_millis(2)).commands.pop();
        let used = match answer {
            Some(Command::Answer(_, Ok(Answer::SignIn(facts, _)))) => Some(facts.groups),
            Some(Command::Answer(_, Err(failure))) => {
                (failure.code != "SignInNotAllowed").then_some(GroupUse::Tell)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(used, said);
    }
}

#[test]
fn anybody_of_a_domain_is_asked_for_by_code_under_every_name_that_the_domain_has() {
    let mut facts = Setting::default().facts();
    facts.domains[0].people = Some(vec![ALEX.upn()]);
    let mut tenancy = Tenancy::new(facts, 1);
    drop(tenancy.handle(Event::Restored(Box::<Found>::default()), Timestamp::from_millis(1)));
    let mut ask = |domain: &str| {
        let asked = Asked::AnyoneOf(domain.parse().unwrap(), Vec::new());
        let event = Event::SignInAsked { caller: Caller(1), asked, asker: ASKER };
        match tenancy.handle(event, Timestamp::from_millis(2)).commands.pop() {
            Some(Command::Answer(_, Ok(Answer::SignIn(facts, _)))) => Ok(*facts),
            Some(Command::Answer(_, Err(failure))) => Err(failure.code),
            other => panic!("{other:?}"),
        }
    };
    for domain in ["contoso.com", "corp.contoso.com"] {
        let facts = ask(domain).unwrap();
        assert_eq!((facts.asked.domain().as_str(), facts.method), (domain, Method::DeviceCode));
        let Asked::AnyoneOf(_, aliases) = facts.asked else { panic!("it is nobody in particular") };
        for name in ["contoso.com", "corp.contoso.com"] {
            assert!(aliases.iter().any(|alias| alias.as_str() == name), "{aliases:?}");
        }
        assert!(!aliases.iter().any(|alias| alias.as_str() == "fabrikam.com"));
    }
    assert_eq!(ask("elsewhere.example"), Err("UnknownDomain".to_owned()));
}

#[test]
fn who_may_not_register_signs_in_on_a_registered_machine_only() {
    let stranger = Asker { may_register: MayRegister::No, ..ASKER };
    let asks = |computer: &mut Computer, asked: &str| {
        let asked: Upn = asked.parse().unwrap();
        let event =
            Event::SignInAsked { caller: Caller(7_000), asked: Asked::Person(asked), asker: stranger };
        match computer.tenancy.handle(event, computer.now).commands.pop() {
            Some(Command::Answer(_, answer)) => answer.map(|_| ()).map_err(|failure| failure.code),
            other => panic!("{other:?}"),
        }
    };
    let refused = Err("RegistrationNotAllowed".to_owned());
    let mut bare = Computer::new(Setting::default());
    assert_eq!(asks(&mut bare, "alex@contoso.com"), refused);
    assert_eq!(asks(&mut bare, "dee@tailspin.com"), Ok(()), "nobody's sign-in registers there");
    for (stage, answer) in [
        (registered(soft(1)), Ok(())),
        (registered(Identity { suspended: Some(Suspension::Disabled), ..soft(1) }), Ok(())),
        (leaving(soft(1)), refused.clone()),
    ] {
        let mut computer =
            Computer::with(Setting::default(), known().and(Role::Current, ALEX.tenant(), stage));
        computer.write();
        assert_eq!(asks(&mut computer, "alex@contoso.com"), answer);
    }
}

#[test]
fn where_members_of_a_group_may_register_their_groups_are_read_until_the_machine_is_registered() {
    let group: model::ObjectId = "cccccccc-0000-0000-0000-000000000001".parse().unwrap();
    let member = Asker { may_register: MayRegister::Members(group), ..ASKER };
    let facts = |computer: &mut Computer, asked: &str| {
        let asked = Asked::Person(asked.parse().unwrap());
        let event = Event::SignInAsked { caller: Caller(7_000), asked, asker: member };
        match computer.tenancy.handle(event, computer.now).commands.pop() {
            Some(Command::Answer(_, Ok(Answer::SignIn(facts, _)))) => *facts,
            other => panic!("{other:?}"),
        }
    };
    let mut bare = Computer::new(Setting::default());
    let would = facts(&mut bare, "alex@contoso.com");
    assert_eq!((would.registrars, &would.groups), (Some(group), &GroupUse::Tell));
    assert_eq!(would.proves(member).may_register, MayRegister::Yes);
    let nothing = facts(&mut bare, "dee@tailspin.com");
    assert_eq!((nothing.registrars, &nothing.groups), (None, &GroupUse::Nothing));
    assert_eq!(nothing.proves(member), member);
    let mut computer =
        Computer::with(Setting::default(), known().and(Role::Current, ALEX.tenant(), registered(soft(1))));
    computer.write();
    let known = facts(&mut computer, "alex@contoso.com");
    assert_eq!((known.registrars, known.groups), (None, GroupUse::Nothing));
}

#[test]
fn a_machine_that_left_meanwhile_is_not_registered_by_who_may_not() {
    let group = MayRegister::Members("cccccccc-0000-0000-0000-000000000001".parse().unwrap());
    for (may_register, begins) in [(MayRegister::Yes, true), (MayRegister::No, false), (group, false)] {
        let mut computer = Computer::new(Setting::default());
        let memory = Memory::Domain { domain: ALEX.domain(), pin: ALEX.domain_pin() };
        computer.wish(Wish::Memory(memory.clone()), |caller| Event::Learnt { caller, memory });
        computer.write();
        let (asked, account, token) = (ALEX.upn(), ALEX.account(), model::TokenRef(900));
        let asker = Asker { may_register, ..ASKER };
        computer.wish(Wish::Taken(ALEX), |caller| Event::SignedIn { caller, asked, asker, account, token });
        assert_eq!(computer.open.len(), usize::from(begins), "{may_register:?}");
    }
}
