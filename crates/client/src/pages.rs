//! An answer that comes in pages, put together again.

use ipc::{AccountEntry, Message, StatusDocument};

/// What has come of it.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    document: Option<Box<StatusDocument>>,
    accounts: Vec<AccountEntry>,
    taken: u32,
}

/// It goes on for longer than any answer does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyPages;

impl Pages {
    /// Takes the next message; gives it back, with the pages before it, unless it goes on.
    pub(crate) fn take_in(&mut self, message: Message) -> Result<Option<Message>, TooManyPages> {
        if self.taken == MOST_PAGES {
            return Err(TooManyPages);
        }
        match message {
            Message::Status { document: page, more } => {
                let document = match self.document.take() {
                    Some(mut document) => {
                        document.append(*page);
                        document
                    }
                    None => page,
                };
                if !more {
                    return Ok(Some(Message::Status { document, more: false }));
                }
                self.document = Some(document);
            }
            Message::Accounts { accounts, more } => {
                self.accounts.extend(accounts);
                if !more {
                    let accounts = std::mem::take(&mut self.accounts);
                    return Ok(Some(Message::Accounts { accounts, more: false }));
                }
            }
            whole => return Ok(Some(whole)),
        }
        self.taken += 1;
        Ok(None)
    }
}

/// Four times as many as the answer about half a million people has.
const MOST_PAGES: u32 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use ipc::DomainStatus;

    fn page(domain: &str, more: bool) -> Message {
        let domain = DomainStatus { domain: domain.to_owned(), ..DomainStatus::default() };
        let document = StatusDocument { domains: vec![domain], ..StatusDocument::default() };
        Message::Status { document: Box::new(document), more }
    }

    #[test]
    fn what_goes_on_is_kept_and_the_last_page_gives_all_of_it() {
        let mut pages = Pages::default();
        for domain in ["a", "b"] {
            assert_eq!(pages.take_in(page(domain, true)), Ok(None));
        }
        let notice = Message::Notice { text: "between".to_owned() };
        assert_eq!(pages.take_in(notice.clone()), Ok(Some(notice)));
        let Ok(Some(Message::Status { document, more: false })) = pages.take_in(page("c", false)) else {
            unreachable!("it is the last one")
        };
        assert_eq!(document.domains.iter().map(|it| it.domain.as_str()).collect::<String>(), "abc");
        let accounts = |name: &str, more| Message::Accounts {
            accounts: vec![AccountEntry { name: name.to_owned(), ..AccountEntry::default() }],
            more,
        };
        assert_eq!(pages.take_in(accounts("a", true)), Ok(None));
        let Ok(Some(Message::Accounts { accounts, .. })) = pages.take_in(accounts("b", false)) else {
            unreachable!("it is the last one")
        };
        assert_eq!(accounts.len(), 2);
    }

    #[test]
    fn an_answer_without_an_end_is_none() {
        let mut pages = Pages::default();
        let empty = || Message::Accounts { accounts: vec![], more: true };
        assert!((0..MOST_PAGES).all(|_| pages.take_in(empty()) == Ok(None)));
        assert_eq!(pages.take_in(empty()), Err(TooManyPages));
    }
}
