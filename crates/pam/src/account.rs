//! Whether an account may be used, from the file of verdicts alone: key logins, cron, sudo and a session's services
//! ask only this, and get an answer while the daemon is away (login.md 3.3b).

use crate::code::Code;
use crate::whose::Whose;
use messages::{Language, LoginText};
use names::{Damaged, Source, Verdict, Verdicts};

/// What the account phase answers, and what the person is told.
pub(crate) fn account<S: Source>(
    name: &str,
    whose: Whose,
    verdicts: Option<&Verdicts<S>>,
    language: Language,
) -> (Code, Option<String>) {
    // Whether a local user may come is for the local modules to say.
    if matches!(whose, Whose::Others | Whose::Mapped) {
        return (Code::Ignore, None);
    }
    match verdicts.map(|verdicts| verdicts.of(name)) {
        Some(Ok(Some(of))) => match of.verdict {
            Verdict::Allowed => (Code::Success, None),
            Verdict::Denied => {
                (Code::PermissionDenied, Some(LoginText::Denied { code: &of.code }.say(language)))
            }
            Verdict::Forgotten => (Code::PermissionDenied, Some(LoginText::Forgotten.say(language))),
        },
        Some(Ok(None)) => (Code::PermissionDenied, Some(LoginText::Unknown.say(language))),
        Some(Err(Damaged)) | None => (Code::Unavailable, Some(LoginText::Unreadable.say(language))),
    }
}
