//! What a person hears while a code waits for them, and what is named at its end.

use super::*;
use model::Delivery;

fn portal() -> Failure {
    let failure = Failure::local(
        FailureClass::Transient,
        Who::MachineAdmin,
        "NotJson",
        "the answer (HTTP 200) is not from the sign-in service: <html>".to_owned(),
        "Check the proxy.",
    );
    Failure { delivery: Delivery::Answered, ..failure }
}

fn busy() -> Failure {
    let line = model::refusal("ServiceBusy").unwrap();
    let message = "the sign-in service does not work at the moment (HTTP 503)".to_owned();
    let failure = Failure::local(line.class, line.who, "ServiceBusy", message, line.advice);
    Failure { delivery: Delivery::Answered, ..failure }
}

fn notices(harness: &Harness) -> Vec<String> {
    let told = |command: &Command| match command {
        Command::Tell(notice) => Some(notice.text()),
        _ => None,
    };
    harness.all.iter().filter_map(told).collect()
}

fn poll(harness: &mut Harness, result: Result<Reply, Failure>) {
    harness.wake();
    harness.answer(is_poll, result);
}

#[test]
fn after_three_polls_that_failed_the_person_hears_why_and_when_it_is_over() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    poll(&mut harness, Err(portal()));
    poll(&mut harness, Err(portal()));
    assert_eq!(notices(&harness), [""; 0], "twice may be chance");
    poll(&mut harness, Err(portal()));
    let told = notices(&harness);
    assert!(told[0].contains("is not from the sign-in service") && told[0].contains("[NotJson]"), "{told:?}");
    assert!(told[0].contains("Check the proxy.") && told[0].contains("asked again until 1970-"), "{told:?}");
    poll(&mut harness, Err(portal()));
    assert_eq!(notices(&harness).len(), 1, "once");
    poll(&mut harness, Ok(Reply::Pending));
    assert_eq!(notices(&harness).last().unwrap(), "The sign-in service answers again.");
    poll(&mut harness, Err(busy()));
    poll(&mut harness, Ok(Reply::Pending));
    assert_eq!(notices(&harness).len(), 2, "who was not told of it need not hear that it is over");
    harness.approve(7);
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    assert_eq!(harness.end(), "in");
}

#[test]
fn at_the_end_the_last_real_failure_is_named() {
    let expired = || refused("AADSTS70019", FailureClass::NeedsUser);
    for (polls, code, says, who) in [
        (vec![], "AADSTS70019", "expired before it was used", Who::User),
        (vec![Ok(Reply::Pending)], "AADSTS70019", "expired before it was used", Who::User),
        (vec![Err(portal())], "NotJson", "is not from the sign-in service", Who::MachineAdmin),
        (vec![Ok(Reply::Pending), Err(busy())], "ServiceBusy", "HTTP 503", Who::Nobody),
        (vec![Err(portal()), Err(busy())], "ServiceBusy", "HTTP 503", Who::Nobody),
        (vec![Err(portal()), Ok(Reply::Pending)], "AADSTS70019", "expired before it was used", Who::User),
        // The service says it itself.
        (vec![Err(busy()), Err(expired())], "ServiceBusy", "HTTP 503", Who::Nobody),
        (vec![Ok(Reply::Pending), Err(expired())], "AADSTS70019", "refused", Who::User),
    ] {
        let told = format!("{polls:?}");
        let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
        polls.into_iter().for_each(|result| poll(&mut harness, result));
        if harness.outcome().is_none() {
            harness.now = harness.now.after(Duration::from_secs(3600));
            harness.feed(Event::Woke);
        }
        let failure = harness.failure();
        assert_eq!((failure.code.as_str(), failure.who), (code, who), "{told}");
        assert!(failure.message.contains(says), "{told}: {}", failure.message);
        assert_eq!(failure.class, FailureClass::NeedsUser, "{told}: nothing is tried again");
        let advice = failure.advise(model::Upcoming::Nothing);
        assert!(!advice.text.contains("tried again") && !advice.who.contains("by itself"), "{advice:?}");
        assert_eq!(harness.forgotten(1), 1, "{told}");
    }
}

#[test]
fn slow_down_makes_every_further_poll_later() {
    let mut harness = Harness::open(facts("alex@contoso.com")).with_code();
    for (reply, secs) in
        [(Reply::Pending, 5), (Reply::SlowDown, 10), (Reply::Pending, 10), (Reply::SlowDown, 15)]
    {
        poll(&mut harness, Ok(reply));
        assert_eq!(harness.batch.wake_at, Some(harness.now.after(Duration::from_secs(secs))));
    }
}
