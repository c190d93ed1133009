//! Requests and replies that are being held until somebody releases them.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio::sync::oneshot;

/// What the releaser wants to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// Go on as if nothing had been.
    Go,
    /// Reset the connection instead.
    Reset,
}

/// Where in its exchange a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// The tenant has not seen the request.
    Before,
    /// The tenant has processed the request; the reply is held.
    After,
}

/// One held exchange, as the admin API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Held {
    /// Number of the hold, from 1.
    pub(crate) id: u64,
    /// Name of the request.
    pub(crate) request: String,
    /// Where it is held.
    pub(crate) stage: Stage,
}

/// Which holds are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// Every hold: the body of `POST /release` names neither `id` nor `request`.
    All,
    /// Every hold of a request name.
    Request(String),
    /// The hold with this number (`Held::id`).
    Id(u64),
}

/// All that is held at the moment.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    last: u64,
    held: BTreeMap<u64, (Held, oneshot::Sender<Release>)>,
}

impl Holds {
    /// Registers a hold; the receiver ends when it is released, or fails when all holds are dropped.
    pub(crate) fn hold(&mut self, request: &str, stage: Stage) -> (u64, oneshot::Receiver<Release>) {
        self.last += 1;
        let held = Held { id: self.last, request: request.to_owned(), stage };
        let (sender, receiver) = oneshot::channel();
        self.held.insert(self.last, (held, sender));
        (self.last, receiver)
    }

    /// Forgets a hold whose client has gone or that has been released.
    pub(crate) fn forget(&mut self, id: u64) {
        self.held.remove(&id);
    }

    /// Releases the holds that are meant and says which they were.
    pub(crate) fn release(&mut self, which: &Which, release: Release) -> Vec<Held> {
        let meant: Vec<u64> =
            self.held.values().filter(|(held, _)| which.means(held)).map(|(held, _)| held.id).collect();
        let gone = meant.iter().filter_map(|id| self.held.remove(id));
        gone.map(|(held, sender)| {
            // A receiver that is gone belongs to a client that has hung up: there is nobody to tell.
            let _ = sender.send(release);
            held
        })
        .collect()
    }

    /// What is held, oldest first.
    pub(crate) fn list(&self) -> Vec<Held> {
        self.held.values().map(|(held, _)| held.clone()).collect()
    }

    /// How many exchanges of a request name are held; all of them for `*`.
    pub(crate) fn count(&self, request: &str) -> usize {
        self.held.values().filter(|(held, _)| request == "*" || held.request == request).count()
    }
}

impl Which {
    fn means(&self, held: &Held) -> bool {
        match self {
            Which::All => true,
            Which::Request(name) => *name == held.request,
            Which::Id(id) => *id == held.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_reaches_exactly_those_that_are_meant() {
        let mut holds = Holds::default();
        let (first, mut join) = holds.hold("join", Stage::After);
        let (_, mut discover) = holds.hold("discover", Stage::Before);
        assert_eq!((holds.count("join"), holds.count("*")), (1, 2));
        let released = holds.release(&Which::Request("join".into()), Release::Reset);
        assert_eq!(released.iter().map(|held| held.id).collect::<Vec<_>>(), [first]);
        assert_eq!(join.try_recv(), Ok(Release::Reset));
        assert!(discover.try_recv().is_err());
        assert_eq!(holds.release(&Which::Id(2), Release::Go).len(), 1);
        assert!(holds.release(&Which::All, Release::Go).is_empty());
        assert_eq!(discover.try_recv(), Ok(Release::Go));
    }
}
