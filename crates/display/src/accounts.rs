//! Accounts of this machine.

use crate::lines::{Item, item, items, known, paragraph};
use ipc::AccountEntry;
use model::for_terminal;

/// A line for each account: number, name, whose it is, and what keeps it from being used.
pub fn accounts(accounts: &[AccountEntry]) -> String {
    if accounts.is_empty() {
        return "Nobody of the directory has an account of this machine yet.\n".to_owned();
    }
    let line = |it: &AccountEntry| {
        let whose = if it.name == it.upn { String::new() } else { format!("  {}", it.upn) };
        let barred = if it.standing == "allowed" { String::new() } else { format!("  {}", standing(it)) };
        for_terminal(&format!("{:>10}  {}{whose}{barred}\n", it.uid, it.name))
    };
    accounts.iter().map(line).collect()
}

/// All that is known of one account.
pub fn account(it: &AccountEntry) -> String {
    let offline = it.offline_until.as_ref().map(|until| format!("without the network until {until}"));
    let values: Vec<Item> = [
        Some(item("Person", it.upn.clone())),
        Some(item("Number", format!("{}, group {}", it.uid, it.gid))),
        Some(item("Home", it.home.clone())),
        present("Shell", &it.shell),
        Some(item("Use", standing(it))),
        known("Code", it.code.as_ref()),
        known("Reserved", it.reserved_at.as_ref()),
        present("First seen", &it.first_seen),
        present("Let in last", &it.last_online),
        known("Offline", offline.as_ref()),
        (it.sessions > 0).then(|| item("Sessions", format!("{} open", it.sessions))),
        it.sub_ids.map(|(first, last)| item("Sub-ids", format!("{first}-{last}, kept free"))),
        present("Object", &it.object),
        present("Tenant", &it.tenant),
    ]
    .into_iter()
    .flatten()
    .collect();
    for_terminal(&(paragraph(0, &it.name) + &items(2, &values)))
}

/// A value, where there is one.
fn present(name: &'static str, value: &str) -> Option<Item> {
    (!value.is_empty()).then(|| item(name, value.to_owned()))
}

fn standing(it: &AccountEntry) -> &str {
    match it.standing.as_str() {
        "allowed" => "may be used",
        "reserved" => "reserved, not signed in yet",
        "denied" => "refused by the directory",
        "forgotten" => "given up on this machine",
        other => other,
    }
}
