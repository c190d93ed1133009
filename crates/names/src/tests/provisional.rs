use crate::{Account, Domain, HomeName, IdRange, Parameters, provisional};

fn domain(name: &str) -> Domain {
    Domain {
        name: name.to_owned(),
        range: Some(IdRange::DEFAULT),
        home_prefix: "/home/".to_owned(),
        home_name: HomeName::Upn,
        shell: "/bin/bash".to_owned(),
        allowed: None,
    }
}

fn parameters() -> Parameters {
    Parameters { domains: vec![domain("contoso.com"), domain("fabrikam.com")], short_names: false }
}

fn of(parameters: &Parameters, name: &str) -> Option<Account> {
    provisional(parameters, name)
}

#[test]
fn a_full_name_of_a_configured_domain_has_an_account_before_the_first_sign_in() {
    let account = of(&parameters(), "Alex@Contoso.com").unwrap();
    assert_eq!(
        (account.name.as_str(), account.uid, account.gid),
        ("alex@contoso.com", 1_285_143_078, 1_285_143_078)
    );
    assert_eq!((account.home.as_str(), account.shell.as_str()), ("/home/alex@contoso.com", "/bin/bash"));
    assert!(account.groups.is_empty() && account.aliases.is_empty());
    for name in [
        "alex",
        "alex@",
        "@contoso.com",
        "alex@contoso.org",
        "alex@x@contoso.com",
        "a:b@contoso.com",
        "-a@contoso.com",
    ] {
        assert_eq!(of(&parameters(), name), None, "{name}");
    }
}

#[test]
fn short_names_are_of_the_first_domain_and_only_where_they_can_be_names() {
    let short = Parameters { short_names: true, ..parameters() };
    let account = of(&short, "alex@contoso.com").unwrap();
    assert_eq!((account.name.as_str(), account.aliases), ("alex", vec!["alex@contoso.com".to_owned()]));
    assert_eq!(account.uid, 1_285_143_078);
    assert_eq!(of(&short, "sam@fabrikam.com").unwrap().name, "sam@fabrikam.com");
    assert_eq!(of(&short, "123@contoso.com").unwrap().name, "123@contoso.com");
}

#[test]
fn who_is_not_let_in_has_none() {
    let mut some = parameters();
    some.domains[0].allowed = Some(vec!["adele@contoso.com".to_owned()]);
    assert!(of(&some, "Adele@contoso.com").is_some());
    assert_eq!(of(&some, "alex@contoso.com"), None);
    // Another domain has a list of its own.
    assert!(of(&some, "sam@fabrikam.com").is_some());
    let mut nobody = parameters();
    nobody.domains[0].allowed = Some(Vec::new());
    assert_eq!(of(&nobody, "adele@contoso.com"), None);
}

#[test]
fn what_a_name_does_not_tell_is_not_guessed() {
    let mut unknown = parameters();
    unknown.domains[0].range = None;
    assert_eq!(of(&unknown, "alex@contoso.com"), None);
    let mut by_object = parameters();
    by_object.domains[0].home_name = HomeName::ObjectId;
    assert_eq!(of(&by_object, "alex@contoso.com"), None);
    let mut short_home = parameters();
    short_home.domains[0].home_name = HomeName::ShortName;
    assert_eq!(of(&short_home, "alex@contoso.com").unwrap().home, "/home/alex");
    let mut refused = parameters();
    refused.domains[0].range = Some(IdRange::new(0, 999).unwrap());
    assert_eq!(of(&refused, "alex@contoso.com"), None);
}
