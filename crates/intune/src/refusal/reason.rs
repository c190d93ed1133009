use crate::refusal::Service;
use model::FailureClass::{self, Broken, Denied, Gone, NeedsUser, Transient};
use model::Who::{self, Developers, MachineAdmin, Nobody, TenantAdmin, User};

/// What a refusal means (intune.md 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// 400 that names fields: the request is not as the service wants it.
    Validation,
    /// 400 "Device validation failed": the Intune id is stale; enrol again.
    StaleDevice,
    /// 400 without a reason: the client version is below the floor, the client is the wrong one, or another
    /// user owns the device. A newer version may be tried once.
    BadRequest,
    /// 401: the token has expired or is for another service; a fresh one may be tried once.
    Token,
    /// 403 of Graph: the token has no right to read the endpoints.
    MissingScope,
    /// 403 of a service of Intune.
    Forbidden,
    /// 404 and 5xx: they pass by themselves, even alternate for one and the same request.
    Unavailable,
    /// 429 and 503, mostly with a wish to be left alone.
    Busy,
    /// Nothing that the page knows.
    Unknown,
}

impl Reason {
    /// What a status means where the body says no more.
    pub(crate) fn of_status(status: u16, service: Service) -> Reason {
        match status {
            400 => Reason::BadRequest,
            401 => Reason::Token,
            403 if service == Service::Graph => Reason::MissingScope,
            403 => Reason::Forbidden,
            429 | 503 => Reason::Busy,
            404 | 500.. => Reason::Unavailable,
            _ => Reason::Unknown,
        }
    }

    pub(crate) fn line(self) -> &'static Line {
        TABLE.iter().find(|line| line.reason == self).unwrap_or(&UNKNOWN)
    }
}

/// What the machine may do about a reason, and what a person is told.
pub(crate) struct Line {
    reason: Reason,
    pub(crate) class: FailureClass,
    pub(crate) who: Who,
    /// None: the HTTP status names it.
    pub(crate) code: Option<&'static str>,
    pub(crate) meaning: &'static str,
    pub(crate) advice: &'static str,
}

const fn row(
    (reason, class, who): (Reason, FailureClass, Who),
    code: &'static str,
    meaning: &'static str,
    advice: &'static str,
) -> Line {
    Line { reason, class, who, code: Some(code), meaning, advice }
}

/// intune.md 6.3; that a 403 of Intune is about rights and licences is inferred.
#[rustfmt::skip]
const TABLE: [Line; 8] = [
    row((Reason::Validation, Broken, Developers), "ValidationFailed", "it does not accept a field of the request", REPORT),
    row((Reason::StaleDevice, Gone, User), "DeviceValidationFailed", "it does not know this device any more", "Sign in again to enrol anew; if that does not help, leave and register this machine again."),
    row((Reason::BadRequest, Denied, MachineAdmin), "BadRequest", "the client version is too old for it, the client is the wrong one, or another user owns the device", "Update Firmament; if another person enrolled this machine before, ask an administrator of the organisation to delete it in Intune."),
    row((Reason::Token, NeedsUser, User), "TokenRefused", "the token has expired or is for another service", "Sign in again."),
    row((Reason::MissingScope, Denied, TenantAdmin), "MissingScope", "the token has no right to read the endpoints of Intune (ServicePrincipalEndpoint.Read.All)", "Ask an administrator whether Microsoft Intune Company Portal for Linux (b743a22d-6705-4147-8670-d92fa515ee2b) is blocked or restricted."),
    row((Reason::Forbidden, Denied, TenantAdmin), "Forbidden", "it does not let this account or this device do that", "Ask an administrator whether the account has an Intune licence and may enrol Linux devices."),
    row((Reason::Unavailable, Transient, Nobody), "IntuneUnavailable", "it does not work at the moment", AGAIN),
    row((Reason::Busy, Transient, Nobody), "IntuneBusy", "it asks to be left alone for a while", AGAIN),
];
const UNKNOWN: Line = Line {
    reason: Reason::Unknown,
    class: Broken,
    who: TenantAdmin,
    code: None,
    meaning: "nobody knows this refusal",
    advice: "Give an administrator the ids and the time below; the registration is not changed.",
};
const REPORT: &str = "Please report it with the ids below; the registration is not changed.";
const AGAIN: &str = "Try again in a few minutes.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;
    use model::{Delivery, Failure, Upcoming};

    #[test]
    fn every_line_is_one_sentence_of_meaning_and_one_of_advice() {
        for line in TABLE.iter().chain([&UNKNOWN]) {
            assert!(line.meaning.starts_with(char::is_lowercase) && !line.meaning.ends_with('.'));
            assert!(line.advice.starts_with(char::is_uppercase) && line.advice.ends_with('.'));
        }
    }

    #[test]
    fn the_operations_page_tells_every_refusal_of_intune() {
        let head = ["Code", "Class", "Who can fix it", "What happened (it: the service)", "What to do"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for line in TABLE.iter().chain([&UNKNOWN]) {
            let (code, class) = (line.code.unwrap_or("HTTP and the status"), format!("{:?}", line.class));
            let failure = Failure::local(line.class, line.who, code, String::new(), line.advice);
            let who = Failure { delivery: Delivery::Answered, ..failure }.advise(Upcoming::Nothing).who;
            let row = [code, &class, who, line.meaning, line.advice];
            rows.push(row.map(str::to_owned).to_vec());
        }
        manual::check_table("operations.md", "refusals of Intune", &rows).unwrap();
    }

    #[test]
    fn the_missing_right_is_named_with_the_application() {
        let line = Reason::MissingScope.line();
        assert!(line.meaning.contains(ids::ENDPOINTS_SCOPE) && line.advice.contains(ids::CLIENT));
    }
}
