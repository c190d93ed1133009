use super::*;

/// Signs `came` (with object `id`) in where `asked` was asked for; Graph says `me`.
fn check(asked: &str, came: &str, id: &str, accounts: &[AccountPin], me: Option<(&str, &str)>) -> Harness {
    let mut harness = Harness::open(Facts { accounts: accounts.to_vec(), ..facts(asked) }).with_code();
    harness.approve(7);
    harness.answer(is_identify, Ok(Reply::Identified(subject(came, id))));
    if harness.outcome().is_none() {
        let reply = me.map(|(id, upn)| Reply::Me { object: object(id), upn: upn.to_owned() });
        harness.answer(is_me, reply.ok_or_else(|| refused("AADSTS65002", FailureClass::Broken)));
    }
    assert_eq!(harness.forgotten(1), 1, "the code is ended");
    assert_eq!(harness.forgotten(7), usize::from(harness.end() != "in"), "tokens are handed out or ended");
    harness
}

/// Asked, signed in as, object, pins, Graph's answer, and how it ends.
type Row<'a> = (&'a str, &'a str, &'a str, &'a [AccountPin], Option<(&'a str, &'a str)>, &'a str);

#[test]
fn the_table_of_names() {
    let alex = "alex@contoso.com";
    let known = [seen(alex, CONTOSO, ALEX)];
    let rows: &[Row<'_>] = &[
        (alex, alex, ALEX, &[], None, "in"),
        ("ALEX@Contoso.COM", alex, ALEX, &[], None, "in"),
        (alex, "Alex@CONTOSO.com", ALEX, &known, None, "in"),
        (alex, "adele@contoso.com", OTHER, &[], None, "WrongAccount"),
        (alex, "alex@contoso.net", ALEX, &[], None, "WrongAccount"),
        (alex, "alex@contoso.com.evil.com", ALEX, &[], None, "WrongAccount"),
        (alex, "a.lex@contoso.com", ALEX, &[], None, "WrongAccount"),
        (alex, "alex_@contoso.com", ALEX, &[], None, "WrongAccount"),
        (alex, "alex@sub.contoso.com", ALEX, &[], None, "WrongAccount"),
        // Graph may prove that the asked name is this object's UPN, and nothing else may.
        (alex, "alex@mail.contoso.com", ALEX, &[], Some((ALEX, alex)), "in"),
        (alex, "alex@mail.contoso.com", ALEX, &[], Some((ALEX, "ALEX@contoso.com")), "in"),
        (alex, "alex@mail.contoso.com", ALEX, &[], Some((OTHER, alex)), "WrongAccount"),
        (alex, "alex@mail.contoso.com", ALEX, &[], Some((ALEX, "adele@contoso.com")), "WrongAccount"),
        (alex, "alex@mail.contoso.com", ALEX, &[], Some((ALEX, "not a name")), "WrongAccount"),
        // A name that was re-created belongs to another object.
        (alex, alex, OTHER, &known, None, "AccountReplaced"),
        (alex, "alex@mail.contoso.com", OTHER, &known, Some((OTHER, alex)), "AccountReplaced"),
        // Renames: in by the new name, not by the old one.
        ("lex@contoso.com", "lex@contoso.com", ALEX, &known, None, "in"),
        (alex, "lex@contoso.com", ALEX, &known, Some((ALEX, "lex@contoso.com")), "AccountRenamed"),
    ];
    for (asked, came, id, accounts, me, end) in rows {
        assert_eq!(check(asked, came, id, accounts, *me).end(), *end, "{came} for {asked}, Graph {me:?}");
    }
}

#[test]
fn whoever_of_the_domain_comes_is_who_was_asked_for() {
    let asked = Asked::AnyoneOf("contoso.com".parse().unwrap(), vec!["contoso.net".parse().unwrap()]);
    for (came, method, pins, end) in [
        ("kim@contoso.com", Method::DeviceCode, vec![], "in"),
        // Nobody is asked for a password where it is not known whose.
        ("kim@contoso.com", Method::Password, vec![], "in"),
        ("kim@contoso.net", Method::DeviceCode, vec![], "in"),
        ("kim@fabrikam.com", Method::DeviceCode, vec![], "WrongAccount"),
        ("kim@sub.contoso.com", Method::DeviceCode, vec![], "WrongAccount"),
        (
            "kim@contoso.com",
            Method::DeviceCode,
            vec![seen("kim@contoso.com", CONTOSO, OTHER)],
            "AccountReplaced",
        ),
    ] {
        let known = Facts { asked: asked.clone(), method, accounts: pins, ..facts(came) };
        let mut harness = Harness::open(known).with_code();
        harness.approve(7);
        harness.answer(is_identify, Ok(Reply::Identified(subject(came, ALEX))));
        assert_eq!(harness.end(), end, "{came}");
        if let Some(Outcome::SignedIn { account, .. }) = harness.outcome() {
            assert_eq!(account.upn.as_str(), came);
        }
        assert_eq!(harness.forgotten(7), usize::from(end != "in"), "tokens are handed out or ended");
    }
}

#[test]
fn the_same_name_in_a_second_tenant_is_another_person() {
    let accounts = [seen("alex@contoso.com", FABRIKAM, ALEX)];
    assert_eq!(check("alex@contoso.com", "alex@contoso.com", ALEX, &accounts, None).end(), "AccountReplaced");
}

