//! `status`: what is known of every domain, as a document.

use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use crate::talk::parse_domain;
use ipc::{Ending, Message};
use model::Failure;
use report::{DocumentParts, document_head, document_pieces, ending_of_view};
use tenancy_model::refusals;
use views::{DomainView, SignInView};

/// Shows every domain, or the one that is named; the worst of them says how the conversation ends.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
    Caller { peer, by, .. }: Caller,
) -> Result<Ending, Failure> {
    let wanted = domain.map(|text| parse_domain(&text)).transpose()?;
    let mut views = service.driver.view();
    if let Some(wanted) = wanted {
        views.retain(|view| view.domain == wanted);
        if views.is_empty() {
            return Err(refusals::unknown_domain(&wanted));
        }
    }
    // Whoever signed in here reads their own name.
    let own = |view: &DomainView| view.last_sign_in.clone().filter(|last| last.by == by);
    if let Some(SignInView { asked, .. }) = views.iter().filter_map(own).max_by_key(|last| last.at) {
        connection.reader.asks_for(&asked);
    }
    let mut about = (service.about)();
    about.notices.extend(service.driver.neighbours());
    let usable = service.driver.usable_offline();
    let until: Vec<_> = usable.people.iter().map(|(_, until)| *until).collect();
    about.notices.extend(report::offline(&until, usable.place));
    let ending = views.iter().map(ending_of_view).max().unwrap_or(Ending::NotRegistered);
    let parts = DocumentParts {
        about,
        prepared: *service.driver.prepared_keys().borrow(),
        views,
        left: service.driver.left(),
        for_root: peer.is_root,
        by,
        now: service.driver.now(),
    };
    tell(connection, &parts).await?;
    Ok(ending)
}

/// The document, domain by domain.
pub(crate) async fn tell(connection: &mut Connection, parts: &DocumentParts) -> Result<(), Failure> {
    let pages = ipc::status_pages(document_head(parts), document_pieces(parts), connection.page());
    let message = |page, more| Message::Status { document: Box::new(page), more };
    connection.say_pages(pages, message).await
}
