//! Whether an account may be used, from the file of verdicts alone: key logins, cron, sudo and a session's services
//! ask only this, and get an answer while the daemon is away (login.md 3.3b).

use crate::code::Code;
use crate::whose::Whose;
use names::{Damaged, Source, Verdict, Verdicts};

/// What the account phase answers, and what the person is told.
pub(crate) fn account<S: Source>(
    name: &str,
    whose: Whose,
    verdicts: Option<&Verdicts<S>>,
) -> (Code, Option<String>) {
    // Whether a local user may come is for the local modules to say.
    if matches!(whose, Whose::Others | Whose::Mapped) {
        return (Code::Ignore, None);
    }
    match verdicts.map(|verdicts| verdicts.of(name)) {
        Some(Ok(Some(of))) => match of.verdict {
            Verdict::Allowed => (Code::Success, None),
            Verdict::Denied => (Code::PermissionDenied, Some(format!("{DENIED} [{}]", of.code))),
            Verdict::Forgotten => (Code::PermissionDenied, Some(FORGOTTEN.to_owned())),
        },
        Some(Ok(None)) => (Code::PermissionDenied, Some(UNKNOWN.to_owned())),
        Some(Err(Damaged)) | None => (Code::Unavailable, Some(UNREADABLE.to_owned())),
    }
}

const DENIED: &str = "This account may not be used here: your organisation's administrator can say why.";
const FORGOTTEN: &str = "This account was removed from this machine: sign in with your password once more.";
const UNKNOWN: &str = "Nobody has signed in here with this account yet: sign in with your password first.";
const UNREADABLE: &str = "Entra ID accounts cannot be checked: an administrator of this machine sees why in: \
                          systemctl status firmamentd";