#[test]
fn the_first_success_is_remembered_before_it_is_told() {
    let harness = check("alex@contoso.com", "alex@contoso.com", ALEX, &[], None);
    let last: Vec<_> = harness.all.iter().rev().take(3).collect();
    assert!(matches!(last[0], Command::Finish(_)));
    let own = AccountPin { first_seen: harness.now, ..seen("alex@contoso.com", CONTOSO, ALEX) };
    assert_eq!(*last[1], Command::Remember(Memory::Account(own)));
    assert!(matches!(last[2], Command::Remember(Memory::Domain { .. })));
}

/// What is to be remembered of names.
fn remembered(harness: &Harness) -> Vec<AccountPin> {
    let account = |command: &Command| match command {
        Command::Remember(Memory::Account(pin)) => Some(pin.clone()),
        Command::Remember(Memory::ForgetAccount(name)) => {
            panic!("{name} is forgotten, which is root's to say")
        }
        _ => None,
    };
    harness.all.iter().filter_map(account).collect()
}

#[test]
fn a_rename_keeps_the_old_name_as_a_former_one() {
    let known = [seen("alex@contoso.com", CONTOSO, ALEX), seen("adele@contoso.com", CONTOSO, OTHER)];
    let harness = check("lex@contoso.com", "lex@contoso.com", ALEX, &known, None);
    let now = AccountPin { first_seen: harness.now, ..seen("lex@contoso.com", CONTOSO, ALEX) };
    let before = AccountPin { former_since: Some(harness.now), ..seen("alex@contoso.com", CONTOSO, ALEX) };
    assert_eq!(remembered(&harness), [now, before]);
}

#[test]
fn a_former_name_is_its_object_s_alone() {
    let (old, new) = ("alex@contoso.com", "sandra@contoso.com");
    let known = [former(old, ALEX), seen(new, CONTOSO, ALEX)];
    let rows: &[Row<'_>] = &[
        // Whoever was given the name since, by their token or by Graph.
        (old, old, OTHER, &known, None, "FormerName"),
        (old, "adele@contoso.com", OTHER, &known, Some((OTHER, old)), "FormerName"),
        // The new name is the object's as before, and the former one only once the service says it again.
        (new, new, ALEX, &known, None, "in"),
        (new, new, OTHER, &known, None, "AccountReplaced"),
        (old, new, ALEX, &known, Some((ALEX, new)), "AccountRenamed"),
        (old, old, ALEX, &known, None, "in"),
        // Without any pin of its new name it stays taken too.
        (old, old, OTHER, &known[..1], None, "FormerName"),
    ];
    for (asked, came, id, accounts, me, end) in rows {
        assert_eq!(check(asked, came, id, accounts, *me).end(), *end, "{came} for {asked}, Graph {me:?}");
    }
    let refused = check(old, old, OTHER, &known, None);
    let failure = refused.failure();
    assert_eq!((failure.class, failure.who), (FailureClass::Denied, Who::MachineAdmin));
    assert!(failure.advice.ends_with("aad-tool forget-account alex@contoso.com"), "{}", failure.advice);
    assert!(!failure.message.contains(new), "whoever has the old name does not learn the new one");
}

#[test]
fn a_name_that_comes_back_is_in_use_again_and_the_other_is_the_former_one() {
    let (old, new) = ("alex@contoso.com", "lex@contoso.com");
    let known = [former(old, ALEX), seen(new, CONTOSO, ALEX), former("al@contoso.com", ALEX)];
    let harness = check(old, old, ALEX, &known, None);
    let other = AccountPin { former_since: Some(harness.now), ..seen(new, CONTOSO, ALEX) };
    assert_eq!(remembered(&harness), [seen(old, CONTOSO, ALEX), other]);
    let usual = check(new, new, ALEX, &known[1..], None);
    assert!(remembered(&usual).is_empty(), "{:?}", usual.all);
}

#[test]
fn everybody_is_known_by_the_name_that_was_asked_for() {
    let asked = "alex@contoso.com";
    for (came, me) in
        [("Alex@CONTOSO.com", None), ("alex@mail.contoso.com", Some((ALEX, "ALEX@contoso.com")))]
    {
        let harness = check(asked, came, ALEX, &[], me);
        let Some(Outcome::SignedIn { account, .. }) = harness.outcome() else { panic!("{}", harness.end()) };
        assert_eq!((account.upn.as_str(), account.object), (asked, object(ALEX)), "{came}");
        assert_eq!(remembered(&harness)[0].upn, account.upn, "the name of the record");
    }
}

#[test]
fn the_texts_name_both_people() {
    let harness = check("alex@contoso.com", "adele@contoso.com", OTHER, &[], None);
    let Some(Outcome::Failed(failure)) = harness.outcome() else { panic!("{}", harness.end()) };
    assert_eq!(failure.message, "you signed in as adele@contoso.com, but alex@contoso.com was asked for");
    assert!(failure.advice.contains("only another address"));
}

#[test]
fn only_a_refusal_that_comes_after_the_password_proves_it() {
    let of = |code: &str| {
        let line = model::refusal(code);
        let failure = Failure::local(FailureClass::NeedsUser, Who::User, code, "no".to_owned(), "Do it.");
        crate::proves_password(&failure.classified(line))
    };
    for code in ["50074", "50076", "50079", "50072"] {
        assert!(of(code), "{code}");
    }
    // A wrong password, a locked, disabled or unknown account, an expired password, a rule: they say nothing of it.
    for code in ["50126", "50053", "50057", "50034", "50055", "53003", "53000", "90094", "invalid_grant", "0"]
    {
        assert!(!of(code), "{code}");
    }
}
