mod reserve;
mod written;

use crate::{AccountDomain, AccountSettings, HomeFound, Known, LocalFacts, Numbering};
use crate::{Meant, resolve, settle, snapshot, verdicts};
use crate::{home_of, renamed, renumbered};
use model::{Account, AccountStanding, DirectoryGroup, Failure, LocalAccount, ObjectId, Timestamp};
use names::{HomeName, IdRange, LocalEntry, SubIds, Verdict, encode};
use proptest::prelude::*;
use std::time::Duration;

fn domain(name: &str) -> AccountDomain {
    AccountDomain {
        name: name.parse().unwrap(),
        range: IdRange::DEFAULT,
        home_prefix: "/home/".to_owned(),
        home_name: HomeName::Upn,
        shell: "/bin/bash".to_owned(),
        admitted: None,
        admitted_groups: Vec::new(),
        sudo_people: Vec::new(),
        sudo_groups: Vec::new(),
    }
}

fn settings() -> AccountSettings {
    AccountSettings {
        domains: vec![domain("contoso.com"), domain("fabrikam.com")],
        short_names: true,
        sudo_group: "sudo".to_owned(),
        ..AccountSettings::default()
    }
}

fn person(name: &str, object: u8) -> Account {
    Account {
        tenant: "aaaabbbb-cccc-dddd-eeee-ffff00001111".parse().unwrap(),
        object: format!("5c2fba5d-d82f-4bb9-ad1f-2ad17858fa{object:02x}").parse().unwrap(),
        upn: name.parse().unwrap(),
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn first(
    name: &str,
    object: u8,
    known: &[&LocalAccount],
    local: &LocalFacts,
) -> Result<LocalAccount, Failure> {
    settle(&settings(), (&person(name, object), Some(Vec::new())), &of(known), local, now())
}

/// Nobody but these has an account, or will have one.
fn of<'k>(accounts: &[&'k LocalAccount]) -> Known<'k> {
    Known { accounts: accounts.to_vec(), reserved: Vec::new() }
}

fn entry(name: &str, id: u32) -> LocalEntry {
    LocalEntry { name: name.to_owned(), id }
}

#[test]
fn a_first_sign_in_makes_the_account_that_the_name_promised() {
    let account = first("Alex@Contoso.com", 1, &[], &LocalFacts::default()).unwrap();
    let promised = names::provisional(&settings().parameters(), "alex@contoso.com").unwrap();
    assert_eq!((account.name.as_str(), account.uid, account.gid), ("alex", 1_285_143_078, 1_285_143_078));
    assert_eq!((&account.name, account.uid, &account.home), (&promised.name, promised.uid, &promised.home));
    assert_eq!((account.first_seen, account.standing), (now(), AccountStanding::Allowed));
    let other = first("sam@fabrikam.com", 2, &[], &LocalFacts::default()).unwrap();
    assert_eq!((other.name.as_str(), other.uid), ("sam@fabrikam.com", 74_685_180));
}

#[test]
fn numbers_and_homes_are_computed_as_configured() {
    let mut settings = settings();
    settings.numbering = Numbering::ObjectId;
    let of = |settings: &AccountSettings, name: HomeName| {
        let mut settings = settings.clone();
        settings.domains[0].home_name = name;
        settings.domains[0].home_prefix = "/srv/homes/".to_owned();
        let alex = person("alex@contoso.com", 0x2c);
        let facts = LocalFacts::default();
        (
            home_of(&settings, &alex, None).unwrap(),
            settle(&settings, (&alex, Some(Vec::new())), &Known::default(), &facts, now()).unwrap().uid,
        )
    };
    assert_eq!(of(&settings, HomeName::Upn), ("/srv/homes/alex@contoso.com".to_owned(), 754_804_152));
    assert_eq!(of(&settings, HomeName::ShortName).0, "/srv/homes/alex");
    assert_eq!(of(&settings, HomeName::ObjectId).0, "/srv/homes/5c2fba5d-d82f-4bb9-ad1f-2ad17858fa2c");
    settings.numbering = Numbering::Directory;
    let of_directory = settle(
        &settings,
        (&person("alex@contoso.com", 1), Some(Vec::new())),
        &Known::default(),
        &LocalFacts::default(),
        now(),
    );
    assert_eq!(of_directory.unwrap_err().code, "NoUserId");
    settings.numbering = Numbering::ObjectId;
    settings.domains[0].home_prefix = "/home:/".to_owned();
    assert_eq!(home_of(&settings, &person("alex@contoso.com", 1), None).unwrap_err().code, "UnusableHome");
    settings.domains[0].range = IdRange::new(5_000, 5_000).unwrap();
    let alone = settle(
        &settings,
        (&person("alex@contoso.com", 1), Some(Vec::new())),
        &Known::default(),
        &LocalFacts::default(),
        now(),
    );
    assert_eq!(alone.unwrap_err().code, "NoUserId");
    assert_eq!(first("kim@nowhere.org", 1, &[], &LocalFacts::default()).unwrap_err().code, "UnknownDomain");
}

