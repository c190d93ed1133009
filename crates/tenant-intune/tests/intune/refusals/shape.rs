use crate::harness::{Call, Harness, Reply};
use serde_json::{Map, Value, json};

/// Name, rule of the transcript, what is made wrong, and the refusal.
pub(crate) type Row = (&'static str, &'static str, fn(&mut Call), Refusal);

/// A request that is served once the machine has this Intune id.
pub(crate) type Good = fn(&str) -> Call;

/// The documented shapes of refusals.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    /// The older one of intune.md 2.4, which gives no reason.
    Old(u16),
    /// The newer one of intune.md 2.4: this field, this sentence.
    Invalid(&'static str, &'static str),
    /// The same where the sentence depends on the parser.
    Malformed,
    /// The 400 "Device validation failed" of intune.md 3.1.
    NotValid,
    /// Graph's: status, code, message.
    Graph(u16, &'static str, &'static str),
    /// OData's, of IWService.
    NoDevice,
}

/// The refusal of each row is exactly the documented one; then the good request passes.
pub(crate) fn check(good: Good, rows: &[Row]) {
    for (name, rule, spoil, refusal) in rows {
        let mut harness = Harness::new();
        let good = good(&harness.enrolled());
        let mut call = good.clone();
        spoil(&mut call);
        assert_ne!(format!("{call:?}"), format!("{good:?}"), "{name} changes nothing");
        see(&format!("{name} ({})", good.target), &harness.send(&call), rule, *refusal);
        assert!(harness.changes.is_empty() && harness.intune.devices(harness.now).len() == 1, "{name}");
        assert!(harness.send(&good).status < 300, "{name}: the good request has to pass in the end");
    }
}

/// The reply is exactly this refusal, by this rule of the transcript.
pub(crate) fn see(name: &str, reply: &Reply, rule: &str, refusal: Refusal) {
    let (status, kind, mut expected) = refusal.reply();
    let mut body = reply.body.clone();
    if kind.contains("problem") {
        for (id, form) in [("traceId", &[2, 32, 16, 2][..]), ("activityId", &[8, 4, 4, 4, 12])] {
            let found = body.as_object_mut().unwrap().remove(id).unwrap();
            let lengths: Vec<usize> = found.as_str().unwrap().split('-').map(str::len).collect();
            assert_eq!(lengths, form, "{name}: {id}");
        }
    }
    if let Refusal::Malformed = refusal {
        expected["errors"] = body["errors"].clone();
        assert!(!body["errors"]["$"][0].as_str().unwrap().is_empty(), "{name}: {body}");
    }
    assert_eq!((reply.status, reply.entry.rule.as_deref()), (status, Some(rule)), "{name}");
    assert_eq!((reply.kind.as_str(), body), (kind, expected), "{name}");
}

impl Refusal {
    /// Status, content type, and body without the ids that are drawn.
    fn reply(self) -> (u16, &'static str, Value) {
        let problem = |title: &str, more: (&str, Value)| {
            let kind = "https://tools.ietf.org/html/rfc9110#section-15.5.1";
            let mut body = json!({ "type": kind, "title": title, "status": 400 });
            body[more.0] = more.1;
            (400, "application/problem+json; charset=utf-8", body)
        };
        let invalid = |errors: Map<String, Value>| {
            problem("One or more validation errors occurred.", ("errors", errors.into()))
        };
        match self {
            Refusal::Old(status) => (status, JSON, old(status)),
            Refusal::Invalid(field, text) => {
                invalid([(field.to_owned(), json!([text]))].into_iter().collect())
            }
            Refusal::Malformed => invalid(Map::new()),
            Refusal::NotValid => problem("Bad Request", ("detail", json!("Device validation failed"))),
            Refusal::Graph(status, code, text) => {
                (status, JSON, json!({ "error": { "code": code, "message": text } }))
            }
            Refusal::NoDevice => {
                let text = "Resource not found for the segment 'Devices'.";
                let message = json!({ "lang": "en-US", "value": text });
                (404, JSON, json!({ "odata.error": { "code": "", "message": message } }))
            }
        }
    }
}

/// The older shape of intune.md 2.4.
fn old(status: u16) -> Value {
    let code = match status {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        501 => "NotImplemented",
        other => panic!("no row speaks of {other}"),
    };
    json!({
        "ErrorCode": code, "StatusCode": status, "Message": "An error has occurred.",
        "MessageLanguage": "en-us", "IsMessageCustomerSafe": false, "RetryAfter": null,
    })
}

const JSON: &str = "application/json; charset=utf-8";
