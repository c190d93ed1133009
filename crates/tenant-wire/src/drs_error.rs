//! The three shapes of the registration service's errors (entra.md 5.7).

use crate::answer::{Answer, Ids};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Which shape an error has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DrsErrorShape {
    /// With `ErrorType`: AD FS and older Entra.
    A,
    /// `code` and `subcode`.
    B,
    /// With `odata.error`: newer versions of an endpoint.
    C,
}

/// A refusal of the registration service.
#[derive(Debug, Clone, Copy)]
pub struct DrsError<'a> {
    /// HTTP status, the same in every shape.
    pub status: u16,
    /// `code`: `invalid_request`, `authorization_error` or `directory_error`.
    pub code: &'a str,
    /// `subcode`, which is also the rule of the transcript.
    pub subcode: &'a str,
    /// A sentence; shape A appends the subcode in brackets.
    pub message: &'a str,
}

/// What was asked for, as an error names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    /// A join, whose path spells operation, id and time in its own way \[observed\].
    Join,
    /// Anything else goes by its HTTP method.
    Method(&'a str),
}

impl<'a> Operation<'a> {
    /// The operation of a request with this method and these segments of its path.
    pub fn of(method: &'a str, path: &[String]) -> Operation<'a> {
        match path {
            [service, object] if service == "enrollmentserver" && object == "device" => Operation::Join,
            _ => Operation::Method(method),
        }
    }
}

impl DrsError<'_> {
    /// The reply in this shape.
    pub fn answer(
        &self,
        shape: DrsErrorShape,
        operation: Operation<'_>,
        ids: &Ids,
        now: OffsetDateTime,
    ) -> Answer {
        let (subcode, message) = (self.subcode, self.message);
        let body = match shape {
            DrsErrorShape::A => json!({
                "ErrorType": error_type(self.code, subcode), "Message": format!("{message} ({subcode})"),
                "TraceId": ids.request, "Time": american(now),
            }),
            DrsErrorShape::B => self.shape_b(operation, &ids.request, now),
            DrsErrorShape::C => json!({ "odata.error": {
                "code": "directory_error", "message": { "lang": "en", "value": message },
                "values": [
                    { "item": "subCode", "value": subcode },
                    { "item": "requestId", "value": ids.request },
                    { "item": "date", "value": american(now) },
                ],
            } }),
        };
        Answer::refusal(self.status, subcode, body)
    }

    fn shape_b(&self, operation: Operation<'_>, id: &str, now: OffsetDateTime) -> Value {
        let (code, subcode, message) = (self.code, self.subcode, self.message);
        match operation {
            Operation::Join => json!({
                "code": code, "subcode": subcode, "operation": "DeviceJoin", "message": message,
                "requestid": id, "time": american(now),
            }),
            Operation::Method(method) => json!({
                "code": code, "subcode": subcode, "operation": method, "message": message,
                "requestId": id, "time": iso(now),
            }),
        }
    }
}

/// `AuthorizationError` is an inferred name.
fn error_type(code: &str, subcode: &str) -> &'static str {
    match (code, subcode) {
        (_, "error_authentication" | "error_invalid_token") => "AuthenticationError",
        ("authorization_error", _) => "AuthorizationError",
        _ => "DirectoryError",
    }
}

/// `MM-dd-yyyy HH:mm:ssZ`, in shapes A and C and for a join (entra.md 5.7).
fn american(now: OffsetDateTime) -> String {
    let (d, t) = (now.date(), now.time());
    let (month, day, year) = (u8::from(d.month()), d.day(), d.year());
    format!("{month:02}-{day:02}-{year:04} {:02}:{:02}:{:02}Z", t.hour(), t.minute(), t.second())
}

/// `yyyy-MM-ddTHH:mm:ss.fffffffZ`, in shape B (entra.md 5.7).
pub fn iso(now: OffsetDateTime) -> String {
    let (d, t) = (now.date(), now.time());
    let (hour, minute, second) = t.as_hms();
    format!("{d}T{hour:02}:{minute:02}:{second:02}.{:07}Z", t.nanosecond() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_seen() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_704_042_040_123_456_700).unwrap();
        assert_eq!(american(at), "12-31-2023 17:00:40Z");
        assert_eq!(iso(at), "2023-12-31T17:00:40.1234567Z");
    }
}
