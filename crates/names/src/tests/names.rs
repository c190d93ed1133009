//! The file of names: what is written is found again, and whatever is damaged or hostile is not believed.

use crate::{
    Account, Domain, Group, HomeName, IdRange, Names, Parameters, Snapshot, Unwritable, encode, refused,
};
use proptest::prelude::*;

fn account(number: u32) -> Account {
    Account {
        name: format!("p{number}@contoso.com"),
        aliases: vec![format!("p{number}")],
        uid: 200_000 + number,
        gid: 200_000 + number,
        gecos: String::new(),
        home: format!("/home/p{number}@contoso.com"),
        shell: "/bin/bash".to_owned(),
        groups: vec![900_000],
        local_groups: Vec::new(),
    }
}

fn snapshot(people: u32) -> Snapshot {
    let accounts: Vec<Account> = (0..people).map(account).collect();
    let members = accounts.iter().map(|account| account.name.clone()).collect();
    let domain = Domain {
        name: "contoso.com".to_owned(),
        range: Some(IdRange::DEFAULT),
        home_prefix: "/home/".to_owned(),
        home_name: HomeName::Upn,
        shell: "/bin/bash".to_owned(),
        allowed: None,
    };
    Snapshot {
        parameters: Parameters { domains: vec![domain], short_names: false },
        accounts,
        groups: vec![Group { name: "linux-admins".to_owned(), gid: 900_000, members }],
    }
}

#[test]
fn everybody_is_found_by_each_name_and_number() {
    for people in [0, 1, 2, 500, 3_000] {
        let all = snapshot(people);
        let file = encode(&all).unwrap();
        let names = Names::open(&file[..]).unwrap();
        for account in &all.accounts {
            for name in account.aliases.iter().chain([&account.name]) {
                assert_eq!(names.account_by_name(&name.to_uppercase()).unwrap().as_ref(), Some(account));
            }
            assert_eq!(names.account_by_uid(account.uid).unwrap().as_ref(), Some(account));
            let own = names.group_by_gid(account.gid).unwrap().unwrap();
            assert_eq!((own.name.as_str(), own.members.len()), (account.name.as_str(), 0));
            assert_eq!(names.group_by_name(&account.name).unwrap(), Some(own));
        }
        assert_eq!(names.group_by_name("Linux-Admins").unwrap().as_ref(), all.groups.first());
        assert_eq!(names.group_by_gid(900_000).unwrap().as_ref(), all.groups.first());
        assert_eq!(names.parameters().unwrap(), all.parameters);
        assert_eq!(names.accounts().unwrap(), all.accounts);
        for stranger in ["p3000", "root", "", "contoso.com"] {
            assert_eq!(names.account_by_name(stranger).unwrap(), None, "{stranger}");
        }
        assert_eq!(names.account_by_uid(0).unwrap(), None);
        assert_eq!(names.group_by_gid(0).unwrap(), None);
    }
}

#[test]
fn whoever_has_not_signed_in_is_computed_unless_the_number_is_taken() {
    let mut all = snapshot(3);
    let file = encode(&all).unwrap();
    let uid = Names::open(&file[..]).unwrap().provisional("alex@contoso.com").unwrap().unwrap().uid;
    assert_eq!(uid, 1_285_143_078);
    all.accounts.push(Account { uid, gid: uid, ..account(7) });
    let file = encode(&all).unwrap();
    assert_eq!(Names::open(&file[..]).unwrap().provisional("alex@contoso.com").unwrap(), None);
}

