//! `/etc/firmament/local-groups`: the local groups that people of the directory are put in, a name a line (login.md 3.3).

/// Where the file is; the library for names reads it.
pub(crate) const PATH: &str = "/etc/firmament/local-groups";

/// Groups whose members could become anybody: the library does not give them, whoever writes them there.
const NEVER: [&str; 2] = ["root", "shadow"];
/// Groups whose members are as good as root; they are given where they are named.
const POWERFUL: [&str; 12] = [
    "disk",
    "docker",
    "incus",
    "incus-admin",
    "kmem",
    "kvm",
    "libvirt",
    "lxd",
    "podman",
    "sudo",
    "systemd-journal",
    "wheel",
];

/// Why a group is not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// It would make anybody root.
    #[error("the local group {0} is never given: its members could become anybody")]
    Never(String),
    /// It is no name of a group.
    #[error(
        "\"{0}\" is no name of a local group: letters, digits, _, - and . are, and a digit or - does not begin one"
    )]
    NoName(String),
}

/// What somebody should know of the groups that are given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GroupNote {
    /// Its members are as good as root.
    #[error("members of the local group {0} can do on this machine whatever root can")]
    Powerful(String),
    /// There is none of this name now.
    #[error("there is no local group {0} on this machine yet: nobody is put in it before there is")]
    Unknown(String),
}

/// The content of the file; none where no group is given, and then there is no file.
pub(crate) fn file(groups: &[String]) -> Result<Option<String>, GroupError> {
    let mut names: Vec<&str> = Vec::new();
    for group in groups {
        match group.as_str() {
            name if NEVER.contains(&name) => return Err(GroupError::Never(group.clone())),
            name if !is_name(name) => return Err(GroupError::NoName(group.clone())),
            name if names.contains(&name) => {}
            name => names.push(name),
        }
    }
    let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
    Ok(if names.is_empty() { None } else { Some(format!("{HEADER}{lines}")) })
}

/// Whether this program wrote the file; one that somebody else wrote is left alone.
pub(crate) fn is_ours(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// What is to be said of these groups; `group_file` is the text of /etc/group.
pub(crate) fn notes(groups: &[String], group_file: &str) -> Vec<GroupNote> {
    let is_there =
        |name: &str| group_file.lines().any(|line| line.split(':').next().is_some_and(|it| it == name));
    let mut notes = Vec::new();
    for group in groups {
        if POWERFUL.contains(&group.as_str()) {
            notes.push(GroupNote::Powerful(group.clone()));
        }
        if !is_there(group) {
            notes.push(GroupNote::Unknown(group.clone()));
        }
    }
    notes
}

/// As groupadd(8) has it.
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    (1..=32).contains(&name.len()) && name.starts_with(first) && name.chars().all(inner)
}

const HEADER: &str = "# Local groups that people of the directory are put in, from local_groups and sudo_groups.\n\
    # Written by aad-tool configure-pam: run it again after a change of those options.\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn each_group_is_a_line_and_none_is_no_file() {
        let text = file(&groups(&["sudo", "audio", "sudo"])).unwrap().unwrap();
        assert_eq!(text, format!("{HEADER}sudo\naudio\n"));
        assert!(is_ours(&text) && !is_ours("sudo\n"));
        assert_eq!(file(&[]).unwrap(), None);
    }

    #[test]
    fn what_is_never_given_or_no_name_is_refused() {
        for name in ["root", "shadow"] {
            assert_eq!(file(&groups(&["audio", name])), Err(GroupError::Never(name.to_owned())));
        }
        for name in ["", "#x", "a b", "a\nroot", "1a", "-a", "a:b", &"a".repeat(33)] {
            assert_eq!(file(&groups(&[name])), Err(GroupError::NoName(name.to_owned())), "{name:?}");
        }
    }

    #[test]
    fn groups_that_make_root_and_groups_that_are_not_there_are_noted() {
        let file = "root:x:0:\nsudo:x:27:\naudio:x:29:alex\n";
        assert_eq!(
            notes(&groups(&["audio", "sudo", "docker"]), file),
            [
                GroupNote::Powerful("sudo".to_owned()),
                GroupNote::Powerful("docker".to_owned()),
                GroupNote::Unknown("docker".to_owned()),
            ]
        );
    }
}
