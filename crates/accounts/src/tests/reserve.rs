//! What root sets aside for people who have not signed in yet.

use super::{entry, now, person, settings};
use crate::book::Reservations;
use crate::{Accounts, HomeFound, LocalFacts, Numbering, ReservationWanted, ReservedAccount};
use crate::{resolve, snapshot, verdicts};
use model::{Failure, FailureClass, LocalAccount, Who};
use names::{HomeName, encode};
use proptest::prelude::*;

fn wanted(name: &str, uid: Option<u32>, home: Option<&str>) -> ReservationWanted {
    ReservationWanted { upn: name.parse().unwrap(), uid, home: home.map(str::to_owned) }
}

fn book(accounts: Vec<LocalAccount>, reserved: Vec<ReservedAccount>) -> Accounts {
    let all = reserved.into_iter().map(|it| (it.upn.clone(), it)).collect();
    Accounts::found(accounts, Default::default(), Reservations { all, ..Reservations::default() })
}

fn reserve(
    accounts: &Accounts,
    wanted: &ReservationWanted,
    local: &LocalFacts,
) -> Result<ReservedAccount, Failure> {
    accounts.reserve(&settings(), (wanted, None), local, now())
}

fn signs_in(accounts: &Accounts, name: &str, local: &LocalFacts) -> Result<LocalAccount, Failure> {
    accounts.settled(&settings(), (&person(name, 1), Some(Vec::new())), local, now())
}

#[test]
fn what_is_reserved_is_what_the_first_sign_in_gets() {
    let none = LocalFacts::default();
    let of_root = wanted("Alex@contoso.com", Some(70_001), Some("/srv/alex"));
    let reserved = reserve(&Accounts::default(), &of_root, &none).unwrap();
    assert_eq!((reserved.name.as_str(), reserved.uid, reserved.home.as_str()), ("alex", 70_001, "/srv/alex"));
    let accounts = book(vec![], vec![reserved.clone()]);
    let account = signs_in(&accounts, "alex@contoso.com", &none).unwrap();
    assert_eq!(
        (account.name.as_str(), account.uid, account.gid, account.home.as_str(), account.shell.as_str()),
        ("alex", 70_001, 70_001, "/srv/alex", "/bin/bash")
    );
    let with_shell = ReservedAccount { shell: Some("/bin/zsh".to_owned()), ..reserved };
    let account = signs_in(&book(vec![], vec![with_shell]), "alex@contoso.com", &none).unwrap();
    assert_eq!(account.shell, "/bin/zsh");
    // Nobody else does.
    assert_ne!(signs_in(&accounts, "adele@contoso.com", &none).unwrap().uid, 70_001);
}

#[test]
fn without_a_number_it_is_the_one_that_the_name_promises() {
    let reserved =
        reserve(&Accounts::default(), &wanted("alex@contoso.com", None, None), &LocalFacts::default())
            .unwrap();
    let promised = names::provisional(&settings().parameters(), "alex@contoso.com").unwrap();
    assert_eq!((reserved.name, reserved.uid, reserved.home), (promised.name, promised.uid, promised.home));
    for numbering in [Numbering::ObjectId, Numbering::Directory] {
        let mut settings = settings();
        settings.numbering = numbering;
        settings.domains[0].home_name = HomeName::ObjectId;
        let of = |uid, home| {
            let wanted = wanted("alex@contoso.com", uid, home);
            Accounts::default().reserve(&settings, (&wanted, None), &LocalFacts::default(), now())
        };
        let refused = of(None, None).unwrap_err();
        assert!(refused.code == "NoUserId" && refused.advice.contains("--uid"), "{refused:?}");
        assert_eq!(of(Some(5_000), None).unwrap_err().code, "UnusableHome");
        let reserved = of(Some(5_000), Some("/home/alex")).unwrap();
        let person = person("alex@contoso.com", 1);
        let nothing = Accounts::default().settled(&settings, (&person, None), &LocalFacts::default(), now());
        if numbering == Numbering::Directory {
            assert!(nothing.unwrap_err().advice.contains("aad-tool account add"));
        }
        let accounts = book(vec![], vec![reserved]);
        let account = accounts.settled(&settings, (&person, Some(Vec::new())), &LocalFacts::default(), now());
        assert_eq!(account.unwrap().uid, 5_000);
    }
}

