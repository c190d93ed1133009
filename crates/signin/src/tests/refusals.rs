use super::*;

#[test]
fn a_scope_refused_as_such_leads_to_the_portal_and_a_redemption() {
    for code in
        ["AADSTS65001", "AADSTS65002", "AADSTS500011", "AADSTS70011", "invalid_scope", "invalid_resource"]
    {
        let mut harness = Harness::open(facts("alex@contoso.com"));
        harness.resolve();
        harness.answer(is_request, Err(refused(code, FailureClass::Broken)));
        harness.give_code(1);
        harness.approve(7);
        harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
        harness.answer(is_redeem, Ok(Reply::Redeemed));
        assert_eq!(harness.end(), "in", "{code}");
        assert_eq!(
            harness.requests().iter().map(|r| r.0).collect::<Vec<_>>(),
            [Scope::Registration, Scope::Portal]
        );
    }
}

#[test]
fn a_redemption_that_is_refused_does_not_refuse_the_person() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    harness.wake();
    harness.answer(is_poll, Err(refused("AADSTS65002", FailureClass::Broken)));
    harness.give_code(2);
    harness.approve(7);
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    harness.answer(is_redeem, Err(refused("AADSTS53003", FailureClass::Denied)));
    assert_eq!(harness.end(), "in");
}

#[test]
fn more_proof_is_asked_for_once_and_with_the_claims_of_the_service() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    let mut failure = refused("AADSTS50076", FailureClass::NeedsUser);
    failure.claims = Some("{\"x\":1}".to_owned());
    harness.wake();
    harness.answer(is_poll, Err(failure.clone()));
    harness.give_code(2);
    assert!(matches!(harness.batch.commands.last(), Some(Command::Show(Prompt { reason: Some(_), .. }))));
    harness.wake();
    harness.answer(is_poll, Err(failure));
    assert_eq!(harness.end(), "AADSTS50076");
    assert_eq!(harness.requests()[1].1.as_deref(), Some("{\"x\":1}"));
    assert_eq!((harness.forgotten(1), harness.forgotten(2)), (1, 1));
}

#[test]
fn claims_left_over_from_the_registration_go_into_the_first_request() {
    let harness =
        Harness::open(Facts { claims: Some("{}".to_owned()), ..facts("alex@contoso.com") }).with_code();
    assert_eq!(harness.requests(), [(Scope::Registration, Some("{}".to_owned()))]);
}

#[test]
fn a_pinned_domain_asks_for_the_code_at_once_and_another_tenant_is_an_error() {
    let pinned = Facts { pinned: Some(pin(CONTOSO)), ..facts("alex@contoso.com") };
    let mut harness = Harness::open(pinned);
    assert_eq!((harness.batch.commands.len(), harness.requests().len()), (4, 1));
    harness.give_code(1);
    harness.answer(is_resolve, Ok(leads_to(FABRIKAM)));
    assert_eq!(harness.end(), "TenantChanged");
    assert_eq!(harness.forgotten(1), 1);
}

#[test]
fn a_domain_that_leads_elsewhere_than_the_configuration_says_ends_before_anything_is_asked() {
    for (pinned, wanted, end, asked) in [
        (None, FABRIKAM, "TenantChanged", 0),
        (None, CONTOSO, "nothing", 1),
        (Some(pin(CONTOSO)), FABRIKAM, "TenantChanged", 0),
        (Some(pin(CONTOSO)), CONTOSO, "nothing", 1),
    ] {
        let wanted = Some(tenant(wanted));
        let mut harness =
            Harness::open(Facts { wanted, pinned: pinned.clone(), ..facts("alex@contoso.com") });
        if pinned.is_none() {
            harness.resolve();
        }
        assert_eq!((harness.end().as_str(), harness.requests().len()), (end, asked), "{pinned:?} {wanted:?}");
        assert!(asked == 1 || harness.failure().message.contains("tenant_id"), "{:?}", harness.outcome());
    }
}

#[test]
fn metadata_that_is_out_of_reach_matters_only_when_the_keys_are_needed() {
    let pinned = Facts { pinned: Some(pin(CONTOSO)), ..facts("alex@contoso.com") };
    let mut harness = Harness::open(pinned);
    harness.give_code(1);
    harness.answer(is_resolve, Err(refused("Unreachable", FailureClass::Transient)));
    harness.approve(7);
    assert_eq!(harness.end(), "nothing");
    harness.resolve();
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    assert_eq!(harness.end(), "in");
}

#[test]
fn keys_that_do_not_come_matter_only_when_they_are_needed() {
    let mut harness = Harness::open(facts("alex@contoso.com"));
    harness.answer(is_resolve, Ok(leads_to(CONTOSO)));
    harness.give_code(1);
    let silence = || Err(refused("Unreachable", FailureClass::Transient));
    harness.answer(is_keys, silence());
    harness.approve(7);
    assert_eq!(harness.end(), "nothing");
    harness.answer(is_keys, silence());
    assert_eq!((harness.end().as_str(), harness.forgotten(7)), ("Unreachable", 1));
}

#[test]
fn an_unknown_key_is_looked_up_once_more() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    harness.approve(7);
    harness.answer(is_identify, Err(refused("UnknownKey", FailureClass::Transient)));
    assert!(harness.outcome().is_none(), "the keys may be new ones");
    harness.fetch_keys();
    harness.answer(is_identify, Err(refused("UnknownKey", FailureClass::Transient)));
    assert_eq!((harness.end().as_str(), harness.forgotten(7)), ("UnknownKey", 1));
}

#[test]
fn a_poll_that_fails_in_passing_is_repeated_and_the_wish_to_wait_is_honoured() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    let mut busy = refused("AADSTS90055", FailureClass::Transient);
    busy.retry_after = Some(Duration::from_secs(30));
    harness.wake();
    harness.answer(is_poll, Err(busy));
    assert_eq!(harness.batch.wake_at, Some(harness.now.after(Duration::from_secs(30))));
    harness.wake();
    harness.answer(is_poll, Ok(Reply::Pending));
    assert_eq!(harness.batch.wake_at, Some(harness.now.after(Duration::from_secs(5))));
}

#[test]
fn a_code_that_is_not_used_ends_with_the_hint_about_blocked_codes() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    while harness.outcome().is_none() {
        harness.wake();
        if harness.outcome().is_none()
            && harness.batch.commands.iter().any(|command| matches!(command, Command::Run(..)))
        {
            harness.answer(is_poll, Ok(Reply::Pending));
        }
    }
    let Some(Outcome::Failed(failure)) = harness.outcome() else { panic!("{}", harness.end()) };
    assert!(failure.code == "AADSTS70019" && failure.advice.contains("53003"), "{failure:?}");
}

#[test]
fn whoever_hangs_up_leaves_nothing_behind() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    harness.approve(7);
    harness.feed(Event::HungUp);
    assert_eq!((harness.end().as_str(), harness.forgotten(1), harness.forgotten(7)), ("nothing", 1, 1));
    assert!(harness.session.is_over() && harness.batch.wake_at.is_none());
    harness.feed(Event::HungUp);
    assert_eq!(harness.batch.commands, [Command::Ignored("hung up")]);
}
