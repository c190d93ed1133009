//! The page: devices, users, what waits and the last requests as plain HTML, read-only and without scripts.

mod markup;

use serde_json::Value;

use crate::cloud;
use crate::hub::{State, now_ms};
use crate::knobs;
use markup::{Html, Row, Table};

/// Renders the whole page.
pub(crate) fn render(state: &State) -> String {
    let list = |rows: Result<Value, serde_json::Error>| match rows {
        Ok(Value::Array(rows)) => rows,
        _ => Vec::new(),
    };
    let mut devices = list(cloud::devices(state));
    // The newest first: a list that is cut shows what one has just made.
    devices.sort_by(|one, other| other["registered_at"].as_str().cmp(&one["registered_at"].as_str()));
    let shown = Shown {
        devices,
        users: list(serde_json::to_value(state.tenant.users())),
        codes: list(serde_json::to_value(state.tenant.pending_codes(now_ms()))),
        holds: list(serde_json::to_value(state.holds.list())),
        requests: state.log.last(REQUESTS).rev().collect(),
        knobs: knobs::show(&state.tenant, &state.intune, &state.wire).map(changed).unwrap_or_default(),
    };
    shown.page().to_string()
}

/// The lists of the admin API that the page shows.
#[derive(Default)]
struct Shown {
    devices: Vec<Value>,
    users: Vec<Value>,
    codes: Vec<Value>,
    holds: Vec<Value>,
    /// The newest first.
    requests: Vec<Value>,
    knobs: Vec<Turned>,
}

/// Name, value and default of a knob that is not as it begins.
type Turned = (String, Value, Value);

/// The knobs that are not as they begin; those of Intune with its name in front.
fn changed(all: Value) -> Vec<Turned> {
    let begin = knobs::begin().unwrap_or_default();
    let turned = |name: String, value: &Value, before: &Value| {
        (value != before).then(|| (name, value.clone(), before.clone()))
    };
    let mut found = Vec::new();
    for (name, value) in all.as_object().into_iter().flatten() {
        let of_intune = value.as_object().filter(|_| name == "intune");
        let inner = of_intune.into_iter().flatten();
        found.extend(
            inner.filter_map(|(inner, value)| turned(format!("intune.{inner}"), value, &begin[name][inner])),
        );
        found.extend(turned(name.clone(), value, &begin[name]).filter(|_| of_intune.is_none()));
    }
    found
}

impl Shown {
    fn page(&self) -> Html {
        let waiting = [
            (!self.codes.is_empty()).then(|| CODES.render(self.codes.len(), self.codes.iter().map(code))),
            (!self.holds.is_empty()).then(|| HOLDS.render(self.holds.len(), self.holds.iter().map(hold))),
        ];
        Html::from_iter([
            Html::literal(HEAD),
            self.figures(),
            Html::literal("</header>\n<main>\n"),
            DEVICES.render(self.devices.len(), self.devices.iter().map(device)),
            waiting.into_iter().flatten().collect(),
            REQUESTS_TABLE.render(self.requests.len(), self.requests.iter().map(request)),
            USERS.render(self.users.len(), self.users.iter().map(user)),
            KNOBS.render(self.knobs.len(), self.knobs.iter().map(knob)),
            Html::literal("</main>\n</body>\n</html>\n"),
        ])
    }

    fn figures(&self) -> Html {
        let compliant = self.devices.iter().filter(|row| row["compliant"] == true).count();
        let refused = self.requests.iter().filter(|line| verdict(line) == "refused").count();
        let tenants: std::collections::BTreeSet<_> =
            self.users.iter().filter_map(|row| row["tenant"].as_str()).collect();
        [
            (self.devices.len(), "devices"),
            (compliant, "compliant"),
            (tenants.len(), "tenants"),
            (self.users.len(), "users"),
            (self.codes.len(), "codes waiting"),
            (refused, "refused lately"),
        ]
        .into_iter()
        .map(|(count, what)| {
            let figure = Html::element("b", "count", Html::text(count)).and(Html::text(format!(" {what}")));
            Html::element("span", "figure", figure)
        })
        .collect()
    }
}

fn device(row: &Value) -> Row {
    let enabled = row["enabled"] != false;
    let state = match enabled {
        true => badge("good", "enabled"),
        false => badge("bad", "disabled"),
    };
    let managed = match row["managed"] == true {
        true => badge("good", "managed"),
        false => badge("dull", "not managed"),
    };
    let cells = vec![
        over(&row["name"], &row["id"]),
        Html::text(plain(&row["owner"])).and(small(&plain(&row["registered_at"]))),
        Html::text(plain(&row["trust_type"])).and(small(&plain(&row["os"]))),
        state,
        managed,
        compliance(row),
        words(&row["failing"]),
        short(&row["thumbprint"]),
        Html::text(plain(&row["joins"])),
    ];
    (if enabled { "" } else { "off" }, cells)
}

