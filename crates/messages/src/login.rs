use crate::Language;
use crate::sentence::Sentence;
use crate::sentence::Value::{Number, Text};
use crate::table;

/// What the PAM module says by itself: around the daemon's words, and where the daemon is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginText<'a> {
    /// The question for a password, with a space at its end.
    Password,
    /// Where to go with which code.
    Open {
        /// The page.
        url: &'a str,
        /// What to type there.
        code: &'a str,
    },
    /// How long that is possible.
    Time {
        /// Whole minutes, at least one.
        minutes: u64,
        /// Whether the program may end the connection sooner: sshd counts its own time.
        may_end: bool,
    },
    /// The question that is answered when the code was entered, with a space at its end.
    WhenDone,
    /// It was answered too soon.
    NotYet,
    /// What a last word ends with that has to be a question.
    PressEnter,
    /// The daemon is away.
    NotAvailable,
    /// Where a password is changed.
    PasswordElsewhere,
    /// The account may not be used.
    Denied {
        /// The code of the reason.
        code: &'a str,
    },
    /// The account was given up on this machine.
    Forgotten,
    /// Nobody has signed in with the account yet.
    Unknown,
    /// The file of verdicts cannot be read.
    Unreadable,
}

impl LoginText<'_> {
    /// In this language.
    pub fn say(self, language: Language) -> String {
        let plain = |sentence: &Sentence| sentence.say(language, &[]);
        match self {
            LoginText::Password => plain(&table::LOGIN_PASSWORD) + " ",
            LoginText::Open { url, code } => {
                table::LOGIN_OPEN.say(language, &[("url", Text(url)), ("code", Text(code))])
            }
            LoginText::Time { minutes, may_end } => {
                let sentence = if may_end { &table::LOGIN_TIME_SSH } else { &table::LOGIN_TIME };
                sentence.say(language, &[("minutes", Number(minutes))])
            }
            LoginText::WhenDone => plain(&table::LOGIN_WHEN_DONE) + " ",
            LoginText::NotYet => plain(&table::LOGIN_NOT_YET),
            LoginText::PressEnter => plain(&table::LOGIN_PRESS_ENTER),
            LoginText::NotAvailable => plain(&table::LOGIN_NOT_AVAILABLE),
            LoginText::PasswordElsewhere => plain(&table::LOGIN_PASSWORD_ELSEWHERE),
            LoginText::Denied { code } => table::ACCOUNT_DENIED.say(language, &[("code", Text(code))]),
            LoginText::Forgotten => plain(&table::ACCOUNT_FORGOTTEN),
            LoginText::Unknown => plain(&table::ACCOUNT_UNKNOWN),
            LoginText::Unreadable => plain(&table::ACCOUNT_UNREADABLE),
        }
    }
}
