use crate::reserved::ReservedAccount;
use crate::settings::AccountSettings;
use model::{LocalAccount, Upn};

/// Whom a log-in service means by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// A person of the directory, who has an account here or will have one.
    Person(Upn),
    /// A user of /etc/passwd whose password is that of this person (`user_map_file`).
    MappedUser(Upn),
}

/// Whom a log-in service means by a name, whatever way it has of writing it; none where it is nobody of ours.
pub fn resolve<'a, 'r>(
    settings: &AccountSettings,
    (accounts, reserved): (
        impl IntoIterator<Item = &'a LocalAccount>,
        impl IntoIterator<Item = &'r ReservedAccount>,
    ),
    name: &str,
) -> Option<Meant> {
    if let Some((_, person)) = settings.mapped_users.iter().find(|(user, _)| user == name) {
        return Some(Meant::MappedUser(person.clone()));
    }
    // Whoever has it here, though the directory may call them something else by now.
    if let Some(account) = accounts.into_iter().find(|account| account.name.eq_ignore_ascii_case(name)) {
        return Some(Meant::Person(account.person.upn.clone()));
    }
    if let Some(reserved) = reserved.into_iter().find(|it| it.name.eq_ignore_ascii_case(name)) {
        return Some(Meant::Person(reserved.upn.clone()));
    }
    let first = settings.domains.first().filter(|_| settings.short_names);
    let full = match name.contains('@') {
        true => name.to_owned(),
        false => format!("{name}@{}", first?.name),
    };
    // A name that does not resolve lets nobody in, so nothing is asked for it.
    let person: Upn = full.parse().ok().filter(|_| names::is_name(&full))?;
    settings.domain(person.domain()).is_some().then_some(Meant::Person(person))
}