#[test]
fn what_belongs_to_somebody_else_is_nobodys_and_both_owners_are_named() {
    let uid = 1_285_143_078;
    let facts = LocalFacts::default;
    let sub_ids = vec![SubIds { owner: "sam".to_owned(), first: uid - 10, count: 65_536 }];
    let other = LocalAccount { uid, gid: uid, ..first("kim@fabrikam.com", 9, &[], &facts()).unwrap() };
    let cases: [(&str, LocalFacts, Vec<&LocalAccount>, &str); 6] = [
        ("user's number", LocalFacts { users: vec![entry("sam", uid)], ..facts() }, vec![], "local user sam"),
        (
            "user's name",
            LocalFacts { users: vec![entry("ALEX", 1), entry("alex@contoso.com", 2)], ..facts() },
            vec![],
            "local user alex@contoso.com",
        ),
        (
            "group's number",
            LocalFacts { groups: vec![entry("ops", uid)], ..facts() },
            vec![],
            "local group ops",
        ),
        ("sub-ids", LocalFacts { sub_ids, ..facts() }, vec![], "subordinate ids of sam"),
        ("pinned", facts(), vec![&other], "kim@fabrikam.com"),
        ("home", LocalFacts { home: HomeFound::OwnedBy(1000), ..facts() }, vec![], "belongs to uid 1000"),
    ];
    for (what, local, known, owner) in cases {
        let refused = first("alex@contoso.com", 1, &known, &local).unwrap_err();
        assert!(
            refused.message.contains(owner) && refused.message.contains("alex@contoso.com"),
            "{what}: {}",
            refused.message
        );
        assert!(refused.message.contains(&uid.to_string()), "{what}: {}", refused.message);
    }
    let broken = LocalFacts { home: HomeFound::BrokenLink, ..facts() };
    assert_eq!(first("alex@contoso.com", 1, &[], &broken).unwrap_err().code, "HomeLinkBroken");
    let own = LocalFacts { home: HomeFound::OwnedBy(uid), ..facts() };
    assert!(first("alex@contoso.com", 1, &[], &own).is_ok());
}

#[test]
fn a_short_name_that_is_taken_gives_way_to_the_full_one() {
    let local = LocalFacts { users: vec![entry("alex", 1000)], ..LocalFacts::default() };
    assert_eq!(first("alex@contoso.com", 1, &[], &local).unwrap().name, "alex@contoso.com");
    let alex = LocalAccount { uid: 5, ..first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap() };
    let again = first("Alex@contoso.com", 2, &[&alex], &LocalFacts::default());
    // The name is another object's: it would lead to two people.
    assert_eq!(again.unwrap_err().code, "AccountConflict");
}