#[test]
fn nothing_of_anybody_else_is_reserved_and_every_refusal_says_why() {
    let none = LocalFacts::default;
    let adele = signs_in(&Accounts::default(), "adele@contoso.com", &none()).unwrap();
    let kim =
        reserve(&Accounts::default(), &wanted("kim@fabrikam.com", Some(70_002), None), &none()).unwrap();
    let accounts = book(vec![adele.clone()], vec![kim]);
    let sub_ids = || vec![names::SubIds { owner: "sam".to_owned(), first: 100_000, count: 65_536 }];
    let cases = [
        ("root", "alex@contoso.com", Some(0), none(), "AccountConflict"),
        ("of systemd", "alex@contoso.com", Some(60_001), none(), "AccountConflict"),
        ("signed", "alex@contoso.com", Some(u32::MAX), none(), "AccountConflict"),
        (
            "a local user's",
            "alex@contoso.com",
            Some(1000),
            LocalFacts { users: vec![entry("sam", 1000)], ..none() },
            "AccountConflict",
        ),
        (
            "a local group's",
            "alex@contoso.com",
            Some(1000),
            LocalFacts { groups: vec![entry("ops", 1000)], ..none() },
            "AccountConflict",
        ),
        (
            "a sub-id",
            "alex@contoso.com",
            Some(100_005),
            LocalFacts { sub_ids: sub_ids(), ..none() },
            "AccountConflict",
        ),
        ("an account's", "alex@contoso.com", Some(adele.uid), none(), "AccountConflict"),
        ("reserved for another", "alex@contoso.com", Some(70_002), none(), "AccountConflict"),
        ("known", "adele@contoso.com", Some(70_009), none(), "AccountExists"),
        ("reserved otherwise", "kim@fabrikam.com", Some(70_003), none(), "ReservedAlready"),
        ("no domain of ours", "alex@nowhere.org", Some(70_009), none(), "UnknownDomain"),
        (
            "home of another",
            "alex@contoso.com",
            Some(70_009),
            LocalFacts { home: HomeFound::OwnedBy(1000), ..none() },
            "HomeOfAnother",
        ),
    ];
    for (what, name, uid, local, code) in cases {
        let refused = reserve(&accounts, &wanted(name, uid, None), &local).unwrap_err();
        assert_eq!(refused.code, code, "{what}: {}", refused.message);
        assert!(refused.message.contains(name.split_once('@').unwrap().1), "{what}: {}", refused.message);
    }
    let colon = wanted("alex@contoso.com", Some(70_009), Some("/home:/x"));
    assert_eq!(reserve(&accounts, &colon, &none()).unwrap_err().code, "UnusableHome");
    // A former name of somebody who is here.
    let former = wanted("ada@contoso.com", None, None);
    let owner = Some((adele.person.tenant, adele.person.object));
    let refused = accounts.reserve(&settings(), (&former, owner), &none(), now()).unwrap_err();
    assert_eq!(refused.code, "AccountExists");
    assert!(accounts.reserve(&settings(), (&former, None), &none(), now()).is_ok());
}

#[test]
fn the_same_again_changes_nothing() {
    let wanted = wanted("alex@contoso.com", Some(70_001), None);
    let reserved = reserve(&Accounts::default(), &wanted, &LocalFacts::default()).unwrap();
    let mut accounts = book(vec![], vec![reserved.clone()]);
    // Its own files are there by now.
    let local = LocalFacts { home: HomeFound::OwnedBy(1), ..LocalFacts::default() };
    let again = accounts.reserve(&settings(), (&wanted, None), &local, now().after(std::time::Duration::MAX));
    assert_eq!(again.unwrap(), reserved);
    assert!(!accounts.set_aside(reserved.clone()));
    assert!(accounts.end_reservation(&reserved.upn) && !accounts.end_reservation(&reserved.upn));
    assert!(accounts.set_aside(reserved));
}

#[test]
fn a_reservation_gives_nobody_what_has_become_somebody_elses() {
    let wanted = wanted("alex@contoso.com", Some(70_001), None);
    let reserved = reserve(&Accounts::default(), &wanted, &LocalFacts::default()).unwrap();
    let accounts = book(vec![], vec![reserved]);
    for (local, code) in [
        (LocalFacts { users: vec![entry("sam", 70_001)], ..LocalFacts::default() }, "AccountConflict"),
        (LocalFacts { home: HomeFound::OwnedBy(5), ..LocalFacts::default() }, "HomeOfAnother"),
    ] {
        assert_eq!(signs_in(&accounts, "alex@contoso.com", &local).unwrap_err().code, code);
    }
    // One that cannot be read is not computed anew.
    let gone = Failure::local(FailureClass::Broken, Who::MachineAdmin, "State", "gone".to_owned(), "Do it.");
    let unreadable = [("alex@contoso.com".parse().unwrap(), gone.clone())].into();
    let reservations = Reservations { unreadable, ..Reservations::default() };
    let mut accounts = Accounts::found([], Default::default(), reservations);
    let none = LocalFacts::default();
    assert_eq!(signs_in(&accounts, "alex@contoso.com", &none).unwrap_err(), gone);
    assert_eq!(reserve(&accounts, &wanted, &none).unwrap_err(), gone);
    assert!(signs_in(&accounts, "adele@contoso.com", &none).is_ok());
    assert!(accounts.end_reservation(&wanted.upn));
    assert!(signs_in(&accounts, "alex@contoso.com", &none).is_ok());
}

