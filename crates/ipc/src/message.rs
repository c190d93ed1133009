use crate::account::AccountEntry;
use crate::protocol::{PROTOCOL, first_protocol};
use crate::status::StatusDocument;
use model::{Advice, Failure, Timestamp, Upcoming, printable};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the daemon says; the last one is [`Message::End`] or [`Message::Again`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum Message {
    /// The first word to a request that may be made: it was read, and is being dealt with.
    Accepted {
        /// [`PROTOCOL`](crate::PROTOCOL) of the daemon; absent, it is the first one.
        #[serde(default = "first_protocol")]
        protocol: u32,
    },
    /// Nothing was begun, and the daemon ends: the request is to be made again, of the next one. No
    /// [`Message::End`] follows.
    Again {},
    /// Show this to the person.
    Prompt {
        /// What to type.
        user_code: String,
        /// The URL of the page that wants the code.
        url: String,
        /// RFC 3339 in UTC.
        expires_at: String,
        /// Why a second code is asked for.
        reason: Option<String>,
        /// How long it can be used from now on, in seconds; unlike `expires_at` whatever the clock says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u64>,
        /// Whether the service shows text in a question alone, by the option `mfa_poll_prompt_services`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        only_questions: bool,
    },
    /// Ask the person for the password; the client says one [`Answer`](crate::Answer), and the daemon waits for it.
    AskPassword {
        /// Whose password it is, `name@domain`.
        name: String,
        /// Why it is asked for again.
        reason: Option<String>,
        /// As in [`Message::Prompt`].
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        only_questions: bool,
    },
    /// Ask the person for the recovery code; the client says one [`Answer`](crate::Answer).
    AskRecoveryCode {},
    /// Ask for the token of [`Request::JoinByToken`](crate::Request::JoinByToken); the client says one
    /// [`Answer`](crate::Answer).
    AskJoinToken {},
    /// The answer to [`Request::TpmRecoveryCode`](crate::Request::TpmRecoveryCode): show it to the person, once.
    RecoveryCode {
        /// In groups of letters.
        code: RecoveryCode,
    },
    /// The person is the one who was asked for.
    SignedIn {
        /// The name of the account that signed in, `name@domain`.
        name: String,
        /// The tenant id.
        tenant: String,
    },
    /// The machine of a tenant changed its state.
    Progress {
        /// RFC 3339 in UTC.
        at: String,
        /// The tenant id.
        tenant: String,
        /// `unregistered`, `enrolling`, `registered`, …
        phase: String,
        /// The machine's own state name.
        state: String,
        /// One sentence for people.
        text: String,
    },
    /// Something an operator should know; nothing stops for it.
    Notice {
        /// One sentence for people.
        text: String,
    },
    /// What is waited for from here on, until something else is said; worth showing where it takes long.
    Waiting {
        /// What completes "Waiting for …": `the answer of login.microsoftonline.com`.
        text: String,
        /// When the waiting ends at the latest, RFC 3339 in UTC; none where nobody knows.
        until: Option<String>,
    },
    /// The answer to [`Request::Status`](crate::Request::Status).
    Status {
        /// Everything that `status` shows.
        document: Box<StatusDocument>,
        /// Whether it goes on in the next message; said to clients that read pages.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// The answer to [`Request::Accounts`](crate::Request::Accounts).
    Accounts {
        /// Everybody who has an account of this machine.
        accounts: Vec<AccountEntry>,
        /// Whether it goes on in the next message, as a status document does.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// Something was refused or failed.
    Failed {
        /// What, who can fix it, and what to do next.
        failure: Box<FailureReport>,
    },
    /// The conversation is over.
    End {
        /// How it ended; the exit code follows from it.
        ending: Ending,
    },
    /// A message of a later version; never said.
    #[serde(other)]
    Unknown,
}

impl Message {
    /// The first word of a daemon of this version.
    pub const ACCEPTED: Message = Message::Accepted { protocol: PROTOCOL };
}

/// A recovery code; its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecoveryCode(pub String);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RecoveryCode")
    }
}

/// How a conversation ended; `aad-tool` turns it into its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// What was asked for is done.
    Done,
    /// The machine is not registered.
    NotRegistered,
    /// A person has to sign in, or sign in again.
    NeedsSignIn,
    /// Refused; somebody else has to act first.
    Denied,
    /// The identity may not be used.
    Suspended,
    /// The state cannot be written: nothing was done.
    NotWritable,
    /// What was asked cannot be meant: a name or word that nobody knows, or that is none.
    Usage,
    /// The name is nobody's of ours: whoever asked goes on without us.
    NotServed,
    /// A passing fault, or one of ours; try again or report it. What a later version ends with is taken for that.
    #[serde(other)]
    Failed,
}

/// A [`Failure`] as text, ready to paste into the service's sign-in log search.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FailureReport {
    /// `transient`, `needs_user`, `denied`, `gone` or `broken`.
    pub class: String,
    /// `AADSTS…` or another stable name.
    pub code: String,
    /// What happened, in the words of the service or in ours; one line.
    pub message: String,
    /// Who can fix it.
    pub who: String,
    /// What to do next.
    pub advice: String,
    /// The HTTP status of the reply.
    pub http_status: Option<u16>,
    /// The server's id of the request.
    pub request_id: Option<String>,
    /// The id both sides know.
    pub correlation_id: Option<String>,
    /// The server's time of it, or ours where it gave none that can be read; RFC 3339 in UTC.
    pub time: Option<String>,
    /// The server's time as it wrote it, where that differs from `time`.
    pub server_time: Option<String>,
}

impl From<&Failure> for FailureReport {
    /// After which nothing goes on by itself.
    fn from(failure: &Failure) -> FailureReport {
        FailureReport::of(failure, Upcoming::Nothing)
    }
}

impl FailureReport {
    /// With the advice that fits what goes on by itself. What the service wrote stands in a failure's texts; here is the
    /// last place before somebody's terminal.
    pub fn of(failure: &Failure, next: Upcoming) -> FailureReport {
        let Advice { who, text: advice } = failure.advise(next);
        let said = failure.trace.server_time.as_deref();
        let time = said.and_then(Timestamp::parse).or(failure.at).map(|at| at.to_string());
        let shown = |text: &str| printable(text, LONGEST_TEXT);
        let id = |text: &Option<String>| text.as_deref().map(shown);
        FailureReport {
            class: failure.class.to_string(),
            code: shown(&failure.code),
            message: shown(&failure.message),
            who: who.to_owned(),
            advice: shown(&advice),
            http_status: failure.trace.http_status,
            request_id: id(&failure.trace.request_id),
            correlation_id: id(&failure.trace.correlation_id),
            server_time: id(&failure.trace.server_time).filter(|said| Some(said) != time.as_ref()),
            time,
        }
    }
}

/// Characters of a text in a report.
const LONGEST_TEXT: usize = 1000;
