//! What is told of whom, and for how long.

use super::*;
use model::Id;

fn id<T>(n: u8) -> Id<T> {
    Id::new(Guid::from_bytes([n; 16]))
}

#[test]
fn what_is_counted_of_an_account_ends_with_it() {
    let (views, at) = (Views::default(), Timestamp::from_secs(1));
    let person = Account { tenant: id(1), object: id(2), upn: "alex@d1.example".parse().unwrap() };
    let account = LocalAccount {
        person: person.clone(),
        name: "alex".to_owned(),
        uid: 70_001,
        gid: 70_001,
        home: String::new(),
        shell: String::new(),
        first_seen: at,
        last_online: at,
        groups: vec![],
        standing: model::AccountStanding::Allowed,
    };
    views.publish_account(account.clone());
    views.count_session(&person.upn, true);
    assert_eq!(views.open_sessions(&account), 1);
    views.publish_no_account(person.tenant, person.object);
    views.publish_account(account.clone());
    assert_eq!(views.open_sessions(&account), 0);
}

#[test]
fn each_domain_is_told_with_the_people_and_keys_of_its_own_tenant() {
    let views = Views::default();
    let name = |tenant: u8| -> DomainName { format!("d{tenant}.example").parse().unwrap() };
    views.publish_domains([0, 1, 2, 255].map(|tenant| (name(tenant), id(tenant))).into());
    let status = signin::UserSession::new(7).status();
    for (tenant, object) in [(0, 0), (0, 255), (1, 0), (1, 7), (1, 255), (255, 255)] {
        let upn = format!("p{object}@d{tenant}.example").parse().unwrap();
        let account = Account { tenant: id(tenant), object: id(object), upn };
        views.add_user(account, watch::channel(status.clone()).1);
        let test = KeyTest { at: Timestamp::from_secs(1), problem: None, changed: None };
        views.key_tests().insert((id(tenant), vec![object]), test);
    }
    for (tenant, people) in [(0, vec![0, 255]), (1, vec![0, 7, 255]), (2, vec![]), (255, vec![255])] {
        let binding = MachineBinding { components: vec![] };
        let told = views.domain(name(tenant), None, &binding);
        let objects: Vec<u8> = told.users.iter().map(|it| it.account.object.guid().as_bytes()[0]).collect();
        assert_eq!(objects, people, "{tenant}");
        assert_eq!(told.key_tests.into_keys().map(|key| key[0]).collect::<Vec<_>>(), people);
    }
}
