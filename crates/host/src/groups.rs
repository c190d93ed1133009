//! Which groups of this system somebody is in, by its own files: no name service is asked on the way to a sign-in.

use std::fs;

/// Whether a user is in a group of this system: as the group that they have at the moment, by passwd(5), or as a member
/// by group(5).
pub fn is_member(uid: u32, gid: u32, group: &str) -> bool {
    is_in(&Person { uid, gid }, group, &text("/etc/group"), &text("/etc/passwd"))
}

/// Whether group(5) names somebody as a member of a group who need not be a user of passwd(5).
pub fn has_member(name: &str, group: &str) -> bool {
    names_member(name, group, &text("/etc/group"))
}

fn names_member(name: &str, group: &str, groups: &str) -> bool {
    let of_group = groups.lines().map(fields).find(|fields| fields.first() == Some(&group));
    let members = of_group.and_then(|fields| fields.get(3).copied()).unwrap_or_default();
    !name.is_empty() && members.split(',').any(|member| member.trim().eq_ignore_ascii_case(name))
}

/// Whether `/etc/group` has a group of this name.
pub fn has_group(name: &str) -> bool {
    text("/etc/group").lines().any(|line| fields(line).first() == Some(&name))
}

fn text(path: &str) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// A caller as the kernel and the tables of user ids know them.
struct Person {
    /// The user, or whoever maps the user id of the caller.
    uid: u32,
    /// The group that the caller has at the moment.
    gid: u32,
}

/// Whether a person is in a group of group(5): as their group at the moment, as that of passwd(5), or as a member. A file
/// that cannot be read has nobody in it.
fn is_in(person: &Person, group: &str, groups: &str, users: &str) -> bool {
    let Some(fields) = groups.lines().map(fields).find(|fields| fields.first() == Some(&group)) else {
        return false;
    };
    let gid: Option<u32> = fields.get(2).and_then(|gid| gid.parse().ok());
    let user =
        users.lines().map(fields_of_user).find(|user| user.is_some_and(|(_, uid, _)| uid == person.uid));
    let Some((name, _, primary)) = user.flatten() else { return gid == Some(person.gid) };
    let members = fields.get(3).copied().unwrap_or_default();
    gid.is_some_and(|gid| [person.gid, primary].contains(&gid))
        || members.split(',').map(str::trim).any(|member| member == name)
}

fn fields(line: &str) -> Vec<&str> {
    line.split(':').collect()
}

/// Name, user id and group id.
fn fields_of_user(line: &str) -> Option<(&str, u32, u32)> {
    match fields(line)[..] {
        [name, _, uid, gid, ..] if !name.is_empty() => Some((name, uid.parse().ok()?, gid.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: &str =
        "root:x:0:\nwheel:x:10:alex, kim\nadele:x:1001:\nstaff:x:50:sam\nbroken\nempty:x::alex\n";
    const USERS: &str = "root:x:0:0::/root:/bin/sh\nalex:x:1000:1000::/:/bin/sh\nadele:x:1001:1001::/:/bin/sh\n\
                         sam:x:1002:10::/:/bin/sh\nkim:x:nan:1::/:/bin/sh\n::1003:1003::/:/bin/sh\n";

    #[test]
    fn somebody_is_in_a_group_by_its_members_or_by_their_own_group() {
        for (uid, gid, group, member) in [
            (1000, 1000, "wheel", true),
            (1001, 1001, "wheel", false),
            (1001, 10, "wheel", true),
            (1002, 1002, "wheel", true),
            (1002, 1002, "staff", true),
            (1001, 1001, "adele", true),
            (1000, 1000, "nobody-has-it", false),
            (1000, 1000, "", false),
            (1003, 1003, "wheel", false),
            (4711, 10, "wheel", true),
            (4711, 4711, "wheel", false),
            (1000, 1000, "empty", true),
            (1001, 0, "empty", false),
        ] {
            assert_eq!(is_in(&Person { uid, gid }, group, GROUPS, USERS), member, "{uid} {gid} {group}");
        }
        assert!(!is_in(&Person { uid: 1000, gid: 1 }, "wheel", "", USERS));
        assert!(!is_in(&Person { uid: 1000, gid: 1 }, "wheel", GROUPS, ""));
    }

    #[test]
    fn a_member_need_not_be_a_user() {
        let groups = "wheel:x:10:alex@contoso.com, kim\nwheels:x:11:sam@contoso.com\nempty:x:12:\n";
        for (name, group, is_member) in [
            ("Alex@Contoso.com", "wheel", true),
            ("alex", "wheel", false),
            ("sam@contoso.com", "wheel", false),
            ("", "empty", false),
            ("kim", "nosuch", false),
        ] {
            assert_eq!(names_member(name, group, groups), is_member, "{name} {group}");
        }
    }
}
