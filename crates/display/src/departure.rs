//! What a leave will do, before it does it.

use crate::lines::{Item, item, items, paragraph};
use ipc::{DomainStatus, StatusDocument};
use model::for_terminal;

/// What happens where this domain's tenant is left, or that of the only one that has any; nothing where that is not known.
pub fn departure(document: &StatusDocument, domain: Option<&str>, force: bool) -> Option<String> {
    let leads = |it: &&DomainStatus| {
        it.tenant.is_some() && domain.is_none_or(|name| it.domain.eq_ignore_ascii_case(name))
    };
    let leaving = document.domains.iter().find(leads)?;
    let of_tenant = |it: &&DomainStatus| it.tenant == leaving.tenant;
    let domains: Vec<&str> = document.domains.iter().filter(of_tenant).map(|it| it.domain.as_str()).collect();
    let another = document.domains.iter().any(|it| it.tenant.is_some() && it.tenant != leaving.tenant);
    if domain.is_none() && another {
        return None;
    }
    let tenant = leaving.tenant.as_deref().unwrap_or_default();
    let title = format!("This machine leaves the tenant {tenant} of {}:", domains.join(", "));
    let text = paragraph(0, &title) + &items(2, &steps(leaving, force));
    Some(for_terminal(&text))
}

fn steps(domain: &DomainStatus, force: bool) -> Vec<Item> {
    let device =
        domain.identity.as_ref().map(|it| item("Deleted", format!("the device object {}", it.device_id)));
    let intune = domain.intune.as_ref().and_then(|it| it.device_id.as_ref());
    let intune = intune.map(|id| item("Retired", format!("the device {id} in Intune")));
    let nothing =
        device.is_none().then(|| item("Deleted", "nothing at the service: there is no registration"));
    let sessions = match domain.sessions.len() {
        0 => "the keys of this machine".to_owned(),
        1 => "the keys of this machine, and 1 session".to_owned(),
        more => format!("the keys of this machine, and {more} sessions"),
    };
    let force = force.then(|| item("Left behind", "what cannot be deleted within 10 seconds"));
    [device, nothing, intune, Some(item("Destroyed", sessions)), force].into_iter().flatten().collect()
}
