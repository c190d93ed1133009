//! Faults on the wire: what goes wrong, at which request, and when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};
use tenant_model::reading::Wrong;

use crate::names;

/// One fault at a named request, as a knob file or the admin API spells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The name of the request (`join`, `discover`, …); `*` is any request, `connect` is a new connection.
    pub request: String,
    /// The first such request that it befalls, counted from 1 since the fault was set.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many requests in a row it befalls; 0 means all from `nth` on.
    #[serde(default = "one")]
    pub times: u32,
    /// What goes wrong: its word under `kind` with its members, or the word alone.
    #[serde(serialize_with = "tagged")]
    pub action: Action,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// The tenant has processed the request; the reply is kept back until it is released.
    Hold,
    /// The request is kept back from the tenant until it is released.
    HoldBefore,
    /// The connection is reset before processing, and so are the next new connections.
    Refuse {
        /// How many new connections are reset at once.
        #[serde(default = "one")]
        connections: u32,
    },
    /// The connection is reset before the tenant sees the request.
    ResetBefore,
    /// The connection is reset after the tenant has processed the request.
    ResetAfter,
    /// The announced length is right, but the body ends early with the connection.
    Truncate {
        /// Bytes that still arrive; half of the body if absent.
        #[serde(default)]
        keep: Option<usize>,
    },
    /// The body arrives in small pieces.
    SlowBody {
        /// Bytes in one piece.
        #[serde(default = "sixteen")]
        chunk: usize,
        /// Milliseconds between two pieces.
        #[serde(default = "hundred")]
        every_ms: u64,
    },
    /// The right body under another content type.
    WrongContentType {
        /// The content type.
        #[serde(default = "plain_text")]
        content_type: String,
    },
    /// The right fields with values of other JSON types.
    BadTypes,
    /// A page such as a captive portal shows; the tenant does not see the request unless `processed`.
    Html {
        /// The status.
        #[serde(default = "ok")]
        status: u16,
        /// Whether the tenant processes the request all the same.
        #[serde(default)]
        processed: bool,
    },
    /// The right body, followed by blanks up to this size.
    Oversized {
        /// Bytes of the whole body.
        #[serde(default = "oversize")]
        bytes: usize,
    },
    /// A redirect to elsewhere; the tenant does not see the request.
    Redirect {
        /// The value of `Location`.
        location: String,
        /// The status.
        #[serde(default = "temporary_redirect")]
        status: u16,
    },
    /// The request waits before the tenant sees it.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Any reply of the caller's making; the tenant does not see the request unless `processed`.
    Reply {
        /// The status.
        status: u16,
        /// The headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body.
        #[serde(default)]
        body: String,
        /// Whether the tenant processes the request all the same.
        #[serde(default)]
        processed: bool,
    },
}

impl Action {
    /// The word by which the transcript names the fault.
    pub fn kind(&self) -> &'static str {
        match self {
            Action::Hold => "hold",
            Action::HoldBefore => "hold_before",
            Action::Refuse { .. } => "refuse",
            Action::ResetBefore => "reset_before",
            Action::ResetAfter => "reset_after",
            Action::Truncate { .. } => "truncate",
            Action::SlowBody { .. } => "slow_body",
            Action::WrongContentType { .. } => "wrong_content_type",
            Action::BadTypes => "bad_types",
            Action::Html { .. } => "html",
            Action::Oversized { .. } => "oversized",
            Action::Redirect { .. } => "redirect",
            Action::Delay { .. } => "delay",
            Action::Reply { .. } => "reply",
        }
    }
}

/// The faults in force, with how often the request of each was seen.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<(Fault, u32)>,
}

impl Faults {
    /// Replaces all faults; counting starts anew.
    pub(crate) fn set(&mut self, faults: Vec<Fault>) {
        self.list = faults.into_iter().map(|fault| (fault, 0)).collect();
    }

    /// Adds faults; those in force keep their counts.
    pub(crate) fn add(&mut self, faults: Vec<Fault>) {
        self.list.extend(faults.into_iter().map(|fault| (fault, 0)));
    }

    /// The faults in force.
    pub(crate) fn list(&self) -> Vec<&Fault> {
        self.list.iter().map(|(fault, _)| fault).collect()
    }

    /// Counts a request and says what befalls it, in the order in which the faults were set.
    pub(crate) fn strike(&mut self, request: &str) -> Vec<Action> {
        let mut struck = Vec::new();
        for (fault, seen) in &mut self.list {
            let any = fault.request == "*" && request != CONNECT;
            if fault.request != request && !any {
                continue;
            }
            *seen = seen.saturating_add(1);
            let first = fault.nth.max(1);
            if *seen >= first && (fault.times == 0 || *seen - first < fault.times) {
                struck.push(fault.action.clone());
            }
        }
        struck
    }
}

