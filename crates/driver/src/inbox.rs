use lifecycle::Status;
use model::{Failure, FailureClass, Who};
use std::sync::Arc;
use tenancy::{Answer, Caller, Event};
use tokio::sync::{mpsc, oneshot, watch};

/// The way to the loop.
#[derive(Clone)]
pub(crate) struct Inbox(mpsc::Sender<Message>);

/// An answer, and how the machine fares that it is about; one that has ended keeps its last status.
pub(crate) type Answered = (Answer, Option<watch::Receiver<Arc<Status>>>);

/// What the loop is told.
pub(crate) enum Message {
    /// An event that nobody waits for.
    Tell(Box<Event>),
    /// An event of a caller, who waits for the answer.
    Call(Box<dyn FnOnce(Caller) -> Event + Send>, oneshot::Sender<Result<Answered, Failure>>),
    /// Nothing but a word that the loop has come here.
    Turn(oneshot::Sender<()>),
}

impl Inbox {
    /// An inbox, and where its messages arrive.
    pub(crate) fn new() -> (Inbox, mpsc::Receiver<Message>) {
        let (sender, messages) = mpsc::channel(MESSAGES);
        (Inbox(sender), messages)
    }

    /// Tells the loop something; lost when it has ended.
    pub(crate) async fn tell(&self, event: Event) {
        drop(self.0.send(Message::Tell(Box::new(event))).await);
    }

    /// Asks the loop for something.
    ///
    /// # Errors
    /// As it was answered, and `ServiceEnded` where nobody answers any more.
    pub(crate) async fn ask(
        &self,
        event: impl FnOnce(Caller) -> Event + Send + 'static,
    ) -> Result<Answered, Failure> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Message::Call(Box::new(event), answer)).await.map_err(|_| service_ended())?;
        answered.await.unwrap_or_else(|_| Err(service_ended()))
    }

    /// Waits until the loop has taken a message from here; false when it has ended.
    pub(crate) async fn turns(&self) -> bool {
        let (here, came) = oneshot::channel();
        self.0.send(Message::Turn(here)).await.is_ok() && came.await.is_ok()
    }
}

/// The answer is of another question: a fault of ours that changes nothing.
pub(crate) fn unexpected_answer() -> Failure {
    let advice = "Please report it with the log of firmamentd.";
    let message = "internal error: unexpected answer".to_owned();
    Failure::local(FailureClass::Broken, Who::Developers, "Unexpected", message, advice)
}

/// The service ends before it has answered.
pub fn service_ended() -> Failure {
    Failure::local(
        FailureClass::Transient,
        Who::Nobody,
        "ServiceEnded",
        "firmamentd is ending".to_owned(),
        "Run it again.",
    )
}

const MESSAGES: usize = 256;