#[test]
fn an_account_stays_what_it_was_whatever_is_computed_today() {
    let before = first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap();
    let mut settings = settings();
    settings.domains[0].range = IdRange::new(1_000_000, 6_999_999).unwrap();
    settings.short_names = false;
    let local = LocalFacts {
        home: HomeFound::OwnedBy(77),
        users: vec![entry("x", before.uid)],
        ..LocalFacts::default()
    };
    let later = now().after(Duration::from_secs(7200));
    let renamed = person("alexandra@contoso.com", 1);
    let group = DirectoryGroup { object: person("a@b.cd", 7).object, name: Some("ops".to_owned()) };
    let after =
        settle(&settings, (&renamed, Some(vec![group.clone()])), &of(&[&before]), &local, later).unwrap();
    let expected =
        LocalAccount { person: renamed, last_online: later, groups: vec![group], ..before.clone() };
    assert_eq!(after, expected);
    let denied = LocalAccount {
        standing: AccountStanding::Denied { code: "AADSTS50057".to_owned(), at: now() },
        ..before.clone()
    };
    let soon = now().after(Duration::from_secs(60));
    let back = settle(&settings, (&before.person, Some(Vec::new())), &of(&[&denied]), &local, soon).unwrap();
    // Let in again; what is on disk already is not written every minute.
    assert_eq!(back, before);
}

#[test]
fn a_name_means_who_has_it_here_then_who_will() {
    let upn = |name: &str| name.parse::<model::Upn>().unwrap();
    let mut settings = settings();
    settings.mapped_users = vec![("pat".to_owned(), upn("pat@contoso.com"))];
    let alex = LocalAccount {
        person: person("alexandra@contoso.com", 1),
        ..first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap()
    };
    let of =
        |settings: &AccountSettings, name: &str| resolve(settings, (std::slice::from_ref(&alex), &[]), name);
    let person = |name: &str| Some(Meant::Person(upn(name)));
    // The directory calls her something else by now.
    assert_eq!(of(&settings, "Alex"), person("alexandra@contoso.com"));
    assert_eq!(of(&settings, "alexandra@contoso.com"), person("alexandra@contoso.com"));
    assert_eq!(of(&settings, "kim"), person("kim@contoso.com"));
    assert_eq!(of(&settings, "SAM@Fabrikam.com"), person("sam@fabrikam.com"));
    assert_eq!(of(&settings, "pat"), Some(Meant::MappedUser(upn("pat@contoso.com"))));
    let long = |length: usize| format!("{}@contoso.com", "x".repeat(length - "@contoso.com".len()));
    assert_eq!(of(&settings, &long(256)), person(&long(256)));
    // No name that does not resolve is anybody's.
    for stranger in ["sam@elsewhere.org", "sam@", "@contoso.com", "a b", "", "-x@contoso.com", &long(257)] {
        assert_eq!(of(&settings, stranger), None, "{stranger}");
    }
    settings.short_names = false;
    assert_eq!(of(&settings, "kim"), None);
}

#[test]
fn root_gives_another_name_or_number_that_nobody_has() {
    let alex = first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap();
    let kim = first("kim@fabrikam.com", 2, &[], &LocalFacts::default()).unwrap();
    let local =
        LocalFacts { users: vec![entry("sam", 1000), entry("was-alex", alex.uid)], ..LocalFacts::default() };
    let known = of(&[&alex, &kim]);
    assert_eq!(
        renamed(&alex, "lex", &known, &local).unwrap(),
        LocalAccount { name: "lex".to_owned(), ..alex.clone() }
    );
    for (name, code) in
        [("sam", "AccountConflict"), ("kim@fabrikam.com", "AccountConflict"), ("-x", "UnusableName")]
    {
        assert_eq!(renamed(&alex, name, &known, &local).unwrap_err().code, code, "{name}");
    }
    assert_eq!(
        renumbered(&alex, (70_001, None), &known, &local).unwrap(),
        LocalAccount { uid: 70_001, gid: 70_001, ..alex.clone() }
    );
    for uid in [0, 999, 1000, 61_184, kim.uid, u32::MAX] {
        assert_eq!(
            renumbered(&alex, (uid, None), &known, &local).unwrap_err().code,
            "AccountConflict",
            "{uid}"
        );
    }
}

