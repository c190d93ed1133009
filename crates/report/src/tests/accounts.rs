//! What root is shown of accounts.

use crate::account_entries;
use accounts::{AccountSettings, ReservedAccount};
use model::{Account, AccountStanding, LocalAccount, Timestamp};
use names::IdRange;

fn upn(name: &str) -> model::Upn {
    format!("{name}@contoso.com").parse().unwrap()
}

#[test]
fn who_has_an_account_and_who_will_have_one_stand_in_one_list_by_their_numbers() {
    let settings = AccountSettings { sub_ids: Some(IdRange::SUB_IDS), ..AccountSettings::default() };
    let at = Timestamp::from_secs(1_800_000_000);
    let alex = LocalAccount {
        person: Account {
            tenant: "aaaabbbb-cccc-dddd-eeee-ffff00001111".parse().unwrap(),
            object: "5c2fba5d-d82f-4bb9-ad1f-2ad17858fa2c".parse().unwrap(),
            upn: upn("alex"),
        },
        name: "alex".to_owned(),
        uid: 70_002,
        gid: 70_002,
        home: "/home/alex".to_owned(),
        shell: "/bin/bash".to_owned(),
        first_seen: at,
        last_online: at,
        groups: vec![],
        standing: AccountStanding::Denied { code: "AADSTS50057".to_owned(), at },
    };
    let adele = ReservedAccount {
        upn: upn("adele"),
        name: "adele".to_owned(),
        uid: 70_001,
        home: "/home/adele".to_owned(),
        shell: None,
        reserved_at: at,
    };
    let forgotten = LocalAccount { standing: AccountStanding::Forgotten { at }, uid: 70_003, ..alex.clone() };
    let (accounts, reserved) = ([forgotten, alex], [adele]);
    let until = |it: &LocalAccount| (it.uid == 70_002).then_some(at);
    let entries: Vec<_> = account_entries(&settings, (&accounts, &reserved), until, |_| 2).collect();
    let said: Vec<_> = entries.iter().map(|it| (it.uid, it.standing.as_str(), it.code.as_deref())).collect();
    assert_eq!(
        said,
        [(70_001, "reserved", None), (70_002, "denied", Some("AADSTS50057")), (70_003, "forgotten", None)]
    );
    let until: Vec<_> = entries.iter().map(|it| it.offline_until.is_some()).collect();
    assert_eq!(entries.iter().map(|it| it.sessions).collect::<Vec<_>>(), [0, 2, 2]);
    assert_eq!(until, [false, true, false], "whose password can be checked without the network");
    assert_eq!((entries[0].gid, entries[0].reserved_at.as_deref()), (70_001, Some("2027-01-15T08:00:00Z")));
    assert!(entries[0].tenant.is_empty() && entries[0].first_seen.is_empty());
    assert_eq!(entries[0].sub_ids, Some((2_505_798_912, 2_505_864_447)));
    assert_eq!((entries[1].sub_ids, &entries[1].reserved_at), (Some((3_330_635_008, 3_330_700_543)), &None));
}
