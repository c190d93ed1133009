//! Passwords that are checked here while there is no network (login.md 5): durable, then acted upon.

use crate::lanes::Step;
use crate::tenancy::Tenancy;
use offline::{Book, Found, Request};
use tenancy_model::{Answer, Caller, Change, Command};

impl Tenancy {
    pub(crate) fn restore_offline(&mut self, found: Found) {
        let (book, changes) = Book::found(found);
        self.offline = book;
        self.keep_offline(changes);
    }

    pub(crate) fn decide_offline(&mut self, caller: Caller, request: Request) {
        let lane = request.tenant();
        let answer = self.offline.decide(request, self.facts.accounts.offline).map(|(changes, answer)| {
            self.keep_offline(changes);
            Answer::Offline(answer)
        });
        self.order(lane, Command::Answer(caller, answer));
    }

    /// Each in its tenant's lane: one of before never comes to the disk after one of later.
    pub(crate) fn keep_offline(&mut self, changes: impl IntoIterator<Item = offline::Change>) {
        for change in changes {
            let lane = change.tenant();
            let published = change.published();
            self.push(lane, Step::Commit(vec![Change::Offline(change)]));
            let publish = published.map(|(person, it)| Command::PublishOffline(person, it));
            publish.into_iter().for_each(|command| self.order(lane, command));
        }
    }
}
