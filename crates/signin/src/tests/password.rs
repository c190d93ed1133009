use super::*;
use model::{Delivery, PasswordResult};

const NAME: &str = "alex@contoso.com";
/// The password and the tokens of these stories.
pub(super) const TYPED: u64 = 5;
pub(super) const TOKENS: u64 = 7;

pub(super) fn by_password(standing: Standing) -> Harness {
    let mut harness = Harness::open(Facts { method: Method::Password, standing, ..facts(NAME) });
    harness.resolve();
    harness.answer(is_realm, Ok(Reply::Realm(Realm::Managed)));
    if standing == Standing::Registered {
        harness.answer(is_nonce, Ok(Reply::Nonce(nonce(harness.now))));
    }
    harness
}

/// Up to the moment at which the password is on its way.
pub(super) fn typed(standing: Standing) -> Harness {
    let mut harness = by_password(standing);
    harness.feed(Event::Password(Some(TokenRef(TYPED))));
    harness
}

fn asks_password(harness: &Harness) -> bool {
    harness.all.iter().any(|command| matches!(command, Command::AskPassword(_)))
}

/// What is asked of the person first.
fn first_question(harness: &Harness) -> &'static str {
    match (asks_password(harness), harness.requests().len()) {
        (true, 0) => "password",
        (false, 1) => "code",
        (asked, codes) => panic!("{asked} {codes}"),
    }
}

#[test]
fn the_table_of_first_questions() {
    use {Method::*, Realm::*, Standing::*};
    let rows = [
        (DeviceCode, Unregistered, None, "code"),
        (DeviceCode, Registered, None, "code"),
        (Password, Unregistered, Some(Managed), "password"),
        (Password, Registered, Some(Managed), "password"),
        (Password, Unregistered, Some(Federated), "code"),
        (Password, Registered, Some(Unknown), "code"),
        (Auto, Unregistered, None, "code"),
        (Auto, Registered, Some(Managed), "password"),
        (Auto, Registered, Some(Federated), "code"),
        (Auto, Registered, Some(Unknown), "code"),
    ];
    for (method, standing, realm, question) in rows {
        let mut harness = Harness::open(Facts { method, standing, ..facts(NAME) });
        let asks = |it: &Command| matches!(it, Command::AskPassword(_) | Command::Attempt(..));
        if let Some(realm) = realm {
            harness.answer(is_realm, Ok(Reply::Realm(realm)));
        }
        assert!(!harness.all.iter().any(asks), "the tenant is resolved first");
        harness.resolve();
        assert_eq!(first_question(&harness), question, "{method:?} {standing:?} {realm:?}");
    }
}

#[test]
fn that_there_is_no_network_is_said_before_anything_is_asked() {
    let mut harness = Harness::open(Facts { method: Method::Password, ..facts(NAME) });
    harness.resolve();
    let silence = refused("Unreachable", FailureClass::Transient).because(model::Cause::Unreachable);
    harness.answer(is_realm, Err(silence.clone()));
    assert!(!asks_password(&harness) && harness.requests().is_empty());
    assert_eq!(*harness.failure(), silence);
}

#[test]
fn a_realm_that_cannot_be_looked_up_leads_to_the_code() {
    for class in [FailureClass::Transient, FailureClass::Denied, FailureClass::Broken] {
        let mut harness = Harness::open(Facts { method: Method::Password, ..facts(NAME) });
        harness.resolve();
        harness.answer(is_realm, Err(refused("Unreachable", class)));
        assert_eq!((first_question(&harness), harness.end().as_str()), ("code", "nothing"));
    }
}

#[test]
fn a_challenge_left_over_is_met_by_a_code_because_a_password_cannot_carry_it() {
    let claims = Some("{}".to_owned());
    let mut harness =
        Harness::open(Facts { method: Method::Password, claims: claims.clone(), ..facts(NAME) });
    harness.resolve();
    assert_eq!(first_question(&harness), "code");
    assert_eq!(harness.requests(), [(Scope::Registration, claims)]);
}

