//! Answers without a limit, in pages that each fit into one frame: the pieces of a status document, and accounts.
//!
//! A page is an answer in its own right. A domain, or what stayed in a tenant, that is longer than a page goes on in
//! the next one under the same name, and whoever reads the pages puts them together again.

use crate::account::AccountEntry;
use crate::status::{
    AttemptReport, ComplianceReport, DomainStatus, IntuneReport, LedgerReport, LeftReport,
    OtherIdentityReport, RuleReport, SessionReport, StatusDocument,
};
use serde::Serialize;
use std::iter::Peekable;

/// Bytes of JSON on a page: a quarter of a frame, because hiding a name makes a text up to four times as long.
pub const PAGE: usize = crate::frame::MAX_FRAME / 4;

/// A part of a status document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Piece {
    /// A sentence of [`StatusDocument::notices`].
    Notice(String),
    /// A domain.
    Domain(Box<DomainStatus>),
    /// What stayed in a tenant.
    Left(LeftReport),
}

/// Status documents of at most so many bytes of pieces, each with the members of `head` that are no lists, and whether
/// another one follows. There is always one; a piece that cannot be cut stands alone, however long it is.
pub fn status_pages(
    head: StatusDocument,
    pieces: impl Iterator<Item = Piece>,
    limit: usize,
) -> impl Iterator<Item = (StatusDocument, bool)> {
    let pieces = pieces.flat_map(move |piece| cut(piece, limit));
    pages(pieces, limit).map(move |(pieces, more)| {
        let mut page = head.clone();
        for piece in pieces {
            match piece {
                Piece::Notice(text) => page.notices.push(text),
                Piece::Domain(domain) => page.domains.push(*domain),
                Piece::Left(left) => page.left.push(left),
            }
        }
        (page, more)
    })
}

/// Accounts in lists of at most so many bytes, and whether another list follows; there is always one.
pub fn account_pages(
    accounts: impl Iterator<Item = AccountEntry>,
    limit: usize,
) -> impl Iterator<Item = (Vec<AccountEntry>, bool)> {
    pages(measured(accounts), limit)
}

impl StatusDocument {
    /// Takes the next page in: what goes on under the same name is one again.
    pub fn append(&mut self, page: StatusDocument) {
        self.notices.extend(page.notices);
        for domain in page.domains {
            match self.domains.last_mut().filter(|last| last.domain == domain.domain) {
                Some(last) => last.go_on(domain),
                None => self.domains.push(domain),
            }
        }
        for left in page.left {
            match self.left.last_mut().filter(|last| last.tenant == left.tenant) {
                Some(last) => last.ledger.extend(left.ledger),
                None => self.left.push(left),
            }
        }
    }
}

impl DomainStatus {
    fn go_on(&mut self, more: DomainStatus) {
        self.sessions.extend(more.sessions);
        self.attempts.extend(more.attempts);
        self.ledger.extend(more.ledger);
        self.others.extend(more.others);
        let own = self.intune.as_mut().and_then(|intune| intune.compliance.as_mut());
        let rules = more.intune.and_then(|intune| intune.compliance).map(|verdict| verdict.rules);
        if let (Some(own), Some(rules)) = (own, rules) {
            own.rules.extend(rules);
        }
    }

    /// Without what can go on elsewhere, and that.
    fn cut(mut self) -> (DomainStatus, Vec<Entry>) {
        let rules = self.intune.as_mut().and_then(|intune| intune.compliance.as_mut());
        let rules = rules.map(|verdict| std::mem::take(&mut verdict.rules)).unwrap_or_default();
        let rest = std::mem::take(&mut self.sessions).into_iter().map(Entry::Session);
        let rest = rest.chain(std::mem::take(&mut self.attempts).into_iter().map(Entry::Attempt));
        let rest = rest.chain(std::mem::take(&mut self.ledger).into_iter().map(Entry::Ledger));
        let rest = rest.chain(std::mem::take(&mut self.others).into_iter().map(Entry::Other));
        let rest = rest.chain(rules.into_iter().map(Entry::Rule)).collect();
        (self, rest)
    }

    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Session(session) => self.sessions.push(session),
            Entry::Attempt(attempt) => self.attempts.push(attempt),
            Entry::Ledger(line) => self.ledger.push(line),
            Entry::Other(other) => self.others.push(other),
            Entry::Rule(rule) => {
                let intune = self.intune.get_or_insert_with(IntuneReport::default);
                intune.compliance.get_or_insert_with(ComplianceReport::default).rules.push(rule);
            }
        }
    }
}

/// A line of a list of a domain.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Session(SessionReport),
    Attempt(AttemptReport),
    Ledger(LedgerReport),
    Other(OtherIdentityReport),
    Rule(RuleReport),
}

/// The piece in parts that are no longer than this, where it can be cut, each with its size.
fn cut(piece: Piece, limit: usize) -> Vec<(Piece, usize)> {
    let whole = size(&piece);
    if whole <= limit {
        return vec![(piece, whole)];
    }
    let parts = match piece {
        Piece::Notice(text) => vec![Piece::Notice(text)],
        Piece::Domain(domain) => cut_domain(*domain, limit),
        Piece::Left(LeftReport { tenant, ledger }) => pages(measured(ledger.into_iter()), limit)
            .map(|(ledger, _)| Piece::Left(LeftReport { tenant: tenant.clone(), ledger }))
            .collect(),
    };
    measured(parts.into_iter()).collect()
}

fn cut_domain(domain: DomainStatus, limit: usize) -> Vec<Piece> {
    let (whole, entries) = domain.cut();
    if entries.is_empty() {
        return vec![Piece::Domain(Box::new(whole))];
    }
    let next = DomainStatus { domain: whole.domain.clone(), ..DomainStatus::default() };
    // What goes on has members of its own, which are empty.
    let room = limit.saturating_sub(size(&next));
    let part = |(entries, _): (Vec<Entry>, bool)| {
        let mut part = next.clone();
        entries.into_iter().for_each(|entry| part.add(entry));
        Piece::Domain(Box::new(part))
    };
    let rest: Vec<Piece> = pages(measured(entries.into_iter()), room).map(part).collect();
    std::iter::once(Piece::Domain(Box::new(whole))).chain(rest).collect()
}

/// As many of them together as fit by their sizes, and whether others follow.
fn pages<T>(items: impl Iterator<Item = (T, usize)>, limit: usize) -> impl Iterator<Item = (Vec<T>, bool)> {
    let mut items = items.peekable();
    let mut begun = false;
    std::iter::from_fn(move || {
        if std::mem::replace(&mut begun, true) && items.peek().is_none() {
            return None;
        }
        let page = page(&mut items, limit);
        Some((page, items.peek().is_some()))
    })
}

fn page<T>(items: &mut Peekable<impl Iterator<Item = (T, usize)>>, limit: usize) -> Vec<T> {
    let (mut page, mut length) = (Vec::new(), 0);
    while let Some((item, _)) = items.next_if(|(_, size)| {
        // With the comma behind it.
        length += size + 1;
        page.is_empty() || length <= limit
    }) {
        page.push(item);
    }
    page
}

/// Each with the bytes of its JSON.
fn measured<T: Serialize>(items: impl Iterator<Item = T>) -> impl Iterator<Item = (T, usize)> {
    items.map(|item| {
        let size = size(&item);
        (item, size)
    })
}

/// Bytes of its JSON.
fn size(value: &impl Serialize) -> usize {
    let mut length = Length(0);
    // Texts, numbers and lists of them have a JSON form always.
    drop(serde_json::to_writer(&mut length, value));
    length.0
}

/// Counts what is written.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
