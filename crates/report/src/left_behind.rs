//! What stays at the service after a leave, by its id, and where an administrator deletes it.

use identity::{LedgerKind, LedgerLine};
use model::Cloud;

/// One sentence for each object that the leave left behind, which the ledger before it did not name.
pub fn left_behind(before: &[LedgerLine], after: &[LedgerLine], cloud: Cloud) -> Vec<String> {
    let new = after.iter().filter(|line| !before.contains(line));
    new.filter_map(|line| sentence(line, cloud)).collect()
}

fn sentence(line: &LedgerLine, cloud: Cloud) -> Option<String> {
    match line.kind {
        LedgerKind::LeftBehind => Some(format!(
            "The device object {} stays in the directory: an administrator can delete it in {}, under Devices.",
            line.device?,
            entra(cloud)
        )),
        LedgerKind::IntuneLeftBehind => Some(format!(
            "The device {} stays in Intune: an administrator can delete it in {}, under Devices.",
            line.intune?,
            intune(cloud)
        )),
        LedgerKind::InDoubt
        | LedgerKind::UnusableReply
        | LedgerKind::IntuneInDoubt
        | LedgerKind::IntuneUnusableReply => None,
    }
}

/// The administration of the directory.
fn entra(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Public => "https://entra.microsoft.com",
        Cloud::UsGov => "https://entra.microsoft.us",
        Cloud::China => "https://entra.microsoftonline.cn",
        Cloud::Custom => "the administration of the directory",
    }
}

/// The administration of Intune.
fn intune(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Public => "https://intune.microsoft.com",
        Cloud::UsGov => "https://intune.microsoft.us",
        Cloud::China => "https://intune.microsoftonline.cn",
        Cloud::Custom => "the administration of Intune",
    }
}