/// What the directory says, which Conditional Access reads, and Intune's own word where there is one.
fn compliance(row: &Value) -> Html {
    let (class, word) = match (row["compliant"] == true, row["managed"] == true) {
        (true, _) => ("good", "compliant"),
        (false, true) => ("bad", "not compliant"),
        (false, false) => ("dull", "not compliant"),
    };
    let own = row["compliance"].as_str().map(|it| small(&format!("Intune: {it}"))).unwrap_or_default();
    badge(class, word).and(own)
}

fn user(row: &Value) -> Row {
    let enabled = row["enabled"] != false;
    let cells = vec![
        over(&row["upn"], &row["oid"]),
        mono(&row["tenant"]),
        if enabled { badge("good", "enabled") } else { badge("bad", "disabled") },
        if row["intune"] == true { badge("good", "licensed") } else { badge("dull", "no licence") },
        words(&row["groups"]),
        Html::text(plain(&row["devices"])),
    ];
    (if enabled { "" } else { "off" }, cells)
}

fn knob((name, value, before): &Turned) -> Row {
    let code = |text: String| Html::element("code", "", Html::text(text));
    ("", vec![code(name.clone()), code(value.to_string()), code(before.to_string())])
}

fn code(row: &Value) -> Row {
    let left = row["expires_at"].as_i64().unwrap_or(0).saturating_sub(now_ms()) / 1000;
    let code = Html::element("code", "code", Html::text(plain(&row["user_code"])));
    ("", vec![code, mono(&row["tenant"]), Html::text(format!("in {} s", left.max(0)))])
}

fn hold(row: &Value) -> Row {
    ("", ["id", "request", "stage"].iter().map(|name| Html::text(plain(&row[*name]))).collect())
}

fn request(line: &Value) -> Row {
    let class = verdict(line);
    let time = plain(&line["at"]).get(11..19).unwrap_or("-").to_owned();
    let status = line["status"].as_u64().map_or_else(|| "no reply".to_owned(), |status| status.to_string());
    let cells = vec![
        Html::text(plain(&line["seq"])),
        Html::titled(&plain(&line["at"]), Html::text(time)),
        details(line),
        Html::text(plain(&line["facts"]["user"])),
        badge(class, &status),
        rule(line),
    ];
    (class, cells)
}

/// How a request went, as a class of the style sheet.
fn verdict(line: &Value) -> &'static str {
    let refused = line["status"].as_u64().is_none_or(|status| status >= 400);
    match (&line["rule"], refused) {
        _ if line["faults"].is_array() => "fault",
        (Value::String(rule), _) if rule == PENDING => "waits",
        (Value::String(_), _) | (_, true) => "refused",
        _ => "good",
    }
}

fn rule(line: &Value) -> Html {
    let rule = line["rule"].as_str().map(Html::text).unwrap_or_default();
    let faults = match line["faults"].is_array() {
        true => small(&format!("fault: {}", plain(&line["faults"]))),
        false => Html::default(),
    };
    rule.and(faults)
}

/// The request's name and place; opened, what was asked and answered.
fn details(line: &Value) -> Html {
    let place = format!("{} {}", plain(&line["method"]), plain(&line["path"]));
    let summary = Html::element("summary", "", over(&line["request"], &Value::String(place)));
    let parts = ["asked", "answered", "replaced_by", "facts"];
    let parts =
        parts.iter().filter(|part| line[**part].as_object().is_some_and(|it| !it.is_empty())).map(|part| {
            let json = Html::element("pre", "", Html::text(format!("{:#}", line[*part])));
            Html::element("h4", "", Html::text(part.replace('_', " "))).and(json)
        });
    Html::element("details", "", summary.and(parts.collect()))
}

/// A value with a smaller one below it.
fn over(first: &Value, second: &Value) -> Html {
    let first = Html::element("span", "name", Html::text(plain(first)));
    Html::element("span", "main", first).and(small(&plain(second)))
}

fn small(text: &str) -> Html {
    Html::element("small", "", Html::text(text))
}

fn mono(value: &Value) -> Html {
    Html::element("code", "", Html::text(plain(value)))
}

/// The first eight letters; the pointer shows all of it.
fn short(value: &Value) -> Html {
    let whole = plain(value);
    let first: String = whole.chars().take(8).collect();
    Html::titled(&whole, Html::element("code", "", Html::text(first)))
}

fn badge(class: &'static str, word: &str) -> Html {
    Html::element("span", "badge", Html::element("span", class, Html::text(word)))
}

/// A list of words, one below the other.
fn words(list: &Value) -> Html {
    match list.as_array().filter(|list| !list.is_empty()) {
        Some(list) => {
            list.iter().map(|word| Html::element("span", "rule", Html::text(plain(word)))).collect()
        }
        None => Html::text("-"),
    }
}

/// A value without the marks of JSON where it has a simpler form.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::from("-"),
        Value::String(text) if text.is_empty() => String::from("-"),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