#[test]
fn everybody_may_know_the_name_and_no_verdict_lets_anybody_in() {
    let none = LocalFacts::default();
    let mut settings = settings();
    settings.local_groups = vec!["video".to_owned()];
    settings.domains[0].sudo_people = vec!["alex@contoso.com".parse().unwrap()];
    let wanted = wanted("alex@contoso.com", Some(70_001), None);
    let reserved = reserve(&Accounts::default(), &wanted, &none).unwrap();
    let file = snapshot(&settings, &[], std::slice::from_ref(&reserved));
    let [alex] = file.accounts.as_slice() else { panic!("{:?}", file.accounts) };
    assert_eq!(
        (alex.name.as_str(), alex.uid, &alex.aliases),
        ("alex", 70_001, &vec!["alex@contoso.com".to_owned()])
    );
    assert!(alex.local_groups.is_empty() && alex.groups.is_empty(), "nobody has proved to be them");
    assert_eq!(verdicts(&settings, &[]), []);
    // One whose domain is not served any more, or that is in somebody's way, is left out.
    settings.domains.remove(0);
    assert_eq!(snapshot(&settings, &[], std::slice::from_ref(&reserved)).accounts, []);
    // It means the same person whatever the first domain is today.
    let meant = resolve(&settings, (&[], std::slice::from_ref(&reserved)), "alex");
    assert_eq!(meant, Some(crate::Meant::Person(reserved.upn)));
}

proptest! {
    /// Whatever is reserved, the file of names can be written, and accounts that are there stay in it.
    #[test]
    fn no_reservation_keeps_the_file_from_being_written(
        all in prop::collection::vec((0..4_usize, 70_000..70_003_u32, 0..3_usize), 0..5),
    ) {
        let names = ["alex@contoso.com", "adele@contoso.com", "alex@fabrikam.com", "kim@fabrikam.com"];
        let short = ["alex", "adele", "kim@fabrikam.com"];
        let account = signs_in(&Accounts::default(), "alex@contoso.com", &LocalFacts::default()).unwrap();
        let account = LocalAccount { uid: 70_001, gid: 70_001, ..account };
        let reserved: Vec<_> = all.into_iter().map(|(name, uid, short_name)| ReservedAccount {
            upn: names[name].parse().unwrap(),
            name: short[short_name].to_owned(),
            uid,
            home: "/home/x".to_owned(),
            shell: None,
            reserved_at: now(),
        }).collect();
        let file = snapshot(&settings(), std::slice::from_ref(&account), &reserved);
        prop_assert!(encode(&file).is_ok(), "{:?}", file.accounts);
        prop_assert_eq!(file.accounts[0].uid, 70_001);
    }

    /// Two people never get one number, in whatever order root and they come.
    #[test]
    fn numbers_stay_one_persons(steps in prop::collection::vec((0..4_u8, 70_000..70_003_u32, any::<bool>()), 1..12)) {
        let names = ["alex@contoso.com", "adele@contoso.com", "alex@fabrikam.com", "kim@fabrikam.com"];
        let mut settings = settings();
        settings.domains.iter_mut().for_each(|it| it.range = names::IdRange::new(70_000, 70_002).unwrap());
        let (mut accounts, none) = (Accounts::default(), LocalFacts::default());
        for (who, uid, reserves) in steps {
            let name = names[usize::from(who)];
            if reserves {
                let made = accounts.reserve(&settings, (&wanted(name, Some(uid), None), None), &none, now());
                if let Ok(made) = made {
                    accounts.set_aside(made);
                }
            } else if let Ok(account) = accounts.settled(&settings, (&person(name, who), Some(Vec::new())), &none, now()) {
                accounts.end_reservation(&account.person.upn);
                accounts.keep(account);
            }
            let ids: Vec<u32> = accounts.iter().map(|it| it.uid).chain(accounts.reservations().map(|it| it.uid)).collect();
            let once: std::collections::BTreeSet<u32> = ids.iter().copied().collect();
            prop_assert_eq!(once.len(), ids.len());
        }
    }
}
