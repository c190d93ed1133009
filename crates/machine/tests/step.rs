//! The driver law: a batch in its order, and no further than its first durable write that failed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

use machine::{Batch, Effects, Machine, step};
use model::{Failure, FailureClass, Timestamp, Who};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_secs(1_000_000);

/// The end of what waits for nothing.
fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => end,
        Poll::Pending => panic!("it waits"),
    }
}

/// Gives these commands for any event.
struct Script(Vec<&'static str>);

impl Machine for Script {
    type Event = ();
    type Command = &'static str;

    fn handle(&mut self, (): (), now: Timestamp) -> Batch<&'static str> {
        Batch { commands: self.0.clone(), wake_at: Some(now.after(Duration::from_secs(9))) }
    }
}

/// Keeps a book, and fails at `fail`.
#[derive(Default)]
struct Book(Vec<String>);

impl Effects<Script> for Book {
    fn now(&self) -> Timestamp {
        NOW
    }

    async fn perform(&mut self, command: &'static str) -> Result<(), Failure> {
        self.0.push(command.to_owned());
        match command {
            "fail" => Err(Failure::local(
                FailureClass::Broken,
                Who::MachineAdmin,
                "Disk",
                "it is full".to_owned(),
                "",
            )),
            _ => Ok(()),
        }
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.0.push(format!("wake in {} s", moment.unwrap().since(NOW).as_secs()));
    }
}

#[test]
fn commands_are_performed_in_their_order_until_a_durable_write_fails() {
    for (commands, done, code) in [
        (vec![], vec!["wake in 9 s"], None),
        (vec!["persist", "run", "report"], vec!["wake in 9 s", "persist", "run", "report"], None),
        (vec!["persist", "fail", "run"], vec!["wake in 9 s", "persist", "fail"], Some("Disk")),
        (vec!["fail", "fail"], vec!["wake in 9 s", "fail"], Some("Disk")),
    ] {
        let mut book = Book::default();
        let end = finish(step(&mut book, &mut Script(commands.clone()), ()));
        assert_eq!(book.0, done, "{commands:?}");
        assert_eq!(end.err().map(|failure| failure.code).as_deref(), code, "{commands:?}");
    }
}