#[test]
fn the_file_says_who_is_in_which_group_and_the_forgotten_are_not_in_it() {
    let mut settings = settings();
    let object = person("a@b.cd", 7).object;
    settings.local_groups = vec!["video".to_owned()];
    settings.domains[0].sudo_groups = vec![object];
    settings.domains[1].sudo_people = vec!["kim@fabrikam.com".parse().unwrap()];
    let group = |name: Option<&str>| DirectoryGroup { object, name: name.map(str::to_owned) };
    let alex = LocalAccount {
        groups: vec![group(Some("linux-admins"))],
        ..first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap()
    };
    let sam = LocalAccount {
        groups: vec![group(Some("Linux Admins"))],
        ..first("sam@fabrikam.com", 2, &[], &LocalFacts::default()).unwrap()
    };
    let kim = first("kim@fabrikam.com", 3, &[], &LocalFacts::default()).unwrap();
    let gone = LocalAccount {
        standing: AccountStanding::Forgotten { at: now() },
        ..first("adele@contoso.com", 4, &[], &LocalFacts::default()).unwrap()
    };
    let all = [alex.clone(), sam.clone(), kim, gone];
    let file = snapshot(&settings, &all, &[]);
    assert!(encode(&file).is_ok());
    let names: Vec<_> = file.accounts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["alex", "sam@fabrikam.com", "kim@fabrikam.com"]);
    assert_eq!(file.accounts[0].aliases, ["alex@contoso.com"]);
    let local: Vec<_> = file.accounts.iter().map(|it| it.local_groups.join(",")).collect();
    assert_eq!(local, ["video,sudo", "video", "video,sudo"]);
    let [group] = file.groups.as_slice() else { panic!("{:?}", file.groups) };
    assert_eq!(
        (group.name.as_str(), &group.members),
        ("linux-admins", &vec!["alex".to_owned(), "sam@fabrikam.com".to_owned()])
    );
    assert_eq!(file.accounts[0].groups, [group.gid]);
    // Whoever signed in first names the group; a name with a blank cannot stand in group(5).
    let file = snapshot(&settings, &[sam, alex], &[]);
    assert_eq!(file.groups[0].name, object.to_string());
}

#[test]
fn a_full_name_that_is_the_name_of_somebody_else_is_theirs_alone() {
    let alex = first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap();
    let other = LocalAccount {
        name: "Alex@Contoso.com".to_owned(),
        uid: alex.uid + 1,
        ..first("sam@contoso.com", 2, &[], &LocalFacts::default()).unwrap()
    };
    let aliases = |all: &[LocalAccount]| snapshot(&settings(), all, &[]).accounts[0].aliases.clone();
    assert_eq!(aliases(std::slice::from_ref(&alex)), ["alex@contoso.com"]);
    assert_eq!(aliases(&[alex.clone(), other.clone()]), [""; 0]);
    let gone = LocalAccount { standing: AccountStanding::Forgotten { at: now() }, ..other };
    assert_eq!(aliases(&[alex, gone]), ["alex@contoso.com"]);
}

#[test]
fn groups_of_one_name_are_told_apart_and_none_keeps_the_file_from_being_written() {
    let groups = |numbers: &[u8], name: &str| -> Vec<DirectoryGroup> {
        let group = |number: &u8| DirectoryGroup {
            object: person("a@b.cd", *number).object,
            name: Some(name.to_owned()),
        };
        numbers.iter().map(group).collect()
    };
    let of = |name: &str, object, groups| LocalAccount {
        groups,
        ..first(name, object, &[], &LocalFacts::default()).unwrap()
    };
    let alex = of("alex@contoso.com", 1, groups(&[21, 22], "ops"));
    let kim = of("kim@contoso.com", 2, groups(&[22, 23], "Alex"));
    let file = snapshot(&settings(), &[alex, kim], &[]);
    assert!(encode(&file).is_ok(), "{file:?}");
    let mut names: Vec<_> = file.groups.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Alex-5c2fba5d", "ops", "ops-5c2fba5d"]);
    assert_eq!(file.accounts[1].groups.len(), 2);
}

