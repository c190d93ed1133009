//! Sign-ins on the page that are not over.

use crate::grant::Grant;
use tenant_wire::forms::Form;
use tenant_wire::session::SessionKey;
use uuid::Uuid;

/// A sign-in between `authorize` and its code, found by the `ctx` of its pages.
#[derive(Clone)]
pub struct SignIn {
    /// Path of the request that began it, in lower case, split at `/`.
    pub path: Vec<String>,
    /// Query of that request, which later steps are judged by.
    pub query: Form,
    /// The one of all its pages; whether the real one changes on the way does not matter to clients \[inferred\].
    pub flow_token: String,
    /// What forms and scripts have to repeat.
    pub canary: String,
    /// `sessionId`: the id of the request that began it.
    pub session: String,
    /// The device that the first request proved.
    pub device: Option<Uuid>,
    /// Of the PRT that the first request brought.
    pub session_key: Option<SessionKey>,
    /// As the person wrote it last.
    pub name: String,
    /// What it waits for.
    pub stage: Stage,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

/// What a sign-in waits for.
#[derive(Debug, Clone)]
pub enum Stage {
    /// Name and password.
    Password,
    /// A second factor.
    SecondFactor(SecondFactor),
    /// An answer whether to stay signed in.
    KeepSignedIn(Grant),
}

/// A second factor that is due, for a person whose first one is proved.
#[derive(Debug, Clone)]
pub struct SecondFactor {
    /// What the first factor led to.
    pub grant: Grant,
    /// The method that was begun last.
    pub begun: Option<Begun>,
}

/// A method at work.
#[derive(Debug, Clone)]
pub struct Begun {
    /// `PhoneAppNotification`, for example (entra.md 2.4, step 4).
    pub method: String,
    /// The number that the person compares; 0 where there is nothing to compare.
    pub number: u64,
    /// How often the page has looked.
    pub polls: u32,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet: the page goes on asking.
    Waiting,
    /// The person approved, or the code is right.
    Approved,
    /// The person denied.
    Denied,
    /// The code is wrong.
    WrongCode,
}

impl SecondFactor {
    /// Due, and no method begun yet.
    pub fn of(grant: Grant) -> SecondFactor {
        SecondFactor { grant, begun: None }
    }

    /// How far its method is, where one is begun.
    pub fn verdict(&self) -> Option<Verdict> {
        self.begun.as_ref().map(|begun| begun.verdict)
    }
}

impl Begun {
    /// One look at whether the person has answered: a code is right or wrong, anything else waits, and is
    /// approved by itself on the second look where the stand-in does so.
    pub fn look(&mut self, code: Option<&str>, right: &str, auto_approve: bool) {
        self.polls += 1;
        if self.verdict == Verdict::Denied || self.verdict == Verdict::Approved {
            return;
        }
        self.verdict = match code {
            _ if !takes_code(&self.method) && auto_approve && self.polls >= 2 => Verdict::Approved,
            _ if !takes_code(&self.method) => Verdict::Waiting,
            Some(code) if code == right => Verdict::Approved,
            _ => Verdict::WrongCode,
        };
    }
}

/// The methods of entra.md 2.4, step 4.
pub const METHODS: [&str; 10] = [
    "PhoneAppNotification",
    "CompanionAppsNotification",
    "PhoneAppOTP",
    "OneWaySMS",
    "ConsolidatedTelephony",
    "TwoWayVoiceMobile",
    "TwoWayVoiceAlternateMobile",
    "TwoWayVoiceOffice",
    "FidoKey",
    "AccessPass",
];

/// Whether a method is proved by a code, and not on a phone.
pub fn takes_code(method: &str) -> bool {
    ["PhoneAppOTP", "OneWaySMS", "ConsolidatedTelephony", "AccessPass"].contains(&method)
}
