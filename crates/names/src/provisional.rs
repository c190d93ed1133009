//! The account that a person will get who has not signed in here yet (login.md 3.5).

use crate::account::{Account, Domain, HomeName, Parameters};
use crate::name::is_name;
use crate::refusal::refused;

/// What a name of a configured domain leads to, computed from the name alone.
///
/// None where the name is no full name, its domain is not ours, the configuration does not let the person in, or
/// the number cannot be computed or given. The caller answers root only.
pub fn provisional(parameters: &Parameters, asked: &str) -> Option<Account> {
    let upn = asked.to_ascii_lowercase();
    let (short, domain) = upn.split_once('@').filter(|(short, _)| !short.is_empty())?;
    let place = parameters.domains.iter().position(|known| known.name == domain)?;
    let domain = parameters.domains.get(place)?;
    let is_allowed = |list: &Vec<String>| list.contains(&upn);
    if !is_name(&upn) || !domain.allowed.as_ref().is_none_or(is_allowed) {
        return None;
    }
    let uid = domain.range?.by_name(&upn).filter(|uid| refused(*uid).is_none())?;
    let is_short = parameters.short_names && place == 0 && is_name(short);
    let name = if is_short { short } else { &upn };
    let other = if is_short { &upn } else { name };
    Some(Account {
        name: name.to_owned(),
        aliases: if other == name { Vec::new() } else { vec![other.to_owned()] },
        uid,
        gid: uid,
        gecos: String::new(),
        home: home(domain, short, &upn)?,
        shell: domain.shell.clone(),
        groups: Vec::new(),
        local_groups: Vec::new(),
    })
}

fn home(domain: &Domain, short: &str, upn: &str) -> Option<String> {
    let last = match domain.home_name {
        HomeName::Upn => upn,
        HomeName::ShortName => short,
        HomeName::ObjectId => return None,
    };
    Some(format!("{}{last}", domain.home_prefix))
}