#[test]
fn what_could_harm_a_reader_is_not_written() {
    let with = |change: fn(&mut Account)| {
        let mut all = snapshot(2);
        change(&mut all.accounts[1]);
        encode(&all).unwrap_err()
    };
    assert!(matches!(with(|it| it.uid = 0), Unwritable::Id(..)));
    assert!(matches!(with(|it| it.gid = 65_534), Unwritable::Id(..)));
    assert!(matches!(with(|it| it.groups.push(27)), Unwritable::Id(..)));
    assert!(matches!(with(|it| it.name = "a:0:0".to_owned()), Unwritable::Name(_)));
    assert!(matches!(with(|it| it.aliases.push("0".to_owned())), Unwritable::Name(_)));
    assert!(matches!(with(|it| it.home = "/home/x:y".to_owned()), Unwritable::Path(_)));
    assert!(matches!(with(|it| it.shell = "sh".to_owned()), Unwritable::Path(_)));
    assert!(matches!(with(|it| it.gecos = "a\nb".to_owned()), Unwritable::Comment(_)));
    assert!(matches!(with(|it| it.uid = 200_000), Unwritable::IdTwice(200_000)));
    assert!(matches!(with(|it| it.aliases.push("P0".to_owned())), Unwritable::NameTwice(_)));
    let mut all = snapshot(1);
    all.groups[0].gid = 27;
    assert!(matches!(encode(&all).unwrap_err(), Unwritable::Id(..)));
    all.groups[0].gid = 200_000;
    assert!(matches!(encode(&all).unwrap_err(), Unwritable::IdTwice(200_000)));
}

/// Everything that a reader can be asked, of a file that may be anything; nothing harmful comes out.
fn ask_everything(file: &[u8]) -> Result<usize, crate::Damaged> {
    let names = Names::open(file)?;
    let mut found = Vec::new();
    for number in [0, 1, 27, 999, 65_534, 200_000, 200_001, 900_000, u32::MAX] {
        found.extend(names.account_by_uid(number)?);
        let group = names.group_by_gid(number)?;
        assert!(group.is_none_or(|group| refused(group.gid).is_none()));
    }
    for name in ["p0", "p1@contoso.com", "root", "linux-admins", "alex@contoso.com", ""] {
        found.extend(names.account_by_name(name)?);
        found.extend(names.provisional(name)?);
        names.group_by_name(name)?;
    }
    for account in &found {
        assert!(refused(account.uid).is_none() && refused(account.gid).is_none());
        assert!(account.groups.iter().all(|gid| refused(*gid).is_none()));
    }
    Ok(found.len())
}

#[test]
fn a_sound_file_answers_and_one_that_is_cut_does_not() {
    let file = encode(&snapshot(300)).unwrap();
    assert_eq!(ask_everything(&file), Ok(5));
    for length in (0..file.len()).step_by(509) {
        assert!(ask_everything(&file[..length]).is_err(), "{length}");
    }
}

/// What a hostile writer makes, who knows the checksum.
fn sealed_again(mut file: Vec<u8>) -> Vec<u8> {
    for (number, page) in (0_u32..).zip(file.chunks_mut(4_096)) {
        if page.len() == 4_096 {
            let sum = crc32c::crc32c_append(crc32c::crc32c(&number.to_le_bytes()), &page[..4_092]);
            page[4_092..].copy_from_slice(&sum.to_le_bytes());
        }
    }
    file
}

#[test]
fn a_number_of_root_is_not_believed_whoever_wrote_it() {
    let mut file = encode(&snapshot(3)).unwrap();
    let own = [200_001_u32.to_le_bytes(), 200_001_u32.to_le_bytes()].concat();
    let at = file.windows(8).position(|bytes| bytes == own).unwrap();
    file[at + 4..at + 8].fill(0);
    let file = sealed_again(file);
    let names = Names::open(&file[..]).unwrap();
    assert!(names.account_by_uid(200_000).unwrap().is_some());
    assert!(names.account_by_uid(200_001).is_err() && names.account_by_name("p1").is_err());
}

proptest! {
    #[test]
    fn a_changed_bit_is_never_an_answer_of_its_own(place in 0_usize..8_192, bit in 0_u8..8) {
        let sound = encode(&snapshot(20)).unwrap();
        let mut file = sound.clone();
        let at = place % file.len();
        file[at] ^= 1 << bit;
        prop_assert!(ask_everything(&file).is_err() || file == sound);
    }

    #[test]
    fn nothing_that_a_hostile_writer_makes_is_harmful(
        changes in proptest::collection::vec((0_usize..8_192, any::<u8>()), 1..20),
    ) {
        let mut file = encode(&snapshot(20)).unwrap();
        for (place, byte) in changes {
            let at = place % file.len();
            file[at] = byte;
        }
        let _ = ask_everything(&sealed_again(file));
    }

    #[test]
    fn rubbish_is_no_file(bytes in proptest::collection::vec(any::<u8>(), 0..9_000)) {
        prop_assert!(ask_everything(&sealed_again(bytes)).is_err());
    }
}
