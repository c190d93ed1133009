//! Sign-ins on the page that are not over.

use crate::records::grant::Grant;
use tenant_wire::forms::Form;
use tenant_wire::session::SessionKey;
use uuid::Uuid;

/// A sign-in between `authorize` and its code, found by the `ctx` of its pages.
#[derive(Clone)]
pub(crate) struct SignIn {
    /// Of the request that began it.
    pub(crate) path: Vec<String>,
    pub(crate) query: Form,
    /// The one of all its pages; whether the real one changes on the way does not matter to clients [inferred].
    pub(crate) flow_token: String,
    pub(crate) canary: String,
    pub(crate) session: String,
    /// The device that the first request proved.
    pub(crate) device: Option<Uuid>,
    /// Of the PRT that the first request brought.
    pub(crate) session_key: Option<SessionKey>,
    /// As the person wrote it last.
    pub(crate) name: String,
    pub(crate) stage: Stage,
    /// Milliseconds since 1970.
    pub(crate) expires_at: i64,
}

/// What a sign-in waits for.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Password,
    SecondFactor(SecondFactor),
    KeepSignedIn(Grant),
}

/// A second factor that is due, for a person whose first one is proved.
#[derive(Debug, Clone)]
pub(crate) struct SecondFactor {
    pub(crate) grant: Grant,
    pub(crate) begun: Option<Begun>,
}

/// A method at work.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) method: String,
    /// The number that the person compares; 0 where there is nothing to compare.
    pub(crate) number: u64,
    pub(crate) polls: u32,
    pub(crate) verdict: Verdict,
}

/// What came of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Waiting,
    Approved,
    Denied,
    WrongCode,
}

impl SecondFactor {
    /// Due, and no method begun yet.
    pub(crate) fn of(grant: Grant) -> SecondFactor {
        SecondFactor { grant, begun: None }
    }

    /// How far its method is, where one is begun.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.begun.as_ref().map(|begun| begun.verdict)
    }
}

impl Begun {
    /// One look at whether the person has answered: a code is right or wrong, anything else waits, and is
    /// approved by itself on the second look where the stand-in does so.
    pub(crate) fn look(&mut self, code: Option<&str>, right: &str, auto_approve: bool) {
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

/// Whether a method is proved by a code, and not on a phone.
pub(crate) fn takes_code(method: &str) -> bool {
    ["PhoneAppOTP", "OneWaySMS", "ConsolidatedTelephony", "AccessPass"].contains(&method)
}
