//! `status`: what is known of every domain, as a document.

use crate::connection::Connection;
use crate::report::ending_of_view;
use crate::talk::{bad_name, parse_domain};
use crate::{DocumentParts, Service, document};
use ipc::{Ending, Message, Peer};
use model::Failure;

/// Shows every domain, or the one that is named; the worst of them says how the conversation ends.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
    peer: Peer,
) -> Result<Ending, Failure> {
    let wanted = domain.map(|text| parse_domain(&text)).transpose()?;
    let mut views = service.driver.view();
    if let Some(wanted) = wanted {
        views.retain(|view| view.domain == wanted);
        if views.is_empty() {
            return Err(bad_name(&format!("{wanted} is neither configured nor registered")));
        }
    }
    let mut about = (service.about)();
    about.notices.extend(service.driver.neighbours());
    let ending = views.iter().map(ending_of_view).max().unwrap_or(Ending::NotRegistered);
    let document = document(&DocumentParts {
        about,
        prepared: *service.driver.prepared_keys().borrow(),
        views,
        left: service.driver.left(),
        for_root: peer.uid == 0,
        now: service.driver.now(),
    });
    connection.say(&Message::Status { document: Box::new(document) }).await;
    Ok(ending)
}
