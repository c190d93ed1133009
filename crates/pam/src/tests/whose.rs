use crate::account::account;
use crate::whose::{Whose, whose};
use names::{Account, Domain, HomeName, IdRange, Names, Parameters, Snapshot, encode};

pub(super) fn file() -> Vec<u8> {
    let domain = Domain {
        name: "contoso.com".to_owned(),
        range: Some(IdRange::DEFAULT),
        home_prefix: "/home/".to_owned(),
        home_name: HomeName::Upn,
        shell: "/bin/bash".to_owned(),
        allowed: None,
    };
    let account = Account {
        name: "alex".to_owned(),
        aliases: vec!["alex@contoso.com".to_owned()],
        uid: 700_000,
        gid: 700_000,
        gecos: String::new(),
        home: "/home/alex".to_owned(),
        shell: "/bin/bash".to_owned(),
        groups: Vec::new(),
        local_groups: Vec::new(),
    };
    let parameters = Parameters { domains: vec![domain], short_names: true };
    encode(&Snapshot { parameters, accounts: vec![account], groups: Vec::new() }).unwrap()
}

const PASSWD: &str =
    "root:x:0:0::/root:/bin/sh\nsam:x:1000:1000::/home/sam:/bin/sh\nkim@contoso.com:x:1001:1001:::\n";

#[test]
fn a_name_is_ours_by_its_account_or_its_domain_and_never_a_local_one() {
    let file = file();
    let names = Names::open(&file[..]).unwrap();
    for (name, with_file, without) in [
        ("root", Whose::Others, Whose::Others),
        ("sam", Whose::Others, Whose::Others),
        ("kim@contoso.com", Whose::Others, Whose::Others),
        ("alex", Whose::Ours, Whose::Others),
        ("alex@contoso.com", Whose::Ours, Whose::PerhapsOurs),
        ("ADELE@Contoso.com", Whose::Ours, Whose::PerhapsOurs),
        ("adele@contoso.org", Whose::Others, Whose::PerhapsOurs),
        ("adele", Whose::Others, Whose::Others),
        ("adele@", Whose::Others, Whose::Others),
        ("@contoso.com", Whose::Others, Whose::Others),
        ("a@b@contoso.com", Whose::Others, Whose::Others),
        ("", Whose::Others, Whose::Others),
    ] {
        assert_eq!(whose(name, (PASSWD, ""), Some(&names)), with_file, "{name}");
        assert_eq!(whose::<&[u8]>(name, (PASSWD, ""), None), without, "{name}");
    }
}

#[test]
fn a_mapped_user_is_a_local_one_with_a_password_of_ours() {
    let map = "sam:sam@contoso.com\nroot:alex@contoso.com\nnosuch:alex@contoso.com\n";
    for (name, whose_it_is) in [
        ("sam", Whose::Mapped),
        // Root is nobody's but the machine's, and a name that is no local user's has no account to open.
        ("root", Whose::Others),
        ("nosuch", Whose::Others),
        ("kim@contoso.com", Whose::Others),
    ] {
        assert_eq!(whose::<&[u8]>(name, (PASSWD, map), None), whose_it_is, "{name}");
    }
}

#[test]
fn a_damaged_file_makes_nobody_ours() {
    let mut file = file();
    let last = file.len() - 1;
    file[last] ^= 1;
    // The head is read, or not: either way nothing of it counts.
    let names = Names::open(&file[..]).ok();
    assert_eq!(whose("alex", (PASSWD, ""), names.as_ref()), Whose::Others);
    assert_eq!(whose("alex@contoso.com", (PASSWD, ""), names.as_ref()), Whose::PerhapsOurs);
    assert_eq!(
        account::<&[u8]>("alex", Whose::Others, None, messages::Language::English).0,
        crate::code::Code::Ignore
    );
}
