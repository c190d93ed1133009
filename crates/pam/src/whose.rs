//! Whether a name is ours at all: decided before anything is asked or any socket is made (login.md 1.2, 3.3).

use names::{Damaged, Names, Source, local_entries, mapped_users};

/// Whose a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// It resolves in the file of names, or has a configured domain.
    Ours,
    /// It has the form of a full name, and there is no file that tells our domains.
    PerhapsOurs,
    /// A local user who has the password of one of our people (`user_map_file`), and their own one besides.
    Mapped,
    /// It is a local name, or one of nobody that we know.
    Others,
}

/// Whose a name is, by /etc/passwd, the map of users and the file of names; none where that cannot be read.
pub(crate) fn whose<S: Source>(name: &str, (passwd, map): (&str, &str), names: Option<&Names<S>>) -> Whose {
    if name == "root" {
        return Whose::Others;
    }
    if local_entries(passwd).iter().any(|entry| entry.name == name) {
        let is_mapped = mapped_users(map).iter().any(|(user, _)| user == name);
        return if is_mapped { Whose::Mapped } else { Whose::Others };
    }
    match names.map(|names| is_known(name, names)) {
        Some(Ok(true)) => Whose::Ours,
        Some(Ok(false)) => Whose::Others,
        Some(Err(Damaged)) | None if is_full(name) => Whose::PerhapsOurs,
        Some(Err(Damaged)) | None => Whose::Others,
    }
}

fn is_known<S: Source>(name: &str, names: &Names<S>) -> Result<bool, Damaged> {
    if names.account_by_name(name)?.is_some() {
        return Ok(true);
    }
    let domain = name.split_once('@').filter(|_| is_full(name)).map(|(_, domain)| domain);
    let domains = names.parameters()?.domains;
    Ok(domain.is_some_and(|domain| domains.iter().any(|known| known.name.eq_ignore_ascii_case(domain))))
}

/// `name@domain`, with one `@`.
fn is_full(name: &str) -> bool {
    name.split_once('@').is_some_and(|(before, after)| {
        !before.is_empty() && after.contains('.') && !after.contains('@') && names::is_name(name)
    })
}
