use super::*;

/// Signs `came` (with object `id`) in where `asked` was asked for; Graph says `me`.
fn check(asked: &str, came: &str, id: &str, accounts: &[AccountPin], me: Option<(&str, &str)>) -> Harness {
    let mut harness = Harness::open(Facts { accounts: accounts.to_vec(), ..facts(asked) }).with_code();
    harness.approve(7);
    harness.answer(is_identify, Ok(Reply::Identified(account(came, id))));
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
fn the_same_name_in_a_second_tenant_is_another_person() {
    let accounts = [seen("alex@contoso.com", FABRIKAM, ALEX)];
    assert_eq!(check("alex@contoso.com", "alex@contoso.com", ALEX, &accounts, None).end(), "AccountReplaced");
}

#[test]
fn the_first_success_is_remembered_before_it_is_told() {
    let harness = check("alex@contoso.com", "alex@contoso.com", ALEX, &[], None);
    let last: Vec<_> = harness.all.iter().rev().take(3).collect();
    assert!(matches!(last[0], Command::Finish(_)));
    assert_eq!(*last[1], Command::Remember(Memory::Account(seen("alex@contoso.com", CONTOSO, ALEX))));
    assert!(matches!(last[2], Command::Remember(Memory::Domain { .. })));
}

#[test]
fn a_rename_moves_the_pin() {
    let known = [seen("alex@contoso.com", CONTOSO, ALEX)];
    let harness = check("lex@contoso.com", "lex@contoso.com", ALEX, &known, None);
    let memory: Vec<_> =
        harness.all.iter().filter(|command| matches!(command, Command::Remember(_))).skip(1).collect();
    assert_eq!(*memory[0], Command::Remember(Memory::Account(seen("lex@contoso.com", CONTOSO, ALEX))));
    assert_eq!(*memory[1], Command::Remember(Memory::ForgetAccount("alex@contoso.com".parse().unwrap())));
}

#[test]
fn the_texts_name_both_people() {
    let harness = check("alex@contoso.com", "adele@contoso.com", OTHER, &[], None);
    let Some(Outcome::Failed(failure)) = harness.outcome() else { panic!("{}", harness.end()) };
    assert_eq!(failure.message, "you signed in as adele@contoso.com, but alex@contoso.com was asked for");
    assert!(failure.advice.contains("only another address"));
}
