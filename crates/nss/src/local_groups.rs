//! Local groups that people are put in: names that root wrote down, numbers that /etc/group gives them.

use names::local_entries;

/// The numbers of those groups; root's own group and those that hand out the machine are never among them, unless
/// root named them.
///
/// `root` and `shadow` are not given even then: their members could become anybody.
pub(crate) fn local_groups(named: &str, group_file: &str) -> Vec<u32> {
    let named: Vec<&str> =
        named.lines().map(str::trim).filter(|name| !name.is_empty() && !name.starts_with('#')).collect();
    let is_given =
        |name: &str, id: u32| named.contains(&name) && id != 0 && id <= LAST_LOCAL && !NEVER.contains(&name);
    let mut ids: Vec<u32> = local_entries(group_file)
        .into_iter()
        .filter(|entry| is_given(&entry.name, entry.id))
        .map(|entry| entry.id)
        .collect();
    ids.dedup();
    ids
}

const NEVER: [&str; 2] = ["root", "shadow"];
/// What can be a local group; larger numbers are read as negative by some programs.
const LAST_LOCAL: u32 = 0x7fff_ffff;
