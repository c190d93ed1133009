//! Local groups that a person is in: of those that the daemon names, the ones that root wrote down, by the numbers that
//! /etc/group gives them.

use names::local_entries;

/// The numbers of a person's groups, `of`, that root `named`. `root` and `shadow` are not given even then: their members
/// could become anybody.
pub(crate) fn local_groups(of: &[String], named: &str, group_file: &str) -> Vec<u32> {
    let named: Vec<&str> =
        named.lines().map(str::trim).filter(|name| of.iter().any(|it| it == name)).collect();
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
