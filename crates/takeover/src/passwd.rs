//! What a name resolves to today.

/// A line of passwd(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswdLine {
    /// The user id.
    pub uid: u32,
    /// The id of the primary group.
    pub gid: u32,
    /// The home directory.
    pub home: String,
}

/// The first line of what `getent passwd NAME` printed, where it is one of passwd(5).
pub fn passwd_line(text: &str) -> Option<PasswdLine> {
    let fields: Vec<&str> = text.lines().next()?.split(':').collect();
    let [_, _, uid, gid, _, home, _] = fields.as_slice() else { return None };
    let home = names::is_path(home).then(|| (*home).to_owned())?;
    Some(PasswdLine { uid: uid.parse().ok()?, gid: gid.parse().ok()?, home })
}