#[test]
fn verdicts_are_what_the_directory_root_and_the_configuration_said_last() {
    let ops = DirectoryGroup { object: person("a@b.cd", 7).object, name: None };
    let alex = first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap();
    let alex = LocalAccount { groups: vec![ops], ..alex };
    let at = now().after(Duration::from_secs(60));
    let with = |standing| LocalAccount { standing, ..alex.clone() };
    let denied = AccountStanding::Denied { code: "AADSTS50057".to_owned(), at };
    let all = [alex.clone(), with(denied), with(AccountStanding::Forgotten { at })];
    let of = |admitted: Option<&str>, groups: &[ObjectId]| {
        let mut settings = settings();
        settings.domains[0].admitted = admitted.map(|name| vec![name.parse().unwrap()]);
        settings.domains[0].admitted_groups = groups.to_vec();
        let said = verdicts(&settings, &all);
        said.into_iter().map(|it| (it.verdict, it.code, it.told_at)).collect::<Vec<_>>()
    };
    let later = 1_800_000_060;
    let rest =
        [(Verdict::Denied, "AADSTS50057".to_owned(), later), (Verdict::Forgotten, String::new(), later)];
    let allowed = (Verdict::Allowed, String::new(), 1_800_000_000);
    let (ops, others) = (person("a@b.cd", 7).object, person("a@b.cd", 8).object);
    let allowed = [&[allowed], rest.as_slice()].concat();
    assert_eq!(of(None, &[]), allowed);
    assert_eq!(of(Some("alex@contoso.com"), &[]), allowed);
    assert_eq!(of(Some("alex@contoso.com"), &[others]), allowed);
    assert_eq!(of(Some("adele@contoso.com"), &[ops]), allowed);
    assert_eq!(of(None, &[ops, others]), allowed);
    let left_out = (Verdict::Denied, "SignInNotAllowed".to_owned(), 1_800_000_000);
    let left_out = [&[left_out], rest.as_slice()].concat();
    assert_eq!(of(Some("adele@contoso.com"), &[]), left_out);
    assert_eq!(of(Some("adele@contoso.com"), &[others]), left_out);
    assert_eq!(of(None, &[others]), left_out);
    let none = AccountSettings::default();
    assert_eq!(verdicts(&none, &all)[0].verdict, Verdict::Denied, "its domain is not served any more");
    assert_eq!(verdicts(&settings(), &all)[0].names, ["alex", "alex@contoso.com"]);
}

proptest! {
    /// Whoever signs in in whatever order: each account has a name and a number of its own, and can be written.
    #[test]
    fn no_two_people_share_a_name_or_a_number(
        people in proptest::collection::vec((0_u8..20, prop_oneof![Just("contoso.com"), Just("fabrikam.com")]), 1..30),
        range in 1_u32..12,
        short_names: bool,
    ) {
        let mut settings = AccountSettings { short_names, ..settings() };
        for domain in &mut settings.domains {
            domain.range = IdRange::new(70_000, 70_000 + range).unwrap();
        }
        let mut known: Vec<LocalAccount> = Vec::new();
        for (number, domain) in people {
            let who = person(&format!("p{number}@{domain}"), number + u8::from(domain == "contoso.com") * 100);
            let all: Vec<&LocalAccount> = known.iter().collect();
            let made = settle(&settings, (&who, Some(Vec::new())), &of(&all), &LocalFacts::default(), now());
            let before = known.iter().find(|it| it.is_of(who.tenant, who.object)).cloned();
            match (made, before) {
                (Ok(account), Some(before)) => prop_assert_eq!(account, before),
                (Ok(account), None) => known.push(account),
                (Err(refused), before) => prop_assert_eq!((refused.code.as_str(), before), ("AccountConflict", None)),
            }
        }
        prop_assert!(encode(&snapshot(&settings, &known, &[])).is_ok());
    }
}