#[test]
fn a_password_is_used_once_and_its_tokens_are_checked_like_those_of_a_code() {
    for standing in [Standing::Unregistered, Standing::Registered] {
        let mut harness = typed(standing);
        let work = harness.batch.commands.last().cloned();
        let (tenant, name, password) = (tenant(CONTOSO), NAME.parse().unwrap(), TokenRef(TYPED));
        let vouched = standing == Standing::Registered;
        let own = vouched.then(|| nonce(harness.now));
        let wanted = Work::Password { tenant, name, password, standing, nonce: own };
        assert_eq!(work, Some(Command::Run(OpId(5 + u64::from(vouched)), wanted)));
        assert_eq!(harness.forgotten(TYPED), 0);
        let tokens = TokenRef(TOKENS);
        let right = if vouched { Reply::Vouched(tokens) } else { Reply::Tokens(tokens) };
        harness.answer(is_password, Ok(right));
        assert!(harness.batch.commands.contains(&Command::Forget(TokenRef(TYPED))));
        if vouched {
            harness.answer(is_exchange, Ok(Reply::Exchanged));
        }
        harness.answer(is_identify, Ok(Reply::Identified(subject(NAME, ALEX))));
        assert_eq!(
            (harness.end().as_str(), harness.forgotten(TYPED), harness.forgotten(TOKENS)),
            ("in", 1, 0)
        );
    }
}

#[test]
fn somebody_elses_password_does_not_open_the_door() {
    let mut harness = typed(Standing::Registered);
    harness.answer(is_password, Ok(Reply::Tokens(TokenRef(TOKENS))));
    harness.answer(is_identify, Ok(Reply::Identified(subject("adele@contoso.com", OTHER))));
    harness.answer(is_me, Err(refused("AADSTS65002", FailureClass::Broken)));
    assert_eq!(
        (harness.end().as_str(), harness.forgotten(TYPED), harness.forgotten(TOKENS)),
        ("WrongAccount", 1, 1)
    );
}

#[test]
fn a_password_that_lacks_something_leads_to_a_code_that_says_why() {
    let numbers = ["50072", "50074", "50076", "50078", "50079", "500121", "50158"];
    for number in numbers {
        let mut harness = typed(Standing::Registered);
        harness.answer(is_password, Err(refused(&format!("AADSTS{number}"), FailureClass::NeedsUser)));
        harness.give_code(1);
        assert!(matches!(harness.batch.commands.last(), Some(Command::Show(Prompt { reason: Some(_), .. }))));
        assert_eq!((harness.requests(), harness.forgotten(TYPED)), (vec![(Scope::Registration, None)], 1));
    }
}

#[test]
fn the_challenge_to_a_password_goes_into_the_code_request() {
    let mut harness = typed(Standing::Unregistered);
    let mut failure = refused("invalid_grant", FailureClass::Broken);
    failure.claims = Some("{\"x\":1}".to_owned());
    harness.answer(is_password, Err(failure));
    assert_eq!(harness.requests(), [(Scope::Registration, Some("{\"x\":1}".to_owned()))]);
}

#[test]
fn a_refused_password_ends_the_sign_in_at_once() {
    let rows = [
        ("AADSTS50126", FailureClass::NeedsUser, None),
        ("AADSTS50126", FailureClass::NeedsUser, Some("{}")),
        ("AADSTS50053", FailureClass::Denied, None),
        ("AADSTS50055", FailureClass::NeedsUser, None),
        ("AADSTS53000", FailureClass::NeedsUser, None),
        ("AADSTS53003", FailureClass::Denied, Some("{}")),
        ("AADSTS65002", FailureClass::Broken, None),
        ("AADSTS90055", FailureClass::Transient, None),
        ("Unreachable", FailureClass::Transient, None),
    ];
    for (code, class, claims) in rows {
        let mut harness = typed(Standing::Registered);
        let failure = Failure { claims: claims.map(str::to_owned), ..refused(code, class) };
        harness.answer(is_password, Err(failure.clone()));
        assert_eq!((harness.failure(), harness.forgotten(TYPED)), (&failure, 1));
        assert!(harness.requests().is_empty() && harness.session.is_over());
    }
}

fn exhausted() -> Failure {
    refused("TooManyAttempts", FailureClass::NeedsUser)
}

