//! Which groups of this system a caller is in, by its own files: no name service is asked on the way to a sign-in.

use crate::conversation::Caller;
use model::{Asker, WhoMayRegister};
use std::fs;

/// Whether this caller's sign-in may register the machine, by the option `who_may_register`.
pub(crate) fn asker(option: &WhoMayRegister, caller: &Caller) -> Asker {
    let text = |path: &str| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let is_member = |group: &str| {
        is_in(&Person { uid: caller.by.0, gid: caller.gid }, group, &text("/etc/group"), &text("/etc/passwd"))
    };
    let may_register = option.judge(caller.peer.uid == 0, is_member);
    Asker { by: caller.by, may_register }
}

/// Whether `/etc/group` has a group of this name.
pub fn has_group(name: &str) -> bool {
    let groups = fs::read("/etc/group").unwrap_or_default();
    String::from_utf8_lossy(&groups).lines().any(|line| fields(line).first() == Some(&name))
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
    use ipc::Peer;
    use model::{MayRegister, Requester};

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
    fn root_is_root_by_the_socket_and_not_by_who_maps_it() {
        let caller = |uid, by| Caller { peer: Peer { uid }, gid: 4711, by: Requester(by) };
        let of = |option: &WhoMayRegister, caller| asker(option, &caller).may_register;
        assert_eq!(of(&WhoMayRegister::Root, caller(0, 0)), MayRegister::Yes);
        assert_eq!(of(&WhoMayRegister::Root, caller(100_000, 0)), MayRegister::No);
        assert_eq!(of(&WhoMayRegister::Anyone, caller(1000, 1000)), MayRegister::Yes);
        let group = WhoMayRegister::Group("no-such-group-here".to_owned());
        assert_eq!(of(&group, caller(1000, 1000)), MayRegister::No);
        assert_eq!(of(&group, caller(0, 0)), MayRegister::Yes);
    }
}