const DEVICES: Table = Table {
    title: "Devices",
    id: "devices",
    columns: &[
        "Device",
        "Owner",
        "Trust",
        "State",
        "Managed",
        "Compliance",
        "Failing rules",
        "Certificate",
        "Joins",
    ],
    empty: "No device has joined yet.",
};
const USERS: Table = Table {
    title: "Users",
    id: "users",
    columns: &["User", "Tenant", "State", "Intune", "Groups", "Devices"],
    empty: "The seed has no user.",
};
const KNOBS: Table = Table {
    title: "Knobs that were turned",
    id: "knobs",
    columns: &["Knob", "Value", "To begin with"],
    empty: "Every knob is as it begins.",
};
const CODES: Table = Table {
    title: "Codes that wait for a person",
    id: "codes",
    columns: &["Code", "Tenant", "Expires"],
    empty: "None.",
};
const HOLDS: Table =
    Table { title: "Held exchanges", id: "holds", columns: &["Number", "Request", "Stage"], empty: "None." };
const REQUESTS_TABLE: Table = Table {
    title: "Last requests",
    id: "requests",
    columns: &["No.", "Time (UTC)", "Request", "User", "Status", "Refused by"],
    empty: "Nothing has been asked yet.",
};

/// Requests that are shown.
const REQUESTS: usize = 50;
/// A device code that waits is refused with it at every poll, which is no fault of anybody.
const PENDING: &str = "AADSTS70016";
const HEAD: &str = concat!(
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    // Should the escaping ever fail, what a client sent still neither runs nor loads anything.
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    "<title>entra-simulator</title>\n<style>\n",
    include_str!("page/page.css"),
    "</style>\n</head>\n<body>\n<header>\n<h1>entra-simulator</h1>\n",
    "<p>A stand-in tenant: nothing here is real. Reload for the present state.</p>\n",
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_is_coloured_by_how_it_went() {
        for (line, class) in [
            (json!({ "status": 200, "rule": null }), "good"),
            (json!({ "status": 302, "rule": "AADSTS50011" }), "refused"),
            (json!({ "status": 400, "rule": "AADSTS70016" }), "waits"),
            (json!({ "status": 404, "rule": null }), "refused"),
            (json!({ "status": 200, "rule": null, "faults": ["truncate"] }), "fault"),
            (json!({ "status": null, "faults": ["reset_before"] }), "fault"),
            (json!({ "status": null }), "refused"),
        ] {
            assert_eq!(verdict(&line), class, "{line}");
        }
    }

    #[test]
    fn compliance_is_what_the_directory_says() {
        for (row, class, word) in [
            (json!({ "compliant": true, "managed": true, "compliance": "Compliant" }), "good", "compliant"),
            (
                json!({ "compliant": false, "managed": true, "compliance": "Noncompliant" }),
                "bad",
                "not compliant",
            ),
            (json!({ "compliant": false, "managed": false, "compliance": null }), "dull", "not compliant"),
        ] {
            let html = compliance(&row).to_string();
            assert!(html.contains(&format!("<span class=\"{class}\">{word}</span>")), "{html}");
            assert_eq!(html.contains("Intune: "), row["compliance"].is_string(), "{html}");
        }
    }

    #[test]
    fn an_empty_tenant_has_its_sections_and_no_waiting_ones() {
        let page = Shown::default().page().to_string();
        for word in [
            "No device has joined yet.",
            "Nothing has been asked yet.",
            "id=\"users\"",
            "Every knob is as it begins.",
        ] {
            assert!(page.contains(word), "{word}");
        }
        assert!(!page.contains("id=\"codes\""));
        let codes = vec![json!({ "user_code": "BCDF2345", "tenant": "t", "expires_at": 0 })];
        let page = Shown { codes, ..Shown::default() }.page().to_string();
        assert!(page.contains("BCDF2345") && page.contains("in 0 s"), "{page}");
    }

    #[test]
    fn knobs_that_were_turned_are_shown_with_what_they_were() {
        let begin = knobs::begin().unwrap();
        assert_eq!(changed(begin.clone()), []);
        let mut all = begin;
        all["quota"] = json!(3);
        all["intune"]["trailing_slash"] = json!(true);
        all["latency_ms"] = json!({ "join": 5 });
        let row = |name: &str, value, before| (name.to_owned(), value, before);
        let rows = [
            row("intune.trailing_slash", json!(true), json!(false)),
            row("latency_ms", json!({ "join": 5 }), json!({})),
            row("quota", json!(3), json!(50)),
        ];
        assert_eq!(changed(all), rows);
    }

    #[test]
    fn nothing_that_clients_send_becomes_markup() {
        let hostile = "</pre></details><img src=x onerror=\"document.title='run'\">";
        let request = json!({
            "seq": 1, "at": hostile, "request": hostile, "method": hostile, "path": hostile, "rule": hostile,
            "faults": [hostile], "asked": { hostile: hostile }, "answered": { "body": hostile },
            "facts": { "user": hostile },
        });
        let device = json!({
            "id": hostile, "name": hostile, "owner": hostile, "trust_type": hostile, "os": hostile,
            "thumbprint": hostile, "failing": [hostile], "compliance": hostile, "registered_at": hostile,
        });
        let user = json!({ "upn": hostile, "oid": hostile, "tenant": hostile });
        let shown =
            Shown { requests: vec![request], devices: vec![device], users: vec![user], ..Shown::default() };
        let page = shown.page().to_string();
        assert!(!page.contains("<img") && page.matches("&lt;img").count() > 15, "{page}");
    }
}
