//! What fits together is taken over, and nothing else.

mod table;

use crate::{
    Evidence, HomeOwner, PasswdLine, Person, Standing, StaticGroup, StaticUser, TakeoverDomain, Wanted,
    judge, judge_groups, passwd_line,
};
use names::{HomeName, IdRange};
use proptest::prelude::*;

fn domains() -> Vec<TakeoverDomain> {
    ["contoso.com", "fabrikam.com"]
        .map(|name| TakeoverDomain {
            name: name.parse().unwrap(),
            range: Some(IdRange::DEFAULT),
            home_prefix: "/home/".to_owned(),
            home_name: HomeName::Upn,
        })
        .to_vec()
}

fn row(uid: u32, gid: u32) -> Option<StaticUser> {
    Some(StaticUser { name: String::new(), uid: Ok(uid), gid: Ok(gid) })
}

fn line(uid: u32, home: &str) -> Option<PasswdLine> {
    Some(PasswdLine { uid, gid: uid, home: home.to_owned() })
}

fn alone(it: Evidence, owner: HomeOwner) -> Person {
    judge(&domains(), true, &[it], |_| owner).remove(0)
}

#[test]
fn what_fits_together_is_wanted_and_what_does_not_says_what_to_do() {
    const COMPUTED: u32 = 1_285_143_078;
    let alex = || "alex@contoso.com".to_owned();
    let of = |row, passwd| Evidence { name: alex(), row, passwd };
    let text = |text: &str| StaticUser { uid: Err(text.to_owned()), ..row(1, 1).unwrap() };
    for (what, it, owner, expected) in [
        ("table alone", of(row(5_000, 5_000), None), HomeOwner::Nobody, Ok(5_000)),
        ("getent alone", of(None, line(5_001, "/srv/alex")), HomeOwner::User(5_001), Ok(5_001)),
        ("neither", of(None, None), HomeOwner::User(COMPUTED), Ok(COMPUTED)),
        ("both", of(row(5_000, 5_000), line(5_000, "/srv/alex")), HomeOwner::User(5_000), Ok(5_000)),
        (
            "two numbers",
            of(row(5_000, 5_000), line(5_001, "/x")),
            HomeOwner::Nobody,
            Err("getent passwd says 5001"),
        ),
        ("home of another", of(row(5_000, 5_000), None), HomeOwner::User(6), Err("--uid 6")),
        ("broken link", of(None, None), HomeOwner::BrokenLink, Err("leads nowhere")),
        ("root", of(row(0, 0), None), HomeOwner::Nobody, Err("0 to 999 belong to the system")),
        ("signed", of(row(u32::MAX, 1), None), HomeOwner::Nobody, Err("negative")),
        ("text", of(Some(text("'x'")), None), HomeOwner::Nobody, Err("'x' for a number")),
    ] {
        let person = alone(it, owner);
        match (&person.standing, expected) {
            (Standing::Agrees(wanted, _), Ok(uid)) => {
                assert_eq!((wanted.uid, wanted.upn.to_string()), (uid, alex()), "{what}");
                assert_eq!(wanted.home, person.home, "{what}");
            }
            (Standing::Differs(why), Err(part)) => assert!(why.contains(part), "{what}: {why}"),
            (other, _) => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn names_without_a_domain_are_of_the_first_one_and_strange_ones_are_shown_and_left() {
    let named = |name: &str| Evidence { name: name.to_owned(), row: row(5_000, 5_000), passwd: None };
    let upn = |it: &Person| match &it.standing {
        Standing::Agrees(Wanted { upn, .. }, _) => Some(upn.to_string()),
        Standing::Differs(_) => None,
    };
    let of = |name: &str| alone(named(name), HomeOwner::Nobody);
    assert_eq!(upn(&of("Alex")).as_deref(), Some("alex@contoso.com"));
    assert_eq!(upn(&of("SAM@fabrikam.com")).as_deref(), Some("sam@fabrikam.com"));
    for strange in ["x@nowhere.org", "a\nb@contoso.com", "-rf@contoso.com", "", "a b", "../x@contoso.com"] {
        let person = of(strange);
        assert_eq!(upn(&person), None, "{strange:?}");
        assert!(!person.name.contains('\n'), "{strange:?}");
    }
    let nobody = judge(&domains(), false, &[named("alex")], |_| HomeOwner::Nobody);
    assert_eq!(upn(&nobody[0]), None);
}

#[test]
fn nobody_is_taken_over_with_a_number_that_two_have() {
    let of = |name: &str, uid| Evidence { name: name.to_owned(), row: row(uid, uid), passwd: None };
    let all = [of("alex@contoso.com", 5_000), of("adele@contoso.com", 5_000), of("sam@contoso.com", 5_001)];
    let people = judge(&domains(), true, &all, |_| HomeOwner::Nobody);
    let differs: Vec<bool> = people.iter().map(|it| matches!(it.standing, Standing::Differs(_))).collect();
    assert_eq!(differs, [true, true, false]);
}

#[test]
fn another_group_and_another_computed_number_are_said() {
    let it = Evidence { name: "alex@contoso.com".to_owned(), row: row(5_000, 100), passwd: None };
    let Standing::Agrees(_, Some(remark)) = alone(it, HomeOwner::Nobody).standing else { panic!() };
    assert!(remark.contains("group was 100") && remark.contains("1285143078"), "{remark}");
    let mut unknown = domains();
    unknown[0].range = None;
    let it = Evidence { name: "alex@contoso.com".to_owned(), ..Evidence::default() };
    let person = judge(&unknown, true, &[it], |_| HomeOwner::Nobody).remove(0);
    let Standing::Differs(why) = person.standing else { panic!() };
    assert!(why.contains("aad-tool account add alex@contoso.com --uid N"), "{why}");
    let id = "aaaabbbb-cccc-dddd-eeee-ffff00001111".to_owned();
    let group = |gid| StaticGroup { name: id.clone(), gid };
    let said =
        judge_groups(&domains(), &[group(Ok(237_125_615)), group(Ok(5)), group(Err("'x'".to_owned()))]);
    let texts: Vec<&str> = said.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("was 5 and is 237125615") && texts[1].contains("'x'"), "{texts:?}");
}

#[test]
fn a_line_of_passwd_is_read_and_anything_else_is_none() {
    let good = "alex@contoso.com:x:5000:5001:Alex:/home/alex:/bin/bash\nrest\n";
    let read = passwd_line(good).unwrap();
    assert_eq!((read.uid, read.gid, read.home.as_str()), (5_000, 5_001, "/home/alex"));
    for bad in
        ["", "x", "a:x:-1:0::/h:/s", "a:x:1:1::home:/s", "a:x:1:1::/h/../etc:/s", "a:x:1:1::/h:/s:more"]
    {
        assert_eq!(passwd_line(bad), None, "{bad}");
    }
}

proptest! {
    /// Nobody comes out with a number that nobody may have, whatever the table says.
    #[test]
    fn no_number_of_the_system_comes_out(uid in any::<u32>(), owner in prop::option::of(any::<u32>())) {
        let it = Evidence { name: "alex@contoso.com".to_owned(), row: row(uid, uid), passwd: None };
        let owner = owner.map_or(HomeOwner::Nobody, HomeOwner::User);
        if let Standing::Agrees(wanted, _) = alone(it, owner).standing {
            prop_assert!(names::refused(wanted.uid).is_none());
            prop_assert!(owner == HomeOwner::Nobody || owner == HomeOwner::User(wanted.uid));
        }
    }
}