#[test]
fn a_password_is_tried_and_a_code_is_asked_for_only_where_it_is_permitted() {
    let mut harness = by_password(Standing::Registered);
    harness.exhausted = Some(exhausted());
    harness.feed(Event::Password(Some(TokenRef(TYPED))));
    assert_eq!((harness.failure(), harness.forgotten(TYPED)), (&exhausted(), 1));
    assert!(!harness.all.iter().any(|it| matches!(it, Command::Run(_, Work::Password { .. }))));
    assert_eq!((harness.attempts(), harness.session.is_over()), (vec![Attempt::Password], true));
    assert_eq!(tried(&harness), None, "what was not permitted is not given back");

    let mut harness = by_password(Standing::Registered);
    harness.exhausted = Some(exhausted());
    harness.feed(Event::Password(None));
    assert_eq!((harness.failure(), harness.requests()), (&exhausted(), vec![]));
    assert_eq!(harness.attempts(), [Attempt::Code]);
}

#[test]
fn each_further_code_of_a_sign_in_is_counted_too() {
    let mut harness = Harness::open(facts(NAME)).with_code();
    harness.wake();
    harness.exhausted = Some(exhausted());
    harness.answer(is_poll, Err(refused("AADSTS50076", FailureClass::NeedsUser)));
    assert_eq!(harness.attempts(), [Attempt::Code, Attempt::Code]);
    assert_eq!((harness.failure(), harness.requests().len()), (&exhausted(), 1));
}

/// What is said of the password besides.
pub(super) fn tried(harness: &Harness) -> Option<PasswordResult> {
    let said = harness.all.iter().filter_map(|command| match command {
        Command::PasswordTried(result) => Some(*result),
        _ => None,
    });
    let said: Vec<_> = said.collect();
    assert!(said.len() <= 1, "{said:?}");
    said.first().copied()
}

#[test]
fn a_password_counts_as_refused_unless_it_was_not_sent_or_is_the_right_one() {
    let failed = |code, delivery| Failure { delivery, ..refused(code, FailureClass::NeedsUser) };
    for (result, said) in [
        (Ok(Reply::Tokens(TokenRef(TOKENS))), Some(PasswordResult::Accepted)),
        (Ok(Reply::Vouched(TokenRef(TOKENS))), Some(PasswordResult::Accepted)),
        // A second factor is asked of nobody with a wrong password.
        (Err(failed("AADSTS50076", Delivery::Answered)), Some(PasswordResult::Accepted)),
        (Err(failed("AADSTS50072", Delivery::Answered)), Some(PasswordResult::Accepted)),
        (Err(failed("Unreachable", Delivery::NotSent)), Some(PasswordResult::NotSent)),
        (Err(failed("NoAnswer", Delivery::InDoubt)), Some(PasswordResult::Refused)),
        (Err(failed("AADSTS50126", Delivery::Answered)), Some(PasswordResult::Refused)),
        (Err(failed("AADSTS50053", Delivery::Answered)), Some(PasswordResult::Refused)),
        (Err(failed("AADSTS90055", Delivery::Answered)), Some(PasswordResult::Refused)),
    ] {
        let mut harness = typed(Standing::Registered);
        harness.answer(is_password, result.clone());
        assert_eq!(tried(&harness), said, "{result:?}");
    }
    let mut gone = typed(Standing::Registered);
    gone.feed(Event::HungUp);
    assert_eq!(tried(&gone), None, "whoever hangs up has had their guess");
}

#[test]
fn the_question_stands_for_five_minutes() {
    let mut harness = by_password(Standing::Registered);
    let until = harness.now.after(Duration::from_secs(300));
    assert_eq!(harness.batch.wake_at, Some(until));
    harness.now = Timestamp::from_millis(until.as_millis() - 1);
    harness.feed(Event::Woke);
    assert_eq!(harness.batch.commands, [Command::Ignored("woke")]);
    harness.wake();
    let failure = harness.failure();
    assert_eq!((failure.code.as_str(), failure.class), ("PasswordTimeout", FailureClass::NeedsUser));
    assert_eq!((failure.who, harness.batch.wake_at), (Who::User, None));
    harness.feed(Event::Password(Some(TokenRef(TYPED))));
    assert_eq!(harness.batch.commands, [Command::Forget(TokenRef(TYPED))]);
}

