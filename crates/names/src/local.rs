//! What /etc/passwd, /etc/group, /etc/subuid, /etc/subgid and a map of users say; lines that are none are left out, as libc does.

/// A line of /etc/passwd or /etc/group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalEntry {
    /// The name.
    pub name: String,
    /// The uid or gid.
    pub id: u32,
}

/// A line of /etc/subuid or /etc/subgid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubIds {
    /// A name, or a number in digits.
    pub owner: String,
    /// The first of the ids.
    pub first: u32,
    /// How many there are.
    pub count: u32,
}

impl SubIds {
    /// Whether a number is one of them.
    pub fn holds(&self, id: u32) -> bool {
        id.checked_sub(self.first).is_some_and(|place| place < self.count)
    }
}

/// The entries of passwd(5) or group(5), which both have the number in the third field.
pub fn local_entries(text: &str) -> Vec<LocalEntry> {
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| is_plain(name))?;
        let id = fields.nth(1)?.parse().ok()?;
        Some(LocalEntry { name: name.to_owned(), id })
    };
    text.lines().filter_map(entry).collect()
}

/// The entries of subuid(5) or subgid(5).
pub fn sub_id_ranges(text: &str) -> Vec<SubIds> {
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let owner = fields.next().filter(|owner| is_plain(owner))?.to_owned();
        Some(SubIds {
            owner,
            first: fields.next()?.parse().ok()?,
            count: fields.next()?.trim().parse().ok()?,
        })
    };
    text.lines().filter_map(entry).collect()
}

/// The users of /etc/passwd that a map of users names, each with the full name of the person, in lower case: lines of
/// `user:name@domain`, of which the first one of a user counts (`user_map_file`).
pub fn mapped_users(text: &str) -> Vec<(String, String)> {
    let mut mapped: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let Some((user, person)) = line.split_once(':') else { continue };
        let (user, person) = (user.trim(), person.trim().to_ascii_lowercase());
        if is_plain(user) && person.contains('@') && mapped.iter().all(|(other, _)| other != user) {
            mapped.push((user.to_owned(), person));
        }
    }
    mapped
}

/// Neither a comment nor a line of NIS.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['#', '+', '-'])
}
