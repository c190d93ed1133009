//! The three shapes of the registration service's errors (entra.md 5.7).

use crate::asking::Ask;
use crate::world::Tenant;
use serde_json::{Value, json};
use tenant_model::knobs::DrsErrorShape;
use tenant_wire::answer::Answer;
use time::OffsetDateTime;

impl Tenant {
    /// A refusal of the service in the shape in force.
    pub(crate) fn drs_error(
        &self,
        ask: &Ask,
        status: u16,
        code: &str,
        subcode: &str,
        message: &str,
    ) -> Answer {
        let body = match ask.knobs.drs_error_shape {
            DrsErrorShape::A => json!({
                "ErrorType": error_type(code, subcode), "Message": format!("{message} ({subcode})"),
                "TraceId": ask.ids.request, "Time": american(ask.now),
            }),
            DrsErrorShape::B => shape_b(ask, code, subcode, message),
            DrsErrorShape::C => json!({ "odata.error": {
                "code": "directory_error", "message": { "lang": "en", "value": message },
                "values": [
                    { "item": "subCode", "value": subcode },
                    { "item": "requestId", "value": ask.ids.request },
                    { "item": "date", "value": american(ask.now) },
                ],
            } }),
        };
        Answer::refusal(status, subcode, body)
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

/// The join path spells operation, id and time in its own way [observed].
fn shape_b(ask: &Ask, code: &str, subcode: &str, message: &str) -> Value {
    let id = &ask.ids.request;
    match ask.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["enrollmentserver", "device"] => json!({
            "code": code, "subcode": subcode, "operation": "DeviceJoin", "message": message,
            "requestid": id, "time": american(ask.now),
        }),
        _ => json!({
            "code": code, "subcode": subcode, "operation": ask.method.as_str(), "message": message,
            "requestId": id, "time": iso(ask.now),
        }),
    }
}

/// `MM-dd-yyyy HH:mm:ssZ`.
fn american(now: OffsetDateTime) -> String {
    let (d, t) = (now.date(), now.time());
    let (month, day, year) = (u8::from(d.month()), d.day(), d.year());
    format!("{month:02}-{day:02}-{year:04} {:02}:{:02}:{:02}Z", t.hour(), t.minute(), t.second())
}

/// `yyyy-MM-ddTHH:mm:ss.fffffffZ`.
pub(crate) fn iso(now: OffsetDateTime) -> String {
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
