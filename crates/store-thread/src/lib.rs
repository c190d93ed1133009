//! The store on a thread of its own: commits are made durable in the order of their tickets, those that wait
//! share one write, and after one that failed none succeeds.

use machine::Ticket;
use model::{Failure, log_failure};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use store::{Store, StoreError};
use tenancy::{Change, Found};
use tokio::sync::mpsc::UnboundedSender;

/// The way to the store; its thread ends when this is dropped.
pub struct StoreThread(Sender<Order>);

enum Order {
    Commit(Ticket, Vec<Change>),
    Reread,
}

/// What the store says.
#[derive(Debug)]
pub enum StoreReport {
    /// This commit and every one before it are durable.
    Durable(Ticket),
    /// This commit is not, and no later one will be.
    NotDurable(Ticket, Failure),
    /// Everything that is durable; nothing where it cannot be read.
    Read(Option<Box<Found>>),
}

impl StoreThread {
    /// Starts the thread; it owns the store from here on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(store: Box<dyn Store>, reports: UnboundedSender<StoreReport>) -> io::Result<StoreThread> {
        let (sender, orders) = channel();
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(store, &orders, &reports))?;
        Ok(StoreThread(sender))
    }

    /// Makes this durable, and says so by its ticket.
    pub fn commit(&self, ticket: Ticket, changes: Vec<Change>) {
        // A thread that has ended says so by its silence: the service is ending too.
        drop(self.0.send(Order::Commit(ticket, changes)));
    }

    /// Reads everything that is durable.
    pub fn reread(&self) {
        drop(self.0.send(Order::Reread));
    }
}

fn serve(mut store: Box<dyn Store>, orders: &Receiver<Order>, reports: &UnboundedSender<StoreReport>) {
    let mut failed: Option<Failure> = None;
    while let Ok(first) = orders.recv() {
        let mut waiting = vec![first];
        waiting.extend(orders.try_iter());
        let reread = waiting.iter().any(|order| matches!(order, Order::Reread));
        let (mut last, mut changes) = (None, Vec::new());
        for order in waiting {
            if let Order::Commit(ticket, more) = order {
                last = Some(ticket);
                changes.extend(more);
            }
        }
        if let Some(ticket) = last {
            failed = failed.or_else(|| commit(store.as_mut(), &changes).err());
            // Whoever listened has ended.
            drop(reports.send(match &failed {
                None => StoreReport::Durable(ticket),
                Some(failure) => StoreReport::NotDurable(ticket, failure.clone()),
            }));
        }
        if reread {
            drop(reports.send(StoreReport::Read(read(store.as_mut()).map(Box::new))));
        }
    }
}

fn commit(store: &mut dyn Store, changes: &[Change]) -> Result<(), Failure> {
    let records: Vec<store::Change> = changes.iter().map(snapshot::to_change).collect();
    let written = catch_unwind(AssertUnwindSafe(|| store.commit(&records)));
    let crashed = |_| {
        Err(StoreError::Write { key: "unknown".to_owned(), cause: io::Error::other("the store crashed") })
    };
    written.unwrap_or_else(crashed).map_err(|error| snapshot::failure(&error))?;
    for change in changes {
        if let Change::PreparedKeys { id, keys: Some(_) } = change {
            tracing::info!(intent = %id, "Keys for the first registration are ready");
        }
    }
    Ok(())
}

/// Everything durable, as far as it can be read.
fn read(store: &mut dyn Store) -> Option<Found> {
    match catch_unwind(AssertUnwindSafe(|| store.list())) {
        Ok(Ok(records)) => Some(snapshot::found(records, store.missing())),
        Ok(Err(error)) => {
            log_failure!(error, &snapshot::failure(&error), {}, "The state cannot be read back");
            None
        }
        Err(_) => None,
    }
}