#[test]
fn whoever_wants_a_code_gets_one() {
    let mut harness = by_password(Standing::Unregistered);
    harness.feed(Event::Password(None));
    harness.give_code(1);
    assert!(matches!(harness.batch.commands.last(), Some(Command::Show(Prompt { reason: None, .. }))));
    harness.approve(TOKENS);
    harness.answer(is_identify, Ok(Reply::Identified(subject(NAME, ALEX))));
    assert_eq!(harness.end(), "in");
}

#[test]
fn whoever_hangs_up_leaves_no_password_behind() {
    let mut harness = typed(Standing::Registered);
    let op = harness.op(is_password);
    harness.feed(Event::HungUp);
    assert_eq!(harness.batch.commands, [Command::Cancel(op), Command::Forget(TokenRef(TYPED))]);
    harness.feed(Event::Done(op, Ok(Reply::Tokens(TokenRef(TOKENS)))));
    assert_eq!(harness.batch.commands, [Command::Forget(TokenRef(TOKENS))]);
}

#[test]
fn whoever_hangs_up_early_leaves_no_question_behind() {
    let mut harness = Harness::open(Facts { method: Method::Password, ..facts(NAME) });
    harness.resolve();
    let op = harness.op(is_realm);
    harness.feed(Event::HungUp);
    assert_eq!(harness.batch.commands, [Command::Cancel(op)]);
    let mut harness = by_password(Standing::Registered);
    harness.feed(Event::HungUp);
    assert_eq!((harness.batch.commands.len(), harness.batch.wake_at), (0, None));
}

#[test]
fn an_answered_question_has_no_timer_left() {
    assert_eq!(typed(Standing::Registered).batch.wake_at, None);
}

#[test]
fn a_password_that_nobody_asked_for_is_ended_unused() {
    let mut harness = typed(Standing::Registered);
    harness.feed(Event::Password(Some(TokenRef(6))));
    assert_eq!(harness.batch.commands, [Command::Forget(TokenRef(6))]);
    harness.feed(Event::Password(None));
    assert_eq!(harness.batch.commands, [Command::Ignored("password")]);
}

#[test]
fn a_domain_that_moved_ends_the_question_and_the_password() {
    let pinned = Some(pin(CONTOSO));
    let mut harness = Harness::open(Facts { method: Method::Password, pinned, ..facts(NAME) });
    harness.answer(is_realm, Ok(Reply::Realm(Realm::Managed)));
    harness.feed(Event::Password(Some(TokenRef(TYPED))));
    let op = harness.op(is_password);
    harness.answer(is_resolve, Ok(leads_to(FABRIKAM)));
    assert_eq!((harness.end().as_str(), harness.forgotten(TYPED)), ("TenantChanged", 1));
    assert!(harness.all.contains(&Command::Cancel(op)));
}

#[test]
fn a_rule_that_misses_the_device_points_a_registered_machine_to_the_password() {
    let rules = [
        ("AADSTS53000", FailureClass::NeedsUser),
        ("AADSTS53001", FailureClass::NeedsUser),
        ("AADSTS53003", FailureClass::Denied),
        ("AADSTS530003", FailureClass::NeedsUser),
    ];
    for (code, class_after) in rules {
        for (standing, claims) in [
            (Standing::Registered, None),
            (Standing::Registered, Some("{}".to_owned())),
            (Standing::Unregistered, None),
        ] {
            let mut harness = Harness::open(Facts { standing, ..facts(NAME) }).with_code();
            harness.wake();
            harness.answer(is_poll, Err(Failure { claims, ..refused(code, FailureClass::Denied) }));
            let (failure, registered) = (harness.failure(), standing == Standing::Registered);
            let class = if registered { class_after } else { FailureClass::Denied };
            assert_eq!((failure.code.as_str(), failure.class), (code, class));
            assert_eq!(failure.advice.contains("sign_in = auto or password"), registered, "{failure:?}");
        }
    }
}
