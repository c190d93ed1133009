//! Whether somebody can still mend this machine when nobody of the directory can sign in: an administrator whom
//! /etc/passwd knows. A warning, and never a reason to stop.

use crate::Tree;

/// What is known of the local administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Administrator {
    /// This one can sign in without the directory.
    Found(String),
    /// Nobody can.
    Missing,
    /// Whoever asks may not read who has a password.
    Unknown,
}

/// A line for people where there is no local administrator, or where that cannot be told.
pub fn administrator_warning(tree: &Tree) -> Option<String> {
    let text = |path| tree.read(path).ok().flatten();
    let keys = |home: &str| {
        let found = std::fs::metadata(tree.at(format!("{home}/.ssh/authorized_keys")));
        found.is_ok_and(|file| file.is_file() && file.len() > 0)
    };
    let (users, groups) = (text("/etc/passwd").unwrap_or_default(), text("/etc/group").unwrap_or_default());
    match judge((&users, text("/etc/shadow").as_deref()), &groups, &keys) {
        Administrator::Found(_) => None,
        Administrator::Missing => Some(MISSING.to_owned()),
        Administrator::Unknown => Some(UNKNOWN.to_owned()),
    }
}

/// Judges the texts of /etc/passwd, /etc/shadow and /etc/group, and who has a key of ssh by their home.
pub(crate) fn judge(
    (users, passwords): (&str, Option<&str>),
    groups: &str,
    has_keys: &dyn Fn(&str) -> bool,
) -> Administrator {
    let mut administrators =
        users.lines().filter_map(User::of).filter(|user| user.may_mend(groups)).peekable();
    let knows =
        |user: &User<'_>| has_keys(user.home) || passwords.is_some_and(|text| has_password(text, user.name));
    let somebody = administrators.peek().is_some();
    match administrators.find(knows) {
        Some(user) => Administrator::Found(user.name.to_owned()),
        None if passwords.is_none() && somebody => Administrator::Unknown,
        None => Administrator::Missing,
    }
}

/// A line of /etc/passwd.
struct User<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
    shell: &'a str,
}

impl User<'_> {
    fn of(line: &str) -> Option<User<'_>> {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, shell] = fields.as_slice() else { return None };
        let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
        Some(User { name, uid, gid, home, shell })
    }

    /// Root, or a member of a group that becomes root, who has a shell.
    fn may_mend(&self, groups: &str) -> bool {
        let has_shell = !NO_SHELLS.iter().any(|end| self.shell.ends_with(end));
        has_shell && (self.uid == 0 || groups.lines().any(|line| self.is_in(line)))
    }

    /// Whether they are in a group of administrators, by a line of /etc/group.
    fn is_in(&self, line: &str) -> bool {
        let fields: Vec<&str> = line.split(':').collect();
        let [group, _, gid, members] = fields.as_slice() else { return false };
        let is_primary = gid.parse() == Ok(self.gid);
        GROUPS.contains(group) && (is_primary || members.split(',').any(|member| member == self.name))
    }
}

/// Whether the line of /etc/shadow has a hash; `!` in front of it locks it, and `*` is none.
fn has_password(text: &str, name: &str) -> bool {
    let of_line = |line: &str| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.next().map(str::to_owned)).flatten()
    };
    let hash = text.lines().find_map(of_line).unwrap_or_default();
    hash.len() >= SHORTEST_HASH && !hash.starts_with(['!', '*'])
}

/// Debian and Ubuntu, Red Hat and SUSE, older Ubuntu.
const GROUPS: [&str; 3] = ["sudo", "wheel", "admin"];
const NO_SHELLS: [&str; 2] = ["/nologin", "/false"];
/// That of the oldest kind, of crypt(3).
const SHORTEST_HASH: usize = 13;
const MISSING: &str = "No local administrator: nobody of /etc/passwd who is root or in sudo, wheel or admin has a \
    password or a key of ssh. Where the directory cannot be asked, nobody could mend this machine: give root a \
    password (passwd root), or make a user (adduser NAME, adduser NAME sudo).";
const UNKNOWN: &str = "Only root can tell whether there is a local administrator: run it with sudo.";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const USERS: &str = "root:x:0:0:root:/root:/bin/bash\nsam:x:1000:1000::/home/sam:/bin/bash\n\
        kim:x:1001:27::/home/kim:/bin/zsh\nsvc:x:999:27::/nonexistent:/usr/sbin/nologin\nbroken:line\n";

    #[test]
    fn who_can_mend_the_machine_has_a_way_in_and_the_right() {
        let found = |name: &str| Administrator::Found(name.to_owned());
        let (none, hash) = ("sudo:x:27:\n", "$y$j9T$salt$hash");
        for (shadow, groups, keys, verdict) in [
            (format!("root:{hash}:1::\n"), none, "", found("root")),
            (format!("root:!{hash}:1::\nsam:{hash}:1::\n"), "sudo:x:27:kai,sam\n", "", found("sam")),
            (format!("root:*:1::\nsam:{hash}:1::\n"), "wheel:x:10:sam\n", "", found("sam")),
            // A primary group counts, and a key is as good as a password.
            (format!("root:*:1::\nkim:{hash}:1::\n"), none, "", found("kim")),
            ("root:*:1::\nkim:!:1::\n".to_owned(), none, "/home/kim", found("kim")),
            ("root:*:1::\n".to_owned(), none, "/root", found("root")),
            // Nobody of these can come in, or may mend anything.
            (format!("root:*:1::\nsam:{hash}:1::\n"), none, "/home/sam", Administrator::Missing),
            (format!("root:!:1::\nsam:{hash}:1::\n"), "users:x:100:sam\n", "", Administrator::Missing),
            (format!("svc:{hash}:1::\nroot::1::\n"), none, "/nonexistent", Administrator::Missing),
            (String::new(), none, "", Administrator::Missing),
        ] {
            let judged = judge((USERS, Some(&shadow)), groups, &|home| home == keys);
            assert_eq!(judged, verdict, "{shadow} {groups} {keys}");
        }
        assert_eq!(judge((USERS, None), none, &|_| false), Administrator::Unknown);
        assert_eq!(judge(("", None), none, &|_| false), Administrator::Missing);
    }

    #[test]
    fn a_tree_is_warned_of_until_it_has_an_administrator() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::new(dir.path());
        fs::create_dir_all(dir.path().join("etc")).unwrap();
        fs::write(dir.path().join("etc/passwd"), USERS).unwrap();
        fs::write(dir.path().join("etc/group"), "sudo:x:27:sam\n").unwrap();
        fs::write(dir.path().join("etc/shadow"), "root:*:1::\nsam:!:1::\n").unwrap();
        assert_eq!(administrator_warning(&tree).as_deref(), Some(MISSING));
        fs::create_dir_all(dir.path().join("home/sam/.ssh")).unwrap();
        fs::write(dir.path().join("home/sam/.ssh/authorized_keys"), "").unwrap();
        assert_eq!(administrator_warning(&tree).as_deref(), Some(MISSING));
        fs::write(dir.path().join("home/sam/.ssh/authorized_keys"), "ssh-ed25519 AAAA\n").unwrap();
        assert_eq!(administrator_warning(&tree), None);
    }
}