/// The name under which a new connection is struck.
pub(crate) const CONNECT: &str = "connect";

impl Fault {
    /// Refuses the name of a request that there is not.
    pub(crate) fn check(&self) -> Result<(), Wrong> {
        names::check(&["request"], &self.request, &["*", CONNECT])
    }
}

/// As [`tenant_model::reading`] reads it.
fn tagged<S: Serializer>(action: &Action, out: S) -> Result<S::Ok, S::Error> {
    let mut members = Map::from_iter([("kind".to_owned(), json!(action.kind()))]);
    if let Value::Object(spelled) = serde_json::to_value(action).map_err(serde::ser::Error::custom)? {
        members.extend(spelled.into_iter().filter_map(|(_, it)| Some(it.as_object()?.clone())).flatten());
    }
    members.serialize(out)
}

fn one() -> u32 {
    1
}
fn sixteen() -> usize {
    16
}
fn hundred() -> u64 {
    100
}
fn ok() -> u16 {
    200
}
fn temporary_redirect() -> u16 {
    307
}
fn oversize() -> usize {
    300 * 1024
}
fn plain_text() -> String {
    String::from("text/plain")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenant_model::reading;

    fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Wrong> {
        reading::read(&reading::parse(text.as_bytes())?)
    }

    fn faults(text: &str) -> Faults {
        let mut faults = Faults::default();
        faults.set(read(text).unwrap());
        faults
    }

    fn kinds(faults: &mut Faults, request: &str) -> Vec<&'static str> {
        faults.strike(request).iter().map(Action::kind).collect()
    }

    #[test]
    fn a_fault_befalls_the_next_request_of_its_name_once() {
        let mut faults = faults(r#"[{"request":"join","action":"hold"}]"#);
        assert!(kinds(&mut faults, "discover").is_empty());
        assert_eq!(kinds(&mut faults, "join"), ["hold"]);
        assert!(kinds(&mut faults, "join").is_empty());
    }

    #[test]
    fn nth_and_times_choose_the_requests() {
        let mut faults = faults(
            r#"[{"request":"join","nth":2,"times":2,"action":"reset_before"},
                {"request":"*","times":0,"action":{"kind":"delay","ms":5}}]"#,
        );
        let struck: Vec<_> = (0..4).map(|_| kinds(&mut faults, "join")).collect();
        assert_eq!(
            struck,
            [vec!["delay"], vec!["reset_before", "delay"], vec!["reset_before", "delay"], vec!["delay"]]
        );
        assert!(kinds(&mut faults, CONNECT).is_empty());
    }

    #[test]
    fn every_action_has_a_short_spelling_or_says_what_it_needs() {
        for kind in [
            "hold",
            "hold_before",
            "refuse",
            "reset_before",
            "reset_after",
            "truncate",
            "slow_body",
            "wrong_content_type",
            "bad_types",
            "html",
            "oversized",
        ] {
            let fault: Fault = reading::read(&json!({"request": "join", "action": kind})).unwrap();
            assert_eq!(fault.action.kind(), kind);
        }
        for (action, missing) in [("redirect", "location"), ("delay", "ms"), ("reply", "status")] {
            let wrong = reading::read::<Fault>(&json!({"request": "join", "action": action}));
            assert_eq!(wrong.unwrap_err().to_string(), format!("`action.{missing}` is missing"));
        }
    }

    #[test]
    fn unknown_words_are_refused() {
        for text in [
            r#"{"request":"join","action":"explode"}"#,
            r#"{"request":"join","action":"hold","tims":2}"#,
            r#"{"request":"join","action":{"kind":"truncate","kep":2}}"#,
            r#"{"action":"hold"}"#,
        ] {
            assert!(read::<Fault>(text).is_err(), "{text}");
        }
        let slip: Fault = read(r#"{"request":"jion","action":"hold"}"#).unwrap();
        let said = slip.check().unwrap_err().to_string();
        assert!(said.starts_with("`request`: there is no `jion`; did you mean `join`? Known: *, "), "{said}");
    }

    #[test]
    fn faults_survive_their_own_spelling() {
        for text in [
            r#"{"request":"join","action":{"kind":"slow_body","chunk":1}}"#,
            r#"{"request":"join","action":"hold"}"#,
            r#"{"request":"join","action":{"kind":"reply","status":503,"headers":{"a":"b"},"body":"c"}}"#,
        ] {
            let fault: Fault = read(text).unwrap();
            let spelled = serde_json::to_value(&fault).unwrap();
            assert_eq!(spelled["action"]["kind"], fault.action.kind());
            assert_eq!(reading::read::<Fault>(&spelled), Ok(fault));
        }
    }
}