#[test]
fn of_groups_that_nobody_named_nothing_is_kept() {
    let group = |n: u8| DirectoryGroup {
        object: format!("cccccccc-0000-0000-0000-0000000000{n:02x}").parse().unwrap(),
        name: None,
    };
    let mut settings = settings();
    (settings.domains[0].admitted_groups, settings.domains[0].sudo_groups) =
        (vec![group(1).object], vec![group(2).object]);
    let of = |domain: &str| {
        settings.of_interest(&domain.parse().unwrap(), vec![group(1), group(2), group(3), group(1)])
    };
    assert_eq!(of("contoso.com"), [group(1), group(2), group(1)]);
    assert_eq!((of("fabrikam.com"), of("elsewhere.example")), (vec![], vec![]));
}

proptest! {
    /// What cannot be read takes nobody out of a group and puts nobody into one.
    #[test]
    fn groups_that_are_not_known_are_those_of_the_last_sign_in(
        had in prop::collection::vec(0..4_u8, 0..4),
        told in prop::option::of(prop::collection::vec(0..4_u8, 0..4)),
    ) {
        let groups = |numbers: &[u8]| -> Vec<DirectoryGroup> {
            let group = |it: &u8| DirectoryGroup { object: person("a@b.cd", *it).object, name: None };
            numbers.iter().map(group).collect()
        };
        let mut settings = settings();
        settings.domains[0].sudo_groups = vec![person("a@b.cd", 0).object];
        settings.domains[0].admitted_groups = vec![person("a@b.cd", 1).object];
        let first = first("alex@contoso.com", 1, &[], &LocalFacts::default()).unwrap();
        let before = LocalAccount { groups: groups(&had), ..first };
        let said = told.as_deref().map(groups);
        let (known, local) = (of(&[&before]), LocalFacts::default());
        let after = settle(&settings, (&before.person, said), &known, &local, now()).unwrap();
        let expected = told.as_ref().unwrap_or(&had);
        prop_assert_eq!(&after.groups, &groups(expected));
        let file = snapshot(&settings, std::slice::from_ref(&after), &[]);
        prop_assert_eq!(file.accounts[0].local_groups.len(), usize::from(expected.contains(&0)));
        let verdict = verdicts(&settings, std::slice::from_ref(&after))[0].verdict;
        prop_assert_eq!(verdict == Verdict::Allowed, expected.contains(&1));
        // Whoever was never here has none.
        let new = settle(&settings, (&before.person, None), &Known::default(), &local, now()).unwrap();
        prop_assert_eq!(new.groups, vec![]);
    }
}

#[test]
fn nobody_gets_a_number_that_is_kept_for_subordinate_ids() {
    let mut settings = settings();
    let (low, high) = (1_285_143_078, 1_285_143_078 + 70_000);
    let none = LocalFacts::default();
    let alex = person("alex@contoso.com", 1);
    let computed = |settings: &AccountSettings| {
        settle(settings, (&alex, Some(Vec::new())), &Known::default(), &none, now())
    };
    let before = computed(&settings).unwrap();
    let group = DirectoryGroup { object: person("a@b.cd", 7).object, name: None };
    let member = LocalAccount { groups: vec![group], ..before.clone() };
    let gid = snapshot(&settings, std::slice::from_ref(&member), &[]).groups[0].gid;
    for (min, max, refused) in [
        (low, high, true),
        (low - 70_000, low, true),
        (low + 1, high, false),
        (low - 70_000, low - 1, false),
        (gid, gid, false),
    ] {
        settings.sub_ids = Some(IdRange::new(min, max).unwrap());
        assert_eq!(computed(&settings).is_err_and(|it| it.code == "AccountConflict"), refused, "{min}-{max}");
        let given = renumbered(&before, (low, settings.sub_ids), &Known::default(), &none);
        assert_eq!(given.is_err(), refused, "{min}-{max}");
        // Whoever has it already keeps it.
        assert_eq!(settle(&settings, (&alex, None), &of(&[&before]), &none, now()).unwrap(), before);
    }
    assert!(snapshot(&settings, std::slice::from_ref(&member), &[]).groups.is_empty());
    settings.sub_ids = Some(IdRange::SUB_IDS);
    assert_eq!(settings.sub_ids_of(&alex.upn), Some((3_330_635_008, 3_330_635_008 + 65_535)));
    settings.sub_ids = None;
    assert_eq!(settings.sub_ids_of(&alex.upn), None);
}
